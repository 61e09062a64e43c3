"""The trail as owners see it: what they and others did turns up on the page and in its files."""

import csv
import io
import json

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from assessor.models import Membership
from assessor.services import accounts, assessments, audit, audit_trail
from assessor.services.audit_trail import Wanted
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS

PASSWORD = "harbour lantern seven"
LOGIN = {"login": "ada@example.org", "password": PASSWORD}


@pytest.fixture
def ada(served):
    return accounts.make_account("Ada Kern", "ada@example.org", PASSWORD)


@pytest.fixture
def scan(ada):
    return assessments.start_assessment(ada, shipped("ai-sovereignty"), FACTS)


@pytest.fixture
def signed_in(client, scan):
    client.post(reverse("account_login"), LOGIN)
    return client


def kinds(organisation=None, **wanted):
    return [one.kind for one in audit_trail.events(organisation, Wanted(**wanted))]


def test_signing_in_and_out_and_failing_to_is_kept_for_the_installation(client, ada):
    client.post(reverse("account_login"), LOGIN | {"password": "not this one at all"})
    client.post(reverse("account_login"), {"login": "the-password-typed-here@example.org", "password": "x"})
    client.post(reverse("account_login"), LOGIN)
    client.post(reverse("account_logout"))
    rows = list(audit_trail.events(None, Wanted(kind="sign-in")))
    assert [(one.kind, one.actor_name, one.facts) for one in rows] == [
        ("person.signed_out", "Ada Kern <ada@example.org>", {}),
        ("person.signed_in", "Ada Kern <ada@example.org>", {"how": "password"}),
        ("person.sign_in_failed", "", {"reason": "password"}),
        ("person.sign_in_failed", "Ada Kern <ada@example.org>", {"reason": "password"}),
    ]
    assert "typed-here" not in "".join(audit_trail.as_json(audit_trail.events(None), {"about": "x"}))


def test_a_new_password_and_new_ways_to_sign_in_are_kept(signed_in):
    signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    new = "quiet orchard bicycle"
    signed_in.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    accounts.reset_link("ada@example.org")
    assert kinds(kind="sign-in")[:2] == ["person.password_link_made", "person.password_changed"]
    assert audit_trail.events(None).first().actor_name == "manage.py"


def test_an_owner_reads_who_came_in_and_what_was_taken_out(signed_in, scan):
    organisation = scan.organisation
    for _ in range(2):
        page = signed_in.get(reverse("audit", args=[organisation.pk])).content.decode()
    assert page.count("Opened the organisation, for the first time since signing in</td>") == 1
    assert "Founded the organisation" in page
    taken = signed_in.get(reverse("export", args=[organisation.pk, scan.pk, "csv"]))
    b"".join(taken.streaming_content)
    event = audit_trail.events(organisation).first()
    assert (event.kind, event.subject_name, event.facts["page"]) == ("data.downloaded", scan.title, "export")
    assert event.facts["file"].endswith(".csv")
    page = signed_in.get(reverse("audit", args=[organisation.pk]), {"kind": "data"}).content.decode()
    assert event.facts["file"] in page
    assert "1 event." in page


def test_invitations_roles_and_leaving_are_kept(signed_in, scan, ada):
    organisation = scan.organisation
    signed_in.post(reverse("members", args=[organisation.pk]), {"email": "ben@example.org", "role": "viewer"})
    ben = accounts.make_account("Ben", "ben@example.org", PASSWORD)
    membership = Membership.objects.create(organisation=organisation, user=ben, role="viewer")
    signed_in.post(reverse("member", args=[organisation.pk, membership.pk]), {"role": "assessor", "ends_on": ""})
    signed_in.post(reverse("remove_member", args=[organisation.pk, membership.pk]))
    rows = list(audit_trail.events(organisation, Wanted(kind="people")))
    assert [(one.kind, one.subject_name, one.facts.get("role")) for one in rows] == [
        ("member.removed", "Ben", "assessor"),
        ("member.changed", "Ben", "assessor"),
        ("member.invited", "", "viewer"),
    ]
    assert {one.actor_id for one in rows} == {ada.pk}


def test_the_files_hold_what_the_filter_left_and_their_making_is_kept(signed_in, scan):
    organisation = scan.organisation
    for kind in ("csv", "json"):
        answer = signed_in.get(reverse("audit_file", args=[organisation.pk, kind]), {"kind": "settings"})
        text = b"".join(answer.streaming_content).decode()
        if kind == "json":
            told = [one["kind"] for one in json.loads(text)["events"]]
        else:
            told = [row[2] for row in csv.reader(io.StringIO(text))][1:]
        assert told == ["organisation.founded"]
        assert audit_trail.events(organisation).first().facts["page"] == "audit_file"
    assert all(one.broken is None for one in audit.follow_all())


@pytest.mark.parametrize("query", ["kind=nothing", "person=x", "since=2026-13-01", "until=yesterday"])
def test_a_filter_that_means_nothing_is_named(signed_in, scan, query):
    answer = signed_in.get(reverse("audit", args=[scan.organisation_id]) + f"?{query}")
    assert answer.status_code == 422
    assert "This did not work" in answer.content.decode() or "error" in answer.content.decode()
    assert signed_in.get(reverse("audit_file", args=[scan.organisation_id, "csv"]) + f"?{query}").status_code == 404


def test_pages_keep_the_filter_and_cost_the_same_however_long_the_trail(
    signed_in, scan, ada, django_assert_max_num_queries
):
    for _ in range(120):
        audit.record("brand.changed", organisation=scan.organisation, actor=ada)
    path = reverse("audit", args=[scan.organisation_id])
    signed_in.get(path)
    with django_assert_max_num_queries(10):
        page = signed_in.get(path, {"kind": "brand.changed", "page": 2}).content.decode()
    assert "?kind=brand.changed&amp;page=3" in page
    assert "Page 2 of 3" in page


def test_saving_an_answer_adds_nothing_to_the_trail(signed_in, scan):
    signed_in.get(reverse("audit", args=[scan.organisation_id]))
    before = kinds(scan.organisation)
    path = reverse("save_answer", args=[scan.organisation_id, scan.pk, "data.readers"])
    assert signed_in.post(path, {"answer": "2", "expected_version": 0}).status_code < 400
    with scope(organisation=scan.organisation):
        assert scan.answers.get().level == 2
    assert kinds(scan.organisation) == before


def test_only_owners_read_it(signed_in, scan):
    ben = accounts.make_account("Ben", "ben@example.org", PASSWORD)
    Membership.objects.create(organisation=scan.organisation, user=ben, role="assessor")
    client = Client()
    client.force_login(ben)
    assert client.get(reverse("audit", args=[scan.organisation_id])).status_code == 403
    home = client.get(reverse("assessment", args=[scan.organisation_id, scan.pk])).content.decode()
    assert "Audit trail" not in home
