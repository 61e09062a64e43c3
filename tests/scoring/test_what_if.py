"""The sandbox tells what would follow, and leaves everything as it is."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from assessor.evidence import Tier
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer
from assessor.scoring.what_if import Change, what_if
from tests.scoring.builders import given, question, questionnaire, said
from tests.scoring.forms import cases

FORM = questionnaire(question("a", gate=True), question("b", dimension="models", gate=True))
ANSWERS = given(data__a=said(1, Tier.DOCUMENTED), models__b=said(3))


def answered(level):
    return Change(state="answered", level=level)


def test_levels_are_told_before_and_after():
    seen = what_if(FORM, ANSWERS, (), "full", {"data.a": answered(4)})
    assert (seen.overall.claimed, seen.changed) == ((1, 3), ("data.a",))
    assert [(one.dimension, one.claimed, one.moved) for one in seen.dimensions] == [
        ("data", (1, 4), True),
        ("models", (3, 3), False),
    ]


def test_blockers_that_go_and_come_are_named():
    seen = what_if(FORM, ANSWERS, (), "full", {"data.a": answered(5)})
    claimed = [(one.dimension, one.blocker.question) for one in seen.vanished if one.reading == "claimed"]
    assert (claimed, seen.appeared) == ([("data", "data.a")], ())
    back = what_if(FORM, given(data__a=said(5), models__b=said(5)), (), "full", {"data.a": answered(2)})
    assert [one.blocker.question for one in back.appeared if one.reading == "claimed"] == ["data.a"]


def test_a_raised_answer_keeps_its_evidence_which_carries_no_more_than_before():
    seen = what_if(FORM, ANSWERS, (), "full", {"data.a": answered(4)})
    assert seen.after.question("data.a").verified == 1


def test_the_roadmap_afterwards_starts_from_there():
    seen = what_if(FORM, ANSWERS, (), "full", {"data.a": answered(4)}, {"data": 4, "models": 4})
    assert [one.question for stage in seen.roadmaps[0].stages for one in stage.fewest.moves] == ["models.b"]


def test_a_workload_that_answered_lower_still_counts():
    low = GivenAnswer(question="data.a", state="answered", level=1)
    answers = ANSWERS | {"data.a": ANSWERS["data.a"].model_copy(update={"others": (low,)})}
    assert what_if(FORM, answers, (), "full", {"data.a": answered(4)}).after.question("data.a").claimed == 1


def test_an_answer_can_be_taken_back_and_a_level_must_exist():
    assert what_if(FORM, ANSWERS, (), "full", {"data.a": Change(state="unknown")}).after.not_known == ("data.a",)
    with pytest.raises(KeyError, match=r"data\.a"):
        what_if(FORM, ANSWERS, (), "full", {"data.a": answered(9)})


@for_all(cases(), st.data())
@settings(max_examples=40, deadline=None)
def test_both_sides_are_what_a_score_would_say_and_no_change_changes_nothing(case, data):
    form, answers, endpoints = case
    one = data.draw(st.sampled_from([one for one in form.questions if one.scored]))
    change = Change(state="answered", level=data.draw(st.sampled_from(one.levels)))
    seen = what_if(form, answers, endpoints, "full", {one.id: change})
    old = answers.get(one.id, GivenAnswer(question=one.id, state="not-asked"))
    new = old.model_copy(update={"state": "answered", "level": change.level})
    assert seen.before == score(form, answers, endpoints)
    assert seen.after == score(form, answers | {one.id: new}, endpoints)
    same = what_if(form, answers, endpoints, "full", {})
    assert (same.changed, same.vanished, same.appeared, same.before) == ((), (), (), same.after)
