"""Signing in: who gets in, who does not, and what a browser is never led into."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from assessor.models import User
from assessor.services import accounts

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "harbour lantern seven"
NEW = "quiet orchard bicycle"
LOGIN = {"login": "ada@example.org", "password": PASSWORD}


@pytest.fixture
def ada(served):
    return accounts.make_account("Ada Kern", "Ada@example.org", PASSWORD)


@pytest.fixture
def signed_in(client, ada):
    client.post(reverse("account_login"), LOGIN)
    # What changes how one signs in wants the password again.
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def first_path():
    return accounts.first_link()


def code_for(secret):
    return f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06d}"


def test_a_stranger_is_led_to_the_sign_in_and_back_again(client, ada):
    away = client.get("/portfolio/")
    assert away.headers["Location"] == "/account/login/?next=/portfolio/"
    page = client.get(away.headers["Location"]).content.decode()
    assert "Sign in" in page
    assert 'class="app-nav"' not in page
    back = client.post("/account/login/?next=/portfolio/", LOGIN | {"next": "/portfolio/"})
    assert back.headers["Location"] == "/portfolio/"


def test_a_wrong_password_says_so_without_saying_whether_the_account_exists(client, ada):
    wrong = client.post(reverse("account_login"), LOGIN | {"password": "wrong"}).content.decode()
    unknown = client.post(reverse("account_login"), {"login": "eve@example.org", "password": "wrong"}).content.decode()
    words = re.findall(r"<li>(.+?)</li>", wrong[wrong.index("This did not work") :])[0]
    assert words in unknown


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(client, ada, target):
    answer = client.post(f"/account/login/?next={target}", LOGIN | {"next": target})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


def test_signing_in_changes_the_session(client, ada):
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    client.post(reverse("account_login"), LOGIN)
    assert client.session.session_key != before
    assert Client(headers={"cookie": f"sessionid={before}"}).get("/").status_code == 302


def test_every_form_of_accounts_wants_its_token(ada):
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("account_login"), LOGIN).status_code == 403
    client.force_login(ada)
    for name in ("account_logout", "account_change_password", "mfa_activate_totp", "usersessions_list"):
        assert client.post(reverse(name)).status_code == 403, name


def test_a_forged_host_is_refused(client, ada, served):
    served.ALLOWED_HOSTS = ["assessor.example.org"]
    assert client.get("/account/login/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/account/login/", headers={"host": "assessor.example.org"}).status_code == 200


def test_many_attempts_are_stopped_and_the_count_is_in_the_database(client, ada):
    for _attempt in range(5):
        client.post(reverse("account_login"), LOGIN | {"password": "wrong"})
    # Another process has nothing in common with this one but the database.
    answer = Client().post(reverse("account_login"), LOGIN)
    assert "Too many failed login attempts" in answer.content.decode()


def test_a_header_from_anybody_does_not_move_the_count_elsewhere(client, ada):
    for attempt in range(31):
        answer = client.post(
            reverse("account_login"),
            {"login": f"nobody{attempt}@example.org", "password": "wrong"},
            headers={"x-forwarded-for": f"198.51.100.{attempt}"},
        )
    assert answer.status_code == 429
    assert "Wait five minutes" in answer.content.decode()


def test_nobody_signs_up_by_themselves(client, served):
    page = client.post("/account/signup/", {"email": "eve@example.org", "password1": PASSWORD})
    assert "begin with an invitation" in page.content.decode()
    assert not User.objects.exists()


def test_the_first_link_makes_the_operator_once(client, served):
    path = first_path()
    refused = client.post(path, {"name": "Ada", "email": "ada@example.org", "password": "short"})
    assert refused.status_code == 422
    assert 'value="ada@example.org"' in refused.content.decode()
    done = client.post(path, {"name": "Ada", "email": "ada@example.org", "password": PASSWORD})
    assert done.headers["Location"] == "/"
    assert User.objects.get().is_superuser
    assert client.get("/").status_code == 200
    assert Client().get(path).status_code == 404
    with pytest.raises(CommandError, match="exists"):
        call_command("password_link", "--first")


@pytest.mark.parametrize("token", ["first", "first.x.y", "x"])
def test_a_made_up_first_link_opens_nothing(client, served, token):
    assert client.get(reverse("first_admin", args=[token])).status_code == 404


def test_a_link_for_a_new_password_works_once(client, ada, capsys):
    call_command("password_link", "ada@example.org")
    path = re.sub(r"^https?://[^/]+", "", capsys.readouterr().out.strip())
    page = client.get(path, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert "does not work any more" in Client().get(path, follow=True).content.decode()


def test_without_a_mail_server_the_page_names_who_to_ask(client, ada):
    assert "This installation sends no mail" in client.get(reverse("account_reset_password")).content.decode()


def test_with_a_mail_server_the_link_is_mailed(client, ada, served, mailoutbox):
    served.MAIL_HOST = "mail.example.org"
    client.post(reverse("account_reset_password"), {"email": "ada@example.org"})
    assert len(mailoutbox) == 1
    assert "/account/reset/" in mailoutbox[0].body


def test_an_app_is_set_up_and_then_asked_for(signed_in, ada):
    page = signed_in.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200, page.headers
    text = page.content.decode()
    assert "<svg" in text
    assert "data:image" not in text
    assert 'class="qr-picture"' in text
    secret = page.context["form"].secret
    done = signed_in.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert done.headers["Location"] == reverse("mfa_view_recovery_codes")
    codes = signed_in.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(codes) == 10
    other = Client()
    half = other.post(reverse("account_login"), LOGIN)
    assert half.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert other.get("/").status_code == 302
    assert other.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    other.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert other.get("/").status_code == 200


def test_another_session_can_be_ended(signed_in, ada):
    other = Client()
    other.post(reverse("account_login"), LOGIN)
    assert other.get("/").status_code == 200
    signed_in.post(reverse("usersessions_list"))
    assert other.get("/").status_code == 302
    assert signed_in.get("/").status_code == 200


def test_a_new_password_ends_every_other_session(signed_in, ada):
    other = Client()
    other.post(reverse("account_login"), LOGIN)
    assert other.get("/").status_code == 200
    signed_in.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert other.get("/").status_code == 302
    assert signed_in.get("/").status_code == 200


def test_the_address_is_changed_at_once_where_no_mail_goes_out(signed_in, ada):
    accounts.make_account("Ben", "ben@example.org", PASSWORD)
    taken = signed_in.post(reverse("change_email"), {"email": "BEN@example.org"})
    assert taken.status_code == 422
    assert "An account has this address already" in taken.content.decode()
    signed_in.post(reverse("change_email"), {"email": "Ada.Kern@example.org"})
    assert Client().post(reverse("account_login"), LOGIN).status_code == 200
    new = Client()
    new.post(reverse("account_login"), LOGIN | {"login": "ada.kern@example.org"})
    assert new.get("/").status_code == 200


def test_the_address_is_proved_by_a_link_where_mail_goes_out(signed_in, ada, served, mailoutbox):
    served.MAIL_HOST = "mail.example.org"
    accounts.make_account("Ben", "ben@example.org", PASSWORD)
    signed_in.post(reverse("change_email"), {"email": "ben@example.org"})
    assert mailoutbox == []
    signed_in.post(reverse("change_email"), {"email": "ada.kern@example.org"})
    path = re.search(r"http://testserver(/account/mail/\S+)", mailoutbox[0].body)[1]
    assert mailoutbox[0].to == ["ada.kern@example.org"]
    ben = Client()
    ben.post(reverse("account_login"), LOGIN | {"login": "ben@example.org"})
    assert ben.post(path).status_code == 404
    assert "ada.kern@example.org" in signed_in.get(path).content.decode()
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"
    signed_in.post(path)
    ada.refresh_from_db()
    assert ada.email == "ada.kern@example.org"
    assert mailoutbox[1].to == ["ada@example.org"]
    assert signed_in.post(path).status_code == 404


def test_changing_the_address_wants_the_password_again(client, ada):
    client.post(reverse("account_login"), LOGIN)
    answer = client.post(reverse("change_email"), {"email": "eve@example.org"})
    assert answer.headers["Location"].startswith("/account/reauthenticate/")


OWN_PAGES = (
    *(
        "account",
        "change_email",
        "account_change_password",
        "account_logout",
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
    ),
    *("mfa_activate_totp", "usersessions_list", "account_reauthenticate"),
)


@pytest.mark.parametrize("name", OWN_PAGES)
def test_pages_of_the_account_are_ours_and_keep_the_policy(signed_in, name):
    answer = signed_in.get(reverse(name))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "app-header" in text
    assert not re.search(r"\sstyle=|<style|data:|\son\w+=", text)
    for script in re.findall(r"<script([^>]*)>", text):
        assert "src=" in script or "application/json" in script


def test_passwords_are_kept_as_argon2():
    assert make_password(PASSWORD).startswith("argon2$")


def test_laptop_mode_has_no_address_of_accounts(client, db):
    assert client.get("/account/login/").status_code == 404
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "needs ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "no host name"),
        ({"ALLOWED_HOSTS": "https://assessor.example.org"}, "no host name"),
        ({"ALLOWED_HOSTS": "a.example", "SECRET_KEY": "a" * 60}, "can be guessed"),
        ({"ALLOWED_HOSTS": "a.example", "SECRET_KEY": "short"}, "shorter than 40"),
        ({"ALLOWED_HOSTS": "a.example"}, "ASSESSOR_PROXIES"),
        ({"ASSESSOR_MODE": "laptop", "ASSESSOR_BIND": "0.0.0.0"}, "without a sign-in"),
        ({"ALLOWED_HOSTS": "a.example", "ASSESSOR_DEBUG": "1"}, "shows settings to strangers"),
    ],
)
def test_served_mode_refuses_nonsense_with_a_sentence(tmp_path, environment, sentence):
    kept = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        check=False,
        env=kept | {"ASSESSOR_DATA": str(tmp_path), "ASSESSOR_MODE": "served"} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert sentence in done.stderr.strip().splitlines()[-1]
