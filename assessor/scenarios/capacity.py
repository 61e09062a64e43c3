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

# What is asked for in turn asks in turn, no deeper than this.
_DEEP = 100


class Serving(NamedTuple):
    """The fallbacks that serve at one horizon, by what they stand in for; the bits of that, and their own bits."""

    chosen: dict[int, Way]
    served: int
    ways: int


class Room:
    """What is left for one workload: per cent of its load (None: not known), and where the rest finds no room.

    Those who have the same share one; none is ever changed.
    """

    __slots__ = ("percent", "short_at")

    def __init__(self, percent: float | None = 100.0, short_at: tuple[str, ...] = ()) -> None:
        self.percent, self.short_at = percent, short_at


WHOLE = Room()
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
    serves = {key: serving_of(state) for key, state in {id(state): state for state in states}.items() if state.relieved}
    # Those whom a fallback may serve.
    moved = [(place, serves[id(state)]) for place, state in enumerate(states, first) if state.relieved & reach[place]]
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
        if serves.served & reach[place]:
            uses[place], more, room = _walk(plan, serves, place)
            added |= more
            if room is not None:
                found[place] = room
    limited = added & plan.limited | bits_of(shrunk)
    if limited:
        # Who is dark asks for nothing.
        elsewhere = bits_of(uses) | dark
        for at in each_bit(limited):
            users = plan.reached_by[at] & plan.tops & ~elsewhere
            bit = 1 << at
            users |= bits_of([place for place, mask in uses.items() if mask & bit])
            _share(plan, at, shrunk.get(at, 100.0), users, found)
    return found


def _walk(plan: Plan, serves: Serving, workload: int) -> tuple[int, int, Room | None]:
    """Return the bits of what a workload uses, of what it does not use otherwise, and the room it has (None: all).

    Kept for whoever asks again: what serves where it never comes to makes no difference.
    """
    key = ("walk", workload, serves.ways & plan.ways_of(workload))
    known: tuple[int, int, Room | None] | None = plan.kept.get(key)
    if known is None:
        seen, todo = 0, 1 << workload
        ways: dict[Way, None] = {}
        while todo:
            while todo:
                seen |= as_far_as(plan, serves.served, todo.bit_length() - 1)
                todo &= ~seen
            for way in [serves.chosen[place] for place in each_bit(seen & serves.served)]:
                if way not in ways:
                    ways[way] = None
                    todo |= way.uses
            todo &= ~seen
        uses = seen & ~serves.served | 1 << workload
        known = plan.kept[key] = (uses, uses & ~plan.reach[workload], _carried(plan, ways) if ways else None)
    return known


def _carried(plan: Plan, ways: Iterable[Way]) -> Room:
    """Return the room of whom these serve."""
    percents = [way.percent for way in ways]
    known = [percent for percent in percents if percent is not None]
    percent = None if None in percents else min([100.0, *known])
    room: Room = plan.kept.setdefault(("room", percent), Room(percent))
    return room


def as_far_as(plan: Plan, served: int, start: int, depth: int = 0) -> int:
    """Return the bits of what something comes to, with itself, as far as that in whose place something serves.

    That is still among them; what lies behind it is not. Kept for whoever asks again, and for all others on whose way
    it lies: what serves where one never comes to makes no difference. Each position is come to once, whoever asks.
    """
    meets = plan.reach[start] & served
    if not meets:
        return plan.reach[start]
    found = plan.walked[start].get(meets)
    if found is None:
        # What leads round in a loop is walked, all behind it is asked for; so deep down, that is walked too.
        walked = plan.within_group[plan.group_of[start]] if depth < _DEEP else -1
        found, todo = 0, 1 << start
        while todo:
            low = todo & -todo
            place = low.bit_length() - 1
            if not low & walked:
                found |= as_far_as(plan, served, place, depth + 1)
            else:
                plan.steps += 1
                found |= plan.walked[place].get(plan.reach[place] & served, low)
                if not low & served:
                    todo |= plan.near[place]
            todo &= ~found
        plan.walked[start][meets] = found
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
        fewer: dict[Room, Room] = {}
        for place in those:
            before = found.get(place, WHOLE)
            if before not in fewer:
                percent_left = min(100.0 if before.percent is None else before.percent, 100.0 * part)
                fewer[before] = Room(round(percent_left, 6), (*before.short_at, plan.ids[at]))
            found[place] = fewer[before]


def _asked(plan: Plan, users: int) -> tuple[list[int], float]:
    """Return the workloads behind the bits, and their load together."""
    key = ("asked", users)
    found: tuple[list[int], float] | None = plan.kept.get(key)
    if found is None:
        places = list(each_bit(users))
        found = plan.kept[key] = (places, sum([plan.loads[place] for place in places]))
    return found
