"""What a stranger tries first: forged forms, forged hosts, links that lead away, and pages nobody looked after."""

import logging
import re
from pathlib import Path

import allauth
import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.test.signals import template_rendered
from django.urls import reverse

from assessor.served import accounts as account_addresses
from assessor.services import accounts
from tests.web.test_who_may import OPEN, address, patterns

PASSWORD = "harbour lantern seven"
# Sent by a program with a token of its own; no browser's cookie opens it.
WITHOUT_COOKIE = {"upload"}
AWAY = ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"]
ALLAUTH = Path(allauth.__file__).parent


@pytest.fixture
def ada(served):
    return accounts.make_account("Ada", "ada@example.org", PASSWORD, operator=True)


@pytest.fixture
def signed_in(client, ada):
    client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_every_address_wants_the_token_of_its_form(ada, caplog):
    caplog.set_level("CRITICAL", "django.security.csrf")
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    open_ones, asked = set(), 0
    for name, converters, _view in patterns():
        for method in ("post", "put", "patch", "delete"):
            asked += 1
            if getattr(client, method)(address(name, converters, {})).status_code != 403:
                open_ones.add(name)
    assert open_ones == WITHOUT_COOKIE
    assert asked >= 600


def test_a_forged_host_is_refused_at_every_address_that_is_open(served, caplog):
    caplog.set_level("CRITICAL", "django.security")
    served.ALLOWED_HOSTS = ["assessor.example.org"]
    for name, converters, _view in patterns():
        if name in OPEN:
            for host in ("evil.example", "assessor.example.org.evil.example", "assessor.example.org@evil.example"):
                answer = Client().get(address(name, converters, {}), headers={"host": host})
                assert answer.status_code == 400, (name, host)


@pytest.mark.parametrize("target", AWAY)
def test_no_form_leads_to_another_site(signed_in, target):
    for name, data in (
        ("theme", {"theme": "dark"}),
        ("language", {"language": "de"}),
        ("account_reauthenticate", {"password": PASSWORD}),
        ("account_logout", {}),
    ):
        answer = signed_in.post(f"{reverse(name)}?next={target}", data | {"next": target})
        assert answer.status_code == 302, name
        assert "evil" not in answer.headers["Location"], name
        assert "javascript" not in answer.headers["Location"], name


def test_a_refusal_is_one_line_in_the_log(client, db, caplog, capfd):
    # Laptop mode refuses whoever comes from elsewhere.
    assert client.get("/", REMOTE_ADDR="198.51.100.7").status_code == 403
    record = next(one for one in caplog.records if one.name == "django.request")
    assert "Traceback" not in logging.Formatter().format(record)
    assert "Traceback" not in capfd.readouterr().err


def test_no_page_message_or_mail_of_accounts_is_allauths_own(served, signed_in, ada, mailoutbox):
    served.MAIL_HOST = "mail.example.org"
    seen: set[str] = set()

    def note(template, **_more):
        seen.add(str(template.origin.name))

    half = Client()
    Authenticator.objects.create(
        user=accounts.make_account("Ben", "ben@example.org", PASSWORD), type="totp", data={"secret": "x"}
    )
    half.post(reverse("account_login"), {"login": "ben@example.org", "password": PASSWORD})
    template_rendered.connect(note)
    try:
        for name in (
            one.name for one in account_addresses if not one.pattern.converters and not one.pattern.regex.groups
        ):
            for client in (Client(), half, signed_in):
                for method in ("get", "post"):
                    answer = getattr(client, method)(reverse(name), {"email": ada.email})
                    if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                        assert "app-header" in answer.content.decode(), name
                if name == "account_logout":
                    signed_in.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
                    signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    finally:
        template_rendered.disconnect(note)
    assert mailoutbox
    own = [one for one in seen if Path(one).is_relative_to(ALLAUTH)]
    assert own == []
    assert not [mail.subject for mail in mailoutbox if not mail.subject.startswith("Sovereignty Assessor: ")]


def test_every_text_that_allauth_says_here_has_words_of_ours():
    here = Path(__file__).parents[2] / "templates"
    theirs = ALLAUTH / "templates"
    # Flows that have no address here: sign-up, codes by mail, phones, proving an address by mail.
    elsewhere = re.compile(
        r"login_code|password_reset_code|email_confirm|email_deleted|email_changed|unknown_account|already_exists"
        r"|phone|primary|cannot_delete|disconnected|download"
    )
    missing = [
        str(path.relative_to(theirs))
        for path in sorted(theirs.rglob("*.txt"))
        if not elsewhere.search(path.name) and not (here / path.relative_to(theirs)).exists()
    ]
    assert missing == []


def test_a_change_of_how_one_signs_in_is_mailed_where_mail_goes_out(served, signed_in, mailoutbox):
    served.MAIL_HOST = "mail.example.org"
    form = {"oldpassword": PASSWORD, "password1": "quiet orchard bicycle", "password2": "quiet orchard bicycle"}
    signed_in.post(reverse("account_change_password"), form)
    assert [mail.subject for mail in mailoutbox] == ["Sovereignty Assessor: Your password was changed"]
    assert "If it was not, tell whoever runs the installation" in mailoutbox[0].body
    assert "UTC" in mailoutbox[0].body


def test_no_mail_goes_to_an_address_that_nobody_has(served, client, mailoutbox):
    served.MAIL_HOST = "mail.example.org"
    answer = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert answer.headers["Location"] == reverse("account_reset_password_done")
    assert mailoutbox == []
