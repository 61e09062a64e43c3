"""Both drills in a real browser, from the page of the endpoint to the evidence behind an answer."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django_scopes import scope, scopes_disabled

from assessor.middleware import local_user
from assessor.models import Assessment, DrillPlan, DrillRun, Evidence
from assessor.services import endpoints
from assessor.services.answers import save_answer
from assessor.services.endpoints import EndpointFacts
from tests.heavy.serving import wait_for
from tests.probes.drills.holding import probed_before
from tests.probes.drills.model import Model, served

ROOT = Path(__file__).parents[2]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
CASES = "id,prompt,contains,real\n" + "".join(f"c{n},Say word{n}.,word{n},yes\n" for n in range(5))


def sound(page) -> None:
    """No finding of axe, and nothing to scroll sideways for."""
    found = [
        (one["id"], one["nodes"][0]["html"][:160]) for one in Axe().run(page, options=RULES).response["violations"]
    ]
    assert found == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


@pytest.fixture
def pair(inside_scan):
    """Two probed endpoints, and answers that a drill can stand behind."""
    with served(Model()) as a, served(Model()) as b:
        with scopes_disabled():
            assessment = Assessment.objects.select_related("organisation", "questionnaire_version").get()
        with scope(organisation=assessment.organisation):
            for question in ("lock-in.leaving", "air-gap.drill"):
                save_answer(assessment, question, "answered", 3, "", local_user())
            for model, name in ((a, "Ward model"), (b, "Spare")):
                role = endpoints.register_endpoint(assessment, EndpointFacts(name=name, url=model.url, part="model"))
                probed_before(role, model)
        yield a, b


def start(page, home: str, kind: str) -> None:
    """Go from the list of endpoints to the form of a drill."""
    page.goto(f"{home}endpoints/")
    page.click("a:has-text('Ward model')")
    page.click(f"a:has-text('{kind}')")
    page.wait_for_selector("text=Nothing is sent yet")
    sound(page)


def attach(page, title: str) -> None:
    """Attach the drill on screen to an answer, and follow it there."""
    page.locator("#attach li", has_text=title).get_by_role("button").click()
    page.wait_for_selector("text=it counts as tested")
    page.locator("#attach li", has_text=title).get_by_role("link").click()
    page.wait_for_selector(f"h1:has-text('{title}')")
    assert "tested" in page.inner_text("main")
    sound(page)


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_an_exit_drill_with_own_cases_ends_behind_an_answer(
    page, live_server, inside_scan, pair, worker, scheme, width, tmp_path
):
    a, b = pair
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    start(page, live_server.url + inside_scan, "exit drill")
    cases = tmp_path / "letters.csv"
    cases.write_text(CASES)
    page.set_input_files("[name=cases]", str(cases))
    page.fill("[name=pass_mark]", "90")
    page.fill("[name=share_of_load]", "10")
    page.fill("[name=share_source]", "gateway log")
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=Tokens, about")
    assert a.asked == b.asked == []
    sound(page)
    page.check("[name=authority]")
    page.click("main form button[type=submit]")
    page.wait_for_selector("text=What goes over, what breaks", timeout=60_000)
    sound(page)
    assert "5 of 5" in page.inner_text("main")
    attach(page, "How long leaving takes")
    with scopes_disabled():
        row = Evidence.objects.get()
        assert (row.drill_run, row.observed_only, row.share_of_load) == (DrillRun.objects.get(), False, 10)


@pytest.mark.browser
@pytest.mark.heavy
def test_a_disconnection_drill_with_a_canary_of_its_own_process_ends_behind_an_answer(
    page, live_server, inside_scan, pair, worker, tmp_path
):
    model, _b = pair
    start(page, live_server.url + inside_scan, "disconnection drill")
    page.fill("[name=minutes]", "1")
    page.fill("[name=every]", "5")
    page.fill("[name=pass_mark]", "100")
    page.fill("[name=share_of_load]", "100")
    page.fill("[name=cold_start]", "none")
    page.click("main form button[type=submit]")
    page.wait_for_selector("[name=authority]")
    sound(page)
    with scopes_disabled():
        plan = DrillPlan.objects.get()
    out = tmp_path / "canary.json"
    words = ["--minutes", "10", "--every", "1", "--drill", plan.plan["drill"], "--out", str(out)]
    command = [sys.executable, "-m", "assessor.probes", "drill", "canary"]
    with served(Model()) as away:
        canary = subprocess.Popen([*command, away.url, *words], cwd=ROOT, stderr=subprocess.DEVNULL, text=True)
        try:
            assert wait_for(lambda: "/" in away.gets, 60)
        except BaseException:
            canary.kill()
            raise
    # Records tell times to the second: the drill begins in a later one than the last answer from outside.
    time.sleep(2)
    try:
        page.check("[name=authority]")
        page.click("main form button[type=submit]")
        # A minute is the shortest that the form takes, and the least that counts as a length.
        page.wait_for_selector("text=What this does not show", timeout=150_000)
    finally:
        canary.send_signal(signal.SIGINT)
        canary.wait(20)
    sound(page)
    assert model.asked
    assert "nothing shows" in page.inner_text("main").lower()
    page.click("summary:has-text('canary')")
    page.set_input_files("[name=canary]", str(out))
    page.locator("details[open] button:has-text('Join it')").click()
    page.wait_for_selector("text=The proof was joined")
    sound(page)
    attach(page, "How long it last ran with the link closed")
    with scopes_disabled():
        assert Evidence.objects.get().drill_run.joins is not None
