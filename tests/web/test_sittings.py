"""How long one stays signed in: an hour of rest, fourteen days at most, a word before, and nothing typed is lost."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from assessor.models import AuditEvent
from assessor.services import accounts, sittings
from tests.web.test_accounts import LOGIN, PASSWORD

HTMX = {"hx-request": "true"}
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


@pytest.fixture
def signed_in(client, served):
    accounts.make_account("Ada Kern", "ada@example.org", PASSWORD)
    client.post(reverse("account_login"), LOGIN)
    return client


def age(client, seconds, *names):
    """Let time go by for the session of a browser."""
    session = client.session
    for name in names or (sittings.SEEN, sittings.ENDS):
        session[name] -= seconds
    session.save()


def is_in(client):
    return client.get("/").status_code == 200


def asks_again_after(page):
    return int(re.search(r"load delay:(\d+)s", page)[1])


def ended():
    with scopes_disabled():
        return [one.facts["reason"] for one in AuditEvent.objects.filter(kind="person.session_over")]


def test_an_hour_of_rest_ends_the_session_for_good(signed_in):
    key = signed_in.session.session_key
    age(signed_in, HOUR + 1)
    answer = signed_in.get("/", follow=True)
    assert "your session was over" in answer.content.decode()
    assert not Session.objects.filter(session_key=key).exists()
    assert Client(headers={"cookie": f"sessionid={key}"}).get("/").status_code == 302
    assert ended() == ["rest"]


def test_pages_and_forms_put_the_end_off(signed_in):
    for _hour in range(3):
        age(signed_in, HOUR - MINUTE)
        assert is_in(signed_in)
    age(signed_in, HOUR - MINUTE)
    signed_in.post(reverse("theme"), {"theme": "dark"})
    age(signed_in, HOUR - MINUTE)
    assert is_in(signed_in)


def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(signed_in):
    for _minute in range(6):
        signed_in.get("/", headers=HTMX)
        signed_in.get(reverse("rest"), headers=HTMX)
        age(signed_in, 11 * MINUTE)
    assert signed_in.get("/", headers=HTMX).status_code == 401


def test_nothing_puts_the_last_end_off(signed_in):
    for _day in range(14):
        assert is_in(signed_in)
        signed_in.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        age(signed_in, DAY, sittings.ENDS)
    assert not is_in(signed_in)
    assert ended() == ["age"]


def test_a_page_warns_five_minutes_before_and_lets_one_stay(signed_in, monkeypatch):
    # The clock stands: on a busy machine a second may pass between two pages.
    moment = float(signed_in.session[sittings.SEEN])
    monkeypatch.setattr(sittings, "time", SimpleNamespace(time=lambda: moment))
    page = signed_in.get("/").content.decode()
    assert "You will be signed out" not in page
    assert asks_again_after(page) == 55 * MINUTE
    age(signed_in, 56 * MINUTE)
    warned = signed_in.get(reverse("rest"), headers=HTMX).content.decode()
    assert "You will be signed out in 4 minutes." in warned
    assert asks_again_after(warned) == 4 * MINUTE + 1
    stayed = signed_in.post(reverse("rest"), headers=HTMX).content.decode()
    assert "You stay signed in." in stayed
    assert asks_again_after(stayed) == 55 * MINUTE


def test_a_page_left_open_says_that_it_is_over(signed_in):
    age(signed_in, HOUR)
    words = signed_in.get(reverse("rest"), headers=HTMX).content.decode()
    assert "You were signed out: your session was over." in words
    assert "load delay" not in words


def test_before_the_last_end_no_button_promises_more(signed_in):
    age(signed_in, 14 * DAY - 2 * MINUTE, sittings.ENDS)
    page = signed_in.get("/").content.decode()
    assert "You will be signed out in 2 minutes." in page
    assert "Stay signed in" not in page


def test_without_rest_only_age_ends_a_session(signed_in, served):
    served.SESSION_REST_SECONDS = 0
    age(signed_in, 13 * DAY)
    before = signed_in.session[sittings.SEEN]
    assert is_in(signed_in)
    assert signed_in.session[sittings.SEEN] == before, "nothing is written for every page"
    age(signed_in, 2 * DAY)
    assert not is_in(signed_in)


def test_what_is_typed_into_a_page_that_rested_too_long_is_kept(signed_in):
    age(signed_in, 2 * HOUR)
    asked = signed_in.post(reverse("start"), {"organisation": "Nordhafen Clinic"})
    assert "/account/kept/" in asked.headers["Location"]
    signed_in.post(reverse("account_login"), LOGIN | {"next": "/account/kept/"})
    assert "Nordhafen Clinic" in signed_in.get("/account/kept/").content.decode()


def test_the_session_is_not_written_for_every_page(signed_in):
    signed_in.get("/")
    before = signed_in.session[sittings.SEEN]
    age(signed_in, 10, sittings.SEEN)
    signed_in.get("/")
    assert signed_in.session[sittings.SEEN] == before - 10
    age(signed_in, 2 * MINUTE, sittings.SEEN)
    signed_in.get("/")
    assert signed_in.session[sittings.SEEN] >= before


def test_a_session_of_an_earlier_release_goes_on(signed_in):
    session = signed_in.session
    del session[sittings.ENDS], session[sittings.SEEN]
    session.save()
    assert is_in(signed_in)
    assert sittings.ENDS in signed_in.session


def test_laptop_mode_knows_no_end(client, owner):
    page = client.get("/").content.decode()
    assert 'id="sitting"' not in page
