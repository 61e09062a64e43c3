"""An inventory made ready for many simulations: everything by position, reached things as bits, edges by target."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

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

# Who (bits) goes on for so many hours without something, until started afresh.
# The last is for `explain`, to keep by the number of a line the horizons at which it is felt less.
Holder = tuple[float, Levels, int, dict[int, list[int]]]


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
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
        self.book = Book()
        self.steps = 0
        """How many edges were walked so far: what the tests of complexity count."""
        self.requires = sorted(_strictest(inventory.requires), key=lambda one: (one.source, one.target))
        self.into: list[list[Edge]] = [[] for _ in self.ids]
        self.out_of: list[list[Edge]] = [[] for _ in self.ids]
        for one in self.requires:
            edge = self._edge(one)
            self.into[edge.target].append(edge)
            self.out_of[edge.source].append(edge)
        self.holding = [[edge for edge in edges if edge.hours] for edges in self.into]
        """Of the edges into each position those that hold over."""
        known = {one.model_dump_json(): one for one in inventory.fallbacks}
        self.fallbacks = [known[key] for key in sorted(known)]
        self.worst = self._ways(best=False)
        self.best = self._ways(best=True)
        self.groups, self.reach = _closure([[edge.target for edge in edges] for edges in self.out_of])
        self.reach_with_ways = _closure(self._all_targets())[1] if self.fallbacks else self.reach
        self.reached_by = _closure([[edge.source for edge in edges] for edges in self.into])[1]
        self._masked: dict[tuple[float, Levels], dict[int, list[int]]] = {}
        self.holders = [self._holders(edges) for edges in self.into]
        """For each position who holds over and is not known to start afresh without it."""
        self.sources = [_mask(edge.source for edge in edges) for edges in self.into]
        self.near = [_mask(edge.target for edge in edges) for edges in self.out_of]
        """For each position the bits of what it requires itself."""
        self.group_of = [0] * self.size
        for number, group in enumerate(self.groups):
            for place in group:
                self.group_of[place] = number
        self.feeds, self.outer = self._feeds()
        """For each position its edges to all others, and to those outside of its own group."""
        self.handing = self._handing()
        """For each position the edges over which it hands something to others in its own group."""
        self.above = [self._above(group) for group in self.groups]
        """For each group the bits of the groups of whoever requires anything in it."""
        tops = _mask(self.group_of[place] for place in range(self.first_workload, self.size))
        self.above_below = [mask & ~tops for mask in self.above]
        """The same without workloads."""
        self.of_class = {
            criticality: _mask(
                place for place, one in enumerate(self.workloads, self.first_workload) if one.criticality is criticality
            )
            for criticality in Criticality
        }
        """For each criticality the bits of its workloads."""
        self.kept: dict[Hashable, Any] = {}
        """What is worked out on the way and stays true for every scenario, by what it is about."""
        self._weights: dict[int, int] = {}
        self._offers: dict[tuple[int, bool], int] = {}
        self._within: dict[int, int] = {}

    def workload(self, place: int) -> Workload:
        """Return the workload at a position."""
        return self.workloads[place - self.first_workload]

    def weight(self, component: str) -> int:
        """Return how much depends on a component: its workloads, a critical one for more than all lesser together."""
        place = self.position[component]
        if place not in self._weights:
            behind = self.reached_by[place]
            counts = [(behind & self.of_class[one]).bit_count() for one in Criticality]
            self._weights[place] = (counts[0] * 1000 + counts[1]) * 1000 + counts[2]
        return self._weights[place]

    def bits(self, mask: int) -> Iterable[int]:
        """Yield the positions of the bits set, from low to high."""
        while mask:
            low = mask & -mask
            yield low.bit_length() - 1
            mask ^= low

    def offers(self, place: int, *, best: bool) -> int:
        """Return the bits of the fallbacks that a workload can come to and may use."""
        if (place, best) not in self._offers:
            reached, workload = self.reach_with_ways[place], self.workload(place)
            ways = (way for those in (self.best if best else self.worst).values() for way in those)
            self._offers[place, best] = sum(
                way.bit for way in ways if reached >> way.source & 1 and self.admits(way, workload, best=best)
            )
        return self._offers[place, best]

    def within(self, place: int) -> int:
        """Return the bits of the fallbacks of the worst case that a workload can come to, whether it may or not."""
        if place not in self._within:
            reached = self.reach_with_ways[place]
            self._within[place] = sum(
                way.bit for source, ways in self.worst.items() if reached >> source & 1 for way in ways
            )
        return self._within[place]

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
            self._levels(target),
            bool(one.survives_restart),
            one.survives_for is None,
        )

    def _feeds(self) -> tuple[list[list[Feed]], list[list[Feed]]]:
        # What leads to itself only softens what is there already.
        feeds = [[self._feed(edge) for edge in edges if edge.target != edge.source] for edges in self.out_of]
        group = self.group_of
        return feeds, [[one for one in those if group[one[0]] != group[at]] for at, those in enumerate(feeds)]

    def _handing(self) -> list[list[Feed]]:
        group = self.group_of
        return [
            [
                (edge.source, *self._feed(edge)[1:])
                for edge in edges
                if edge.source != at and group[edge.source] == group[at]
            ]
            for at, edges in enumerate(self.into)
        ]

    def _holders(self, edges: Iterable[Edge]) -> list[Holder]:
        found: dict[tuple[float, Levels], int] = {}
        for edge in edges:
            if edge.hours and not edge.after_restart:
                found[edge.hours, edge.levels] = found.get((edge.hours, edge.levels), 0) | 1 << edge.source
        masked = self._masked
        return [(*sort, sources, masked.setdefault(sort, {})) for sort, sources in found.items()]

    def _feed(self, edge: Edge) -> Feed:
        plain = not edge.hours and edge.levels is None
        return edge.target, edge.hours, edge.levels, None if plain else self.book.handed(edge.hours, edge.levels)

    def _above(self, group: list[int]) -> int:
        mask = 0
        for place in group:
            for edge in self.into[place]:
                mask |= 1 << self.group_of[edge.source]
        return mask & ~(1 << self.group_of[group[0]])

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
            Edge(target, self.position[check], 0.0, self._levels(self.position[check]), True)
            for check in sorted(set(fallback.safety_path))
        )
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


def _mask(places: Iterable[int]) -> int:
    mask = 0
    for place in places:
        mask |= 1 << place
    return mask


def _strictest(rows: Iterable[Requires]) -> list[Requires]:
    """Return one row for each pair: of two that say it differently, the one that survives less."""
    found: dict[tuple[str, str], Requires] = {}
    for row in rows:
        other = found.get((row.source, row.target))
        if other is None or _hardness(row) < _hardness(other):
            found[row.source, row.target] = row
    return list(found.values())


def _hardness(row: Requires) -> tuple[float, bool, bool]:
    return (row.survives_for or 0.0, row.survives_for is not None, bool(row.survives_restart))


def _closure(targets: list[list[int]]) -> tuple[list[list[int]], list[int]]:
    """Return the groups that lead round in a loop, each after all it leads to, and the bits of all one leads to.

    Most groups are of one; everything in a group leads to the same, itself with it.
    """
    sources: list[list[int]] = [[] for _ in targets]
    for place, those in enumerate(targets):
        for target in those:
            sources[target].append(place)
    left, groups = [True] * len(targets), []
    for root in reversed(_order(targets)):
        if not left[root]:
            continue
        left[root], group = False, [root]
        for place in group:  # grows while it is walked
            for source in sources[place]:
                if left[source]:
                    left[source] = False
                    group.append(source)
        groups.append(sorted(group))
    groups.reverse()
    reach = [0] * len(targets)
    for group in groups:
        mask = 0
        for place in group:
            mask |= 1 << place
            for target in targets[place]:
                mask |= reach[target]
        for place in group:
            reach[place] = mask
    return groups, reach


def _order(targets: list[list[int]]) -> list[int]:
    """Return the positions, each after what it leads to as far as loops allow."""
    seen, order = [False] * len(targets), []
    for root in range(len(targets)):
        stack = [(root, 0)]
        while stack:
            place, child = stack.pop()
            if child == 0:
                if seen[place]:
                    continue
                seen[place] = True
            if child < len(targets[place]):
                stack.append((place, child + 1))
                if not seen[targets[place][child]]:
                    stack.append((targets[place][child], 0))
            else:
                order.append(place)
    return order
