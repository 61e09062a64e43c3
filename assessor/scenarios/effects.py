"""What a scenario does directly: which components it hits, with what effect, from when and until when."""

from dataclasses import dataclass, field
from typing import NamedTuple

from assessor.scenarios.graph import Component
from assessor.scenarios.lines import FOR_EVER, Book, pulse
from assessor.scenarios.plan import Plan
from assessor.scenarios.results import Availability, Exposure, Reason, Unknown
from assessor.scenarios.scenario import Act, Effect, Scenario

_LEVELS = {
    Effect.REMOVED: Availability.DARK,
    Effect.BARRED: Availability.DARK,
    Effect.PEOPLE_GONE: Availability.DARK,
    Effect.PRICE: Availability.DARK,
    Effect.DEGRADED: Availability.DEGRADED,
    Effect.CHANGED: Availability.DEGRADED,
}
_REASONS = {
    Effect.REMOVED: Reason.REMOVED,
    Effect.BARRED: Reason.BARRED,
    Effect.PEOPLE_GONE: Reason.PEOPLE_GONE,
    Effect.PRICE: Reason.ABOVE_CEILING,
    Effect.DEGRADED: Reason.DEGRADED,
    Effect.CHANGED: Reason.CHANGED,
    Effect.NO_NEW: Reason.NO_NEW,
}


class Blow(NamedTuple):
    """One act on the component at `place`, which makes it as bad as `level`, for the `reason` a path gives (or "").

    `percent` is what is left of its room; `unknown` names what is in doubt about it, () when it is certain.
    """

    place: int
    component: Component
    level: int
    reason: str
    begin: float
    end: float
    percent: float | None
    unknown: tuple[str, ...]

    def holds_at(self, hour: float) -> bool:
        """Tell whether it is in force at one hour."""
        return self.begin <= hour < self.end


@dataclass(slots=True)
class Blows:
    """Everything a scenario does directly, and to whom."""

    all: list[Blow] = field(default_factory=list)
    orders: list[Blow] = field(default_factory=list)
    begin: float = 0.0

    @property
    def matched(self) -> frozenset[str]:
        """The ids of the components hit for certain."""
        return frozenset(one.component.id for one in (*self.all, *self.orders) if not one.unknown)

    @property
    def perhaps(self) -> frozenset[str]:
        """The ids of the components of which it is not known."""
        return frozenset(one.component.id for one in (*self.all, *self.orders) if one.unknown) - self.matched

    @property
    def unknown(self) -> set[Unknown]:
        """What is in doubt about anybody."""
        return {Unknown(one.component.id, name) for one in (*self.all, *self.orders) for name in one.unknown}

    def lines(self, book: Book, *, best: bool) -> dict[int, int]:
        """Return the line of every component that is hit, by position; in the best case only what is certain."""
        found: dict[int, int] = {}
        known: dict[tuple[float, float, int], int] = {}
        for blow in self.all:
            if not blow.level or (best and blow.unknown):
                continue
            pulses = (blow.begin, blow.end, blow.level)
            if pulses not in known:
                known[pulses] = book.number(pulse(*pulses))
            found[blow.place] = book.worse(found.get(blow.place, 0), known[pulses])
        return found


def blows(plan: Plan, scenario: Scenario, picked: str | None, spared: frozenset[str] = frozenset()) -> Blows:
    """Return what a scenario does to an inventory directly, but to those who are spared."""
    found = Blows()
    for act in scenario.acts:
        kept = found.orders if act.effect is Effect.COMPELLED else found.all
        level = int(_LEVELS.get(act.effect, Availability.UNAFFECTED))
        reason = _REASONS.get(act.effect, "")
        end = FOR_EVER if act.until_hours is None else act.until_hours
        for place, unknown in plan.sieve.hits(act, scenario, picked):
            component = plan.components[place]
            doubts = _doubts(act, component, unknown)
            if doubts is not None and component.id not in spared:
                kept.append(Blow(place, component, level, reason, act.after_hours, end, act.capacity_percent, doubts))
    # Who is told beforehand begins to switch when told; anybody else when the first thing is gone.
    if not scenario.notice_hours:
        found.begin = min((blow.begin for blow in found.all if blow.level), default=0.0)
    return found


def _doubts(act: Act, component: Component, unknown: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what is in doubt about an act on a component that matches; None where it does nothing to it."""
    if act.times is not None:
        cost, ceiling = component.monthly_cost, component.cost_ceiling
        if cost is not None and ceiling is not None and cost * act.times <= ceiling:
            return None
        gaps = (("monthly_cost", cost), ("cost_ceiling", ceiling))
        unknown += tuple(name for name, value in gaps if value is None)
    if act.effect is Effect.COMPELLED and component.sees_plain_text is False:
        return None
    return unknown


def exposure(blow: Blow) -> Exposure:
    """Return what an order to hand over reaches at a component."""
    one = blow.component
    certain = not blow.unknown and one.sees_plain_text is True
    return Exposure(one.id, one.kind.value, one.days_kept, True, certain)
