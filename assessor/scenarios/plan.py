"""An inventory made ready for many simulations: everything by position, reached things as bits, edges by target."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from assessor.scenarios.bits import bits_of, each_bit
from assessor.scenarios.graph import (
    Criticality,
    Fallback,
    Inventory,
    Kind,
    OnFailure,
    Quality,
    Requires,
    Workload,
)
from assessor.scenarios.lines import FOR_EVER, Book
from assessor.scenarios.loops import closure, reached
from assessor.scenarios.match import Sieve
from assessor.scenarios.results import Horizon

# What is left of a level once it has passed an edge to a safety check or to the audit trail; see Availability.
CHECK_FAILS_OPEN = (0, 1, 2, 3, 3)
AUDIT_IS_LOST = (0, 1, 2, 2, 2)
# A check that fails closed or queues hands on that nothing comes through.
AS_IT_IS = None

TEST_DAYS = 365
"""After so many days a test of a fallback is a memory."""

# Leaving one of these behind leaves its built-in checks behind.
_ANSWERS = frozenset({Kind.MODEL, Kind.GATEWAY})

Levels = tuple[int, ...] | None
# An edge as it is walked: what is required (or, from there, by whom), its hours and levels, and what it handed on so
# far (None: all as it is).
Feed = tuple[int, float, Levels, dict[int, int] | None]

# Without what (position), for how many hours and how softened, who (bits) goes on until started afresh.
# The last is for `explain`, to keep by the number of a line the horizons (bits) at which it is felt less.
Holder = tuple[int, float, Levels, int, dict[int, int]]

# How something hands over what some positions stand at; None where there are none.
Take = Callable[[Sequence[int]], Hashable] | None


class Edge(NamedTuple):
    """`source` requires `target` (positions), goes on for `hours` without, and feels its levels as `levels` say."""

    source: int
    target: int
    hours: float
    levels: Levels
    after_restart: bool
    unknown_hours: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A fallback in one case (worst or best): `floor` is the least harm it does even when all is well with it.

    `lasts` is how long a manual procedure can be kept up; `percent` what it carries (None: not known); `checks` the
    edges to its own safety checks.
    """

    source: int
    target: int
    delay: float
    floor: int
    lasts: float
    percent: float | None
    checks: tuple[Edge, ...]
    unprotected: bool
    fallback: Fallback
    bit: int
    """Its place among all fallbacks, as a bit."""
    bound: bool
    """Whether it is for one workload or for some data only."""
    uses: int
    """The bits of what it needs itself: its target and the checks."""
    reach: int
    """The bits of all that these come to."""
    take: Callable[[Sequence[int]], Hashable]
    """Hands over how those stand."""


class _Pairs(dict[tuple[int, int], bytes]):
    """By the lines of the worst and of the best case both at each horizon, the best never worse than the worst."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self._profile = book.profile

    def __missing__(self, pair: tuple[int, int]) -> bytes:
        worst, best = map(self._profile, pair)
        found = self[pair] = bytes([one for pair in zip(worst, map(min, worst, best), strict=True) for one in pair])
        return found


class Plan:
    """One inventory, which must be free of `cross_faults`, ready to be simulated.

    `as_of` is today; without it no test is too old.

    Positions: components first, then workloads, each in the order of their ids, so that the order of rows can never
    matter.
    """

    def __init__(self, inventory: Inventory, as_of: date | None = None) -> None:
        self.inventory = inventory
        self.as_of = as_of
        self.components = sorted(inventory.components, key=lambda one: one.id)
        self.workloads = sorted(inventory.workloads, key=lambda one: one.id)
        self.ids = [one.id for one in self.components] + [one.id for one in self.workloads]
        self.position = {name: place for place, name in enumerate(self.ids)}
        self.size = len(self.ids)
        self.first_workload = len(self.components)
        self.loads = [0.0] * self.first_workload + [one.load for one in self.workloads]
        self.tops = bits_of(range(self.first_workload, self.size))
        """The bits of the workloads."""
        self.at_top = range(self.first_workload, self.size)
        """The positions of the workloads."""
        self.of_class = {
            criticality: bits_of(
                place for place, one in enumerate(self.workloads, self.first_workload) if one.criticality is criticality
            )
            for criticality in Criticality
        }
        """For each criticality the bits of its workloads."""
        self.critical = list(each_bit(self.of_class[Criticality.CRITICAL]))
        """The positions of the critical workloads."""
        self.limited = bits_of(place for place, one in enumerate(self.components) if one.capacity is not None)
        """The bits of the components that can carry only so much."""
        self.sieve = Sieve(self.components, inventory.home)
        self.steps = 0
        """How many edges were walked so far: what the tests of complexity count."""
        self._keep()
        self._join()
        self._stand_in()
        self._walk()

    def _keep(self) -> None:
        """Make room for what is worked out on the way and stays true for every scenario."""
        self.book = Book(tuple(map(float, Horizon)))
        self.paired = _Pairs(self.book)
        """By the lines of the worst and of the best case, both at each horizon."""
        self.walked: list[dict[int, int]] = [{} for _ in self.ids]
        """For each position, by what serves in whose place (bits), how far one comes from there."""
        self.longest: dict[int, float] = {}
        """By a line the hours of its longest stop."""
        self.kept: dict[Hashable, Any] = {}
        """Everything else, by what it is about."""
        self._weights: dict[int, int] = {}
        self._offers: dict[bool, list[int]] = {}
        self._ways_of: dict[int, int] = {}
        self._felt: dict[tuple[float, Levels], dict[int, int]] = {}

    def _join(self) -> None:
        """Lay out what requires what."""
        self.levels = [self._levels(place) for place in range(self.first_workload)]
        """For each component how an edge to it softens."""
        self.into: list[list[Edge]] = [[] for _ in self.ids]
        self.out_of: list[list[Edge]] = [[] for _ in self.ids]
        for one in _strictest(self.inventory.requires):
            edge = self._edge(one)
            self.into[edge.target].append(edge)
            self.out_of[edge.source].append(edge)
        self.holding = [[edge for edge in edges if edge.hours] for edges in self.into]
        """Of the edges into each position those that hold over."""
        self.holders = [holder for place, edges in enumerate(self.into) for holder in self._holders(place, edges)]
        """Who holds over without what, and is not known to start afresh without it."""
        self.sources = [bits_of(edge.source for edge in edges) for edges in self.into]
        self.near = [bits_of(edge.target for edge in edges) for edges in self.out_of]
        """For each position the bits of what it requires itself."""
        self.with_near = [1 << place | mask for place, mask in enumerate(self.near)]
        """The same with the position itself."""
        self.groups, self.reach = closure([[edge.target for edge in edges] for edges in self.out_of])
        # The way back goes through the same groups, the other way round.
        self.reached_by = reached(reversed(self.groups), [[edge.source for edge in edges] for edges in self.into])

    def _stand_in(self) -> None:
        """Lay out what stands in for what."""
        known = {one.model_dump_json(): one for one in self.inventory.fallbacks}
        self.fallbacks = [known[key] for key in sorted(known)]
        self._ways_at = [0] * self.size
        for number, one in enumerate(self.fallbacks):
            self._ways_at[self.position[one.source]] |= 1 << number
        self._fallible = bits_of([place for place, ways in enumerate(self._ways_at) if ways])
        self.worst = self._ways(best=False)
        self.best = self._ways(best=True)
        self.reach_with_ways = closure(self._all_targets())[1] if self.fallbacks else self.reach

    def _walk(self) -> None:
        """Lay out how a state spreads."""
        self.group_of = [0] * self.size
        for number, group in enumerate(self.groups):
            for place in group:
                self.group_of[place] = number
        self.alone = [group[0] if len(group) == 1 else -1 for group in self.groups]
        """For each group the one position that is in it; -1 for a loop."""
        self.within_group = [bits_of(group) for group in self.groups]
        self.below = bytes([group[0] < self.first_workload for group in self.groups])
        """1 for each group of components, 0 for workloads; nothing stands on those."""
        self.above = [self._above(place) for place in range(self.size)]
        """For each position the groups of the components that require it, but its own."""
        self.tops_over = [mask & self.tops for mask in self.sources]
        """For each position the bits of the workloads that require it."""
        self.feeds = [self._feeds(place) for place in range(self.size)]
        """For each position its edges to all others; in a loop, to those outside of it."""
        self.take = [_take(those) for those in self.feeds]
        self.met = [_met(those) for those in self.feeds]
        """For each position what came of what it took, as far as it was met."""
        self.handing = [self._handing(place) for place in range(self.size)]
        """For each position the edges over which it hands something to others in its own group."""
        self.turned: list[dict[Hashable, Any]] = [{} for _ in self.groups]
        """For each loop what came of it, by what came into it."""

    def with_fallback(self, more: Fallback, instead_of: Fallback | None = None) -> "Plan":
        """Return the plan with one more fallback, or with another one: what is known already is shared.

        Only lines of time can be asked of it. The fallback must lead to what was there, or to what requires nothing.
        """
        other = copy(self)
        number = self.fallbacks.index(instead_of) if instead_of is not None else len(self.fallbacks)
        other.fallbacks = [*self.fallbacks[:number], more, *self.fallbacks[number + 1 :]]
        place, bit = self.position[more.source], 1 << number
        other._offers = {}
        for name, best in (("worst", False), ("best", True)):
            ways = dict(getattr(self, name))
            kept = [way for way in ways.get(place, ()) if way.bit != bit]
            way = self._way(more, bit, best=best)
            ways[place] = kept if way is None else [*kept, way]
            setattr(other, name, ways)
        return other

    def with_edge(self, source: str, target: str, more: Requires | None) -> "Plan":
        """Return the plan with another edge in the place of one, or without it: what is known already is shared.

        Only lines of time can be asked of it.
        """
        other = copy(self)
        here, there = self.position[source], self.position[target]

        def changed(edges: Iterable[Edge]) -> list[Edge]:
            kept = [edge for edge in edges if (edge.source, edge.target) != (here, there)]
            return kept if more is None else [*kept, self._edge(more)]

        other.out_of, other.into = self.out_of.copy(), self.into.copy()
        other.out_of[here], other.into[there] = changed(self.out_of[here]), changed(self.into[there])
        other.feeds, other.take, other.met = self.feeds.copy(), self.take.copy(), self.met.copy()
        other.feeds[here] = other._feeds(here)
        other.take[here], other.met[here] = _take(other.feeds[here]), _met(other.feeds[here])
        other.handing, other.turned = self.handing.copy(), self.turned.copy()
        other.handing[there] = other._handing(there)
        other.turned[self.group_of[here]] = {}
        return other

    def workload(self, place: int) -> Workload:
        """Return the workload at a position."""
        return self.workloads[place - self.first_workload]

    def weight(self, place: int) -> int:
        """Return how much depends on a component: its workloads, a critical one for more than all lesser together."""
        if place not in self._weights:
            behind = self.reached_by[place]
            counts = [(behind & self.of_class[one]).bit_count() for one in Criticality]
            self._weights[place] = (counts[0] * 1000 + counts[1]) * 1000 + counts[2]
        return self._weights[place]

    def hours_of_ways(self, *, best: bool) -> set[float]:
        """Return after how many hours from the first switching on fallbacks are ready, and worn out."""
        ways = [way for those in (self.best if best else self.worst).values() for way in those]
        return {hours for way in ways for hours in (way.delay, way.delay + way.lasts)}

    def reach_of(self, places: Iterable[int]) -> int:
        """Return the bits of all that some positions come to."""
        used = 0
        for place in places:
            used |= self.reach[place]
        return used

    def used_with(self, places: int, ways: Iterable[Way]) -> tuple[int, list[Way]]:
        """Return the bits of all that some positions (bits) come to, and those of these fallbacks that they come to."""
        used = self.reach_of(each_bit(places))
        found: list[Way] = []
        left = list(ways)
        while True:
            more = [way for way in left if used >> way.source & 1]
            if not more:
                return used, found
            found += more
            left = [way for way in left if not used >> way.source & 1]
            for way in more:
                used |= way.reach

    def groups_of(self, places: int) -> bytes:
        """Return 1 for each group of components in which some positions (bits) are, else 0."""
        return bytes(map(bool, map((places & ~self.tops).__and__, self.within_group)))

    def ways_of(self, workload: int) -> int:
        """Return the bits of the fallbacks for anything that a workload comes to, or may come to with others."""
        if workload not in self._ways_of:
            sources = each_bit(self.reach_with_ways[workload] & self._fallible)
            self._ways_of[workload] = sum([self._ways_at[source] for source in sources])
        return self._ways_of[workload]

    def offers(self, *, best: bool) -> list[int]:
        """Return for each workload the bits of the fallbacks for some only that it can come to and may use."""
        if best not in self._offers:
            ways = [way for those in (self.best if best else self.worst).values() for way in those if way.bound]
            reach = self.reach_with_ways[self.first_workload :]
            self._offers[best] = [
                sum([one.bit for one in ways if come >> one.source & 1 and self.admits(one, workload, best=best)])
                for come, workload in zip(reach, self.workloads, strict=True)
            ]
        return self._offers[best]

    def admits(self, way: Way, workload: Workload, *, best: bool) -> bool:
        """Tell whether a workload may use a fallback; one whose kinds of data nobody named may, in the best case."""
        fallback = way.fallback
        if fallback.workload is not None and fallback.workload != workload.id:
            return False
        if not fallback.data_classes:
            return True
        if not workload.data_classes:
            return best
        return {one.casefold() for one in workload.data_classes} <= {one.casefold() for one in fallback.data_classes}

    def is_tested(self, fallback: Fallback) -> bool:
        """Tell whether a fallback was tested, not longer than a year ago."""
        if fallback.tested_on is None:
            return False
        try:
            tested = date.fromisoformat(fallback.tested_on)
        except ValueError:
            return False
        return self.as_of is None or (self.as_of - tested).days <= TEST_DAYS

    def _edge(self, one: Requires) -> Edge:
        target = self.position[one.target]
        return Edge(
            self.position[one.source],
            target,
            one.survives_for or 0.0,
            self.levels[target],
            bool(one.survives_restart),
            one.survives_for is None,
        )

    def _feeds(self, place: int) -> list[Feed]:
        group = self.group_of
        alone = self.alone[group[place]] == place
        return [
            self._feed(edge)
            for edge in self.out_of[place]
            # What leads to itself only softens what is there already.
            if (edge.target != place if alone else group[edge.target] != group[place])
        ]

    def _handing(self, place: int) -> list[Feed]:
        group = self.group_of
        return [
            (edge.source, *self._feed(edge)[1:])
            for edge in self.into[place]
            if edge.source != place and group[edge.source] == group[place]
        ]

    def _holders(self, place: int, edges: Iterable[Edge]) -> list[Holder]:
        found: dict[tuple[float, Levels], int] = {}
        for edge in edges:
            if edge.hours and not edge.after_restart:
                found[edge.hours, edge.levels] = found.get((edge.hours, edge.levels), 0) | 1 << edge.source
        return [(place, *sort, sources, self._felt.setdefault(sort, {})) for sort, sources in found.items()]

    def _feed(self, edge: Edge) -> Feed:
        plain = not edge.hours and edge.levels is None
        return edge.target, edge.hours, edge.levels, None if plain else self.book.handed(edge.hours, edge.levels)

    def _above(self, place: int) -> list[int]:
        group = self.group_of
        below = {group[edge.source] for edge in self.into[place] if edge.source < self.first_workload}
        return list(below - {group[place]})

    def _levels(self, target: int) -> Levels:
        component = self.components[target]
        if component.kind is Kind.AUDIT:
            return AUDIT_IS_LOST
        if component.kind is not Kind.SAFETY_CHECK or component.on_failure in (OnFailure.CLOSED, OnFailure.QUEUE):
            return AS_IT_IS
        return CHECK_FAILS_OPEN

    def _ways(self, *, best: bool) -> dict[int, list[Way]]:
        found: dict[int, list[Way]] = {}
        for number, fallback in enumerate(self.fallbacks):
            way = self._way(fallback, 1 << number, best=best)
            if way is not None:
                found.setdefault(way.source, []).append(way)
        return found

    def _way(self, fallback: Fallback, bit: int, *, best: bool) -> Way | None:
        """Return what a fallback is good for; None where, in the worst case, nobody knows that it works."""
        if not best and (not self.is_tested(fallback) or fallback.switch_hours is None):
            return None
        source, target = self.position[fallback.source], self.position[fallback.target]
        to = self.components[target]
        by_hand = to.kind is Kind.MANUAL_PROCEDURE
        lasts = FOR_EVER
        if by_hand and (to.longest_hours is not None or not best):
            lasts = to.longest_hours or 0.0
        percent = self._percent(fallback, best=best)
        floor = 0 if fallback.quality is Quality.EQUAL and percent is not None and percent >= 100 else 1
        if best and fallback.quality is None and not by_hand:
            floor = 0 if percent is None or percent >= 100 else 1
        unprotected = not fallback.safety_path and not by_hand and self.components[source].kind in _ANSWERS
        checks = tuple(
            Edge(target, self.position[check], 0.0, self.levels[self.position[check]], True)
            for check in sorted(set(fallback.safety_path))
        )
        needed = [target, *[check.target for check in checks]]
        return Way(
            source,
            target,
            fallback.switch_hours or 0.0,
            max(floor, 3 if unprotected else 0),
            lasts,
            percent,
            checks,
            unprotected,
            fallback,
            bit,
            fallback.workload is not None or bool(fallback.data_classes),
            bits_of(needed),
            self.reach_of(needed),
            itemgetter(*needed),
        )

    def _percent(self, fallback: Fallback, *, best: bool) -> float | None:
        """Return what part of the load it carries: as claimed in the best case, as tested in the worst."""
        if best or fallback.capacity_percent is None or fallback.tested_share is None:
            return fallback.capacity_percent if best else None
        return min(fallback.capacity_percent, fallback.tested_share)

    def _all_targets(self) -> list[list[int]]:
        targets = [[edge.target for edge in edges] for edges in self.out_of]
        for fallback in self.fallbacks:
            targets[self.position[fallback.source]].append(self.position[fallback.target])
            targets[self.position[fallback.source]] += [self.position[check] for check in fallback.safety_path]
        return targets


def _strictest(rows: Iterable[Requires]) -> list[Requires]:
    """Return one row for each pair, in the order of ids: of two that say it differently, the one that survives less."""
    found: dict[tuple[str, str], Requires] = {}
    for row in rows:
        other = found.get((row.source, row.target))
        if other is None or _hardness(row) < _hardness(other):
            found[row.source, row.target] = row
    return [found[pair] for pair in sorted(found)]


def _hardness(row: Requires) -> tuple[float, bool, bool]:
    return (row.survives_for or 0.0, row.survives_for is not None, bool(row.survives_restart))


def _take(feeds: Sequence[Feed]) -> Take:
    return itemgetter(*[feed[0] for feed in feeds]) if feeds else None


def _met(feeds: Sequence[Feed]) -> dict[Hashable, int]:
    # Where all is well nothing comes of it. What is taken of one only comes without a tuple around it.
    return {(0,) * len(feeds) if len(feeds) > 1 else 0: 0}
