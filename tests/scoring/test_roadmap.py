"""The way to the target: as short as brute force finds it, as cheap, and told in full."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from assessor.evidence import Tier
from assessor.questionnaire.schema import Bearing, Dimension, Profile, Remedy
from assessor.scoring.roadmap import roadmap, targets_of
from assessor.scoring.score import score
from tests.scoring.builders import checklist, given, question, questionnaire, said, seen, wide, yes_no
from tests.scoring.forms import cases
from tests.scoring.oracle import all_plans, highest

READINGS = ("claimed", "verified")


def standing(card, reading):
    """Return where every question that takes part stands, and what is claimed of it."""
    rows = [(one.question, getattr(one, reading), one.claimed or 0) for one in card.questions]
    rows = [row for row in rows if row[1] is not None]
    return {name: level for name, level, _claimed in rows}, {name: claimed for name, _level, claimed in rows}


def moves(stage):
    return [one.question for one in stage.fewest.moves]


def moved(levels, route):
    return {name: max([level, *(m.to for m in route.moves if m.question == name)]) for name, level in levels.items()}


@for_all(cases(most=4, dimensions=("data",)), st.sampled_from(READINGS), st.integers(0, 5))
@settings(max_examples=120, deadline=None)
def test_every_stage_has_the_fewest_moves_and_the_least_effort_beside_it(case, reading, target):
    form, _answers, _endpoints = case
    card = score(*case)
    levels, claimed = standing(card, reading)
    stages = list(roadmap(form, card, reading, {"data": target}).stages)
    now = highest(form, levels) if levels else 5
    aims = [("next", now + 1), ("target", target)] if now < target else []
    for kind, goal in aims:
        if levels and highest(form, levels) >= goal:
            continue
        stage, *stages = stages
        assert stage.kind == kind
        plans = all_plans(form, levels, claimed, goal)
        route = stage.fewest
        fewest = min(plans)
        assert (len(route.moves), sum(route.effort) / 2) == fewest
        least = min(days for _moves, days in plans)
        shown = stage.least_effort
        assert sum((shown or route).effort) / 2 == least
        assert (shown is None) == (least == fewest[1])
        levels, claimed = moved(levels, route), moved(claimed, route)
        assert highest(form, levels) == stage.overall >= goal
    assert not stages


@for_all(cases(most=6, dimensions=("data", "models")), st.sampled_from(READINGS))
@settings(max_examples=80, deadline=None)
def test_a_move_unlocks_its_level_with_the_others_it_names_and_with_no_fewer(case, reading):
    form, _answers, _endpoints = case
    card = score(*case)
    targets = {one.id: 5 for one in form.dimensions}
    levels, _claimed = standing(card, reading)
    for stage in roadmap(form, card, reading, targets).stages:
        for move in stage.fewest.moves:
            own = {name: level for name, level in levels.items() if form.question(name).dimension == move.dimension}
            to = {one.question: one.to for one in stage.fewest.moves}
            team = (move.question, *move.together)
            assert highest(form, own | {name: to[name] for name in team}) >= move.unlocks
            for left in team:
                fewer = own | {name: to[name] for name in team if name != left}
                assert highest(form, fewer) < move.unlocks
        levels = moved(levels, stage.fewest)


def test_the_first_stage_lifts_the_whole_by_one_and_the_second_reaches_every_target():
    form = questionnaire(question("a", gate=True), question("b", dimension="models", gate=True))
    card = score(form, given(data__a=said(2), models__b=said(1)))
    first, second = roadmap(form, card, "claimed", {"data": 3, "models": 2}).stages
    assert (first.goals, moves(first), first.overall) == ({"models": 2}, ["models.b"], 2)
    assert (second.goals, second.overall) == ({"data": 3}, 2)


def test_nothing_is_proposed_beyond_the_targets():
    form = questionnaire(question("a", gate=True), question("b", dimension="models", gate=True))
    card = score(form, given(data__a=said(2), models__b=said(1)))
    assert roadmap(form, card, "claimed", {"data": 2, "models": 1}).stages == ()
    (only,) = roadmap(form, card, "claimed", {"data": 3, "models": 1}).stages
    assert (only.kind, moves(only)) == ("target", ["data.a"])


def test_without_targets_there_is_the_next_level_and_at_the_top_nothing():
    form = questionnaire(question("a", gate=True))
    assert [one.kind for one in roadmap(form, score(form, {}), "claimed").stages] == ["next"]
    assert roadmap(form, score(form, given(data__a=said(5))), "claimed").stages == ()


def test_a_missing_rung_is_rounded_up_and_steps_between_add_up():
    form = questionnaire(question("a", gate=True, rungs=(0, 1, 3, 5), days=2))
    (stage,) = roadmap(form, score(form, given(data__a=said(1))), "claimed").stages
    (move,) = stage.fewest.moves
    assert (move.to, move.steps, move.effort, move.unlocks, stage.overall) == (3, (3,), (2, 4), 3, 3)
    (far,) = roadmap(form, score(form, {}), "claimed", {"data": 4}).stages[1].fewest.moves
    assert (far.current, far.to, far.steps, far.effort) == (1, 5, (3, 5), (4, 8))


def test_a_ladder_that_ends_early_is_climbed_to_its_end():
    form = questionnaire(question("a", gate=True, top=2))
    stages = roadmap(form, score(form, given(data__a=said(1))), "claimed", {"data": 4}).stages
    assert [(one.to, one.unlocks) for one in stages[0].fewest.moves] == [(2, 5)]
    assert len(stages) == 1


@pytest.mark.parametrize("one", [checklist("a", 1, 3, 3, gate=True), yes_no("a", 0, 3, gate=True)])
def test_checklists_and_yes_or_no_move_to_a_level_they_can_have(one):
    form = questionnaire(one)
    stages = roadmap(form, score(form, {}), "claimed", {"data": 3}).stages
    assert stages[-1].fewest.moves[0].to == 3


def test_hidden_and_not_applicable_questions_do_not_move():
    form = questionnaire(question("a", gate=True), question("b"), question("c"))
    card = score(form, given(data__a=said(1), data__b=said(None, state="not-applicable"), data__c=said(1)))
    (stage,) = roadmap(form, card, "claimed").stages
    assert moves(stage) == ["data.a", "data.c"]
    assert stage.fewest.moves[0].together == ("data.c",)


def test_the_verified_way_names_evidence_and_findings_to_lift():
    bearing = Bearing(code="hosted", caps=1, because="b")
    form = questionnaire(question("a", gate=True, proof=Tier.TESTED, bearings=(bearing,)), question("b", weight=1))
    card = score(form, given(data__a=said(4), data__b=said(4)), [seen("hosted.a")])
    first, second = roadmap(form, card, "verified", {"data": 4}).stages
    move = first.fewest.moves[0]
    assert (move.to, move.tier, move.effort, move.lift) == (2, Tier.DOCUMENTED, (0, 0), ("hosted.a",))
    assert [(one.to, one.tier, one.lift) for one in second.fewest.moves if one.question == "data.a"] == [
        (4, Tier.OBSERVED, ())
    ]


def test_the_plan_with_less_effort_stands_beside_the_shorter_one():
    form = questionnaire(question("big", weight=3, days=20), *(question(f"s{n}", weight=1, days=1) for n in range(6)))
    answers = given(**{"data__big": said(1), **{f"data__s{n}": said(2 if n < 3 else 1) for n in range(6)}})
    (stage,) = roadmap(form, score(form, answers), "claimed").stages
    assert moves(stage) == ["data.big"]
    assert stage.least_effort is not None
    assert [one.question for one in stage.least_effort.moves] == ["data.s3", "data.s4", "data.s5"]


def test_among_equals_a_move_that_the_target_needs_too_is_taken():
    def costing(name, *efforts):
        steps = [Remedy(to=to, text="do", effort=(days, days)) for to, days in enumerate(efforts, start=1)]
        return question(name, weight=1, top=3).model_copy(update={"remedies": tuple(steps)})

    # Beside the gate one of the two is enough. To level 2 both cost the same, on to the target only c is cheap.
    form = questionnaire(question("a", weight=2, gate=True), costing("b", 1, 1, 5), costing("c", 1, 1, 1))
    card = score(form, given(data__a=said(1), data__b=said(1), data__c=said(1)))
    assert moves(roadmap(form, card, "claimed").stages[0]) == ["data.a", "data.b"]
    assert moves(roadmap(form, card, "claimed", {"data": 3}).stages[0]) == ["data.a", "data.c"]


def test_targets_come_from_the_organisation_then_its_profile_then_the_minimum():
    profile = Profile(id="bank", name="Bank", because="b", targets={"data": 3, "models": 3})
    base = questionnaire(question("a"), question("b", dimension="models"), question("c", dimension="safety"))
    form = base.model_copy(
        update={
            "profiles": (profile,),
            "dimensions": tuple(
                Dimension(id=one.id, title=one.id, short=one.id, asks="a", minimum=2 if one.id == "safety" else None)
                for one in base.dimensions
            ),
        }
    )
    assert targets_of(form) == {"safety": 2}
    assert targets_of(form, "bank", {"models": 4, "gone": 5, "data": 9}) == {"models": 4, "safety": 2}


def test_four_hundred_questions_are_planned_by_looking_at_each_a_few_times(monkeypatch):
    from assessor.scoring import rules

    looks = 0
    plain = rules.standing_level

    def counting(question, level, scale):
        nonlocal looks
        looks += 1
        return plain(question, level, scale)

    form = wide(400)
    card = score(form, {})
    monkeypatch.setattr(rules, "standing_level", counting)
    stages = roadmap(form, card, "claimed", {one.id: 4 for one in form.dimensions}).stages
    assert [stage.overall for stage in stages] == [1, 4]
    assert looks < 100 * 400
