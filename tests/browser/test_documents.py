"""Comparison and portfolio with something in them: axe in both schemes, a small phone, no script needed."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django_scopes import scope

from assessor.middleware import local_user
from assessor.models import Report
from assessor.services import assessments, reporting
from assessor.services.answers import save_answer
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def moved(transactional_db, monkeypatch):
    """The path of a quick scan with an issued report and an answer that moved since."""
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **_more: b"%PDF-1.7 a stand-in")
    owner = local_user()
    scan = assessments.start_assessment(owner, shipped("ai-sovereignty"), FACTS)
    with scope(organisation=scan.organisation):
        save_answer(scan, "data.readers", "answered", 1, "A word of no end: " + "x" * 300, owner)
        reporting.carry_out(reporting.request_report(scan, owner, Report.Kind.ISSUED).pk)
        save_answer(scan, "data.readers", "answered", 4, "", owner)
    return f"/o/{scan.organisation_id}/a/{scan.pk}/"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page, live_server, moved, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": 320, "height": 640})
    faults = []
    for path in (moved + "compare/", moved + "report/forms/", "/portfolio/", "/portfolio/pages/"):
        page.goto(live_server.url + path)
        found = Axe().run(page, options=RULES).response["violations"]
        faults += [(path, one["id"], one["nodes"][0]["html"][:120]) for one in found]
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
            faults.append((path, width))
    assert faults == []


def test_what_moved_is_read_and_turned_round_without_script(chromium, live_server, moved):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + moved + "compare/")
    assert "The answer went from “Level 1” to “Level 4”." in page.inner_text("main")
    page.click("text=the other way round")
    assert "The answer went from “Level 4” to “Level 1”." in page.inner_text("main")
    with page.expect_download() as download:
        page.click("text=Workbook (XLSX)")
    assert download.value.suggested_filename == "nordhafen-clinic-compare.xlsx"
    context.close()
