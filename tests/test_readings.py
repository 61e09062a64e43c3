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
PARAGRAPH = re.compile(r"`([^`]*\bArt\. [^`]*)`")
# A fault that says neither was forgotten.
OUTCOME = re.compile(r" (?:Mended|Left): \S")


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


def _faults(page: Path) -> list[str]:
    """Return the faults a reading lists, each as one line without the line breaks of the page."""
    listed = page.read_text(encoding="utf-8").partition("\n## Faults found")[2]
    return [" ".join(fault.split()) for fault in re.split(r"^- ", listed, flags=re.MULTILINE)[1:]]


def test_an_engineer_and_a_lawyer_have_read_the_questionnaire() -> None:
    assert {page.stem for page in READINGS} == {"reading-platform-engineer", "reading-procurement-lawyer"}


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


@pytest.mark.parametrize("page", READINGS, ids=lambda page: page.stem)
def test_every_fault_names_its_questions_and_what_was_done(page: Path) -> None:
    found = _faults(page)

    assert len(found) >= 10
    assert [fault for fault in found if not QUESTION_ID.search(fault)] == []
    assert [fault for fault in found if len(OUTCOME.findall(fault)) != 1] == []


@pytest.mark.parametrize("page", READINGS, ids=lambda page: page.stem)
def test_a_paragraph_said_to_be_cited_is_cited_by_a_question_of_that_fault(page: Path) -> None:
    cited = {question.id: {one.id for one in question.references} for question in SOVEREIGNTY.questions}

    for fault in _faults(page):
        named = set[str]().union(*(cited[question] for question in QUESTION_ID.findall(fault)))
        assert set(PARAGRAPH.findall(fault)) <= named, fault


def test_a_mended_clause_has_one_home() -> None:
    """Each pair: words of a clause that a reading found twice, and the one question whose rungs may still say them."""
    homes = {
        "only with your signature": [],
        "six months": ["safety.misuse", "governance.record"],
        "put together again": [],
        "every working day": ["governance.suppliers"],
        "new subprocessor": [],
        "raise the price": [],
        "repair time": [],
        "accelerators included": [],
        "set up from that store": [],
    }
    said = {
        question.id: " ".join(part.text for part in (*question.choices, *question.items))
        for question in SOVEREIGNTY.questions
    }

    assert {words: [one for one, text in said.items() if words in text] for words in homes} == homes
