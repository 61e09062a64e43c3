"""The parts of pages say what they mean without colour, without scripts and without inline style."""

import re
from pathlib import Path

import pytest
from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.template.loader import render_to_string

from assessor.evidence import Strength, Tier
from assessor.templatetags import assessor_ui
from assessor.templatetags.styleguide import styleguide_examples

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
COMPONENTS = sorted((TEMPLATES / "components").glob("_*.html"))
WEB_FONTS = sorted((ROOT / "static" / "fonts").glob("*.woff2"))


def drawn(source: str, **context: object) -> str:
    return Template("{% load assessor_ui %}" + source).render(Context(context))


class NameForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As your colleagues call it.")
    ready = forms.BooleanField(label="Ready", help_text="Ask before you tick this.")


@pytest.mark.parametrize("level", range(6))
def test_a_level_is_told_by_number_and_by_full_steps(level: int) -> None:
    badge = drawn("{% level_badge level name %}", level=level, name="Portable control")
    assert f"Level {level}" in badge
    assert badge.count("step-on") == level
    assert badge.count("step-off") == 5 - level
    assert f"<title>Level {level} of 5</title>" in badge


def test_steps_rise_with_the_level() -> None:
    heights = [float(one) for one in re.findall(r'height="([\d.]+)" fill', drawn("{% level_mark 5 %}"))]
    assert heights == sorted(set(heights))


@pytest.mark.parametrize(("words", "said"), [("", "not verified yet"), ("No answers yet", "No answers yet")])
def test_no_level_is_said_in_words_and_never_drawn_as_zero(words: str, said: str) -> None:
    badge = drawn("{% level_badge None none=words %}", words=words)
    assert said in badge
    assert "svg" not in badge


@pytest.mark.parametrize(
    ("kind", "word"), [("info", "Note"), ("warn", "Caution"), ("error", "Problem"), ("success", "Done")]
)
def test_a_callout_says_its_kind_in_a_word_beside_an_icon(kind: str, word: str) -> None:
    callout = drawn("{% callout kind=kind title='Saved.' %}<p>Go on.</p>{% endcallout %}", kind=kind)
    assert f"{word}:" in callout
    assert 'class="icon"' in callout
    assert "<p>Go on.</p>" in callout


@pytest.mark.parametrize(
    ("level", "word"), [(constants.SUCCESS, "Done"), (constants.WARNING, "Caution"), (constants.ERROR, "Problem")]
)
def test_a_message_becomes_a_callout_and_its_text_is_escaped(level: int, word: str) -> None:
    callout = drawn("{% message_callout message %}", message=Message(level, "<b>client</b>"))
    assert f"{word}:" in callout
    assert "&lt;b&gt;client" in callout


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_is_a_word_with_as_many_pips(tier: Tier) -> None:
    chip = drawn("{% tier_chip tier %}", tier=tier)
    assert tier.value in chip
    assert chip.count('fill="currentColor"') == tier.rank + 1


@pytest.mark.parametrize("strength", Strength)
def test_a_strength_is_a_letter_with_its_meaning(strength: Strength) -> None:
    words = re.sub(r"<[^>]+>", "", drawn("{% strength_chip strength %}", strength=strength)).split()
    assert words[0] == strength.value
    assert len(words) > 1


@pytest.mark.parametrize("field", ["name", "ready"])
def test_hint_and_error_of_a_field_are_tied_to_its_control(field: str) -> None:
    form = NameForm({})
    page = drawn("{% include 'components/_field.html' with field=field only %}", field=form[field])
    described = re.findall(r'aria-describedby="([^"]+)"', page)
    assert described
    assert {part for one in described for part in one.split()} <= set(re.findall(r' id="([^"]+)"', page))
    assert f"id_{field}_error" in described[0]
    assert "This field is required." in page


def test_a_stat_says_its_label_before_its_value() -> None:
    stat = drawn("{% stat 'Answered' unit='of 14' %}<b>9</b>{% endstat %}")
    assert re.findall(r"<dt>Answered</dt>|<b>9</b>|of 14", stat) == ["<dt>Answered</dt>", "<b>9</b>", "of 14"]
    assert "stat-note" not in stat


def test_a_finding_says_title_strength_code_and_where_it_was_seen() -> None:
    seen = styleguide_examples()["finding"]
    row = drawn("{% finding title seen=seen exchanges=seen.exchanges %}Why.{% endfinding %}", title="<i>", seen=seen)
    assert "&lt;i&gt;" in row
    for words in ("strong signal", seen.code, "seen in e1, e4", "Why."):
        assert words in " ".join(row.split())


def test_a_finding_without_detail_or_probe_prints_no_empty_paragraphs() -> None:
    assert "<p" not in drawn("{% finding 'Title' %} {% endfinding %}")


def test_the_choices_of_a_question_are_a_fieldset_of_native_radio_buttons() -> None:
    page = render_to_string("questions/_question.html", styleguide_examples() | {"number": 1, "total": 2})
    assert page.count('type="radio"') == 8
    assert re.findall(r'value="(\w+)" checked', page) == ["2"]
    assert "<legend>" in page


def test_the_style_guide_draws_every_part_with_its_examples() -> None:
    page = render_to_string("styleguide/index.html")
    parts = "callout level stat finding chip facts table-stack has-error empty question panel progress tabs".split()
    missing = [one for one in parts if not re.search(rf'class="([^"]+ )?{one}[" ]', page)]
    assert missing == []


@pytest.mark.parametrize("template", COMPONENTS, ids=lambda path: path.name)
def test_no_component_carries_style_script_or_handlers(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|<style|<script|\son[a-z]+=|hx-on|javascript:|https?://", source) == []


@pytest.mark.parametrize("template", COMPONENTS, ids=lambda path: path.name)
def test_every_component_says_what_it_wants_and_is_listed(template: Path) -> None:
    assert template.read_text(encoding="utf-8").startswith("{% comment %}")
    listed = (TEMPLATES / "components" / "README.md").read_text(encoding="utf-8")
    assert template.name in listed or f"{{% {template.stem[1:]} " in listed


def mentions(source: str) -> set[str]:
    """Return what a template includes of the components, and every tag it writes."""
    code = re.sub(r"{% comment %}.*?{% endcomment %}", "", source, flags=re.S)
    return set(re.findall(r"components/_(\w+)\.html", code)) | set(re.findall(r"{% (\w+)", code))


def used_by_pages() -> set[str]:
    """Return the components and tags that pages reach, the style guide being none."""
    parts = {path.stem[1:]: mentions(path.read_text(encoding="utf-8")) for path in COMPONENTS}
    pages = [path for path in TEMPLATES.rglob("*.html") if path.parent.name not in ("components", "styleguide")]
    found = set().union(*(mentions(path.read_text(encoding="utf-8")) for path in pages))
    while more := set().union(*(parts.get(one, set()) for one in found)) - found:
        found |= more
    return found


def test_no_component_exists_that_no_page_uses() -> None:
    assert {path.stem[1:] for path in COMPONENTS} - used_by_pages() == set()


def test_no_tag_exists_that_no_page_uses() -> None:
    assert (set(assessor_ui.register.tags) | set(assessor_ui.register.filters)) - used_by_pages() == set()


def test_the_page_of_a_broken_server_needs_no_context_and_no_database() -> None:
    page = render_to_string("500.html")
    assert "Something broke on our side" in page
    assert 'href="/"' in page


def test_the_page_of_a_broken_server_does_without_missing_style_sheets(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    page = render_to_string("500.html")
    assert "Something broke on our side" in page
    assert "stylesheet" not in page


@pytest.mark.parametrize("font", WEB_FONTS, ids=lambda path: path.name)
def test_a_web_font_stays_within_its_part_of_the_page_budget(font: Path) -> None:
    assert font.stat().st_size <= 30_000


def test_fonts_travel_with_their_licence() -> None:
    for folder in (ROOT / "static" / "fonts", ROOT / "static" / "fonts" / "pdf"):
        assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text(encoding="utf-8")


def test_our_own_javascript_stays_small() -> None:
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "static" / "js").glob("*.js"))
    assert lines <= 150
