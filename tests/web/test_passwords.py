"""Passwords are not made of what everybody here would try first."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django_scopes import scope

from assessor import environment
from assessor.models import Brand, Membership, Organisation, Role
from assessor.services import accounts, memberships
from assessor.services.memberships import Terms
from tests.web.test_accounts import LOGIN, PASSWORD

WORDS = "little more than a name that people here would try first"


@pytest.fixture
def office(served):
    made = Organisation.objects.create(name="Nordhafen Klinik-Verbund")
    Brand.objects.create(organisation=made, consultancy="Brückner & Söhne")
    return made


def faults(password, joining=None):
    return " ".join(accounts.password_faults(password, name="Ada", email="ada@example.org", joining=joining))


@pytest.mark.parametrize(
    "password",
    [
        *(
            "Nordhafen2026!",
            "nordhafenklinik",
            "N0rdh@fen-Kl1nik",
            "Klinik-Verbund-26",
            "Bruckner&Sohne1",
            "BRÜCKNER söhne",
        ),
        *("SovereigntyAssessor1", "s0vere1gnty!!!!", "assessor assessor"),
    ],
)
def test_a_password_made_of_names_is_refused(office, password):
    assert WORDS in faults(password, office)


@pytest.mark.parametrize("password", ["nordhafen quiet bicycle", PASSWORD, "my assessor likes plums"])
def test_a_name_within_a_long_phrase_does_no_harm(office, password):
    assert faults(password, office) == ""


def test_names_of_organisations_that_are_not_theirs_say_nothing(office):
    assert faults("Nordhafen2026!") == ""


def test_whoever_is_invited_cannot_take_the_organisations_name(client, office):
    ada = accounts.make_account("Ada", "ada@example.net", PASSWORD)
    with scope(organisation=office):
        _made, word = memberships.invite(office, ada, "ben@example.org", Terms(Role.VIEWER))
    page = client.post(reverse("invitation", args=[word]), {"name": "Ben", "password": "Nordhafen2026!"})
    assert page.status_code == 422
    assert WORDS in page.content.decode()


def test_a_member_cannot_change_to_it(client, office):
    ada = accounts.make_account("Ada Kern", "ada@example.org", PASSWORD)
    Membership.objects.create(organisation=office, user=ada, role=Role.VIEWER)
    client.post(reverse("account_login"), LOGIN)
    sent = {"oldpassword": PASSWORD, "password1": "Nordhafen2026!", "password2": "Nordhafen2026!"}
    assert WORDS in client.post(reverse("account_change_password"), sent).content.decode()
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_the_operators_own_words_hold_and_a_changed_list_is_read_anew(office, settings, tmp_path, monkeypatch):
    file = tmp_path / "words"
    file.write_text("# of the harbour\nLeuchtturm\nHafenmeisterei\n")
    monkeypatch.setenv("ASSESSOR_PASSWORD_WORDS", str(file))
    settings.PASSWORD_WORDS = environment.word_list("ASSESSOR_PASSWORD_WORDS")
    assert WORDS in faults("Leuchtturm-2026")
    assert faults("Moewenschrei-26") == ""
    file.write_text("Möwenschrei\nMoewenschrei\n" * 2)
    assert WORDS in faults("Moewenschrei-26")


def test_a_list_that_is_gone_keeps_nobody_out_and_is_in_the_log(office, settings, tmp_path, caplog):
    file = settings.PASSWORD_WORDS = tmp_path / "words"
    file.write_text("Leuchtturm\n")
    assert WORDS in faults("Leuchtturm-2026")
    file.unlink()
    assert faults("Leuchtturm-2026") == ""
    assert WORDS in faults("Nordhafen2026!", office)
    assert "ASSESSOR_PASSWORD_WORDS cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("content", "words"), [(b"\xff\xfe\x00", "one word a line"), (b"x" * 3_000_000, "two megabytes")]
)
def test_a_list_that_is_none_is_refused_at_start(monkeypatch, tmp_path, content, words):
    file = tmp_path / "words"
    file.write_bytes(content)
    monkeypatch.setenv("ASSESSOR_PASSWORD_WORDS", str(file))
    with pytest.raises(ImproperlyConfigured, match=words):
        environment.word_list("ASSESSOR_PASSWORD_WORDS")
