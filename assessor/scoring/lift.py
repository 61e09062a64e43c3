"""Bringing one dimension to a level: which questions must move, to which rung, and what each of them unlocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from assessor.questionnaire.schema import Question, Scale
from assessor.scoring import rules
from assessor.scoring.cover import Offer, Price, cheapest_cover
from assessor.scoring.rules import Standing


@dataclass(frozen=True, slots=True)
class Footing:
    """Where one applicable question stands in one reading, and what is claimed of it (effort counts from there)."""

    question: Question
    level: int
    claimed: int

    def standing(self, scale: Scale) -> Standing:
        """Return what the level rule reads."""
        counted = rules.standing_level(self.question, self.level, scale.top)
        return Standing(self.question.id, counted, self.question.weight, self.question.gate)

    def moved(self, to: int | None) -> "Footing":
        """Return the footing after a move to `to` (None: no move)."""
        if to is None:
            return self
        return replace(self, level=max(self.level, to), claimed=max(self.claimed, to))


# What one more step of a question costs: (footing, from, to, whether the question moves for it only).
Pricing = Callable[[Footing, int, int, bool], Price]


def effort(question: Question, current: int, to: int) -> tuple[float, float]:
    """Return the person-days (low, high) of climbing from `current` to `to`, the sum of the steps between."""
    steps = [remedy.effort for remedy in question.remedies if current < remedy.to <= to]
    return sum(step[0] for step in steps), sum(step[1] for step in steps)


def rung_for(question: Question, level: int, scale: Scale) -> int:
    """Return the lowest level an answer can have that counts for `level`.

    A question without a rung there is rounded up to the next; one that ends below counts for all at its top.
    """
    rungs = (rung for rung in question.levels if rules.standing_level(question, rung, scale.top) >= level)
    return next(rungs, question.top)


def cheapest_lift(footings: Sequence[Footing], level: int, scale: Scale, pricing: Pricing) -> dict[str, int]:
    """Return {question: rung to reach} at the least total price that brings a dimension to `level`.

    Gates below the level and questions below the floor must move whatever else happens; the floor itself is enough
    for the latter. What is then missing in weight is bought from the questions left, and from the floor questions by
    climbing on, by `cheapest_cover`. For n questions that is one pass, and a cover of n squared / 4 sums or so.
    """
    floor = level - scale.slack
    plan: dict[str, int] = {}
    offers: list[Offer] = []
    whole = reached = 0
    for one in footings:
        question, weight = one.question, one.question.weight
        whole += weight
        counted = rules.standing_level(question, one.level, scale.top)
        if counted >= level:
            reached += weight
            continue
        full, low, forced = rung_for(question, level, scale), one.level, False
        if question.gate or counted < floor:
            low = plan[question.id] = full if question.gate else rung_for(question, floor, scale)
            forced = True
        if rules.standing_level(question, low, scale.top) >= level:
            reached += weight
        elif weight:
            offers.append(Offer(question.id, full, weight, pricing(one, low, full, not forced)))
    needed = rules.weight_needed(whole, scale)
    return plan | {offer.question: offer.to for offer in cheapest_cover(offers, needed - reached)}


class Unlock(NamedTuple):
    """The level a dimension reaches with a move, and the other moves that level needs."""

    level: int
    together: tuple[str, ...]


def unlocks(footings: Sequence[Footing], plan: Mapping[str, int], level: int, scale: Scale) -> dict[str, Unlock]:
    """Return for each move of a plan that brings a dimension to `level` what it unlocks.

    Looked at is the lowest level that the plan no longer reaches without this move: `together` is a set of other
    moves with which it does, none of which can be spared, and the level told is the one they reach with no further
    move, higher where a rung was rounded up. Linear in questions and in moves for every level.
    """
    before = [one.standing(scale) for one in footings]
    after = [one.moved(plan.get(one.question.id)).standing(scale) for one in footings]
    moves = [(old, new) for old, new in zip(before, after, strict=True) if new.question in plan]
    found: dict[str, Unlock] = {}
    for step in range(rules.dimension_level(before, scale) + 1, level + 1):
        tally = _Tally(after, step, scale)
        needed = [new.question for old, new in moves if not tally.holds_with(old, new)]
        fresh = [question for question in needed if question not in found]
        if not fresh:
            continue
        kept = list(needed)
        for old, new in reversed(moves):
            if new.question not in needed:
                if tally.holds_with(old, new):
                    tally.replace(old, new)
                else:
                    kept.append(new.question)
        team = [new if new.question in kept else old for old, new in zip(before, after, strict=True)]
        reached = rules.dimension_level(team, scale)
        for question in fresh:
            together = tuple(one.question for _old, one in moves if one.question in kept and one.question != question)
            found[question] = Unlock(reached, together)
    return found


class _Tally:
    """The level rule at one level, kept up to date while standings change one by one."""

    def __init__(self, standings: Sequence[Standing], level: int, scale: Scale) -> None:
        self.level, self.floor = level, level - scale.slack
        self.needed = rules.weight_needed(sum(one.weight for one in standings), scale)
        self.low = sum(self._is_low(one) for one in standings)
        self.reached = sum(one.weight for one in standings if one.level >= level)

    def _is_low(self, one: Standing) -> bool:
        return one.level < self.floor or (one.gate and one.level < self.level)

    def _with(self, standing: Standing, instead_of: Standing) -> tuple[int, int]:
        low = self.low - self._is_low(instead_of) + self._is_low(standing)
        gained = (standing.level >= self.level) - (instead_of.level >= self.level)
        return low, self.reached + gained * standing.weight

    def holds_with(self, standing: Standing, instead_of: Standing) -> bool:
        """Tell whether the level holds once one standing takes the place of another."""
        low, reached = self._with(standing, instead_of)
        return not low and reached >= self.needed

    def replace(self, standing: Standing, instead_of: Standing) -> None:
        """Let one standing take the place of another from now on."""
        self.low, self.reached = self._with(standing, instead_of)
