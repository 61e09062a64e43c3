"""What must hold for every questionnaire and every set of answers."""

from itertools import product

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from assessor.evidence import Strength, Tier
from assessor.questionnaire.schema import Bearing
from assessor.scoring.roadmap import cheapest_lift
from assessor.scoring.rules import Standing, holds
from assessor.scoring.score import score
from assessor.scoring.scorecard import GivenAnswer, Proof
from tests.scoring.builders import SCALE, question, questionnaire, seen

tiers = st.sampled_from(list(Tier))
BEARINGS = (
    Bearing(code="hosted", caps=2, because="b"),
    Bearing(code="server", supports=3, because="b"),
)


@st.composite
def forms(draw):
    questions = [
        question(
            f"q{number}",
            dimension=draw(st.sampled_from(["data", "models", "safety"])),
            weight=draw(st.integers(1, 3)),
            gate=draw(st.booleans()),
            proof=draw(tiers),
            top=draw(st.integers(2, 5)),
            bearings=BEARINGS if draw(st.booleans()) else (),
        )
        for number in range(draw(st.integers(1, 7)))
    ]
    return questionnaire(*questions)


@st.composite
def cases(draw):
    form = draw(forms())
    answers = {}
    for one in form.questions:
        state = draw(st.sampled_from(["answered", "answered", "answered", "unknown", "not-applicable", "not-asked"]))
        level = draw(st.integers(0, one.choices[-1].level)) if state == "answered" else None
        proofs = tuple(Proof(tier=tier, level=5) for tier in draw(st.lists(tiers, max_size=2)))
        if state != "not-asked":
            answers[one.id] = GivenAnswer(question=one.id, state=state, level=level, proofs=proofs)
    endpoints = [
        seen(code, at=code, strength=draw(st.sampled_from(list(Strength))))
        for code in draw(st.lists(st.sampled_from(["hosted.a", "server.b", "access.open"]), max_size=3, unique=True))
    ]
    return form, answers, endpoints


def levels(card, reading):
    return [getattr(one, reading).level for one in card.dimensions], [
        getattr(one, reading).index for one in card.dimensions
    ]


@for_all(cases())
@settings(max_examples=150, deadline=None)
def test_verified_never_exceeds_claimed(case):
    card = score(*case)
    for one in card.questions:
        if one.claimed is not None and one.verified is not None:
            assert one.verified <= one.claimed
    assert card.verified.level <= card.claimed.level


@for_all(cases(), st.data())
@settings(max_examples=150, deadline=None)
def test_raising_an_answer_never_lowers_any_level_or_index(case, data):
    form, answers, endpoints = case
    raisable = [
        one
        for one in form.questions
        if (a := answers.get(one.id)) and a.level is not None and a.level < one.choices[-1].level
    ]
    if not raisable:
        return
    one = data.draw(st.sampled_from(raisable))
    before = score(form, answers, endpoints)
    higher = answers[one.id].model_copy(update={"level": answers[one.id].level + 1})
    after = score(form, answers | {one.id: higher}, endpoints)
    for reading in ("claimed", "verified"):
        for old, new in zip(levels(before, reading), levels(after, reading), strict=True):
            assert all(b >= a for a, b in zip(old, new, strict=True) if a is not None)


@for_all(cases(), st.data())
@settings(max_examples=100, deadline=None)
def test_marking_one_not_applicable_changes_no_other_question(case, data):
    form, answers, endpoints = case
    one = data.draw(st.sampled_from(form.questions))
    before = score(form, answers, endpoints)
    na = GivenAnswer(question=one.id, state="not-applicable")
    after = score(form, answers | {one.id: na}, endpoints)
    for old, new in zip(before.questions, after.questions, strict=True):
        assert old.question == one.id or old == new


@st.composite
def standings(draw):
    return [
        Standing(f"q{number}", draw(st.integers(0, 5)), draw(st.integers(1, 3)), draw(st.booleans()))
        for number in range(draw(st.integers(1, 5)))
    ]


@for_all(standings(), st.integers(1, 5))
@settings(max_examples=80, deadline=None)
def test_the_roadmap_needs_as_few_moves_as_brute_force(rows, level):
    plan = cheapest_lift(rows, level, SCALE, lambda _question, to: to)
    best = min(
        sum(new > row.level for row, new in zip(rows, option, strict=True))
        for option in product(*[sorted({row.level, *range(row.level, level + 1)}) for row in rows])
        if holds([Standing(r.question, n, r.weight, r.gate) for r, n in zip(rows, option, strict=True)], level, SCALE)
    )
    assert len(plan) == best
