"""What stands behind a level: gates, share, floor and caps, question by question, for whoever asks “because?”."""

from collections.abc import Sequence
from typing import Literal

from assessor.evidence import Tier
from assessor.questionnaire.schema import Question, Questionnaire, Scale
from assessor.scoring import rules
from assessor.scoring.scorecard import AnswerState, QuestionScore, Reading, Record, Scorecard


class Line(Record):
    """One question behind a level: where it stands, and what the level rule reads there.

    `counts_as` is above `level` where a ladder that ends early was climbed to its top.
    """

    question: str
    state: AnswerState
    level: int
    counts_as: int
    weight: int


class Conditions(Record):
    """The three conditions of one level, each with the questions that meet it and those that miss it.

    `reached` and `needed` are weights out of `whole`; `floor` is the level below which no question may lie.
    """

    level: int
    holds: bool
    gates: tuple[Line, ...]
    gates_below: tuple[Line, ...]
    whole: int
    reached: int
    needed: int
    counting: tuple[Line, ...]
    missing: tuple[Line, ...]
    floor: int
    below_floor: tuple[Line, ...]


class Cap(Record):
    """A question whose verified level lies below what was answered, and what holds it there.

    By evidence: it is of tier `has` and `needs` would carry the answer. By findings: their `codes` at `endpoints`
    allow no more than `allows`. `stands` is the verified level; a lower cap of the other kind may decide it.
    """

    question: str
    by: Literal["evidence", "finding"]
    answered: int | None
    stands: int
    allows: int
    has: Tier
    needs: Tier | None
    codes: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


class LeftOut(Record):
    """A question that takes no part, and why."""

    question: str
    state: AnswerState
    weight: int


class Because(Record):
    """Why a dimension stands at `level` (None: nothing applies) and not one higher.

    `here` are the conditions of its level, `above` those of the next (None at the top). `caps` are given for the
    verified reading only. `points` of `most` are the weighted levels that the index is a share of. `not_answered`
    lowers coverage, `not_evidenced` confidence.
    """

    dimension: str
    reading: Reading
    level: int | None
    here: Conditions | None
    above: Conditions | None
    caps: tuple[Cap, ...]
    left_out: tuple[LeftOut, ...]
    points: int
    most: int
    not_answered: tuple[str, ...]
    not_evidenced: tuple[str, ...]


class OverallBecause(Record):
    """Why the whole stands at `level`: the levels of the dimensions, and those that hold it there."""

    reading: Reading
    level: int
    levels: dict[str, int]
    held_by: tuple[str, ...]


def because(questionnaire: Questionnaire, card: Scorecard, dimension: str, reading: Reading) -> Because:
    """Return what stands behind the level of a dimension; raises KeyError for one that the card does not have."""
    score, scale = card.dimension(dimension), questionnaire.scale
    read = score.claimed if reading == "claimed" else score.verified
    scored = {question.id: question for question in questionnaire.questions if question.scored}
    own = [one for one in card.questions if one.dimension == dimension and one.question in scored]
    lines = [
        _line(scored[one.question], one, level, scale) for one in own if (level := _level(one, reading)) is not None
    ]
    gates = {one.question for one in own if one.gate}
    level = read.level
    return Because(
        dimension=dimension,
        reading=reading,
        level=level,
        here=None if level is None else _conditions(lines, gates, level, scale),
        above=None if level is None or level >= scale.top else _conditions(lines, gates, level + 1, scale),
        caps=tuple(cap for one in own for cap in _caps(scored[one.question], one, scale))
        if reading == "verified"
        else (),
        left_out=tuple(
            LeftOut(question=one.question, state=one.state, weight=one.weight)
            for one in own
            if _level(one, reading) is None
        ),
        points=sum(line.counts_as * line.weight for line in lines),
        most=sum(line.weight for line in lines) * scale.top,
        not_answered=tuple(one.question for one in own if one.state == "not-asked"),
        not_evidenced=tuple(one.question for one in own if one.claimed is not None and not one.evidenced),
    )


def because_overall(card: Scorecard, reading: Reading) -> OverallBecause:
    """Return what stands behind the overall level; dimensions where nothing applies have no level."""
    overall = card.claimed if reading == "claimed" else card.verified
    read = {one.dimension: one.claimed if reading == "claimed" else one.verified for one in card.dimensions}
    levels = {dimension: one.level for dimension, one in read.items() if one.level is not None}
    return OverallBecause(reading=reading, level=overall.level, levels=levels, held_by=overall.held_by)


def _level(one: QuestionScore, reading: Reading) -> int | None:
    return one.claimed if reading == "claimed" else one.verified


def _line(question: Question, one: QuestionScore, level: int, scale: Scale) -> Line:
    counted = rules.standing_level(question, level, scale.top)
    return Line(question=one.question, state=one.state, level=level, counts_as=counted, weight=one.weight)


def _conditions(lines: Sequence[Line], gates: set[str], level: int, scale: Scale) -> Conditions:
    whole = sum(line.weight for line in lines)
    reached = sum(line.weight for line in lines if line.counts_as >= level)
    needed, floor = rules.weight_needed(whole, scale), max(0, level - scale.slack)
    below = tuple(line for line in lines if line.question in gates and line.counts_as < level)
    low = tuple(line for line in lines if line.counts_as < floor)
    return Conditions(
        level=level,
        holds=not below and not low and reached >= needed,
        gates=tuple(line for line in lines if line.question in gates),
        gates_below=below,
        whole=whole,
        reached=reached,
        needed=needed,
        counting=tuple(line for line in lines if line.counts_as >= level),
        missing=tuple(line for line in lines if line.counts_as < level),
        floor=floor,
        below_floor=low,
    )


def _caps(question: Question, one: QuestionScore, scale: Scale) -> list[Cap]:
    """Return what keeps the verified level of a question below the answer; both kinds where both do."""
    found = []
    if one.claimed is not None and one.verified is not None and one.evidence_cap < one.claimed:
        found.append(
            Cap(
                question=one.question,
                by="evidence",
                answered=one.claimed,
                stands=one.verified,
                allows=one.evidence_cap,
                has=one.tier,
                needs=rules.weakest_tier_for(one.claimed, question.proof, scale),
            )
        )
    if one.contradicted and one.verified is not None:
        said = scale.top if one.claimed is None else one.claimed
        items = [item for item in one.weighed if item.caps is not None and item.caps < said]
        found.append(
            Cap(
                question=one.question,
                by="finding",
                answered=one.claimed,
                stands=one.verified,
                allows=0 if one.claimed is None else min((item.caps or 0 for item in items), default=0),
                has=one.tier,
                needs=None,
                codes=tuple(dict.fromkeys(item.finding.code for item in items)),
                endpoints=tuple(dict.fromkeys(item.endpoint for item in items)),
                because=tuple(dict.fromkeys(item.because for item in items)),
            )
        )
    return found
