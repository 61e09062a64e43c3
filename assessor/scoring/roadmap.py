"""The fewest moves to the next overall level; ties go to the smaller effort."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, combinations

from assessor.questionnaire.schema import Question, Questionnaire, Scale
from assessor.scoring import rules
from assessor.scoring.rules import Standing
from assessor.scoring.scorecard import Move, QuestionScore, Reading, Roadmap

Cost = Callable[[str, int], float]


def effort(question: Question, current: int, to: int) -> tuple[float, float]:
    """Return the person-days (low, high) of climbing from `current` to `to`, the sum of the steps between."""
    steps = [remedy.effort for remedy in question.remedies if current < remedy.to <= to]
    return sum(step[0] for step in steps), sum(step[1] for step in steps)


def cheapest_lift(standings: Sequence[Standing], level: int, scale: Scale, cost: Cost) -> dict[str, int]:
    """Return {question: level to reach} with the fewest questions that bring a dimension to `level`.

    Gates and questions below the floor must move whatever else happens; what is then missing in weight is found by
    trying sets of the others in order of size, so the answer is minimal. Among equals the smallest `cost` wins.
    """
    below = [standing for standing in standings if standing.level < level]
    forced = [one for one in below if one.gate or one.level < level - scale.slack]
    free = [one for one in below if one not in forced]
    for size in range(len(free) + 1):
        plans = []
        for extra in combinations(free, size):
            plan = {one.question: level for one in (*forced, *extra)}
            if rules.holds(_moved(standings, plan), level, scale):
                plans.append(_relaxed(standings, plan, forced, level, scale, cost))
        if plans:
            return min(plans, key=lambda plan: (_total(plan, cost), sorted(plan)))
    return {}


def _relaxed(
    standings: Sequence[Standing],
    plan: dict[str, int],
    forced: Sequence[Standing],
    level: int,
    scale: Scale,
    cost: Cost,
) -> dict[str, int]:
    """Lower moves that are only there for the floor as far as the dimension still holds."""
    low = [one.question for one in forced if not one.gate]
    subsets = chain.from_iterable(combinations(low, size) for size in range(len(low) + 1))
    options = [plan | dict.fromkeys(subset, level - scale.slack) for subset in subsets]
    holding = [option for option in options if rules.holds(_moved(standings, option), level, scale)]
    return min(holding, key=lambda option: _total(option, cost))


def _moved(standings: Sequence[Standing], plan: Mapping[str, int]) -> list[Standing]:
    return [
        Standing(one.question, max(one.level, plan.get(one.question, 0)), one.weight, one.gate) for one in standings
    ]


def _total(plan: Mapping[str, int], cost: Cost) -> float:
    return sum(cost(question, level) for question, level in plan.items())


def next_level(
    questionnaire: Questionnaire,
    scores: Sequence[QuestionScore],
    standings: Mapping[str, Sequence[Standing]],
    overall: int,
    reading: Reading,
) -> Roadmap | None:
    """Return the fewest moves that lift the overall level by one, or None at the top of the scale."""
    scale = questionnaire.scale
    if overall >= scale.top:
        return None
    by_id = {score.question: score for score in scores}
    questions = {question.id: question for question in questionnaire.questions}

    def cost(question_id: str, to: int) -> float:
        return sum(effort(questions[question_id], by_id[question_id].claimed or 0, to)) / 2

    moves = []
    for of_dimension in standings.values():
        for question_id, to in cheapest_lift(of_dimension, overall + 1, scale, cost).items():
            moves.append(_move(questions[question_id], by_id[question_id], to, scale, reading))
    total = sum(move.effort[0] for move in moves), sum(move.effort[1] for move in moves)
    return Roadmap(reading=reading, to=overall + 1, moves=tuple(moves), effort=total)


def _move(question: Question, score: QuestionScore, to: int, scale: Scale, reading: Reading) -> Move:
    claimed = score.claimed or 0
    current = claimed if reading == "claimed" else score.verified or 0
    tier = rules.weakest_tier_for(to, question.proof, scale) if reading == "verified" else None
    lift: tuple[str, ...] = ()
    if reading == "verified":
        lift = tuple(sorted({item.finding.code for item in score.weighed if item.caps is not None and item.caps < to}))
    return Move(
        question=question.id,
        dimension=question.dimension,
        current=current,
        to=to,
        tier=tier,
        effort=effort(question, claimed, to),
        lift=lift,
    )
