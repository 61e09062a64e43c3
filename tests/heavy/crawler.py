"""Looks at every page that links lead to, in a real Chromium, as on a small phone."""

from collections import Counter
from urllib.parse import parse_qs, urldefrag, urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import BrowserContext, Page

# Only what is violated is spelled out: to describe what passes takes as long as finding it.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
# Pages of one kind differ in their words: so many are held against the rules, one in each scheme. What words
# can break, the width and the policy, is looked at on every page.
OF_A_KIND = 2
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
# Kept in the page until it is asked for: the console alone does not name every violation.
VIOLATIONS = "window.violations = []; document.addEventListener('securitypolicyviolation', " + (
    "(e) => window.violations.push(e.violatedDirective + ' ' + e.blockedURI));"
)
# In a drawing an address is an object of its own.
LINKS = (
    "[...document.querySelectorAll('a[href]')].map((one) => new URL(one.getAttribute('href'), document.baseURI).href)"
)


def kind_of(url: str, addresses: str) -> tuple[str, ...]:
    """Return what tells pages of one view apart from those of another: its name and what is asked of it."""
    parts = urlsplit(url)
    return (str(resolve(parts.path, addresses).url_name), *sorted(parse_qs(parts.query)))


class Crawler:
    """One browser page that writes down every fault it meets, with the address at which it met it.

    `addresses` is the module of the addresses that are served. Crawlers that share `kinds` hold pages of one view
    against the rules together.
    """

    def __init__(
        self,
        context: BrowserContext,
        home: str,
        addresses: str = "assessor.urls",
        kinds: Counter[tuple[str, ...]] | None = None,
    ) -> None:
        self.home, self.addresses = home, addresses
        self.faults: list[tuple[str, str]] = []
        self.looked_at: set[str] = set()
        self.kinds: Counter[tuple[str, ...]] = Counter() if kinds is None else kinds
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
        kind = kind_of(url, self.addresses)
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

    def crawl(self, most: int | None = None) -> set[str]:
        """Visit the first page and all that links lead to from it; return every address that was met.

        Where `most` is given, so many pages of one view are visited and the rest are left.
        """
        waiting, seen, visits = [f"{self.home}/"], {f"{self.home}/"}, Counter[tuple[str, ...]]()
        while waiting:
            url = waiting.pop(0)
            visits[kind_of(url, self.addresses)] += 1
            if most is not None and visits[kind_of(url, self.addresses)] > most:
                continue
            for link in self.visit(url):
                address = urldefrag(link).url
                if address.startswith(self.home) and address not in seen:
                    seen.add(address)
                    waiting.append(address)
        return seen

    def forgive(self, what: str) -> None:
        """Take back the one fault that a step was meant to cause; fails where there is none."""
        (fault,) = [one for one in self.faults if what in one[1]]
        self.faults.remove(fault)

    def assert_sound(self) -> None:
        """Fail with every fault that was written down."""
        assert not self.faults, "\n".join(" ".join(fault) for fault in self.faults)
