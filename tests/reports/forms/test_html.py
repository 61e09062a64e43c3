"""One file of HTML, opened from the disc in a real browser: it asks for nothing, and nothing in it runs."""

import base64
import io
import re

from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from assessor.reports.forms.html_form import html_bytes
from assessor.reports.shaped import Brand, Picture

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# A scheme changes colours and nothing else: one look for all else is enough.
COLOURS = {"runOnly": ["color-contrast"]}
SEEN = "window.violations = []; document.addEventListener('securitypolicyviolation', (e) => window.violations.push(e.violatedDirective + ' ' + e.blockedURI));"


def test_it_names_no_file_outside_itself(model):
    text = html_bytes(model).decode()
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)[^"']*["']""", text)
    assert not re.search(r"url\((?!\"data:)", text)
    assert "@import" not in text
    assert "<script" not in text


def test_its_policy_lets_it_load_nothing_and_run_nothing(bad):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html_bytes(bad).decode())[1]
    assert policy.startswith("default-src &#x27;none&#x27;") or policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "script-src" not in policy


def test_opened_from_the_disc_it_asks_for_nothing_and_shows_all(chromium, tmp_path, model):
    file = tmp_path / "report.html"
    file.write_bytes(html_bytes(model))
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    asked, said = [], []
    page.add_init_script(SEEN)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append("a dialog"))
    page.goto(file.as_uri())
    page.evaluate("document.fonts.ready")
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert said == []
    assert page.evaluate("window.violations") == []
    assert page.evaluate("[...document.fonts].filter((one) => one.status === 'loaded').length") == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    schemes = {"light": ("rgb(255, 255, 255)", RULES), "dark": ("rgb(18, 22, 23)", COLOURS)}
    for scheme, (paper, rules) in schemes.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == paper
        found = Axe().run(page, options=rules).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    words = " ".join(page.inner_text("main").split())
    for entry in (entry for one in model.dimensions for entry in one.answers):
        assert entry.text in words
    context.close()


def branded(model, accent):
    """Return the report under a client's and a consultancy's logo, in a colour of their own."""
    stream = io.BytesIO()
    Image.new("RGB", (400, 120), "navy").save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    logo = Picture(media_type="image/png", width=400, height=120, sha256="0" * 64, alt="Logo of <Ames>", data=data)
    brand = Brand(
        accent=accent,
        logo=logo,
        consultancy='Lowe & "Sons"',
        consultancy_logo=logo.model_copy(update={"alt": "Logo of Lowe"}),
        name_block=("Harbour 1",),
        footer="In confidence",
    )
    return model.model_copy(update={"brand": brand})


def test_it_wears_the_brand_and_still_asks_for_nothing(chromium, tmp_path, bad):
    file = tmp_path / "report.html"
    file.write_bytes(html_bytes(branded(bad, "#b3123c")))
    context = chromium.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    asked = []
    page.add_init_script(SEEN)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert page.evaluate("window.violations") == []
    shown = page.evaluate(
        "[...document.images].map((one) => [one.alt, one.complete && one.naturalWidth, one.width > 0])"
    )
    assert shown == [["Logo of <Ames>", 400, True], ["Logo of Lowe", 400, True]]
    assert 'Lowe & "Sons"' in page.inner_text(".eyebrow")
    assert "In confidence" in page.inner_text("footer")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for scheme, rules in (("light", RULES), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        colour = page.evaluate("getComputedStyle(document.querySelector('main a')).color")
        red, green, blue = map(int, re.findall(r"\d+", colour))
        assert red > max(green, blue), "links are in the hue of the brand"
        found = Axe().run(page, options=rules).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    context.close()


def test_it_prints_light_and_whole(chromium, tmp_path, bad):
    file = tmp_path / "report.html"
    file.write_bytes(html_bytes(bad))
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF-")
    context.close()


def test_the_same_report_gives_the_same_bytes(bad):
    assert html_bytes(bad) == html_bytes(bad)
