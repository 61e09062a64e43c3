"""A session that ends keeps what was typed: through the sign-in, for htmx in its field, and after signing in elsewhere."""

import html
import re

import pytest
from django import forms
from django.contrib.sessions.models import Session
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from assessor.models import Answer
from assessor.services import kept
from tests.web.test_teamwork import HTMX, PASSWORD, THEIRS, ada, at, office, saved, scan, text  # noqa: F401

WORDS = "A long note <b>with</b> “marks”\nand a second line"
SENT = {"answer": "2", "note": WORDS, "expected_version": "0"}


@pytest.fixture
def browser(ada):  # noqa: F811
    """A browser that checks forms as a real one has them checked, with Ada signed in."""
    client = Client(enforce_csrf_checks=True)
    client.get("/account/login/")
    sign_in(client)
    return client


def sign_in(client, to=""):
    page = text(client.get("/account/login/"))
    sent = {"login": "ada@example.org", "password": PASSWORD, "csrfmiddlewaretoken": form_token(page)}
    return client.post("/account/login/", sent | ({"next": to} if to else {}))


def form_token(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]


def fields_of(page):
    """The hidden fields of the form that sends what was kept."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if "was_kept" in one)
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form, re.DOTALL)
    return re.search(r'action="([^"]+)"', form)[1], {name: html.unescape(value) for name, value in found}


def session_ends():
    Session.objects.all().delete()


def test_what_was_typed_comes_through_the_sign_in_and_is_saved(browser, scan):  # noqa: F811
    page = text(browser.get(at("dimension", scan, "data")))
    session_ends()
    asked = browser.post(at("save_answer", scan, THEIRS), SENT | {"csrfmiddlewaretoken": form_token(page)})
    assert asked.status_code == 302
    login = browser.get(asked.headers["Location"])
    assert "what you typed is kept" in text(login)
    assert WORDS not in text(login)
    back = sign_in(browser, "/account/kept/")
    assert back.headers["Location"] == "/account/kept/"
    page = text(browser.get("/account/kept/"))
    assert "&lt;b&gt;with&lt;/b&gt;" in page
    path, fields = fields_of(page)
    assert browser.post(path, fields).status_code == 302
    with scopes_disabled():
        answer = Answer.objects.get()
    assert (answer.level, answer.note.replace("\r", "")) == (2, WORDS)
    # It is sent, so it is kept no longer.
    assert browser.get("/account/kept/").headers["Location"] == "/"


def test_what_was_kept_still_meets_what_somebody_else_saved(browser, scan, ada):  # noqa: F811
    page = text(browser.get(at("dimension", scan, "data")))
    session_ends()
    browser.post(at("save_answer", scan, THEIRS), SENT | {"csrfmiddlewaretoken": form_token(page)})
    saved(scan, ada, level=4, note="theirs")
    sign_in(browser)
    path, fields = fields_of(text(browser.get("/account/kept/")))
    answer = browser.post(path, fields)
    assert answer.status_code == 409
    assert "theirs" in text(answer)
    assert "and a second line" in text(answer)


def test_a_save_in_place_is_told_apart_and_leaves_the_page(browser, scan):  # noqa: F811
    page = text(browser.get(at("dimension", scan, "data")))
    assert 'id="signed-out"' in page
    session_ends()
    answer = browser.post(at("save_answer", scan, THEIRS), SENT | {"csrfmiddlewaretoken": form_token(page)}, **HTMX)
    assert (answer.status_code, answer.content) == (401, b"")
    assert browser.get(at("dimension", scan, "data"), **HTMX).status_code == 401


def test_after_a_sign_in_in_another_tab_the_old_form_can_be_sent_again(browser, scan):  # noqa: F811
    page = text(browser.get(at("dimension", scan, "data")))
    session_ends()
    sign_in(browser)
    sent = SENT | {"csrfmiddlewaretoken": form_token(page)}
    own, foreign = {"HTTP_ORIGIN": "http://testserver"}, {"HTTP_ORIGIN": "http://evil.example"}
    refused = browser.post(at("save_answer", scan, THEIRS), sent, **foreign)
    assert refused.status_code == 403
    assert "second line" not in text(refused)
    refused = browser.post(at("save_answer", scan, THEIRS), sent, **own)
    assert refused.status_code == 403
    path, fields = fields_of(text(refused))
    assert browser.post(path, fields).status_code == 302
    with scopes_disabled():
        assert Answer.objects.get().level == 2


def test_another_site_cannot_have_anything_kept(scan):  # noqa: F811
    client = Client(enforce_csrf_checks=True)
    answer = client.post(at("save_answer", scan, THEIRS), SENT, HTTP_ORIGIN="http://evil.example")
    assert answer.status_code == 403
    assert not Session.objects.exists()


def test_secrets_are_not_kept():
    sent = QueryDict("password=a&api_key=b&token=c&secret_x=d&note=e&csrfmiddlewaretoken=f&item=g&item=h")
    found = kept.typed_in("/o/x/", sent, has_files=False)
    assert found.fields == {"note": ["e"], "item": ["g", "h"]}
    assert found.without_secrets
    assert not kept.typed_in("/o/x/", QueryDict("note=e&csrfmiddlewaretoken=f"), has_files=False).without_secrets


def test_every_field_that_hides_what_is_typed_counts_as_secret():
    def forms_below(kind):
        for one in kind.__subclasses__():
            yield one
            yield from forms_below(one)

    hidden = {
        name
        for form in forms_below(forms.Form)
        if form.__module__.startswith("assessor.")
        for name, field in form.base_fields.items()
        if isinstance(field.widget, forms.PasswordInput)
    }
    assert hidden
    assert [name for name in hidden if not kept.SECRET.search(name)] == []


@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example"])
def test_nothing_is_kept_for_another_host(path):
    assert kept.typed_in(path, QueryDict("note=a"), has_files=False) is None


def test_what_is_too_long_or_too_often_is_not_kept(scan, client):  # noqa: F811
    place = at("save_answer", scan, THEIRS)
    answer = client.post(place, {"note": "x" * 70_000})
    assert answer.headers["Location"].endswith("save_answer") is False
    assert "kept" not in client.session
    Session.objects.all().delete()
    for _ in range(kept.MOST_AN_HOUR):
        Client().post(place, {"note": "x"})
    assert Session.objects.count() == kept.MOST_AN_HOUR
    Client().post(place, {"note": "x"})
    assert Session.objects.count() == kept.MOST_AN_HOUR


def test_it_can_be_thrown_away(browser, scan):  # noqa: F811
    page = text(browser.get(at("dimension", scan, "data")))
    session_ends()
    browser.post(at("save_answer", scan, THEIRS), SENT | {"csrfmiddlewaretoken": form_token(page)})
    sign_in(browser)
    page = text(browser.get("/account/kept/"))
    assert browser.post(reverse("kept"), {"csrfmiddlewaretoken": form_token(page)}).headers["Location"] == "/"
    assert browser.get("/account/kept/").headers["Location"] == "/"
