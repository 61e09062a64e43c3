"""The way to the target: first the fewest moves to one overall level more, then on to the target of every dimension."""

from collections.abc import Mapping, Sequence
from typing import Literal

from assessor.evidence import Tier
from assessor.questionnaire.schema import Questionnaire, Scale
from assessor.scoring import rules
from assessor.scoring.lift import Footing, Pricing, Unlock, cheapest_lift, effort, unlocks
from assessor.scoring.scorecard import QuestionScore, Reading, Record, Scorecard

Footings = Mapping[str, Sequence[Footing]]


class Move(Record):
    """One step of the roadmap: bring a question to a level and show it with evidence of a tier (None: none needed).

    `steps` are the levels whose remedies lie between, `effort` their sum as a range in person-days. `lift` names
    findings' codes that must go away first. The move lets its dimension reach level `unlocks`, needed `together` with
    those other moves (none: alone).
    """

    question: str
    dimension: str
    current: int
    to: int
    tier: Tier | None
    effort: tuple[float, float]
    steps: tuple[int, ...] = ()
    lift: tuple[str, ...] = ()
    unlocks: int = 0
    together: tuple[str, ...] = ()


class Route(Record):
    """Moves that belong together and the person-days they take, low and high."""

    moves: tuple[Move, ...]
    effort: tuple[float, float]


class Stage(Record):
    """One stage: the level each dimension is brought to, and the overall level that follows.

    `least_effort` is the route with the least mean effort, given only where it takes less than the fewest moves do.
    """

    kind: Literal["next", "target"]
    goals: dict[str, int]
    overall: int
    fewest: Route
    least_effort: Route | None


class Roadmap(Record):
    """The stages of one reading; none at the target, or at the top of the scale."""

    reading: Reading
    stages: tuple[Stage, ...]


def targets_of(
    questionnaire: Questionnaire, profile: str = "", edited: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Return the target level of each dimension that has one.

    What the organisation edited comes first, then its profile, then the minimum that the dimension asks for.
    Level 0 is no target. Dimensions and levels that the questionnaire does not have are left out.
    """
    chosen = questionnaire.profile(profile)
    minimums = {one.id: one.minimum for one in questionnaire.dimensions if one.minimum is not None}
    wanted = minimums | (dict(chosen.targets) if chosen else {}) | dict(edited or {})
    known = [one.id for one in questionnaire.dimensions]
    return {one: wanted[one] for one in known if one in wanted and 0 < wanted[one] <= questionnaire.scale.top}


def roadmap(
    questionnaire: Questionnaire, card: Scorecard, reading: Reading, targets: Mapping[str, int] | None = None
) -> Roadmap:
    """Return the stages of one reading towards `targets` (dimension to level; None: only to the next level).

    A separate call, since a page that draws levels only should not pay for it. Each stage has as few moves as can be
    from where the stage before it ends; among equals the least effort, then moves that the target needs too. The
    first stage is left out where the overall level may rise no further within the targets. For n questions in a
    dimension it takes in the order of n squared / 4 sums a stage (see `cheapest_cover`), 400 questions included.
    """
    scale, targets = questionnaire.scale, targets or {}
    footings = _footings(questionnaire, card, reading)
    levels = _levels(footings, scale)
    overall = min(levels.values(), default=scale.top)
    aims = {one: level for one, level in targets.items() if one in levels}
    stages = []
    if overall < min([scale.top, *aims.values()]):
        stages.append(_stage("next", questionnaire, card, reading, footings, dict.fromkeys(levels, overall + 1), aims))
        footings = _after(footings, stages[0].fewest)
    aims = {one: level for one, level in aims.items() if level > _levels(footings, scale)[one]}
    if aims:
        stages.append(_stage("target", questionnaire, card, reading, footings, aims, aims))
    return Roadmap(reading=reading, stages=tuple(stages))


def _footings(questionnaire: Questionnaire, card: Scorecard, reading: Reading) -> dict[str, list[Footing]]:
    """Return where every question stands that takes part; hidden and not-applicable ones have no level."""
    found: dict[str, list[Footing]] = {}
    for one in card.questions:
        level = one.claimed if reading == "claimed" else one.verified
        question = questionnaire.question(one.question)
        if level is not None and question is not None:
            found.setdefault(one.dimension, []).append(Footing(question, level, one.claimed or 0))
    return {one.id: found[one.id] for one in questionnaire.dimensions if one.id in found}


def _levels(footings: Footings, scale: Scale) -> dict[str, int]:
    return {
        dimension: rules.dimension_level([one.standing(scale) for one in rows], scale)
        for dimension, rows in footings.items()
    }


def _after(footings: Footings, route: Route) -> dict[str, list[Footing]]:
    to = {move.question: move.to for move in route.moves}
    return {dimension: [one.moved(to.get(one.question.id)) for one in rows] for dimension, rows in footings.items()}


def _stage(
    kind: Literal["next", "target"],
    questionnaire: Questionnaire,
    card: Scorecard,
    reading: Reading,
    footings: Footings,
    goals: Mapping[str, int],
    aims: Mapping[str, int],
) -> Stage:
    scale = questionnaire.scale
    levels = _levels(footings, scale)
    open_goals = {one: goal for one, goal in goals.items() if levels[one] < goal}
    scores = {one.question: one for one in card.questions}
    fewest: list[Move] = []
    easiest: list[Move] = []
    for dimension, goal in open_goals.items():
        rows = footings[dimension]
        target = cheapest_lift(rows, aims.get(dimension, 0), scale, _fewest({}))
        for moves, pricing in ((fewest, _fewest(target)), (easiest, _least(target))):
            plan = cheapest_lift(rows, goal, scale, pricing)
            gains = unlocks(rows, plan, goal, scale)
            moves += [
                _move(one, plan[one.question.id], scores[one.question.id], gains[one.question.id], scale, reading)
                for one in rows
                if one.question.id in plan
            ]
    route, other = _route(fewest), _route(easiest)
    return Stage(
        kind=kind,
        goals=open_goals,
        overall=min(_levels(_after(footings, route), scale).values()),
        fewest=route,
        least_effort=other if sum(other.effort) < sum(route.effort) else None,
    )


def _spare(one: Footing, to: int, target: Mapping[str, int]) -> int:
    """Return 1 for a step that the target does not need, else 0."""
    return int(bool(target) and to > target.get(one.question.id, one.level))


def _days(one: Footing, low: int, to: int) -> int:
    # Whole thousandths of a day, so that equal sums are equal whatever their order.
    least, most = effort(one.question, max(one.claimed, low), to)
    return round((least + most) * 500)


def _fewest(target: Mapping[str, int]) -> Pricing:
    return lambda one, low, to, moves: (int(moves), _days(one, low, to), _spare(one, to, target))


def _least(target: Mapping[str, int]) -> Pricing:
    return lambda one, low, to, moves: (_days(one, low, to), int(moves), _spare(one, to, target))


def _route(moves: Sequence[Move]) -> Route:
    total = sum(move.effort[0] for move in moves), sum(move.effort[1] for move in moves)
    return Route(moves=tuple(moves), effort=total)


def _move(one: Footing, to: int, score: QuestionScore, gain: Unlock, scale: Scale, reading: Reading) -> Move:
    question = one.question
    tier: Tier | None = None
    lift: tuple[str, ...] = ()
    if reading == "verified":
        tier = rules.weakest_tier_for(to, question.proof, scale)
        caps = {item.finding.code for item in score.weighed if item.caps is not None and one.level <= item.caps < to}
        lift = tuple(sorted(caps))
    return Move(
        question=question.id,
        dimension=question.dimension,
        current=one.level,
        to=to,
        tier=tier,
        effort=effort(question, one.claimed, to),
        steps=tuple(remedy.to for remedy in question.remedies if one.claimed < remedy.to <= to),
        lift=lift,
        unlocks=gain.level,
        together=gain.together,
    )
