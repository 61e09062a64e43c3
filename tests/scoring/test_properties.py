"""What must hold for every questionnaire and every set of answers."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer, Scorecard
from assessor.scoring.visibility import hidden_questions
from tests.scoring.builders import question, questionnaire
from tests.scoring.forms import cases
from tests.scoring.oracle import highest


def levels(card, reading):
    return [getattr(one, reading).level for one in card.dimensions], [
        getattr(one, reading).index for one in card.dimensions
    ]


@for_all(cases())
@settings(max_examples=80, deadline=None)
def test_verified_never_exceeds_claimed(case):
    card = score(*case)
    for one in card.questions:
        if one.claimed is not None and one.verified is not None:
            assert one.verified <= one.claimed
    for one in card.dimensions:
        if one.claimed.level is not None:
            assert one.verified.level <= one.claimed.level
    assert card.verified.level <= card.claimed.level


@for_all(cases(), st.data())
@settings(max_examples=100, deadline=None)
def test_raising_an_answer_never_lowers_any_level_or_index(case, data):
    form, answers, endpoints = case
    raisable = [
        one for one in form.questions if (a := answers.get(one.id)) and a.level is not None and a.level < one.top
    ]
    if not raisable:
        return
    one = data.draw(st.sampled_from(raisable))
    before = score(form, answers, endpoints)
    higher = next(rung for rung in one.levels if rung > answers[one.id].level)
    after = score(form, answers | {one.id: answers[one.id].model_copy(update={"level": higher})}, endpoints)
    for reading in ("claimed", "verified"):
        for old, new in zip(levels(before, reading), levels(after, reading), strict=True):
            assert all(b >= a for a, b in zip(old, new, strict=True) if a is not None)
        assert getattr(after, reading).level >= getattr(before, reading).level
        assert getattr(after, reading).index >= getattr(before, reading).index


@for_all(cases(), st.data())
@settings(max_examples=80, deadline=None)
def test_marking_one_not_applicable_changes_no_other_question(case, data):
    form, answers, endpoints = case
    one = data.draw(st.sampled_from([one for one in form.questions if one.scored]))
    before = score(form, answers, endpoints)
    marked = answers | {one.id: GivenAnswer(question=one.id, state="not-applicable")}
    after = score(form, marked, endpoints)
    for old, new in zip(before.questions, after.questions, strict=True):
        assert old.question == one.id or old == new
    asked = form.asked("full")
    assert hidden_questions(form, asked, answers, endpoints) == hidden_questions(form, asked, marked, endpoints)


@for_all(cases())
@settings(max_examples=80, deadline=None)
def test_a_dimension_is_at_the_highest_level_the_plain_rule_allows(case):
    form, _answers, _endpoints = case
    card = score(*case)
    for dimension in card.dimensions:
        for reading in ("claimed", "verified"):
            own = {
                one.question: getattr(one, reading)
                for one in card.questions
                if one.dimension == dimension.dimension and getattr(one, reading) is not None
            }
            expected = highest(form, own) if own else None
            assert getattr(dimension, reading).level == expected


@for_all(cases())
@settings(max_examples=80, deadline=None)
def test_an_unknown_answer_lies_between_the_worst_and_the_best_it_can_be(case):
    form, answers, endpoints = case
    card = score(*case)
    for end, pick in (("worst", min), ("best", max)):
        known = {
            name: one.model_copy(update={"state": "answered", "level": pick(form.question(name).levels)})
            if one.state == "unknown"
            else one
            for name, one in answers.items()
        }
        told = score(form, known, endpoints)
        name = f"{end}_if_unknown_known"
        assert getattr(card, name) == told.claimed.level
        assert [getattr(one, name) for one in card.dimensions] == [one.claimed.level for one in told.dimensions]


@pytest.mark.parametrize("end", ["worst", "best"])
def test_a_workload_that_knows_bounds_what_the_other_may_turn_out(end):
    knows = GivenAnswer(question="data.a", state="answered", level=2)
    unsure = GivenAnswer(question="data.a", state="unknown", others=(knows,))
    card = score(questionnaire(question("a", gate=True)), {"data.a": unsure})
    assert getattr(card, f"{end}_if_unknown_known") == {"worst": 0, "best": 2}[end]


@for_all(cases())
@settings(max_examples=60, deadline=None)
def test_a_scorecard_holds_only_what_its_own_check_accepts(case):
    card = score(*case)
    assert Scorecard.model_validate(card.model_dump(mode="json")) == card
