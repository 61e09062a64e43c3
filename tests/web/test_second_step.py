"""A compulsory second step: set up before anything else, and nothing is lost on the way to it."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from assessor.models import AuditEvent, Membership, Organisation, Role
from assessor.services import accounts, memberships
from assessor.services.memberships import Terms
from tests.web.test_accounts import LOGIN, PASSWORD, code_for

HUB = "/account/second/first/"


@pytest.fixture
def office(served):
    return Organisation.objects.create(name="Harbour Bank", home_jurisdictions=["Germany"])


@pytest.fixture
def ada(office):
    """An owner without a second step."""
    made = accounts.make_account("Ada Kern", "ada@example.org", PASSWORD)
    Membership.objects.create(organisation=office, user=made, role=Role.OWNER)
    return made


@pytest.fixture
def strict(office):
    office.second_step_required = True
    office.save()
    return office


def sign_in(client, email="ada@example.org"):
    client.post(reverse("account_login"), LOGIN | {"login": email})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def set_up_app(client):
    """Go through the page as a person does and return where it leads."""
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    return client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})


def members_page(office):
    return reverse("members", args=[office.pk])


def test_a_member_without_one_is_led_to_it_and_on_to_where_they_were_going(client, ada, strict):
    sign_in(client)
    wanted = f"{members_page(strict)}?x=1"
    assert client.get(wanted).headers["Location"] == HUB
    page = client.get(HUB).content.decode()
    assert "Harbour Bank" in page
    done = set_up_app(client)
    codes = client.get(done.headers["Location"]).content.decode()
    assert "Go on to where you were going" in codes
    on = client.get(HUB)
    assert on.headers["Location"] == wanted
    assert client.get(wanted).status_code == 200
    assert "Go on to where" not in client.get(reverse("mfa_view_recovery_codes")).content.decode()
    # The next time the code is asked for, and nothing else.
    other = Client()
    assert other.post(reverse("account_login"), LOGIN).headers["Location"].startswith(reverse("mfa_authenticate"))


@pytest.mark.parametrize("name", ["home", "portfolio", "start", "about"])
def test_nothing_else_opens_before(client, ada, strict, name):
    sign_in(client)
    assert client.get(reverse(name)).headers["Location"] == HUB
    assert client.get(reverse(name), headers={"hx-request": "true"}).status_code == 403


def test_what_was_typed_when_it_became_compulsory_is_kept(client, ada, office):
    sign_in(client)
    office.second_step_required = True
    office.save()
    path = members_page(office)
    assert client.post(path, {"email": "ben@example.org", "role": "viewer"}).headers["Location"] == HUB
    set_up_app(client)
    assert client.get(HUB).headers["Location"] == reverse("kept")
    assert "ben@example.org" in client.get(reverse("kept")).content.decode()


def test_an_invitation_leads_through_it_into_the_organisation(client, ada, strict):
    with scope(organisation=strict):
        _made, word = memberships.invite(strict, ada, "ben@example.org", Terms(Role.VIEWER))
    path = reverse("invitation", args=[word])
    answer = client.post(path, {"name": "Ben", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == HUB
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    set_up_app(client)
    assert client.get(HUB, follow=True).status_code == 200
    assert Membership.objects.filter(organisation=strict, user__email="ben@example.org").exists()
    assert client.get(members_page(strict)).status_code == 200


def test_an_owner_decides_and_it_is_in_the_trail(client, ada, office):
    sign_in(client)
    assert "Set up by 0 of 1 member." in client.get(members_page(office)).content.decode()
    client.post(reverse("decide_second_step", args=[office.pk]), {"required": "yes"})
    assert client.get(members_page(office)).headers["Location"] == HUB
    set_up_app(client)
    page = client.get(members_page(office)).content.decode()
    assert "Members need an app" in page
    assert "Set up by 1 of 1 member." in page
    client.post(reverse("decide_second_step", args=[office.pk]), {"required": "no"})
    office.refresh_from_db()
    assert not office.second_step_required
    with scopes_disabled():
        kinds = AuditEvent.objects.filter(kind__startswith="organisation.second").values_list("kind", flat=True)
        assert set(kinds) == {"organisation.second_step_required", "organisation.second_step_left"}


def test_the_last_second_step_stays_while_it_is_compulsory(client, ada, strict):
    TOTP.activate(ada, generate_totp_secret())
    passkey = Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Key"})
    client.force_login(ada)
    Authenticator.objects.filter(type="totp").delete()
    answer = client.post(reverse("mfa_remove_webauthn", args=[passkey.pk]), follow=True)
    assert "this is your last one" in answer.content.decode()
    assert Authenticator.objects.filter(pk=passkey.pk).exists()
    passkey.delete()
    fresh = sign_in(Client())
    set_up_app(fresh)
    answer = fresh.post(reverse("mfa_deactivate_totp"))
    assert "this is your last one" in answer.content.decode()
    assert Authenticator.objects.filter(user=ada, type="totp").exists()


def test_somebody_elses_passkey_is_not_there(client, ada):
    eve = accounts.make_account("Eve", "eve@example.org", PASSWORD)
    passkey = Authenticator.objects.create(user=eve, type="webauthn", data={"name": "Key"})
    client.force_login(ada)
    assert client.post(reverse("mfa_remove_webauthn", args=[passkey.pk])).status_code == 404


@pytest.mark.parametrize(
    ("setting", "operator", "led"),
    [
        ("optional", False, False),
        ("operators", False, False),
        ("operators", True, True),
        ("everybody", False, True),
    ],
)
def test_the_operator_decides_for_whom(client, served, setting, operator, led):
    served.SECOND_STEP = setting
    accounts.make_account("Ada Kern", "ada@example.org", PASSWORD, operator=operator)
    sign_in(client)
    answer = client.get("/")
    assert (answer.status_code == 302 and answer.headers["Location"] == HUB) == led


def test_a_membership_that_is_over_asks_for_nothing(client, ada, strict):
    Membership.objects.update(ends_on="2020-01-01")
    sign_in(client)
    assert client.get("/").status_code == 200


def test_it_holds_in_every_organisation_of_the_person(client, ada, strict):
    other = Organisation.objects.create(name="Other", home_jurisdictions=["France"])
    Membership.objects.create(organisation=other, user=ada, role=Role.OWNER)
    sign_in(client)
    assert client.get(members_page(other)).headers["Location"] == HUB
