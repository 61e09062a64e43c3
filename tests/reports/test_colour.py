"""Accent colours: read in the usual spellings, dark enough for words, and the level scale still read in grey."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.reports import colour, dress
from assessor.reports.shaped import ACCENT, Brand

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("typed", "read"),
    [("#0E626E", "#0e626e"), ("e2001a", "#e2001a"), (" #abc ", "#aabbcc"), ("red", None), ("#12345", None), ("", None)],
)
def test_a_colour_is_read_in_its_usual_spellings(typed, read):
    assert colour.normal(typed) == read


@pytest.mark.parametrize("typed", ["red;}*{}", "#12345678", "url(x)", "#ａｂｃdef", "var(--x)", "#000000\n}"])
def test_what_is_no_colour_never_reaches_the_style(typed):
    assert colour.normal(typed) is None
    css = dress.dressed(".heat-3 { background: #0e626e; }", Brand(accent=typed))
    assert "#0e626e" in css
    assert typed not in css


@given(COLOURS)
def test_every_accent_can_be_read_on_white_and_carries_white_words(chosen):
    accent = colour.accent_of(chosen)
    assert colour.on_white(accent) >= colour.READABLE
    assert accent == chosen or colour.on_white(chosen) < colour.READABLE


@given(COLOURS)
def test_the_scale_of_any_accent_darkens_step_by_step_as_the_products_own(chosen):
    scale = colour.scale(colour.accent_of(chosen))
    lights = [colour.luminance(scale.get(one, one)) for one in colour.SCALE]
    assert lights == sorted(lights, reverse=True)
    for own, light in zip(colour.SCALE, lights, strict=True):
        assert light == pytest.approx(colour.luminance(own), abs=0.012)


@given(COLOURS)
def test_by_night_every_accent_is_as_light_as_the_products_own(chosen):
    night = colour.by_night(colour.accent_of(chosen))
    for own, now in night.items():
        assert colour.luminance(now) == pytest.approx(colour.luminance(own), abs=0.012)


def test_the_colours_of_the_night_are_those_of_the_screen():
    tokens = (Path(__file__).parents[2] / "static/css/tokens.css").read_text("utf-8")
    assert [one for one in colour.NIGHT if one not in tokens] == []


def test_only_attributes_that_are_one_colour_are_recoloured():
    page = '<rect fill="#0e626e"/><p>&quot;#0e626e&quot;</p>'
    assert colour.recoloured(page, ACCENT) == page
    assert colour.recoloured('<rect fill="#0f5c6e"/>', "#e2001a") == '<rect fill="#e2001a"/>'
