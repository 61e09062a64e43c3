"""Words around the questions: what levels mean, targets of profiles and the glossary agree with the pages."""

from pathlib import Path

import pytest

from assessor.questionnaire.lint import BANNED
from assessor.questionnaire.loader import load_questionnaire
from assessor.questionnaire.schema import Questionnaire

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sovereignty() -> Questionnaire:
    return load_questionnaire(ROOT / "questionnaires/ai-sovereignty/questionnaire.yaml")


def test_the_method_page_says_of_each_level_what_the_questionnaire_says(sovereignty: Questionnaire) -> None:
    page = (ROOT / "docs/method.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| **")]

    assert {row[0].strip("*"): tuple(row[1:]) for row in rows} == {
        one.title: one.levels for one in sovereignty.dimensions
    }


def test_the_method_page_stays_short(sovereignty: Questionnaire) -> None:
    page = (ROOT / "docs/method.md").read_text(encoding="utf-8")

    assert len(page.splitlines()) <= 230
    assert all(one.name.lower().removesuffix(" company") in page for one in sovereignty.profiles)


def test_every_profile_sets_a_target_for_every_dimension_and_says_why(sovereignty: Questionnaire) -> None:
    dimensions = {one.id for one in sovereignty.dimensions}

    assert len(sovereignty.profiles) == 7
    assert all(set(one.targets) == dimensions for one in sovereignty.profiles)
    assert all(len(set(one.targets.values())) > 1 for one in sovereignty.profiles), "targets differ by dimension"
    assert [one.id for one in sovereignty.profiles if max(one.targets.values()) == 5] == ["defence"]
    assert len({tuple(one.targets.values()) for one in sovereignty.profiles}) == 7


def test_the_glossary_explains_each_word_once_in_the_order_of_the_alphabet(sovereignty: Questionnaire) -> None:
    terms = [one.term for one in sovereignty.glossary]

    assert 40 <= len(terms) <= 60
    assert terms == sorted(terms, key=str.casefold)
    assert len(set(terms)) == len(terms)
    assert [one.term for one in sovereignty.glossary if not 8 <= len(one.means.split()) <= 60] == []
    assert [(one.term, word) for one in sovereignty.glossary for word in BANNED if word in one.means] == []


def test_people_are_counted_by_role_and_never_named_with_nationalities(sovereignty: Questionnaire) -> None:
    fact = sovereignty.question("governance.thinnest-duty")

    assert fact is not None
    assert (fact.kind, fact.unit, fact.scored) == ("number", "people", False)
    assert "never write names together with nationalities" in fact.why
