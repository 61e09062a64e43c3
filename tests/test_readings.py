"""Each reading of the shipped questionnaire names evidence and holder for every question, once each."""

import re
from pathlib import Path

import pytest

from assessor.questionnaire.loader import find_questionnaires, load_questionnaire

ROOT = Path(__file__).resolve().parents[1]
READINGS = sorted((ROOT / "docs").glob("reading-*.md"))
COLUMNS = 3
# What stands where nothing was written.
BLANK = re.compile(r"[\s\-–—.?…]*|n/?a|none|tbd|todo", re.IGNORECASE)

SOVEREIGNTY = load_questionnaire(find_questionnaires(ROOT / "questionnaires")["ai-sovereignty"])
TITLES = {question.id: question.title for question in SOVEREIGNTY.questions}
DIMENSIONS = "|".join(dimension.id for dimension in SOVEREIGNTY.dimensions)
QUESTION_ID = re.compile(rf"`((?:{DIMENSIONS})\.[a-z-]+)`")


def _rows(page: Path) -> list[list[str]]:
    """Return the cells of every table row; a rule of dashes and the header above it are left out."""
    rows: list[list[str]] = []
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            continue
        if set(line) <= set("|-: "):
            rows.pop()
            continue
        rows.append([cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")])
    return rows


def test_a_platform_engineer_has_read_the_questionnaire() -> None:
    assert "reading-platform-engineer.md" in {page.name for page in READINGS}


@pytest.mark.parametrize("page", READINGS, ids=lambda page: page.stem)
def test_every_question_has_exactly_one_row_with_its_own_title(page: Path) -> None:
    first = [row[0] for row in _rows(page)]
    named = [found for cell in first for found in QUESTION_ID.findall(cell)]

    assert sorted(named) == sorted(TITLES)
    for cell in first:
        (question,) = QUESTION_ID.findall(cell)
        assert TITLES[question] in cell


@pytest.mark.parametrize("page", READINGS, ids=lambda page: page.stem)
def test_no_cell_of_a_reading_is_left_empty(page: Path) -> None:
    for row in _rows(page):
        assert len(row) == COLUMNS, f"not three cells: {row}"
        assert not [cell for cell in row if BLANK.fullmatch(cell)], f"an empty cell: {row}"


@pytest.mark.parametrize("page", READINGS, ids=lambda page: page.stem)
def test_a_reading_speaks_of_questions_that_exist(page: Path) -> None:
    assert set(QUESTION_ID.findall(page.read_text(encoding="utf-8"))) <= set(TITLES)
