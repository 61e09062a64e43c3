"""Out, changed by hand, in again: by keyboard, by day and night, on a phone; axe finds nothing on the way."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django_scopes import scopes_disabled

from assessor.middleware import local_user
from assessor.models import Answer, Assessment
from assessor.services import answers
from tests.services.exchange.filled import by_kind

LADDER = by_kind("ladder", quick=True)


@pytest.fixture
def answered(inside_scan):
    with scopes_disabled():
        assessment = Assessment.objects.select_related("organisation", "questionnaire_version").get()
        answers.save_answer(assessment, LADDER.id, "answered", 2, "first", local_user())
    return inside_scan


def axe(page):
    result = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in result.response["violations"]]


def test_an_exported_file_is_changed_shown_and_taken_over(page, live_server, answered, tmp_path):
    page.goto(f"{live_server.url}{answered}exchange/")
    with page.expect_download() as download:
        page.get_by_role("link", name="YAML").first.click()
    file = tmp_path / "changed.yaml"
    download.value.save_as(file)
    text = file.read_text()
    file.write_text(text.replace("level: 2", "level: 3"))
    with scopes_disabled():
        answers.save_answer(Assessment.objects.get(), LADDER.id, "answered", 4, "meanwhile", local_user())
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Show what it would change").press("Enter")
    page.wait_for_url("**/exchange/*-*/")
    assert page.get_by_role("heading", level=1).inner_text() == "What “changed.yaml” would change"
    faults = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        # Drawn anew: a colour on its way from day to night is neither.
        page.reload()
        faults += axe(page)
    page.set_viewport_size({"width": 320, "height": 640})
    faults += axe(page)
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    box = page.get_by_role("checkbox", name="Take over what the file says")
    box.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Take it over").press("Enter")
    page.get_by_text("Taken over: 0 new, 1 changed").wait_for()
    with scopes_disabled():
        assert Answer.objects.get().level == 3


def test_a_broken_file_is_refused_in_sight_and_the_page_works_without_scripts(
    chromium, live_server, answered, tmp_path
):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    file = tmp_path / "broken.yaml"
    file.write_text("questionnaire: other\norganisation: {name: A, home_jurisdictions: [B]}\nworkload: {name: C}\n")
    page.goto(f"{live_server.url}{answered}exchange/")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Show what it would change").click()
    alert = page.get_by_role("alert").inner_text()
    assert "broken.yaml, line 1: This file answers the questionnaire “other”" in alert
    page.set_input_files("input[type=file]", {"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b"})
    page.get_by_role("button", name="Show what it would change").click()
    assert "go out only" in page.get_by_role("alert").inner_text()
    context.close()
