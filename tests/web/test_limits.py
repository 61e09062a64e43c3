"""What one person may ask for, what a browser forgets, and what the log says of refusals."""

import logging
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from assessor.models import Membership, Organisation, Role
from assessor.services import accounts, pace
from tests.web.test_accounts import LOGIN, PASSWORD


@pytest.fixture
def office(served):
    return Organisation.objects.create(name="Harbour Bank", home_jurisdictions=["Germany"])


@pytest.fixture
def ada(client, office):
    """An owner who is signed in."""
    made = accounts.make_account("Ada Kern", "ada@example.org", PASSWORD)
    Membership.objects.create(organisation=office, user=made, role=Role.OWNER)
    client.post(reverse("account_login"), LOGIN)
    return made


def trail_file(office):
    return reverse("audit_file", args=[office.pk, "json"])


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_files_of_an_hour_are_counted_and_the_next_is_not_handed_out(client, ada, office, served):
    served.DOWNLOADS_AN_HOUR = 2
    for _file in range(2):
        answer = client.get(trail_file(office))
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        body(answer)
    refused = client.get(trail_file(office))
    assert refused.status_code == 429
    assert "attachment" not in refused.headers.get("Content-Disposition", "")
    assert "You took as many files" in refused.content.decode()
    # Pages go on, and so does everybody else.
    assert client.get(reverse("audit", args=[office.pk])).status_code == 200
    ben = accounts.make_account("Ben", "ben@example.org", PASSWORD)
    Membership.objects.create(organisation=office, user=ben, role=Role.OWNER)
    other = Client()
    other.force_login(ben)
    assert other.get(trail_file(office)).status_code == 200


def test_pages_of_a_minute_are_counted_for_each_person(client, ada, served, monkeypatch):
    served.PAGES_A_MINUTE = 3
    # Within one minute, whenever this runs.
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: 90.0))
    answers = [client.get("/account/") for _page in range(8)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "60"
    assert "more pages within a minute" in answers[-1].content.decode()
    ben = accounts.make_account("Ben", "ben@example.org", PASSWORD)
    other = Client()
    other.force_login(ben)
    assert other.get("/account/").status_code == 200
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: 120.0))
    assert client.get("/account/").status_code == 200


def test_signing_out_has_the_browser_forget_what_it_keeps(client, ada):
    assert "Clear-Site-Data" not in client.get(reverse("account_logout")).headers
    answer = client.post(reverse("account_logout"))
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/").status_code == 302


def test_every_page_leads_to_the_way_out(client, ada, office):
    for path in ("/", reverse("members", args=[office.pk])):
        assert f'href="{reverse("account_logout")}"' in client.get(path).content.decode()


def test_ending_other_sessions_wants_the_password_again(client, ada):
    other = Client()
    other.post(reverse("account_login"), LOGIN)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1}]
    session.save()
    assert client.get(reverse("usersessions_list")).status_code == 200
    assert client.post(reverse("usersessions_list")).headers["Location"].startswith("/account/reauthenticate/")
    assert other.get("/account/").status_code == 200
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("usersessions_list"))
    assert other.get("/account/").status_code == 302


def test_a_refusal_says_in_the_log_who_what_and_where_and_no_path(client, ada, office, caplog):
    caplog.set_level(logging.INFO, "assessor.refused")
    Membership.objects.update(role=Role.VIEWER)
    client.get(reverse("audit", args=[office.pk]))
    Membership.objects.all().delete()
    client.get(reverse("audit", args=[office.pk]))
    Client(enforce_csrf_checks=True).post(reverse("account_login"), LOGIN)
    client.get(reverse("invitation", args=["the-secret-of-a-link"]))
    lines = [one.getMessage() for one in caplog.records if one.name == "assessor.refused"]
    assert lines == [
        f"403 GET audit organisation {office.pk} person {ada.pk}",
        f"404 GET audit organisation {office.pk} person {ada.pk}",
        "403 POST account_login organisation - person -",
    ]


def test_a_program_that_sends_its_token_open_is_told_instead_of_led_on(client, served, settings):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    place = reverse("upload", args=["00000000-0000-0000-0000-000000000007"])
    answer = client.post(place, b"{}", content_type="application/json", headers={"authorization": "Bearer x"})
    assert answer.status_code == 403
    assert "revoke it and make another" in answer.json()["sentence"]
    assert client.get("/account/login/").status_code == 301
