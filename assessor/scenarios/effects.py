"""What a scenario does directly: which components it hits, with what effect, from when and until when."""

from dataclasses import dataclass, field

from assessor.scenarios.graph import Component, Inventory
from assessor.scenarios.lines import FOR_EVER, Book, pulse
from assessor.scenarios.match import Hit, Matching
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


@dataclass(frozen=True, slots=True)
class Blow:
    """One act on one component; `unknown` names what is in doubt about it, () when it is certain."""

    component: Component
    effect: Effect
    begin: float
    end: float
    percent: float | None
    unknown: tuple[str, ...]

    @property
    def level(self) -> int:
        """How bad it makes the component by itself."""
        return int(_LEVELS.get(self.effect, Availability.UNAFFECTED))

    @property
    def reason(self) -> Reason:
        """What is said of it in a path."""
        return _REASONS[self.effect]

    def holds_at(self, hour: float) -> bool:
        """Tell whether it is in force at one hour."""
        return self.begin <= hour < self.end


@dataclass(slots=True)
class Blows:
    """Everything a scenario does directly, and to whom."""

    all: list[Blow] = field(default_factory=list)
    orders: list[Blow] = field(default_factory=list)
    matched: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)
    unknown: set[Unknown] = field(default_factory=set)
    begin: float = 0.0

    def lines(self, book: Book, position: dict[str, int], *, best: bool) -> dict[int, int]:
        """Return the line of every component that is hit, by position; in the best case only what is certain."""
        found: dict[int, int] = {}
        for blow in self.all:
            if not blow.level or (best and blow.unknown):
                continue
            place = position[blow.component.id]
            line = book.number(pulse(blow.begin, blow.end, blow.level))
            found[place] = book.worse(found.get(place, 0), line)
        return found


def blows(inventory: Inventory, scenario: Scenario, picked: str | None, spared: frozenset[str] = frozenset()) -> Blows:
    """Return what a scenario does to an inventory directly."""
    found = Blows()
    matching = Matching(inventory, scenario, picked)
    components = {one.id: one for one in inventory.components}
    for act in scenario.acts:
        for hit in matching.hits(act):
            blow = _blow(act, hit, components[hit.component])
            if blow is None or hit.component in spared:
                continue
            (found.perhaps if blow.unknown else found.matched).add(hit.component)
            found.unknown |= {Unknown(hit.component, name) for name in blow.unknown}
            (found.orders if act.effect is Effect.COMPELLED else found.all).append(blow)
    found.perhaps -= found.matched
    # Who is told beforehand begins to switch when told; anybody else when the first thing is gone.
    if not scenario.notice_hours:
        found.begin = min((blow.begin for blow in found.all if blow.level), default=0.0)
    return found


def _blow(act: Act, hit: Hit, component: Component) -> Blow | None:
    unknown = hit.unknown
    if act.times is not None:
        cost, ceiling = component.monthly_cost, component.cost_ceiling
        if cost is not None and ceiling is not None and cost * act.times <= ceiling:
            return None
        gaps = (("monthly_cost", cost), ("cost_ceiling", ceiling))
        unknown += tuple(name for name, value in gaps if value is None)
    if act.effect is Effect.COMPELLED and component.sees_plain_text is False:
        return None
    end = FOR_EVER if act.until_hours is None else act.until_hours
    return Blow(component, act.effect, act.after_hours, end, act.capacity_percent, unknown)


def exposure(blow: Blow) -> Exposure:
    """Return what an order to hand over reaches at a component."""
    one = blow.component
    certain = not blow.unknown and one.sees_plain_text is True
    return Exposure(one.id, one.kind.value, one.days_kept, True, certain)
