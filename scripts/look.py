"""Renders pages and report pages as images into look/, with one contact sheet of all of them."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))
from stage import ROOT, Stage, stage

LOOK = ROOT / "look"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {"wide": (1280, 900), "phone": (375, 780)}


@dataclass(frozen=True)
class Shot:
    """One picture to take: a name, an address, and whether it belongs to the empty installation."""

    name: str
    path: str


def demo_paths(here: Stage, page: Page) -> list[Shot]:
    """Find the addresses of the demo organisation by clicking through it."""
    page.goto(here.url)
    base = page.get_attribute("tbody th a", "href") or ""
    shots = [
        Shot("home", "/"),
        Shot("overview", base),
        Shot("questions-data", f"{base}questions/data/"),
        Shot("questions-safety", f"{base}questions/safety/"),
        Shot("endpoints", f"{base}endpoints/"),
        Shot("endpoint-new", f"{base}endpoints/new/"),
        Shot("roadmap", f"{base}roadmap/"),
        Shot("exchange", f"{base}exchange/"),
        Shot("targets", f"{base}roadmap/targets/"),
        Shot("what-if", f"{base}what-if/"),
        Shot("scenarios", f"{base}scenarios/"),
        Shot("report", f"{base}report/"),
        Shot("reports", f"{base}reports/"),
        Shot("about", "/about/"),
        Shot("not-found", "/nowhere/"),
    ]
    page.goto(here.url + f"{base}endpoints/")
    for number, link in enumerate(page.query_selector_all("tbody th a")):
        shots.append(Shot(f"endpoint-{number + 1}", link.get_attribute("href") or ""))
    for number, link in enumerate(page.query_selector_all("tbody td a")):
        shots.append(Shot(f"probe-{number + 1}", link.get_attribute("href") or ""))
    page.goto(here.url + f"{base}questions/data/")
    link = page.query_selector("a.button-quiet")
    if link:
        shots.append(Shot("evidence", link.get_attribute("href") or ""))
    return shots


def take(browser: Browser, here: Stage, shots: list[Shot], label: str) -> Iterator[Path]:
    """Take every shot in both sizes and both themes."""
    for size, (width, height) in SIZES.items():
        for theme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
            )
            page = context.new_page()
            for shot in shots:
                page.goto(here.url + shot.path)
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    print(f"OVERFLOW {label}{shot.name} {size}: {wide} > {width}")
                path = LOOK / f"{label}{shot.name}-{size}-{theme}.png"
                page.screenshot(path=path, full_page=size == "wide")
                yield path
            context.close()


def report_pages(here: Stage, browser: Browser) -> Iterator[Path]:
    """Issue the demo's report as a person would, and render it page by page."""
    pdf = LOOK / "report.pdf"
    page = browser.new_page()
    page.goto(here.url)
    page.goto(here.url + (page.get_attribute("tbody th a", "href") or "") + "reports/")
    page.click("button[value=issued]")
    page.wait_for_selector("a[download]", timeout=90_000)
    with page.expect_download() as download:
        page.click("a[download]")
    download.value.save_as(pdf)
    page.close()
    subprocess.run(["pdftoppm", "-r", "80", "-png", str(pdf), str(LOOK / "report-page")], check=True)
    yield from sorted(LOOK.glob("report-page*.png"))


def for_readme() -> None:
    """Put the pictures of the README in place, small enough for a repository."""
    images = ROOT / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    wanted = (
        ("overview-wide-light", "overview", 1500),
        ("report-page-03", "board-page", 2000),
        ("scenarios-wide-light", "scenarios", 1100),
    )
    for source, name, height in wanted:
        with Image.open(LOOK / f"{source}.png") as picture:
            cut = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, height)))
            cut.quantize(64).save(images / f"{name}.png", optimize=True)


def contact_sheet(pictures: list[Path]) -> None:
    """Put small copies of all pictures on one sheet, each with its name."""
    across, cell = 8, (240, 320)
    rows = -(-len(pictures) // across)
    sheet = Image.new("RGB", (across * cell[0], rows * cell[1]), "white")
    draw = ImageDraw.Draw(sheet)
    for number, path in enumerate(pictures):
        with Image.open(path) as picture:
            small = picture.convert("RGB")
            small.thumbnail((cell[0] - 12, cell[0] * 3))
            small = small.crop((0, 0, small.width, min(small.height, cell[1] - 28)))
        left, top = number % across * cell[0], number // across * cell[1]
        draw.text((left + 4, top + 4), re.sub(r"\.png$", "", path.name), fill="black")
        sheet.paste(small, (left + 4, top + 20))
    sheet.save(LOOK / "contact-sheet.png")


def main() -> None:
    """Make look/ anew."""
    shutil.rmtree(LOOK, ignore_errors=True)
    LOOK.mkdir()
    pictures: list[Path] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with stage(demo=False) as here:
            pictures += take(browser, here, [Shot("home", "/"), Shot("start", "/start/")], "empty-")
        with stage(demo=True) as here:
            page = browser.new_page()
            shots = demo_paths(here, page)
            page.close()
            pictures += take(browser, here, shots, "")
            pictures += report_pages(here, browser)
        browser.close()
    contact_sheet(pictures)
    if "--readme" in sys.argv:
        for_readme()
    print(f"{len(pictures)} pictures in {LOOK.name}/, all of them on {LOOK.name}/contact-sheet.png")


if __name__ == "__main__":
    main()
