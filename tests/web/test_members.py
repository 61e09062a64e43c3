"""Members: invited by a link, changed and removed by owners, never without an owner; guests until their last day."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.models import Invitation, Membership, Organisation, Role
from assessor.services import assessments
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS
from tests.web.people import PASSWORD, person, signed_in


@pytest.fixture
def ada(served):
    return person("ada")


@pytest.fixture
def scan(ada):
    return assessments.start_assessment(ada, shipped("ai-sovereignty"), FACTS)


@pytest.fixture
def office(scan):
    return scan.organisation


def invite(client, office, **more):
    data = {"email": "ben@example.org", "role": "assessor", "ends_on": ""} | more
    answer = client.post(reverse("members", args=[office.pk]), data)
    found = re.search(r'value="(http://testserver(/invitation/[^"]+))"', answer.content.decode())
    return answer, found[2] if found else None


def test_an_invited_person_makes_an_account_and_is_in(ada, scan, office):
    answer, path = invite(signed_in(ada), office)
    assert answer.status_code == 200
    guest = Client()
    page = guest.get(path).content.decode()
    assert "Nordhafen Clinic" in page
    assert "Assessor" in page
    joined = guest.post(path, {"name": "Ben", "password": PASSWORD, "email": "forged@example.org", "role": "owner"})
    assert joined.headers["Location"] == "/"
    member = Membership.objects.get(user__email="ben@example.org")
    assert member.role == Role.ASSESSOR
    assert guest.get(reverse("assessment", args=[office.pk, scan.pk])).status_code == 200
    assert Client().get(path).status_code == 404


def test_the_link_is_not_kept(ada, office):
    _answer, path = invite(signed_in(ada), office)
    word = path.split("/")[2]
    with scopes_disabled():
        row = Invitation.objects.get()
    assert word not in str(vars(row))
    assert word not in signed_in(ada).get(reverse("members", args=[office.pk])).content.decode()


def test_a_person_with_an_account_joins_with_it(ada, office):
    ben = person("ben")
    _answer, path = invite(signed_in(ada), office, role="viewer")
    assert "Sign in to join" in Client().get(path).content.decode()
    assert Client().post(path, {"name": "x", "password": PASSWORD}).status_code == 200
    assert not Membership.objects.filter(user=ben).exists()
    signed_in(ben).post(path)
    assert Membership.objects.get(user=ben).role == Role.VIEWER


def test_a_link_taken_back_or_too_old_opens_nothing(ada, office):
    owner = signed_in(ada)
    _answer, path = invite(owner, office)
    with scopes_disabled():
        row = Invitation.objects.get()
    owner.post(reverse("revoke_invitation", args=[office.pk, row.pk]))
    assert Client().get(path).status_code == 404
    _answer, path = invite(owner, office)
    with scopes_disabled():
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(path).status_code == 404
    assert Client().post(path, {"name": "Ben", "password": PASSWORD}).status_code == 404


def test_a_new_link_ends_the_one_before(ada, office):
    _answer, first = invite(signed_in(ada), office)
    _answer, second = invite(signed_in(ada), office)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_an_owner_does_not_lose_the_role_by_an_invitation(ada, office):
    _answer, path = invite(signed_in(ada), office, email="somebody@example.org", role="viewer")
    signed_in(ada).post(path)
    assert Membership.objects.get(user=ada).role == Role.OWNER


def test_a_guest_is_seen_with_the_last_day_and_then_sees_nothing(ada, scan, office):
    cleo = person("cleo")
    today = timezone.localdate()
    Membership.objects.create(organisation=office, user=cleo, role=Role.ASSESSOR, ends_on=today)
    ben = person("ben")
    Membership.objects.create(organisation=office, user=ben, role=Role.VIEWER)
    assert "Cleo" in signed_in(ben).get(reverse("members", args=[office.pk])).content.decode()
    place = reverse("assessment", args=[office.pk, scan.pk])
    guest = signed_in(cleo)
    assert guest.get(place).status_code == 200
    Membership.objects.filter(user=cleo).update(ends_on=today - timedelta(days=1))
    assert guest.get(place).status_code == 404
    assert "Nordhafen" not in guest.get("/").content.decode()


@pytest.mark.parametrize("terms", [{"role": "viewer", "ends_on": ""}, {"role": "owner", "ends_on": "2999-01-01"}])
def test_the_last_owner_stays(ada, office, terms):
    owner = signed_in(ada)
    member = Membership.objects.get(user=ada)
    refused = owner.post(reverse("member", args=[office.pk, member.pk]), terms)
    assert refused.status_code == 422
    assert "last owner" in refused.content.decode()
    for name, args in (("remove_member", [office.pk, member.pk]), ("leave", [office.pk])):
        page = owner.post(reverse(name, args=args), follow=True)
        assert "last owner" in page.content.decode()
    assert Membership.objects.get(user=ada).role == Role.OWNER


def test_a_consultant_is_removed_at_once_and_can_leave(ada, scan, office):
    cleo = person("cleo")
    place = reverse("assessment", args=[office.pk, scan.pk])
    member = Membership.objects.create(organisation=office, user=cleo, role=Role.OWNER)
    guest = signed_in(cleo)
    signed_in(ada).post(reverse("remove_member", args=[office.pk, member.pk]))
    assert guest.get(place).status_code == 404
    Membership.objects.create(organisation=office, user=cleo, role=Role.VIEWER)
    guest.post(reverse("leave", args=[office.pk]))
    assert guest.get(place).status_code == 404


def test_a_member_of_another_organisation_cannot_be_reached_through_ones_own(ada, office):
    other = Organisation.objects.create(name="Other")
    ben = person("ben")
    theirs = Membership.objects.create(organisation=other, user=ben, role=Role.OWNER)
    for name in ("member", "remove_member"):
        assert signed_in(ada).post(reverse(name, args=[office.pk, theirs.pk]), {"role": "viewer"}).status_code == 404
    assert Membership.objects.filter(pk=theirs.pk, role=Role.OWNER).exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "nobody"}, "valid email"),
        ({"role": "superuser"}, "valid choice"),
        ({"ends_on": "2001-01-01"}, "This day is over"),
        ({"email": "ada@example.org"}, "a member already"),
    ],
)
def test_a_wrong_invitation_is_refused_and_what_was_typed_stays(ada, office, wrong, words):
    answer, path = invite(signed_in(ada), office, **wrong)
    assert answer.status_code == 422
    assert path is None
    assert words in answer.content.decode()
    assert f'value="{wrong.get("email", "ben@example.org")}"' in answer.content.decode()


def test_an_invitation_is_mailed_where_there_is_a_mail_server(ada, office, served, mailoutbox):
    served.MAIL_HOST = "mail.example.org"
    office.name = "Two\nlines"
    office.save()
    _answer, path = invite(signed_in(ada), office)
    assert path in mailoutbox[0].body
    assert mailoutbox[0].to == ["ben@example.org"]


def test_somebody_who_was_only_invited_begins_no_organisation(ada, office):
    ben = person("ben")
    Membership.objects.create(organisation=office, user=ben, role=Role.VIEWER)
    assert signed_in(ben).get("/start/").status_code == 403
    assert signed_in(ada).get("/start/").status_code == 200
