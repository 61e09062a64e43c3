"""A whole engagement in real browsers, on two web and two worker processes: consultant, client, colleague, stranger."""

import os
import re
import signal
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.heavy.conftest import start
from tests.heavy.crawler import DESK, Crawler
from tests.heavy.serving import START_S, Served, children_of, unused_port, wait_for
from tests.probes.replay import ReplayServer

PASSWORD = "harbour lantern seven"
TRIAL = {
    "ASSESSOR_MODE": "served",
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
    "ASSESSOR_HTTPS": "no",
    "ASSESSOR_WEB_PROCESSES": "2",
    "ASSESSOR_PROBE_REACH": "loopback",
}
DAY = "2099-12-31"


@pytest.fixture
def office(installation) -> Iterator[Served]:
    """A served installation with accounts: two web processes, and a second worker beside the first."""
    data, database = installation
    port = unused_port()
    one = Served(start(data, database, "serve", "--port", str(port), **TRIAL), port, data)
    others = []
    try:
        assert wait_for(lambda: one.status() == 200 and len(children_of(one.process.pid)) == 2, 2 * START_S), (
            one.output()
        )
        others.append(start(data, database, "worker", **TRIAL))
        yield one
    finally:
        for pid in [*one.group(), *(other.pid for other in others if other.poll() is None)]:
            os.kill(pid, signal.SIGKILL)
        for process in (one.process, *others):
            process.wait(10)


@pytest.fixture
def people(office: Served, chromium: Browser) -> Iterator["People"]:
    """One browser context each, every fault of which is written down."""
    one = People(office, chromium)
    yield one
    for crawler in one.everybody.values():
        crawler.page.context.close()


class People:
    """Who takes part, each in a browser of their own."""

    def __init__(self, office: Served, chromium: Browser) -> None:
        self.office, self.chromium = office, chromium
        self.everybody: dict[str, Crawler] = {}
        self.kinds: Counter[tuple[str, ...]] = Counter()

    def enter(self, name: str, link: str) -> Page:
        """Let somebody make an account by a link; return their page."""
        context = self.chromium.new_context(viewport=DESK, reduced_motion="reduce", accept_downloads=True)
        self.everybody[name] = Crawler(context, self.office.url, "assessor.served", self.kinds)
        page = self.everybody[name].page
        page.goto(f"{self.office.url}{link}")
        page.fill("[name=name]", name.title())
        if page.locator("[name=email]").is_enabled():
            page.fill("[name=email]", f"{name}@example.org")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_selector("text=Account")
        return page


def link_on(page: Page) -> str:
    """Return the path of the link that a page shows once."""
    return re.sub(r"^https?://[^/]+", "", page.input_value("#link"))


def begin(page: Page, office: str, organisation: str) -> str:
    """Begin an assessment of an organisation; return the address of its first page."""
    page.goto(f"{office}/start/")
    page.fill("[name=organisation]", organisation)
    page.fill("[name=home_jurisdictions]", "Germany, EU")
    page.fill("[name=workload]", "Discharge letters")
    page.click("main button[type=submit]")
    page.wait_for_url("**/questions/**")
    return page.url.split("questions/")[0]


def invite(page: Page, home: str, name: str, role: str) -> str:
    """Invite somebody; return the path of the link."""
    page.goto(f"{home}members/")
    page.fill("[name=email]", f"{name}@example.org")
    page.select_option("[name=role]", role)
    page.click("button:has-text('Make the link')")
    return link_on(page)


def ask_colleague(page: Page, scan: str, name: str) -> str:
    """Invite somebody to answer the second dimension and nothing else; return the path of the link."""
    page.goto(f"{scan}people/")
    part = page.locator("#assign details").nth(1)
    part.evaluate("(one) => { one.open = true }")
    part.locator("input").first.check()
    page.select_option("#assign [name=who]", "new")
    page.fill("#assign [name=email]", f"{name}@example.org")
    page.click("#assign button[type=submit]")
    return link_on(page)


def choose(page: Page, level: int, status: int = 200) -> None:
    """Choose a level of the first question on screen; it is saved as it is given, or refused with `status`."""
    with page.expect_response(lambda one: "/answers/" in one.url) as saved:
        page.locator("form.question").first.locator(f"input[value='{level}']").check()
    assert saved.value.status == status


def probe(page: Page, scan: str, url: str) -> None:
    """Register an endpoint and probe it with one of the two workers."""
    page.goto(f"{scan}endpoints/new/")
    page.fill("[name=name]", "Gateway")
    page.fill("[name=url]", url)
    page.click("main button[type=submit]")
    page.check("[name=authority]")
    page.click("button:has-text('Start the probe')")
    page.wait_for_selector("text=What was sent, and what came back", timeout=120_000)


def meet_in_one_answer(people: People, cora: Page, cleo: Page, scan: str) -> None:
    """Two people have one question open: the second learns what the first saved, and chooses."""
    for page in (cora, cleo):
        page.goto(f"{scan}questions/data/")
    choose(cleo, 3)
    choose(cora, 2, status=409)
    cora.wait_for_selector("text=Cleo changed this answer while it was open here")
    cora.click("text=Keep what is saved")
    cora.goto(f"{scan}questions/data/")
    assert cora.locator("form.question").first.locator("input[value='3']").is_checked()
    people.everybody["cora"].forgive("409")


def review_and_sign(people: People, cora: Page, cleo: Page, scan: str) -> None:
    """The consultant submits, the client remarks, the consultant signs; then the answers stay what they are."""
    cora.goto(f"{scan}review/")
    cora.fill("#note", "Ready for you")
    cora.click("form[action$='/submit/'] button")
    cleo.goto(f"{scan}review/")
    cleo.fill("#text", "Who can read the logs is not said")
    cleo.click("form[action$='/remarks/'] button")
    cora.goto(f"{scan}review/")
    assert cora.locator("form[action$='/sign/']").count() == 0
    cleo.click("form[action$='/settle/'] button")
    cora.goto(f"{scan}review/")
    cora.click("form[action$='/sign/'] button")
    cora.wait_for_selector("text=Signed off by")
    assert cora.request.get(f"{scan}review/snapshot.json").json()
    level = {"status": "answered", "level": "1", "question": "data.readers"}
    token = next(one["value"] for one in cora.context.cookies() if one["name"] == "csrftoken")
    forged = cora.request.post(f"{scan}answers/data.readers/", form=level, headers={"X-CSRFToken": token})
    assert forged.status >= 400
    cora.goto(f"{scan}questions/data/")
    assert "does not change any more" in cora.inner_text("main")


def issue(cora: Page, scan: str) -> None:
    """Issue the report of what was signed, and download it."""
    cora.goto(f"{scan}reports/")
    cora.click("button:has-text('Issue a report')")
    with cora.expect_download(timeout=180_000) as pdf:
        cora.locator("text=Download the PDF").first.click(timeout=180_000)
    assert pdf.value.path().read_bytes().startswith(b"%PDF-")


def test_a_whole_engagement(people: People):
    office = people.office
    first = re.search(r"/account/first/\S+", office.output())
    assert first
    cora = people.enter("cora", first[0])
    scan = begin(cora, office.url, "Nordhafen Clinic")
    home = scan.split("/a/")[0] + "/"

    # The client owns what is about them; the consultant has a last day, a colleague one dimension, somebody only reads.
    cleo = people.enter("cleo", invite(cora, home, "cleo", "owner"))
    cleo.goto(f"{home}members/")
    cleo.click("tr:has-text('Cora') a")
    cleo.select_option("[name=role]", "assessor")
    cleo.fill("[name=ends_on]", DAY)
    cleo.click("main form >> nth=0 >> button[type=submit]")
    people.enter("vera", invite(cleo, home, "vera", "viewer"))
    dan = people.enter("dan", ask_colleague(cleo, scan, "dan"))
    dan.goto(f"{home}mine/")
    dan.click("main table a")
    dan.wait_for_selector("form.question")
    choose(dan, 3)
    for hidden in ("", "report/", "endpoints/", "people/", "questions/data/"):
        assert dan.request.get(f"{scan}{hidden}").status == 404

    meet_in_one_answer(people, cora, cleo, scan)
    with ReplayServer("litellm_proxy") as gateway:
        probe(cora, scan, gateway.url)
    review_and_sign(people, cora, cleo, scan)
    issue(cora, scan)

    # Somebody of another organisation; then everybody looks at all they are led to, and the consultant is sent away.
    other = begin(cora, office.url, "Elsewhere").split("/a/")[0] + "/"
    eve = people.enter("eve", invite(cora, other, "eve", "owner"))
    for crawler in people.everybody.values():
        seen = crawler.crawl(most=1)
        assert any("/a/" in one for one in seen)
        crawler.assert_sound()
    cleo.goto(f"{home}members/")
    assert "2099" in cleo.inner_text("tr:has-text('Cora')")
    cleo.click("tr:has-text('Cora') a")
    cleo.click("form[action$='/remove/'] button")
    for page in (cora, eve):
        for place in (f"{home}members/", scan, f"{scan}report/", f"{scan}review/snapshot.json"):
            assert page.request.get(place).status == 404
    cleo.goto(f"{home}audit/")
    trail = cleo.inner_text("main")
    assert "Cora" in trail
    assert "Signed" in trail
