"""The whole main job, as a new user does it: from the empty page to the downloaded PDF."""

import hashlib
import io

from pypdf import PdfReader

from tests.probes.replay import ReplayServer


def answer(page, dimension_number, levels):
    """Choose a level for both questions of the dimension on screen; each is saved as it is given."""
    for place, level in enumerate(levels):
        question = page.locator("form.question").nth(place)
        question.locator(f"input[value='{level}']").check()
        page.wait_for_selector(f"#answered:has-text('{2 * dimension_number + place + 1} of 14')")


def probe(page, assessment, name, server, key):
    """Register an endpoint, read both stages of the plan, confirm, run, and wait for the findings."""
    page.goto(f"{assessment}endpoints/new/")
    page.fill("[name=name]", name)
    page.fill("[name=url]", server.url)
    page.select_option("[name=key_mode]", "once")
    page.click("main button[type=submit]")
    plan = page.inner_text("main")
    assert "First stage: always" in plan
    assert "Second stage" in plan
    assert server.asked == []
    page.fill("[name=key]", key)
    page.check("[name=authority]")
    page.click("button:has-text('Start the probe')")
    page.wait_for_selector("text=What was sent, and what came back", timeout=60_000)
    assert server.hazards == []
    return page.inner_text("main")


def test_a_new_user_walks_from_the_empty_page_to_the_downloaded_pdf(page, live_server, worker):
    page.goto(live_server.url)
    page.click("text=Start a quick scan")
    page.fill("[name=organisation]", "Nordhafen Clinic")
    page.fill("[name=home_jurisdictions]", "Germany, EU")
    page.fill("[name=workload]", "Discharge letters")
    page.fill("[name=tolerance_hours]", "8")
    page.click("text=Go to the first question")

    for number, levels in enumerate([(3, 2), (4, "unknown"), (2, 2), (3, 1), (4, 3), (2, 1), (3, 2)]):
        answer(page, number, levels)
        if number < 6:
            page.click("text=/^Next: /")
            page.wait_for_selector(f"text=Dimension {number + 2} of 7")
    assessment = page.url.split("questions/")[0]

    page.reload()
    assert page.locator("form.question").nth(0).locator("input[value='3']").is_checked()

    with ReplayServer("litellm_proxy") as gateway, ReplayServer("llama_server") as engine:
        seen = probe(page, assessment, "Gateway", gateway, "sk-canary-gateway")
        assert "LiteLLM" in seen
        seen = probe(page, assessment, "Ward model", engine, "sk-canary-engine")
        assert "llama.cpp" in seen

    page.goto(assessment)
    overview = page.inner_text("main")
    assert "Who can switch you off today" in overview
    assert "14 of 14" in overview.replace("\n", " ")

    page.goto(f"{assessment}report/")
    assert "Nordhafen Clinic" in page.inner_text("main")
    page.goto(f"{assessment}reports/")
    page.click("button:has-text('Issue a report')")
    page.wait_for_selector("text=Download the PDF", timeout=60_000)
    printed_hash = page.locator("dd code").nth(0).inner_text()
    with page.expect_download() as download:
        page.click("text=Download the PDF")
    pdf = download.value.path().read_bytes()

    assert hashlib.sha256(pdf).hexdigest() == printed_hash
    assert b"sk-canary" not in pdf
    reader = PdfReader(io.BytesIO(pdf))
    text = "\n".join(one.extract_text() for one in reader.pages)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    for words in ("Nordhafen Clinic", "Discharge letters", "Who can switch you off today", "LiteLLM", "llama.cpp"):
        assert words in text


def test_focus_and_scroll_stay_where_they_are_when_an_answer_is_saved(page, live_server, inside_scan):
    page.goto(f"{live_server.url}{inside_scan}questions/data/")
    choice = page.locator("form.question").nth(1).locator("input[value='2']")
    choice.focus()
    page.keyboard.press("Space")
    before = page.evaluate("window.scrollY")
    page.wait_for_selector("#answered:has-text('1 of 14')")
    assert page.evaluate("window.scrollY") == before
    assert choice.evaluate("one => one === document.activeElement")


def test_arrow_keys_move_between_choices_as_browsers_do(page, live_server, inside_scan):
    page.goto(f"{live_server.url}{inside_scan}questions/data/")
    first = page.locator("form.question").nth(0)
    first.locator("input[value='1']").focus()
    page.keyboard.press("ArrowDown")
    assert first.locator("input[value='2']").is_checked()
    page.wait_for_selector("#answered:has-text('1 of 14')")


def test_two_changes_at_once_end_with_the_last_and_no_conflict(page, live_server, inside_scan):
    page.goto(f"{live_server.url}{inside_scan}questions/data/")
    first = page.locator("form.question").nth(0)
    first.locator("input[value='1']").check()
    page.wait_for_timeout(430)
    first.locator("input[value='4']").check()
    first.locator("textarea").fill("Changed my mind")
    first.locator("textarea").blur()
    page.wait_for_timeout(2_000)
    assert "Not saved" not in page.inner_text("main")
    page.reload()
    assert first.locator("input[value='4']").is_checked()
    assert first.locator("textarea").input_value() == "Changed my mind"
