"""Seeds of second steps: sealed for one account, of use to nobody who reads the database, sealed anew in time."""

import importlib

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from assessor.services import accounts, keyring, resealing, second_steps
from tests.services.canary import backed_up, everything_stored
from tests.web.test_accounts import LOGIN, PASSWORD, code_for


@pytest.fixture
def ada(served):
    return accounts.make_account("Ada Kern", "ada@example.org", PASSWORD)


@pytest.fixture
def secret(ada):
    """The seed in the app of a person who has set one up, with recovery codes."""
    made = generate_totp_secret()
    TOTP.activate(ada, made)
    RecoveryCodes.activate(ada)
    return made


def app_of(person):
    return Authenticator.objects.get(user=person, type="totp")


def seeds_of(person):
    """What the app and the recovery codes of a person are made from."""
    rows = {one.type: one for one in Authenticator.objects.filter(user=person)}
    return [second_steps.opened(rows[kind].data[name]) for kind, name in second_steps.SEEDS.items()]


def begin_sign_in(client):
    assert client.post(reverse("account_login"), LOGIN).headers["Location"].startswith(reverse("mfa_authenticate"))


def test_no_seed_lies_open_in_the_database_and_codes_still_hold(client, ada, secret):
    codes = RecoveryCodes.activate(ada).get_unused_codes()
    _secret, seed = seeds_of(ada)
    assert _secret == secret
    assert len(seed) == 80
    stored = everything_stored()
    assert secret not in stored
    assert seed not in stored
    begin_sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_for(secret)})
    assert client.get("/").status_code == 200
    client.post(reverse("account_logout"))
    begin_sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.get("/").status_code == 200
    # Using a code writes the row anew.
    assert seed not in everything_stored()
    assert len(RecoveryCodes.activate(ada).get_unused_codes()) == 9


def test_a_seed_copied_into_another_account_opens_nothing(client, ada, secret, caplog):
    eve = accounts.make_account("Eve", "eve@example.org", PASSWORD)
    hers = generate_totp_secret()
    TOTP.activate(eve, hers)
    theirs = app_of(eve).data
    Authenticator.objects.filter(user=ada, type="totp").update(data=theirs)
    begin_sign_in(client)
    answer = client.post(reverse("mfa_authenticate"), {"code": code_for(hers)})
    assert answer.status_code == 403
    assert "cannot be read any more" in answer.content.decode()
    assert client.get("/").status_code == 302
    assert hers not in caplog.text


def test_a_seed_that_was_put_in_open_opens_nothing(client, ada, secret):
    planted = generate_totp_secret()
    Authenticator.objects.filter(user=ada, type="totp").update(data={"secret": planted})
    begin_sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": code_for(planted)}).status_code == 403
    assert client.get("/").status_code == 302


def test_without_the_sealing_key_the_page_says_who_can_help(client, ada, secret, tmp_path):
    (tmp_path / "sealing-key").unlink()
    begin_sign_in(client)
    page = client.post(reverse("mfa_authenticate"), {"code": code_for(secret)})
    assert page.status_code == 403
    assert "gives the sealing key back, or takes the second step away" in page.content.decode()


def test_rotation_seals_seeds_anew_and_codes_still_hold(ada, secret, capsys):
    before = seeds_of(ada)
    old = keyring.at_hand()[0].ident
    made = keyring.add_new().ident
    assert resealing.count() == resealing.Counted(sealed=2, stale=2, unreadable=0)
    call_command("rotate_keys")
    assert f"Sealed 2 anew with the key {made}." in capsys.readouterr().out
    assert resealing.count() == resealing.Counted(sealed=2, stale=0, unreadable=0)
    assert seeds_of(ada) == before
    assert f"v1:{old}:" not in everything_stored()
    Authenticator.objects.filter(type="totp").update(data={"secret": secret})
    assert resealing.count().unreadable == 1


def test_seeds_of_an_earlier_release_are_sealed_by_the_upgrade_and_once(client, ada, secret):
    seed = seeds_of(ada)[1]
    Authenticator.objects.filter(type="totp").update(data={"secret": secret})
    Authenticator.objects.filter(type="recovery_codes").update(data={"seed": seed, "used_mask": 5})
    upgrade = importlib.import_module("assessor.migrations.0033_sealed_seeds")
    upgrade.seal(apps, None)
    first = everything_stored()
    assert secret not in first
    assert seed not in first
    assert seeds_of(ada) == [secret, seed]
    assert Authenticator.objects.get(type="recovery_codes").data["used_mask"] == 5
    sealed = app_of(ada).data["secret"]
    upgrade.seal(apps, None)
    assert app_of(ada).data["secret"] == sealed


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_no_seed(ada, secret, tmp_path):
    raw = backed_up(tmp_path)
    if connection.vendor == "sqlite":
        assert app_of(ada).data["secret"].encode() in raw
    assert secret.encode() not in raw
    assert seeds_of(ada)[1].encode() not in raw
