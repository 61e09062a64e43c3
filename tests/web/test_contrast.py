"""People with low vision can read every pair of colours, by day and by night; the pairs are read from the CSS."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
COLOURS = {
    name: {"day": day, "night": night}
    for name, day, night in re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS)
}
TEXT, SHAPE = 4.5, 3.0

TEXT_PAIRS = [
    *[
        (ink, paper)
        for ink in ("ink", "ink-soft", "ink-faint", "accent", "accent-strong")
        for paper in ("paper", "paper-sunken")
    ],
    *[(kind, f"{kind}-wash") for kind in ("accent", "danger", "caution", "good")],
    *[(kind, "paper") for kind in ("danger", "caution", "good")],
    *[
        (ink, f"{kind}-wash")
        for ink in ("ink", "ink-soft", "accent")
        for kind in ("accent", "danger", "caution", "good")
    ],
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    *[(f"on-level-{level}", f"level-{level}") for level in range(6)],
]
SHAPE_PAIRS = [
    ("line", "paper"),
    ("line", "accent-wash"),
    *[("focus", paper) for paper in ("paper", "paper-sunken", "accent-wash")],
    *[(f"level-{level}", "paper") for level in range(1, 6)],
]


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2, 0 to 1."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_agrees_with_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("time", ["day", "night"])
@pytest.mark.parametrize(("ink", "paper"), TEXT_PAIRS)
def test_text_can_be_read(ink: str, paper: str, time: str) -> None:
    assert contrast(COLOURS[ink][time], COLOURS[paper][time]) >= TEXT


@pytest.mark.parametrize("time", ["day", "night"])
@pytest.mark.parametrize(("shape", "paper"), SHAPE_PAIRS)
def test_borders_focus_and_steps_can_be_seen(shape: str, paper: str, time: str) -> None:
    assert contrast(COLOURS[shape][time], COLOURS[paper][time]) >= SHAPE


@pytest.mark.parametrize("time", ["day", "night"])
def test_the_levels_can_be_told_apart_in_grey(time: str) -> None:
    levels = [COLOURS[f"level-{level}"][time] for level in range(6)]
    away_from_paper = [contrast(colour, COLOURS["paper"][time]) for colour in levels]
    assert all(higher / lower >= 1.3 for lower, higher in pairwise(away_from_paper))


def test_every_colour_is_written_for_day_and_night() -> None:
    assert len(COLOURS) == TOKENS.count("light-dark(#")


@pytest.mark.parametrize("sheet", ["base", "frame", "components", "levels", "forms"])
def test_colours_are_named_in_the_tokens_only(sheet: str) -> None:
    rules = (Path(__file__).resolve().parents[2] / "static" / "css" / f"{sheet}.css").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", rules) == []
