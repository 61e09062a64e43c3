"""What moved between two scorecards, and who moved it: nothing against itself, the mirror when sides are exchanged."""

from dataclasses import replace

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from assessor.evidence import Tier
from assessor.questionnaire.schema import Bearing, Questionnaire
from assessor.scoring.movement import LevelMove, Movement, QuestionMove, Side, movement
from assessor.scoring.score import score
from tests.scoring.builders import given, question, questionnaire, said, seen
from tests.scoring.forms import cases

HOSTED = Bearing(code="hosted", caps=1, because="b")
FORM = questionnaire(question("a", bearings=(HOSTED,)), question("b"), question("c", dimension="safety"))


def version(form, **update) -> Questionnaire:
    """Return another version: built anew, since a copy would keep the hash of the first."""
    return Questionnaire(**{name: getattr(form, name) for name in Questionnaire.model_fields} | update)


def side(form=FORM, endpoints=(), scope="full", evidence=None, lifted=(), **answers) -> Side:
    return Side(form, score(form, given(**answers), endpoints, scope), evidence or {}, frozenset(lifted))


def only(moved: Movement) -> QuestionMove:
    assert len(moved.questions) == 1
    return moved.questions[0]


def swapped(one: LevelMove) -> LevelMove:
    return replace(one, before=one.after, after=one.before)


def mirror(moved: Movement) -> Movement:
    presence = {"new": "gone", "gone": "new", "both": "both"}
    return Movement(
        claimed=swapped(moved.claimed),
        verified=swapped(moved.verified),
        dimensions=tuple(swapped(one) for one in moved.dimensions),
        questions=tuple(
            replace(
                one,
                presence=presence[one.presence],
                state=one.state[::-1],
                claimed=one.claimed[::-1],
                verified=one.verified[::-1],
                attached=one.removed,
                removed=one.attached,
                expired=one.renewed,
                renewed=one.expired,
                appeared=one.vanished,
                vanished=one.appeared,
            )
            for one in moved.questions
        ),
    )


@st.composite
def sides(draw):
    """Draw two sides: the same questionnaire or one with other gates, weights and questions, everything else at will."""
    form, answers, endpoints = draw(cases())
    _form, others, _endpoints = draw(cases())
    first = form.questions[1]
    changed = first.model_copy(update={"gate": not first.gate, "weight": 1 + first.weight % 3})
    versions = [
        form,
        version(form, **{"version": "2027.1", "questions": (form.questions[0], changed, *form.questions[2:])}),
    ]
    if len(form.questions) > 2:
        versions.append(version(form, **{"version": "2027.2", "questions": form.questions[:-1]}))

    def one() -> Side:
        asked = draw(st.sampled_from(versions))
        kept = {
            name: told
            for name, told in answers.items()
            if asked.question(name) is not None and draw(st.integers(0, 3)) > 0
        }
        marks = {
            name: draw(st.dictionaries(st.sampled_from("xyz"), st.booleans(), max_size=2)) for name in (*kept, *others)
        }
        at = [one for one in endpoints if draw(st.booleans())]
        lifted = frozenset(draw(st.sets(st.sampled_from(["hosted.a", "server.b"]))))
        return Side(asked, score(asked, kept, at, draw(st.sampled_from(["quick", "full"]))), marks, lifted)

    return one(), one()


@for_all(sides())
@settings(max_examples=30, deadline=None)
def test_against_itself_nothing_moved(pair):
    for one in pair:
        assert movement(one, one).still


@for_all(sides())
@settings(max_examples=40, deadline=None)
def test_exchanging_the_sides_exchanges_then_and_now_and_nothing_else(pair):
    before, after = pair
    assert movement(after, before) == mirror(movement(before, after))


@for_all(sides())
@settings(max_examples=40, deadline=None)
def test_whatever_moved_has_a_cause_and_is_listed(pair):
    before, after = pair
    moved = movement(before, after)
    listed = {one.question for one in moved.questions}
    for name in {*before.scores, *after.scores}:
        old, new = before.scores.get(name), after.scores.get(name)
        if old is None or new is None or (old.claimed, old.verified) != (new.claimed, new.verified):
            assert name in listed
    assert all(one.causes for one in moved.questions)
    for one in (moved.claimed, moved.verified, *moved.dimensions):
        assert bool(one.causes) == one.moved


def test_another_answer_is_yours_and_carries_its_dimension():
    moved = movement(side(data__a=said(1), data__b=said(3)), side(data__a=said(4), data__b=said(3)))
    one = only(moved)
    assert (one.question, one.claimed, one.causes) == ("data.a", (1, 4), ("answer",))
    changed = {(row.dimension, row.reading): row for row in moved.dimensions if row.moved}
    assert changed["data", "claimed"].causes == ("answer",)
    assert "safety" not in {dimension for dimension, _reading in changed}


def test_what_a_probe_sees_is_the_probes():
    answers = {"data__a": said(4, Tier.TESTED), "data__b": said(4, Tier.TESTED)}
    one = only(movement(side(**answers), side(endpoints=[seen("hosted.x")], **answers)))
    assert (one.claimed, one.verified, one.causes, one.appeared) == ((4, 4), (4, 1), ("probe",), ("hosted.x",))


def test_a_finding_that_an_accepted_dispute_took_out_is_yours_not_the_probes():
    answers = {"data__a": said(4, Tier.TESTED)}
    one = only(movement(side(endpoints=[seen("hosted.x")], **answers), side(lifted=("hosted.x",), **answers)))
    assert (one.causes, one.vanished) == (("dispute",), ("hosted.x",))


@pytest.mark.parametrize(
    ("was", "now", "cause", "count"),
    [
        ({}, {"x": False}, "evidence", "attached"),
        ({"x": False}, {}, "evidence", "removed"),
        ({"x": False}, {"x": True}, "age", "expired"),
        ({"x": True}, {"x": False}, "age", "renewed"),
    ],
)
def test_evidence_comes_goes_or_grows_old(was, now, cause, count):
    one = only(movement(side(evidence={"data.a": was}), side(evidence={"data.a": now})))
    assert one.causes == (cause,)
    assert getattr(one, count) == 1
    assert not one.moved


def test_a_question_asked_otherwise_is_the_questionnaires():
    other = version(
        FORM, **{"version": "2027.1", "questions": (FORM.questions[0], question("b", weight=1), FORM.questions[2])}
    )
    one = only(movement(side(), side(other)))
    assert (one.question, one.causes, one.changed) == ("data.b", ("questionnaire",), ("weight",))


def test_a_question_that_came_or_went_is_the_questionnaires_and_a_widened_scan_is_yours():
    shorter = version(FORM, **{"version": "2027.1", "questions": FORM.questions[:2]})
    came = only(movement(side(shorter), side()))
    assert (came.question, came.presence, came.causes) == ("safety.c", "new", ("questionnaire",))
    quick = version(FORM, **{"questions": (*FORM.questions[:2], FORM.questions[2].model_copy(update={"quick": False}))})
    widened = only(movement(side(quick, scope="quick"), side(quick)))
    assert (widened.question, widened.presence, widened.causes) == ("safety.c", "new", ("scope",))


def test_a_finding_that_a_new_version_reads_otherwise_is_not_the_probes():
    heard = version(
        FORM,
        **{
            "version": "2027.1",
            "questions": (question("a", bearings=(HOSTED.model_copy(update={"caps": 3}),)), *FORM.questions[1:]),
        },
    )
    at = [seen("hosted.x")]
    one = only(movement(side(endpoints=at, data__a=said(4)), side(heard, endpoints=at, data__a=said(4))))
    assert one.causes == ("questionnaire",)


def test_what_scenarios_show_on_the_inventory_is_yours_not_the_probes():
    form = questionnaire(question("a", bearings=(Bearing(code="scenario", caps=1, because="b"),)), question("b"))
    answers = {"data__a": said(4, Tier.TESTED)}
    one = only(movement(side(form, **answers), side(form, endpoints=[seen("scenario.unprotected")], **answers)))
    assert one.causes == ("inventory",)
