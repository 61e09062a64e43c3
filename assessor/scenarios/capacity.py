"""Room: what fallbacks can carry, and who goes without where several workloads fall back to the same thing."""

from collections.abc import Callable, Mapping

from assessor.scenarios.effects import Blow
from assessor.scenarios.graph import Criticality
from assessor.scenarios.lines import DARK
from assessor.scenarios.plan import Plan, Way
from assessor.scenarios.results import Availability
from assessor.scenarios.solve import State, level

# The fallbacks that serve, by what they stand in for; the bits of that; and their own bits.
_Serving = tuple[dict[int, Way], int, int]
_ORDER = {criticality: place for place, criticality in enumerate(Criticality)}


class Room:
    """What is left for one workload: per cent of its load (None: not known), and where the rest finds no room."""

    __slots__ = ("percent", "short_at")

    def __init__(self, percent: float | None = 100.0, short_at: tuple[str, ...] = ()) -> None:
        self.percent, self.short_at = percent, short_at


def rooms(
    plan: Plan,
    blows: Mapping[int, list[Blow]],
    base: State,
    state_of: Callable[[int], State],
    moved: set[int],
    hour: float,
) -> dict[int, Room]:
    """Return the room of every workload that has not all of it, by position.

    `moved`: workloads that a fallback may serve. Room is shared out by criticality, and among equals in proportion to
    their load, only where load has moved to a component or its room has shrunk: what was tight before stays out of it.
    """
    shrunk = {
        place: min(blow.percent for blow in those if blow.percent is not None and blow.holds_at(hour))
        for place, those in blows.items()
        if any(blow.percent is not None and blow.holds_at(hour) for blow in those)
    }
    # Where nothing is left there is nothing to share out.
    shrunk = {place: left for place, left in shrunk.items() if level(plan, base.own, place, hour) < Availability.DARK}
    uses: dict[int, int] = {}
    found: dict[int, Room] = {}
    serving: dict[int, _Serving] = {}
    at_hour, reach = plan.book.at, plan.reach
    for place in sorted(moved):
        state = state_of(place)
        key = id(state)
        if key not in serving:
            serving[key] = _serving(plan, state, hour)
        if not serving[key][1] & reach[place] or at_hour(state.out.get(place, 0), hour) == DARK:
            continue
        mask, ways = _walk(plan, serving[key], place)
        uses[place] = mask
        if ways:
            percents = [way.percent for way in ways]
            known = [percent for percent in percents if percent is not None]
            found[place] = Room(None if None in percents else min([100.0, *known]))
    added = 0
    for place, mask in uses.items():
        added |= mask & ~plan.reach[place]
    limited = {at for at in plan.bits(added) if at < plan.first_workload and plan.components[at].capacity is not None}
    # Who is dark asks for nothing.
    asked = sum(1 << at for at in limited | set(shrunk))
    for place in range(plan.first_workload, plan.size) if asked else ():
        if uses.get(place, reach[place]) & asked and at_hour(state_of(place).out.get(place, 0), hour) == DARK:
            uses[place] = 0
    for at in sorted(limited | set(shrunk)):
        _share(plan, at, shrunk.get(at, 100.0), uses, found)
    return found


def _serving(plan: Plan, state: State, hour: float) -> _Serving:
    """Return the fallback that serves at one hour, for each component that one serves in place of."""
    tried = ((place, state.chosen(plan, place, hour)) for place in sorted(state.reliefs))
    chosen = {place: way for place, way in tried if way is not None}
    return chosen, sum(1 << place for place in chosen), sum(way.bit for way in chosen.values())


def _walk(plan: Plan, serving: _Serving, start: int) -> tuple[int, list[Way]]:
    """Return the bits of what a workload uses, with the fallbacks that serve it; kept for whoever asks again."""
    chosen, served, ways = serving
    # What serves where it never comes to makes no difference.
    key = ("walk", start, ways & plan.within(start))
    found: tuple[int, list[Way]] | None = plan.kept.get(key)
    if found is None:
        seen, todo = 0, 1 << start
        while todo:
            low = todo & -todo
            place = low.bit_length() - 1
            if not plan.reach[place] & served:
                # Nothing stands in from here on: all that it leads to is known already.
                seen |= plan.reach[place]
                todo &= ~seen
                continue
            seen |= low
            plan.steps += 1
            way = chosen.get(place)
            todo = (todo | (plan.near[place] if way is None else _targets(way))) & ~seen
        found = plan.kept[key] = (seen & ~served, [chosen[place] for place in plan.bits(seen & served)])
    return found


def _targets(way: Way) -> int:
    mask = 1 << way.target
    for check in way.checks:
        mask |= 1 << check.target
    return mask


def _share(plan: Plan, at: int, percent: float, uses: Mapping[int, int], found: dict[int, Room]) -> None:
    bit = 1 << at
    users = [place for place in range(plan.first_workload, plan.size) if uses.get(place, plan.reach[place]) & bit]
    plan.steps += plan.size - plan.first_workload
    capacity = plan.components[at].capacity
    whole = capacity if capacity is not None else sum(plan.workload(place).load for place in users)
    left = whole * percent / 100
    for criticality in Criticality:
        those = [place for place in users if plan.workload(place).criticality is criticality]
        asked = sum(plan.workload(place).load for place in those)
        part = 1.0 if asked <= left else left / asked
        left = max(0.0, left - asked)
        if part >= 1.0:
            continue
        for place in those:
            before = found.get(place, Room())
            percent_left = min(100.0 if before.percent is None else before.percent, 100.0 * part)
            found[place] = Room(round(percent_left, 6), (*before.short_at, plan.ids[at]))
