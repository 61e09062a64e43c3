"""Accounts in a real browser: passkeys with an authenticator that Chromium plays, and axe on every page of them."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse

from assessor.models import Organisation
from assessor.services import accounts, sittings

PASSWORD = "harbour lantern seven"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES = (
    *("account", "change_email", "account_change_password", "account_logout", "account_reauthenticate", "mfa_index"),
    *("mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "usersessions_list", "installation", "users"),
    *("organisations", "begin_organisation", "installation_trail", "probe_policy"),
)
OUTSIDE = (
    "account_login",
    "account_reset_password",
    "account_signup",
    "account_inactive",
    "account_reset_password_done",
)


@pytest.fixture
def person(transactional_db, served):
    return accounts.make_account("Olga " + "W" * 55, "olga@example.org", PASSWORD, operator=True)


def sign_in(page, home):
    page.goto(home + reverse("account_login"))
    page.fill("[name=login]", "olga@example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("main form >> text=Sign in")


def confirm(page, home):
    page.goto(home + reverse("account_reauthenticate"))
    page.fill("[name=password]", PASSWORD)
    page.click("text=Confirm >> nth=-1")


@pytest.fixture
def authenticator(page):
    """What a phone or a security key would be: it agrees at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def test_a_passkey_is_made_opens_the_account_alone_and_is_a_second_step(page, live_server, person, authenticator):
    home = live_server.url
    sign_in(page, home)
    confirm(page, home)
    page.goto(home + reverse("mfa_add_webauthn"))
    page.fill("[name=name]", "Desk key")
    page.check("[name=passwordless]")
    page.click("text=Add the passkey")
    page.wait_for_url(re.compile("/account/second/codes/"))
    page.goto(home + reverse("mfa_list_webauthn"))
    assert page.locator("tbody th").inner_text() == "Desk key"
    page.goto(home + reverse("account_logout"))
    page.click("main >> text=Sign out >> nth=-1")
    page.goto(home + reverse("account_login"))
    page.click("text=Sign in with a passkey")
    page.wait_for_url(home + "/")
    assert page.locator("nav >> text=Account").count() == 1
    page.goto(home + reverse("account_logout"))
    page.click("main >> text=Sign out >> nth=-1")
    sign_in(page, home)
    page.wait_for_selector("text=Second step")
    page.click("text=Use a passkey")
    page.wait_for_url(home + "/")
    session, key = authenticator
    assert session.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"][0]["signCount"] >= 2


def test_axe_finds_nothing_on_pages_of_accounts_and_none_is_wide(page, live_server, person):
    Organisation.objects.create(name="W" * 60)
    page.set_viewport_size({"width": 320, "height": 640})
    faults = []

    def look(path):
        page.goto(live_server.url + path)
        # The scheme changes colours and nothing else.
        for scheme, rules in (("light", RULES), ("dark", {"runOnly": ["color-contrast"]})):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            faults.extend(
                (path, scheme, one["id"], one["nodes"][0]["html"][:120])
                for one in Axe().run(page, options=rules).response["violations"]
            )
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
            faults.append((path, width))

    for name in OUTSIDE:
        look(reverse(name))
    sign_in(page, live_server.url)
    look(reverse("account_reauthenticate"))
    confirm(page, live_server.url)
    for name in PAGES:
        look(reverse(name))
    look(reverse("user", args=[person.pk]))
    assert faults == []


def test_a_compulsory_passkey_is_set_up_first_and_a_session_that_ends_soon_can_be_kept(
    page, live_server, person, served, authenticator
):
    served.SECOND_STEP = "everybody"
    page.set_viewport_size({"width": 320, "height": 640})
    home = live_server.url
    sign_in(page, home)
    page.goto(f"{home}/about/?x=1")
    assert page.url == home + reverse("second_step")
    assert not Axe().run(page, options=RULES).response["violations"]
    page.click("text=Add a passkey")
    page.fill("[name=password]", PASSWORD)
    page.click("text=Confirm >> nth=-1")
    page.fill("[name=name]", "Desk key")
    page.click("text=Add the passkey")
    page.click("text=Go on to where you were going")
    page.wait_for_url(f"{home}/about/?x=1")
    # Most of an hour later the page asks by itself.
    session = SessionStore(next(one["value"] for one in page.context.cookies() if one["name"] == "sessionid"))
    session[sittings.SEEN] -= 56 * 60
    session.save()
    page.evaluate("htmx.ajax('GET', '/account/rest/', {target: '#sitting', swap: 'outerHTML'})")
    page.wait_for_selector("text=You will be signed out in 4 minutes.")
    assert not Axe().run(page, options=RULES).response["violations"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.locator("text=Stay signed in").bounding_box()["y"] > 0
    page.click("text=Stay signed in")
    page.wait_for_selector("text=You stay signed in.")
