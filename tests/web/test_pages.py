"""What a person sees on the pages of an assessment."""

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled

from assessor.models import Assessment, Organisation

SCOPE = {
    "organisation": "Nordhafen Clinic",
    "home_jurisdictions": "Germany, EU",
    "workload": "Letter drafting",
    "criticality": "critical",
}


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def test_the_first_page_of_an_empty_installation_offers_a_quick_scan(client, db):
    page = client.get("/").content.decode()
    assert "Start a quick scan" in page
    assert "Nothing assessed yet" in page
    assert "one local user" in page


def test_a_new_user_gets_from_the_scope_to_the_first_question(client, db):
    page = client.post("/start/", SCOPE, follow=True)
    assert page.status_code == 200
    assert "Question 1 of 2" in page.content.decode()
    organisation = Organisation.objects.get()
    assert organisation.home_jurisdictions == ["Germany", "EU"]


@pytest.mark.parametrize("missing", ["organisation", "home_jurisdictions", "workload"])
def test_a_missing_fact_is_named_and_what_was_typed_stays(client, db, missing):
    page = client.post("/start/", SCOPE | {missing: " "})
    text = page.content.decode()
    assert page.status_code == 422
    assert "This field is required" in text
    kept = {key: value for key, value in SCOPE.items() if key not in (missing, "criticality")}
    assert all(f'value="{value}"' in text for value in kept.values())
    assert not Organisation.objects.exists()


def test_hostile_names_are_shown_as_text(client, db):
    bad = "<script>alert(1)</script>\"'{{7*7}}"
    client.post("/start/", SCOPE | {"organisation": bad, "workload": bad})
    page = client.get("/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    "name",
    [
        "assessment",
        "scope",
        "endpoints",
        "new_endpoint",
        "report",
        "reports",
        "report_json",
        "report_forms",
        "assessment_brand",
        "comparison",
    ],
)
def test_a_stranger_gets_404_for_every_page_of_another_organisation(client, owner, strangers_scan, name):
    assert client.get(address(name, strangers_scan)).status_code == 404


def test_a_stranger_cannot_save_into_another_organisation(client, owner, strangers_scan):
    with scopes_disabled():
        path = address("save_answer", strangers_scan, "data.readers")
        assert client.post(path, {"answer": "5"}).status_code == 404
        assert not Assessment.objects.get(pk=strangers_scan.pk).answers.exists()


def test_another_organisations_assessment_is_not_found_below_ones_own(client, quick, strangers_scan):
    path = reverse("assessment", args=[quick.organisation_id, strangers_scan.pk])
    assert client.get(path).status_code == 404


def test_every_page_carries_the_strict_policy_and_nothing_from_elsewhere(client, quick):
    for name in ("assessment", "endpoints", "report", "reports"):
        response = client.get(address(name, quick))
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        text = response.content.decode()
        assert "style=" not in text.replace("font-style=", "")
        assert "http://" not in text.replace("http://www.w3.org/", "").replace("http://localhost:8080", "")


def test_a_request_that_is_not_from_this_computer_is_refused(client, db):
    assert client.get("/", REMOTE_ADDR="192.0.2.7").status_code == 403


def test_an_unknown_page_says_so_and_offers_the_way_home(client, db):
    page = client.get("/nowhere/")
    assert page.status_code == 404
    assert 'href="/"' in page.content.decode()


def test_the_theme_is_remembered_and_a_foreign_target_is_not_followed(client, db):
    response = client.post("/theme/", {"theme": "dark", "next": "https://example.org/"})
    assert response.headers["Location"] == "/"
    assert client.cookies["theme"].value == "dark"
    assert 'data-theme="dark"' in client.get("/").content.decode()
