"""Every page that links lead to, in a real Chromium against a served installation that has something of everything."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.heavy.crawler import DESK, Crawler
from tests.heavy.serving import Served, unused_port
from tests.probes.replay import ReplayServer


@pytest.fixture
def crawler(served: Served, chromium: Browser) -> Iterator[Crawler]:
    """A browser window with nothing kept from before."""
    context = chromium.new_context(viewport=DESK, reduced_motion="reduce")
    yield Crawler(context, served.url)
    context.close()


def fill(page: Page, home: str) -> None:
    """Make an assessment with answers, evidence, good and failed probes, a removed endpoint and two reports."""
    page.goto(f"{home}/start/")
    page.fill("[name=organisation]", "Nordhafen Clinic")
    page.fill("[name=home_jurisdictions]", "Germany, EU")
    page.fill("[name=workload]", "Discharge letters")
    page.click("main button[type=submit]")
    for number, level in enumerate((5, 2)):
        page.locator("form.question").nth(number).locator(f"input[value='{level}']").check()
        page.wait_for_selector(f"#answered:has-text('{number + 1} of 14')")
    scan = page.url.split("questions/")[0]
    page.goto(f"{scan}evidence/data.readers/?kind=contract")
    page.fill("[name=description]", "Contract with a word thatisfartoolongtobebrokenanywhere" + "x" * 120)
    page.click("main button[type=submit]")
    replay = ReplayServer
    with replay("litellm_proxy") as gateway, replay("llama_server") as model, replay("llama_server") as old:
        for name, url, seen in (
            ("Gateway", gateway.url, "What was sent, and what came back"),
            ("Ward model " + "w" * 60, model.url, "What was sent, and what came back"),
            ("Switched off", f"http://127.0.0.1:{unused_port()}", "could not test this endpoint"),
            ("Old " + "o" * 60, old.url, "What was sent, and what came back"),
        ):
            probe(page, scan, name, url, seen)
    page.goto(f"{scan}endpoints/")
    page.click("text=/^Old o/")
    page.click("text=Take out of this assessment")
    page.fill("[name=reason]", "Retired")
    page.click("text=/^Take out$/")
    for kind in ("Make a draft", "Issue a report"):
        page.goto(f"{scan}reports/")
        page.click(f"button:has-text('{kind}')")
        page.wait_for_selector("text=Download the PDF", timeout=60_000)


def probe(page: Page, scan: str, name: str, url: str, seen: str) -> None:
    """Register an endpoint and probe it until its page says `seen`."""
    page.goto(f"{scan}endpoints/new/")
    page.fill("[name=name]", name)
    page.fill("[name=url]", url)
    page.click("main button[type=submit]")
    page.check("[name=authority]")
    page.click("button:has-text('Start the probe')")
    page.wait_for_selector(f"text={seen}", timeout=60_000)


def test_every_page_that_links_lead_to_is_sound(crawler):
    fill(crawler.page, crawler.home)
    # Of pages that differ by an id alone ten are opened, whatever the demo grows to.
    seen = crawler.crawl(most=10)
    kinds = {urlsplit(one).path.rstrip("/").split("/")[-1] for one in seen}
    crawler.assert_sound()
    assert {"about", "start", "scope", "questions", "new", "change", "remove", "report", "file", "result.json"} <= kinds
    assert len(seen) >= 35
