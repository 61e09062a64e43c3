"""Every page that links lead to, in a real Chromium against a served installation that has something of everything."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qs, urldefrag, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import Browser, BrowserContext, Page

from tests.heavy.serving import Served, unused_port
from tests.probes.replay import ReplayServer

# Only what is violated is spelled out: to describe what passes takes as long as finding it.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
# Pages of one kind differ in their words: so many are held against the rules, half of them in each scheme. What words
# can break, the width and the policy, is looked at on every page.
OF_A_KIND = 4
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
# Kept in the page until it is asked for: the console alone does not name every violation.
VIOLATIONS = "window.violations = []; document.addEventListener('securitypolicyviolation', " + (
    "(e) => window.violations.push(e.violatedDirective + ' ' + e.blockedURI));"
)


def kind_of(url: str) -> tuple[str, ...]:
    """Return what tells pages of one view apart from those of another: its name and what is asked of it."""
    parts = urlsplit(url)
    return (str(resolve(parts.path).url_name), *sorted(parse_qs(parts.query)))


class Crawler:
    """One browser page that writes down every fault it meets, with the address at which it met it."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = home
        self.faults: list[tuple[str, str]] = []
        self.looked_at: set[str] = set()
        self.kinds: Counter[tuple[str, ...]] = Counter()
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.add_init_script(VIOLATIONS)
        self.page.on("console", lambda said: said.type == "error" and self.fault(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.fault(f"script: {error}"))
        self.page.on("request", lambda one: one.url.startswith(home) or self.fault(f"asks {one.url}"))

    def fault(self, what: str) -> None:
        """Write down a fault of the page that is open."""
        self.faults.append((self.page.url.removeprefix(self.home), what))

    def visit(self, url: str) -> list[str]:
        """Open one address, look at it as on a small phone; return where its links lead."""
        answer = self.page.request.get(url)
        if answer.status >= 400:
            self.faults.append((url, f"status {answer.status}"))
            return []
        # A report in one file is HTML as well, and is handed out to keep, not to look at here.
        kept = "attachment" in answer.headers.get("content-disposition", "")
        if kept or "text/html" not in answer.headers["content-type"]:
            return []
        # Where several addresses lead to one page it is looked at once.
        url = urldefrag(answer.url).url
        if url in self.looked_at:
            return []
        self.looked_at.add(url)
        kind = kind_of(url)
        # Every page is looked at in one of the two schemes, neighbours of a kind in different ones.
        scheme = ("light", "dark")[self.kinds[kind] % 2]
        self.kinds[kind] += 1
        self.page.set_viewport_size(PHONE)
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        self.page.goto(url)
        self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        if self.kinds[kind] <= OF_A_KIND:
            for one in Axe().run(self.page, options=RULES).response["violations"]:
                self.fault(f"axe, {scheme}: {one['id']} {one['nodes'][0]['html'][:150]}")
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            self.fault(f"{width} px wide on a phone")
        for one in self.page.evaluate("window.violations"):
            self.fault(f"policy: {one}")
        return self.page.evaluate(LINKS)


# In a drawing an address is an object of its own.
LINKS = (
    "[...document.querySelectorAll('a[href]')].map((one) => new URL(one.getAttribute('href'), document.baseURI).href)"
)


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
    with ReplayServer("litellm_proxy") as gateway, ReplayServer("llama_server") as model:
        for name, url, seen in (
            ("Gateway", gateway.url, "What was sent, and what came back"),
            ("Ward model " + "w" * 60, model.url, "What was sent, and what came back"),
            ("Switched off", f"http://127.0.0.1:{unused_port()}", "could not test this endpoint"),
            ("Old " + "o" * 60, model.url, "What was sent, and what came back"),
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
    home = crawler.home
    fill(crawler.page, home)
    waiting, seen = [f"{home}/"], {f"{home}/"}
    while waiting:
        for link in crawler.visit(waiting.pop(0)):
            address = urldefrag(link).url
            if address.startswith(home) and address not in seen:
                seen.add(address)
                waiting.append(address)
    kinds = {urlsplit(one).path.rstrip("/").split("/")[-1] for one in seen}
    assert not crawler.faults, "\n".join(" ".join(fault) for fault in crawler.faults)
    assert {"about", "start", "scope", "questions", "new", "change", "remove", "report", "file", "result.json"} <= kinds
    assert len(seen) >= 35
