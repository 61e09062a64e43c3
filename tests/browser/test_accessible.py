"""Axe, a phone, and a pseudo-locale over the pages of an assessment."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from assessor.services.questionnaires import installed_ids, shipped
from tests.conftest import FACTS
from tests.pseudo import every_message_marked

PAGES = [
    "scenarios/",
    "scenarios/own/",
    "scenarios/own/new/",
    "scenarios/exercises/",
    "",
    "scope/",
    "questions/data/",
    "questions/lock-in/",
    "evidence/data.readers/",
    "endpoints/",
    "endpoints/new/",
    "endpoints/list/",
    "endpoints/changes/",
    "inventory/",
    "inventory/new/",
    "inventory/files/",
    "inventory/proposals/",
    "inventory/templates/hosted-with-local-second/",
    "report/",
    "reports/",
    "report/forms/",
    "compare/",
    "reports/brand/",
    "reports/words/summary/",
    "../../brand/",
    "exchange/",
]
OUTSIDE = ["/", "/start/", "/about/", "/nowhere/", "/portfolio/", "/portfolio/pages/", "/portfolio/benchmark/"]
OUTSIDE += ["/installation/", "/installation/organisations/", "/installation/probing/"]


def paths(scan):
    return OUTSIDE + [scan + path for path in PAGES]


@pytest.mark.heavy
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page, live_server, inside_scan, scheme):
    page.emulate_media(color_scheme=scheme)
    faults = []
    for path in paths(inside_scan):
        if path == "/nowhere/":
            continue
        page.goto(live_server.url + path)
        result = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        faults += [(path, one["id"], one["nodes"][0]["html"][:120]) for one in result.response["violations"]]
    assert faults == []


@pytest.mark.heavy
def test_no_page_scrolls_sideways_on_a_small_phone(page, live_server, inside_scan):
    page.set_viewport_size({"width": 320, "height": 640})
    wide = []
    for path in paths(inside_scan):
        if path == "/nowhere/":
            continue
        page.goto(live_server.url + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide.append((path, width))
    assert wide == []


VISIBLE = """() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const inside = walker.currentNode.parentElement;
    if (inside.closest('script, template, code, [data-content], .brand, textarea')) continue;
    const text = walker.currentNode.textContent.trim();
    if (text) texts.push(text);
  }
  return texts;
}"""


def strings_of(value):
    """Return every text inside content, however deep."""
    if isinstance(value, str):
        return {" ".join(value.split())}
    if isinstance(value, dict):
        return set().union(*map(strings_of, value.values())) if value else set()
    if isinstance(value, list | tuple):
        return set().union(*map(strings_of, value)) if value else set()
    return set()


def test_every_word_of_ours_goes_through_gettext(page, live_server, inside_scan):
    shipped_ones = [shipped(name) for name in installed_ids()]
    content = set().union(*(strings_of(one.model_dump(mode="json")) for one in shipped_ones))
    # A page names a questionnaire beside other facts, and the parts are told apart by commas below.
    content |= {part for one in shipped_ones for part in one.title.split(", ")}
    content |= {
        "Sovereignty Assessor",
        FACTS.organisation,
        FACTS.workload,
        FACTS.workload_owner,
        *FACTS.home_jurisdictions,
    }
    bare = []
    said = []
    with every_message_marked():
        for path in [*OUTSIDE[:2], *[inside_scan + one for one in PAGES if one != "report/"]]:
            page.goto(live_server.url + path)
            said.append((path, page.evaluate(VISIBLE)))
    for path, texts in said:
        for text in texts:
            plain = " ".join(text.split()).strip(": ")
            if "⟦" in text or "⟧" in text or plain in content:
                continue
            # Lists of content are joined by commas and dots; the parts are what came from content.
            parts = [part.strip(" …") for part in re.split(r" · |, ", plain)]
            left = [part for part in parts if re.search(r"[A-Za-z]{2}", part) and part not in content]
            bare += [(path.replace(inside_scan, "…/"), part) for part in left]
    assert not bare, "\n".join(map(str, bare))
