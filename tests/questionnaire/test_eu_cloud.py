"""The second framework as shipped: figures of its source, honest rows, and a reading that never sounds like a rating."""

import re
from pathlib import Path

import pytest

from assessor.questionnaire.loader import find_questionnaires, load_questionnaire
from assessor.questionnaire.overlay import load_overlay, texts
from assessor.scoring.crosswalk import derive
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer

FILES = find_questionnaires(Path(__file__).resolve().parents[2] / "questionnaires")
# Cloud Sovereignty Framework 1.2.1, section 5, and the number of factors in section 4 that have a question of their own.
WEIGHTS = {"sov-1": 15, "sov-2": 10, "sov-3": 10, "sov-4": 15, "sov-5": 20, "sov-6": 15, "sov-7": 10, "sov-8": 5}


@pytest.fixture(scope="module")
def framework():
    return load_questionnaire(FILES["eu-cloud-sovereignty"])


@pytest.fixture(scope="module")
def answered():
    return load_questionnaire(FILES["ai-sovereignty"])


def given(questions, level):
    """Return an answer to every scored question, at the highest of its levels up to `level`."""
    return {
        one.id: GivenAnswer(question=one.id, state="answered", level=max(rung for rung in one.levels if rung <= level))
        for one in questions
        if one.scored
    }


def test_objectives_weights_and_levels_are_those_of_the_source(framework):
    assert {one.id: one.weight for one in framework.dimensions} == WEIGHTS
    assert sum(WEIGHTS.values()) == 100
    assert framework.scale.top == 4
    assert {one.minimum for one in framework.dimensions} == {2}


def test_each_objective_has_five_to_seven_questions_a_gate_and_a_full_ladder(framework):
    for dimension in framework.dimensions:
        own = [one for one in framework.questions if one.dimension == dimension.id and one.scored]
        assert 5 <= len(own) <= 7, dimension.id
        assert sum(one.gate for one in own) == 1, dimension.id
        assert {one.levels for one in own} == {(0, 1, 2, 3, 4)}, dimension.id


@pytest.mark.parametrize("level", range(5))
def test_the_same_answer_everywhere_gives_that_level_and_the_score_of_the_framework(framework, level):
    card = score(framework, given(framework.questions, level))
    assert {one.claimed.level for one in card.dimensions} == {level}
    assert card.claimed.index == 25 * level
    assert all(one.below_minimum == (level < 2) for one in card.dimensions)


def test_a_weak_answer_in_one_factor_lowers_the_objective_and_the_index_adds_shares_by_weight(framework):
    answers = given(framework.questions, 4)
    weak = "sov-5.visibility"
    card = score(framework, answers | {weak: GivenAnswer(question=weak, state="answered", level=0)})
    assert card.dimension("sov-5").claimed.level == 1
    assert card.claimed.held_by == ("sov-5",)
    points = [one.weight for one in framework.questions if one.dimension == "sov-5"]
    lost = 20 * framework.question(weak).weight / sum(points)
    assert card.claimed.index == pytest.approx(100 - lost, abs=0.1)


def test_no_text_sounds_like_a_level_that_a_buyer_awarded(framework):
    german = load_overlay(FILES["eu-cloud-sovereignty"].parent, "de").texts
    for text in (*texts(framework).values(), *(one.text for one in german.values())):
        assert not re.search(r"SEAL[- ]?\d", text), text
    assert "our reading" in framework.title
    assert "no level awarded by anybody" in framework.introduction


def test_nothing_is_derived_where_nothing_was_asked(framework, answered):
    found = derive(framework, answered, score(answered, given(answered.questions, 5)), given(answered.questions, 5))
    assert found.dimension("sov-8").rows == ()
    assert found.dimension("sov-8").standing == "not-said"
    assert "sov-5.hardware" in found.dimension("sov-5").silent
    assert "sov-7.audits" in found.dimension("sov-7").silent


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_knowing_ones_suppliers_never_denies_that_they_sit_in_the_union(framework, answered, level):
    name = "governance.suppliers"
    answers = {name: GivenAnswer(question=name, state="answered", level=level)}
    found = derive(framework, answered, score(answered, answers), answers).dimension("sov-1")
    assert found.standing == "not-said"
    row = next(one for one in found.rows if one.question == name)
    assert (row.best, row.worst < framework.scale.top) == (4, True)


def test_not_knowing_them_does(framework, answered):
    name = "governance.suppliers"
    answers = {name: GivenAnswer(question=name, state="answered", level=0)}
    found = derive(framework, answered, score(answered, answers), answers).dimension("sov-1")
    assert found.standing == "not-met"
