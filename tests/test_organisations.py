"""The invented organisations are portraits: facts in words of their own, long enough to decide, without a level."""

import re
from pathlib import Path

import pytest

from assessor.questionnaire.loader import find_questionnaires, load_questionnaire

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path for path in (ROOT / "docs/organisations").glob("*.md") if path.name != "README.md")
# Words in a row that a page may share with an answer by chance.
SHARED = 7
MOST_WORDS = 1_500

SOVEREIGNTY = load_questionnaire(find_questionnaires(ROOT / "questionnaires")["ai-sovereignty"])


def _runs(text: str) -> set[tuple[str, ...]]:
    """Return every run of `SHARED` + 1 words, whatever stands between them."""
    words = re.findall(r"[\w'-]+", text.lower())
    return {tuple(words[at : at + SHARED + 1]) for at in range(len(words) - SHARED)}


def test_there_are_three_organisations() -> None:
    assert len(PAGES) == 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_organisation_says_something_on_every_dimension_in_a_portrait(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE) == [one.short for one in SOVEREIGNTY.dimensions]
    assert len(text.split()) <= MOST_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_organisation_names_no_level_and_repeats_no_answer(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    said = _runs(text)
    repeated = [
        (question.id, " ".join(run))
        for question in SOVEREIGNTY.questions
        for part in (*question.choices, *question.items)
        for run in _runs(part.text) & said
    ]

    assert repeated == []
    assert re.findall(r"\b(?:level|rung)s?\b|\bL[0-5]\b", text, re.IGNORECASE) == []
