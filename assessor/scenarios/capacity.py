"""Room: what fallbacks can carry, and who goes without where several workloads fall back to the same thing."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from assessor.scenarios.bits import bits_of, each_bit
from assessor.scenarios.effects import Blow
from assessor.scenarios.graph import Criticality
from assessor.scenarios.lines import DARK
from assessor.scenarios.plan import Plan, Way
from assessor.scenarios.results import Horizon
from assessor.scenarios.solve import State, offered


class Serving(NamedTuple):
    """The fallbacks that serve at one horizon, by what they stand in for; the bits of that, and their own bits."""

    chosen: dict[int, Way]
    served: int
    ways: int


class Room:
    """What is left for one workload: per cent of its load (None: not known), and where the rest finds no room."""

    __slots__ = ("percent", "short_at")

    def __init__(self, percent: float | None = 100.0, short_at: tuple[str, ...] = ()) -> None:
        self.percent, self.short_at = percent, short_at


Rooms = dict[int, Room]
"""The room of every workload that has not all of it, by position."""


def serving(plan: Plan, state: State) -> list[Serving]:
    """Return at each horizon which fallback serves in place of what."""
    found: list[dict[int, Way]] = [{} for _ in Horizon]
    for place in each_bit(state.relieved):
        own = state.own[place]
        if not own:
            continue
        key = ("serves", own, state.reliefs[place])
        ways = plan.kept.get(key)
        if ways is None:
            ways = plan.kept[key] = _best_of(plan, own, state, place)
        for chosen, way in zip(found, ways, strict=True):
            if way is not None:
                chosen[place] = way
    return [Serving(one, bits_of(one), sum(way.bit for way in one.values())) for one in found]


def _best_of(plan: Plan, own: int, state: State, place: int) -> list[Way | None]:
    """Return at each horizon the fallback that leaves least harm, the first of equals; None where none helps."""
    profile = plan.book.profile
    tried = [(profile(offered(plan, own, relief)), relief.way) for relief in state.reliefs[place]]
    found: list[Way | None] = []
    for at, level in enumerate(profile(own)):
        least, best = level, None
        for levels, way in tried:
            if levels[at] < least:
                least, best = levels[at], way
        found.append(best)
    return found


def rooms(
    plan: Plan,
    blows: Mapping[int, list[Blow]],
    base: State,
    states: Sequence[State],
    serving_of: Callable[[State], list[Serving]],
) -> list[Rooms]:
    """Return the rooms at each horizon; what is the same at several is worked out once.

    `states` has what each workload sees. Room is shared out by criticality, and among equals in proportion to their
    load, only where load has moved to a component or its room has shrunk: what was tight before stays out of it.
    """
    reach, first = plan.reach, plan.first_workload
    # Those whom a fallback may serve.
    moved = [(place, serving_of(state)) for place, state in enumerate(states, first) if state.relieved & reach[place]]
    serves = {id(those): those for _, those in moved}
    dark = _dark(plan, states)
    tight = {
        place: limits for place, those in blows.items() if (limits := [one for one in those if one.percent is not None])
    }
    known: dict[Hashable, Rooms] = {}
    found = []
    for at, hour in enumerate(Horizon):
        shrunk = _shrunk(plan, tight, base, at, hour) if tight else {}
        same = (dark[at], tuple(shrunk.items()), *[those[at].ways for those in serves.values()])
        if same not in known:
            lit = [(place, those[at]) for place, those in moved if not dark[at] >> place & 1]
            known[same] = _rooms_at(plan, lit, dark[at], shrunk)
        found.append(known[same])
    return found


def _dark(plan: Plan, states: Sequence[State]) -> list[int]:
    """Return at each horizon the bits of the workloads that are dark."""
    by_line: dict[int, int] = {}
    for place, state in enumerate(states, plan.first_workload):
        number = state.out[place]
        by_line[number] = by_line.get(number, 0) | 1 << place
    found = [0] * len(Horizon)
    for number, those in by_line.items():
        for at, level in enumerate(plan.book.profile(number)):
            if level == DARK:
                found[at] |= those
    return found


def _shrunk(plan: Plan, tight: Mapping[int, list[Blow]], base: State, at: int, hour: float) -> dict[int, float]:
    """Return what is left, in per cent, of the components that have less room; where nothing is, nothing is shared."""
    found = {}
    for place, those in tight.items():
        left = [one.percent for one in those if one.percent is not None and one.holds_at(hour)]
        if left and plan.book.profile(base.own[place])[at] < DARK:
            found[place] = min(left)
    return found


def _rooms_at(plan: Plan, moved: Iterable[tuple[int, Serving]], dark: int, shrunk: Mapping[int, float]) -> Rooms:
    uses: dict[int, int] = {}
    found: Rooms = {}
    reach = plan.reach
    added = 0
    for place, serves in moved:
        if not serves.served & reach[place]:
            continue
        mask, ways = _walk(plan, serves, place)
        uses[place] = mask
        added |= mask & ~reach[place]
        if ways:
            percents = [way.percent for way in ways]
            known = [percent for percent in percents if percent is not None]
            found[place] = Room(None if None in percents else min([100.0, *known]))
    limited = added & plan.limited | bits_of(shrunk)
    if limited:
        # Who is dark asks for nothing.
        elsewhere = bits_of(uses) | dark
        for at in each_bit(limited):
            users = plan.reached_by[at] & plan.tops & ~elsewhere
            users |= bits_of(place for place, mask in uses.items() if mask >> at & 1)
            _share(plan, at, shrunk.get(at, 100.0), users, found)
    return found


def _walk(plan: Plan, serves: Serving, workload: int) -> tuple[int, list[Way]]:
    """Return the bits of what a workload uses, with the fallbacks that serve it.

    Kept for whoever asks again: what serves where it never comes to makes no difference.
    """
    key = ("walk", workload, serves.ways & plan.ways_of(workload))
    known: tuple[int, list[Way]] | None = plan.kept.get(key)
    if known is None:
        seen, todo, ways = 0, plan.near[workload], []
        while todo:
            for place in each_bit(todo):
                seen |= as_far_as(plan, serves.served, place)
            todo = 0
            for place in each_bit(seen & serves.served):
                way = serves.chosen[place]
                if way not in ways:
                    ways.append(way)
                    todo |= way.uses
            todo &= ~seen
        known = plan.kept[key] = (seen & ~serves.served | 1 << workload, ways)
    return known


def as_far_as(plan: Plan, served: int, start: int, *, up: bool = False) -> int:
    """Return the bits of what a component comes to, with itself, as far as that in whose place something serves.

    That is still among them; what lies behind it is not. `up`: of whoever comes to it instead. Kept for whoever asks
    again, and for all others on whose way it lies: what serves where one never comes to makes no difference.
    """
    reach, near = (plan.reached_by, plan.sources) if up else (plan.reach, plan.near)
    meets = reach[start] & served
    if not meets:
        return reach[start]
    kept = plan.walked[up][start]
    found = kept.get(meets)
    if found is None:
        found, todo = 0, 1 << start
        while todo:
            low = todo & -todo
            place = low.bit_length() - 1
            meeting = reach[place] & served
            known = plan.walked[up][place].get(meeting) if meeting else reach[place]
            if known is None:
                found |= low
                plan.steps += 1
                if not low & served:
                    todo |= near[place]
            else:
                found |= known
            todo &= ~found
        kept[meets] = found
    return found


def _share(plan: Plan, at: int, percent: float, users: int, found: Rooms) -> None:
    plan.steps += users.bit_count()
    capacity = plan.components[at].capacity
    whole = capacity if capacity is not None else _asked(plan, users)[1]
    left = whole * percent / 100
    for criticality in Criticality:
        those, asked = _asked(plan, users & plan.of_class[criticality])
        part = 1.0 if asked <= left else left / asked
        left = max(0.0, left - asked)
        if part >= 1.0:
            continue
        for place in those:
            before = found.get(place, Room())
            percent_left = min(100.0 if before.percent is None else before.percent, 100.0 * part)
            found[place] = Room(round(percent_left, 6), (*before.short_at, plan.ids[at]))


def _asked(plan: Plan, users: int) -> tuple[list[int], float]:
    """Return the workloads behind the bits, and their load together."""
    key = ("asked", users)
    found: tuple[list[int], float] | None = plan.kept.get(key)
    if found is None:
        places = list(each_bit(users))
        found = plan.kept[key] = (places, sum([plan.loads[place] for place in places]))
    return found
