"""The next moves of a report: the fewest for the whole, and the nearest for each dimension."""

from django.utils.translation import gettext as _

from assessor.reports import labels, sentences
from assessor.reports.answers import Desk
from assessor.reports.inputs import MoveOwnerRecord
from assessor.reports.planned import MoveRow, Plan, TargetRow, Targets
from assessor.reports.text import NAME_LENGTH, clean, day
from assessor.retelling import named
from assessor.scoring.lift import effort
from assessor.scoring.roadmap import Move, Stage
from assessor.scoring.scorecard import Blocker, Reading

# In the sentence about the way of least effort; all of them would fill half a page.
MOVES_NAMED = 8


def plans(desk: Desk) -> tuple[Plan, ...]:
    """Return every stage of both readings, those of one reading together; none where nothing is left to do."""
    told: set[tuple[str, tuple[str, ...]]] = set()
    found = []
    for plan in (_plan(desk, one.reading, stage) for one in desk.roadmaps for stage in one.stages):
        moves = tuple(
            move.model_copy(update={"repeats": True}) if (move.question, move.actions) in told else move
            for move in plan.moves
        )
        if plan.reading == "claimed":
            told |= {(move.question, move.actions) for move in plan.moves}
        found.append(plan.model_copy(update={"moves": moves}))
    return tuple(found)


def first_plans(desk: Desk) -> tuple[Plan, ...]:
    """Return the first stage of each reading that has one: what the board and the chapters tell."""
    return tuple(_plan(desk, one.reading, one.stages[0]) for one in desk.roadmaps if one.stages)


def targets(desk: Desk) -> Targets:
    """Return where every dimension stands and should stand, and whose proposal that is."""
    source = desk.source
    profile = source.questionnaire.profile(source.profile)
    rows = []
    for dimension in source.questionnaire.dimensions:
        score = source.scorecard.dimension(dimension.id)
        claimed, target = score.claimed.level, source.targets.get(dimension.id)
        rows.append(
            TargetRow(
                dimension=dimension.id,
                title=dimension.title,
                claimed_label=_level(claimed) if score.coverage else labels.standing_label("not-assessed"),
                verified_label=_level(score.verified.level)
                if score.verified_printed
                else labels.standing_label("not-verified"),
                target=target,
                target_label=_level(target),
                reached=None if target is None or claimed is None else claimed >= target,
            )
        )
    missed = sum(one.reached is False for one in rows)
    return Targets(
        profile=profile.name if profile else "",
        because=profile.because if profile else "",
        headline=sentences.targets_headline(missed, any(one.target is not None for one in rows)),
        rows=tuple(rows),
    )


def _level(level: int | None) -> str:
    return labels.NOT_STATED if level is None else str(level)


def _plan(desk: Desk, reading: Reading, stage: Stage) -> Plan:
    route = stage.fewest
    return Plan(
        reading=reading,
        kind=stage.kind,
        to=stage.overall,
        headline=sentences.plan_headline(reading, stage.overall, len(route.moves))
        if stage.kind == "next"
        else sentences.target_headline(reading, len(route.moves)),
        moves=tuple(_move(desk, move, reading) for move in route.moves),
        effort_days=route.effort,
        effort=labels.days(route.effort),
        least_effort=_easier(desk, stage),
    )


def _easier(desk: Desk, stage: Stage) -> str:
    """Return which moves take less effort than the fewest do; empty where the fewest are the easiest."""
    route = stage.least_effort
    if route is None:
        return ""
    named = labels.listed([f"{desk.numbers[one.question]} → {one.to}" for one in route.moves[:MOVES_NAMED]])
    if len(route.moves) > MOVES_NAMED:
        named = f"{named}, …"
    return sentences.less_effort(len(route.moves), labels.days(route.effort), named)


def _gain(desk: Desk, move: Move) -> str:
    """Return what a move lets its dimension reach, and together with which others."""
    if not move.unlocks:
        return ""
    others = [desk.numbers[one] for one in move.together]
    return sentences.gain(desk.dimension_short(move.dimension), move.unlocks, others)


def _move(desk: Desk, move: Move, reading: Reading) -> MoveRow:
    question = desk.questions[move.question]
    claimed = desk.entries[move.question].claimed or 0
    owner = desk.source.owners.get(move.question, MoveOwnerRecord())
    steps = [remedy.text for remedy in question.remedies if claimed < remedy.to <= move.to]
    return MoveRow(
        reading=reading,
        question=question.id,
        number=desk.numbers[question.id],
        title=question.title,
        text=question.text,
        dimension=question.dimension,
        dimension_title=desk.dimension_title(question.dimension),
        current=move.current,
        to=move.to,
        actions=tuple(steps) or (sentences.bare_move(reading, claimed, move.to),),
        proof=sentences.proof_needed(move.tier),
        lift=tuple(sentences.lift(title) for title in _lifted(desk, move)),
        effort_days=move.effort,
        effort=labels.days(move.effort),
        gain=_gain(desk, move),
        owner=named(clean(owner.name, NAME_LENGTH), _),
        due_on=day(owner.due_on),
        state=owner.state,
        state_label=labels.move_state(owner.state),
    )


def _lifted(desk: Desk, move: Move) -> list[str]:
    titles = {one.code: one.title for one in desk.entries[move.question].findings}
    return [titles.get(code, code) for code in move.lift]


def moves_of(desk: Desk, dimension_id: str, blockers: tuple[Blocker, ...]) -> tuple[MoveRow, ...]:
    """Return the moves within a dimension.

    These are its part of the overall roadmaps; where it has none, the moves that lift its own blockers.
    """
    own = [move for plan in first_plans(desk) for move in plan.moves if move.dimension == dimension_id]
    if own:
        # A move that serves both readings is printed once, as a change.
        return tuple({move.question: move for move in reversed(own)}.values())[::-1]
    return tuple(
        _move(
            desk,
            Move(
                question=blocker.question,
                dimension=dimension_id,
                current=blocker.level,
                to=blocker.needed,
                tier=None,
                effort=effort(desk.questions[blocker.question], blocker.level, blocker.needed),
            ),
            "claimed",
        )
        for blocker in blockers
    )
