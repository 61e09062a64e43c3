"""The pages of whoever runs the installation: what they may do to accounts, and what stays closed to them."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessor.models import Membership, Organisation, Report, Role, User, WorkerBeat
from assessor.services import accounts, assessments, workers
from assessor.services.policy import probe_policy
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS

PASSWORD = "harbour lantern seven"
NEW = "quiet orchard bicycle"


def person(name, **more):
    return accounts.make_account(name.title(), f"{name}@example.org", PASSWORD, **more)


def signed_in(user):
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


@pytest.fixture
def olga(served):
    return person("olga", username=accounts.FIRST_USERNAME, operator=True)


@pytest.fixture
def ada(served):
    return person("ada")


@pytest.fixture
def office(olga):
    return signed_in(olga)


def act(client, user, deed):
    return client.post(reverse("act_on_user", args=[user.pk, deed]), follow=True)


def test_an_operator_finds_an_account_by_a_part_of_its_name(office, ada):
    text = office.get(reverse("users"), {"q": "AD"}).content.decode()
    assert "Ada" in text
    assert "olga@example.org" not in text
    assert "No account has this" in office.get(reverse("users"), {"q": "zzz"}).content.decode()


def test_a_locked_person_is_out_at_once_and_in_again_when_unlocked(office, ada):
    client = signed_in(ada)
    assert client.get("/").status_code == 200
    assert "is locked out" in act(office, ada, "lock").content.decode()
    assert client.get("/").status_code == 302
    refused = Client().post(reverse("account_login"), {"login": ada.email, "password": PASSWORD}, follow=True)
    assert "This account is closed" in refused.content.decode()
    act(office, ada, "unlock")
    assert signed_in(ada).get("/").status_code == 200


def test_a_link_for_a_new_password_is_shown_once_and_works_once(office, ada):
    page = office.post(reverse("user_link", args=[ada.pk])).content.decode()
    path = re.search(r'value="http://testserver(/account/reset/[^"]+)"', page)[1]
    assert path not in office.get(reverse("user", args=[ada.pk])).content.decode()
    guest = Client()
    form = guest.get(path, follow=True).redirect_chain[-1][0]
    guest.post(form, {"password1": NEW, "password2": NEW})
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_sessions_end_everywhere_and_the_own_one_too(office, olga, ada):
    first, second = signed_in(ada), signed_in(ada)
    assert "ended: 2" in act(office, ada, "end-sessions").content.decode()
    assert (first.get("/").status_code, second.get("/").status_code) == (302, 302)
    assert "Sign in" in act(office, olga, "end-sessions").content.decode()


def test_a_lost_second_step_is_taken_away_and_the_password_is_enough_again(office, ada):
    Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={"secret": "x"})
    half = Client().post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
    assert half.headers["Location"].startswith(reverse("mfa_authenticate"))
    act(office, ada, "reset-second-step")
    assert signed_in(ada).get("/").status_code == 200


def test_the_office_is_shared_and_given_away_but_never_by_the_last_one(office, olga, ada):
    refused = act(office, olga, "unmake-operator").content.decode()
    assert "the last one who runs this installation" in refused
    act(office, ada, "make-operator")
    assert signed_in(ada).get(reverse("users")).status_code == 200
    act(office, olga, "unmake-operator")
    assert office.get(reverse("users")).status_code == 404
    assert "Nobody can lock their own" in act(signed_in(ada), ada, "lock").content.decode()
    assert User.objects.get(pk=ada.pk).is_active


def test_what_is_done_to_accounts_wants_the_password_again(olga, ada):
    client = Client()
    client.post(reverse("account_login"), {"login": olga.email, "password": PASSWORD})
    for name, args in (("user_link", [ada.pk]), ("act_on_user", [ada.pk, "lock"])):
        assert client.post(reverse(name, args=args)).headers["Location"].startswith("/account/reauthenticate/")
    assert User.objects.get(pk=ada.pk).is_active
    # What was asked for is done once the password is right.
    client.post(
        "/account/reauthenticate/?next=" + reverse("act_on_user", args=[ada.pk, "lock"]), {"password": PASSWORD}
    )
    assert not User.objects.get(pk=ada.pk).is_active


def test_running_the_installation_opens_no_organisation(office, ada):
    scan = assessments.start_assessment(ada, shipped("ai-sovereignty"), FACTS)
    assert office.get(reverse("assessment", args=[scan.organisation_id, scan.pk])).status_code == 404
    for page in ("home", "portfolio"):
        assert FACTS.workload not in office.get(reverse(page)).content.decode()
    text = office.get(reverse("organisations")).content.decode()
    assert FACTS.organisation in text
    assert FACTS.workload not in text
    assert scan.title not in text
    assert "Without this account nobody" in office.get(reverse("user", args=[ada.pk])).content.decode()


def test_an_organisation_begun_for_somebody_belongs_to_them_alone(office, olga):
    data = {"name": "Harbour Bank", "home_jurisdictions": "Germany", "email": "ben@example.org"}
    assert office.post(reverse("begin_organisation"), data | {"email": "x"}).status_code == 422
    page = office.post(reverse("begin_organisation"), data).content.decode()
    path = re.search(r'value="http://testserver(/invitation/[^"]+)"', page)[1]
    Client().post(path, {"name": "Ben", "password": PASSWORD})
    made = Organisation.objects.get(name="Harbour Bank")
    member = Membership.objects.get(organisation=made)
    assert (member.user.email, member.role) == ("ben@example.org", Role.OWNER)
    assert not Membership.objects.filter(user=olga).exists()


def test_the_lists_cost_the_same_however_long_they_are(office, ada, django_assert_max_num_queries):
    for number in range(30):
        made = Organisation.objects.create(name=f"Client {number}")
        Membership.objects.create(organisation=made, user=ada, role=Role.OWNER)
    for name in ("users", "organisations"):
        with django_assert_max_num_queries(8):
            assert office.get(reverse(name)).status_code == 200


def test_what_the_operator_set_for_the_prober_is_shown_and_an_address_can_be_tried(office, served):
    served.PROBE_DENY_CIDRS = ["10.9.0.0/16"]
    probe_policy.cache_clear()
    page = office.get(reverse("probe_policy"), {"url": "https://10.9.1.1/"}).content.decode()
    assert "10.9.0.0/16" in page
    assert "It would be refused" in page
    assert (
        "Nothing speaks against" in office.get(reverse("probe_policy"), {"url": "https://x.example/"}).content.decode()
    )


def test_on_a_laptop_its_one_user_sees_the_installation_and_no_accounts(client, db):
    page = client.get(reverse("installation")).content.decode()
    assert "No worker has run here yet" in page
    assert "/installation/users/" not in page
    assert client.get("/installation/users/").status_code == 404
    assert client.get(reverse("organisations")).status_code == 200


def test_whoever_waits_reads_that_no_worker_lives(client, inside):
    waiting = Report.objects.create(
        organisation=inside.organisation,
        assessment=inside,
        kind=Report.Kind.DRAFT,
        version=1,
        content={},
        scorecard={},
        input_hash="",
    )
    path = reverse("report_status", args=[inside.organisation_id, inside.pk, waiting.pk])
    assert "No worker is running" not in client.get(path).content.decode()
    Report.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert "No worker is running" in client.get(path).content.decode()
    assert "No worker is running" in client.get(path, headers={"hx-request": "true"}).content.decode()
    workers.beat("a")
    assert "No worker is running" not in client.get(path).content.decode()
    WorkerBeat.objects.update(ended_at=timezone.now())
    assert "No worker is running" in client.get(path).content.decode()


def test_what_an_operator_does_stands_in_the_installations_trail(office, olga, ada):
    for deed in ("lock", "unlock", "make-operator", "unmake-operator", "end-sessions"):
        act(office, ada, deed)
    office.post(reverse("user_link", args=[ada.pk]))
    text = office.get(reverse("installation_trail")).content.decode()
    for words in (
        "An account was closed",
        "opened again",
        "Became an operator",
        "no operator any more",
        "every session",
    ):
        assert words in text
    assert "Made a link for a new password" in text
    exported = b"".join(office.get(reverse("installation_trail_file", args=["json"])).streaming_content).decode()
    assert "person.account_closed" in exported
    assert PASSWORD not in exported


def test_an_operator_deletes_an_organisation_for_good_by_typing_its_name(office, ada):
    scan = assessments.start_assessment(ada, shipped("ai-sovereignty"), FACTS)
    path = reverse("delete_any_organisation", args=[scan.organisation_id])
    page = office.get(path).content.decode()
    assert FACTS.organisation in page
    assert FACTS.workload not in page
    assert office.post(path, {"name": "Another"}).status_code == 422
    assert Organisation.objects.filter(pk=scan.organisation_id).exists()
    # Without the password of a moment ago nothing happens.
    late = Client()
    late.post(reverse("account_login"), {"login": "olga@example.org", "password": PASSWORD})
    assert late.post(path, {"name": FACTS.organisation}).headers["Location"].startswith("/account/reauthenticate/")
    assert office.post(path, {"name": FACTS.organisation}).headers["Location"] == reverse("organisations")
    assert not Organisation.objects.filter(pk=scan.organisation_id).exists()
    assert FACTS.organisation in office.get(reverse("installation_trail")).content.decode()
    assert signed_in(ada).get("/").status_code == 200
