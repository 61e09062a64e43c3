"""The crosswalk in a browser: accessible by day and night, on a small phone, by keyboard; a hint chooses nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django_scopes import scope

from assessor.middleware import local_user
from assessor.services import answers, assessments, questionnaires
from tests.conftest import FACTS
from tests.questionnaire.crossed import framework
from tests.questionnaire.sample import sample

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def house(transactional_db):
    """The path of an answered assessment whose organisation also keeps the framework."""
    found = assessments.start_assessment(local_user(), sample(), FACTS, "full")
    questionnaires.keep_own(found.organisation, framework())
    with scope(organisation=found.organisation):
        answers.save_answer(found, "keys.front", "answered", 2, "", local_user())
        return f"/o/{found.organisation_id}/a/{found.pk}/"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_reads_what_is_derived_and_begins_the_framework_with_nothing_filled_in(
    page, live_server, house, scheme
):
    page.emulate_media(color_scheme=scheme)
    page.goto(live_server.url + house)
    page.click("text=Burglary standard")
    for summary in page.locator("summary").all():
        summary.focus()
        page.keyboard.press("Enter")
    assert page.locator("text=Not said at all: back door").is_visible()
    faults = Axe().run(page, options=WCAG).response["violations"]
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 320

    page.get_by_role("button", name="Start an assessment of this framework").press("Enter")
    page.wait_for_url("**/questions/doors/")
    assert page.locator(".derived >> text=A hint from “A sample”, not an answer").first.is_visible()
    assert page.locator("input:checked").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.set_viewport_size({"width": 1280, "height": 900})
    faults += Axe().run(page, options=WCAG).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in faults] == []
