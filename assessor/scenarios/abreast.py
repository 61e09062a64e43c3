"""The first spread of many cases at once: how all stand without fallbacks, before anything stands in for anything.

What `spread` finds for one case after the other, with the same results. Where everything that hits a case ends
together, level by level, a line is no more than the hours from which it is at each level or worse: a hold-over puts
these off, and the worse of two lines has the earlier ones. So the hours of all cases at one position lie side by side
in one number (`lanes`), and all of them are put off and compared at once. When a level ends is the same wherever it is
felt, so nobody looks at that until the hours are written down as lines.

Work: for each edge about ten operations on a number of four lanes for each case, in a loop as often as a lane changes;
then one look-up for each position and case. What fits into no lanes (hours in odd fractions, acts at one level that end
at different hours in different places) is spread by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import getitem
from struct import Struct
from typing import NamedTuple

from assessor.scenarios.lanes import Lanes, width_for
from assessor.scenarios.lines import DARK, FOR_EVER, Book, spans
from assessor.scenarios.plan import Feed, Levels, Plan
from assessor.scenarios.solve import State, spread

# For each level from the mildest, when it ends wherever it is felt.
_Ends = tuple[float, ...]
# How something stands in each case, as numbers of lines.
_Column = tuple[int, ...]


class _Fitting(NamedTuple):
    """A case for lanes: what hits it directly, by position, and when each level of that ends."""

    direct: Mapping[int, int]
    ends: _Ends


def spread_abreast(plan: Plan, directs: Sequence[Mapping[int, int]]) -> list[State]:
    """Return how all stand in each case without any fallback; those that are hit alike have one state together."""
    keys = [tuple(sorted(direct.items())) for direct in directs]
    distinct = dict(zip(keys, directs, strict=True))
    fitting = {key: _Fitting(direct, ends) for key, direct in distinct.items() if (ends := _ends(plan.book, direct))}
    lanes = _lanes_for(plan, fitting.values())
    states = dict(zip(fitting, _Spreading(plan, lanes, [*fitting.values()]).states(), strict=True)) if lanes else {}
    for key, direct in distinct.items():
        if key not in states:
            states[key] = spread(plan, direct, {}, within=plan.below)
    return [states[key] for key in keys]


def _ends(book: Book, direct: Mapping[int, int]) -> _Ends | None:
    """Return when each level ends in a case; None where that is not the same everywhere."""
    found: list[set[float]] = [set() for _ in range(DARK)]
    for number in set(direct.values()):
        parts = spans(book.line(number))
        if parts is None:
            return None
        for ends, (begin, end) in zip(found, parts, strict=True):
            if begin < FOR_EVER:
                ends.add(end)
    if any(len(ends) > 1 for ends in found):
        return None
    # When a level ends that nobody is at does not matter.
    whole = min(found[0], default=FOR_EVER)
    return tuple([min(ends, default=whole) for ends in found])


def _lanes_for(plan: Plan, cases: Iterable[_Fitting]) -> Lanes | None:
    """Return lanes that hold whatever may come of these cases; None where there are none such."""
    cases = list(cases)
    numbers = {number for case in cases for number in case.direct.values()}
    told = {hour for number in numbers for hour, _ in plan.book.line(number)}
    delays = [max([edge.hours for edge in edges], default=0.0) for edges in plan.out_of]
    every = {edge.hours for edges in plan.out_of for edge in edges}
    # A change travels along paths that come to nobody twice.
    fits = width_for([*told, *every], max(told, default=0.0) + sum(delays))
    return Lanes(DARK * len(cases), *fits) if fits and cases else None


class _Spreading:
    """Cases side by side, four lanes each, the mildest level first: the hours from which it is at each or worse."""

    def __init__(self, plan: Plan, lanes: Lanes, cases: Sequence[_Fitting]) -> None:
        self._plan, self._lanes, self._cases = plan, lanes, cases
        edges = [edge for edges in plan.out_of for edge in edges]
        self._later = {hours: lanes.all(hours) for hours in {edge.hours for edge in edges}}
        """By how long an edge holds over, what that adds."""
        self._lost = {levels: self._above(levels) for levels in {edge.levels for edge in edges}}
        """By how an edge softens, what never comes through it."""
        self._out = [lanes.never] * plan.size

    def states(self) -> list[State]:
        """Return how all stand in each case."""
        plan, out, struck, never = self._plan, self._out, self._struck(), self._lanes.never
        outside: dict[int, list[int]] = {}
        for number, group in enumerate(plan.groups):
            taken = [self._joined(struck.get(place, never), plan.feeds[place]) for place in group]
            if plan.alone[number] >= 0:
                out[group[0]] = taken[0]
            else:
                outside[number] = taken
                self._turn(group, taken)
        columns = _Columns(plan.book, self._lanes, [case.ends for case in self._cases])
        found = [State(list(row), list(row)) for row in zip(*map(columns.of, out), strict=True)]
        for number, taken in outside.items():
            for state, row in zip(found, zip(*map(columns.of, taken), strict=True), strict=True):
                state.outside[number] = list(row)
        return found

    def _struck(self) -> dict[int, int]:
        """Return what hits each position directly."""
        lanes, found = self._lanes, dict[int, int]()
        for first, case in zip(range(0, lanes.count, DARK), self._cases, strict=True):
            less: dict[int, int] = {}
            for place, number in case.direct.items():
                if number not in less:
                    begins = [begin for begin, _ in spans(self._plan.book.line(number)) or ()]
                    told = [(lane, begin) for lane, begin in enumerate(begins, first) if begin < FOR_EVER]
                    less[number] = sum([lanes.at(lane, begin) for lane, begin in told])
                found[place] = found.get(place, lanes.never) - less[number]
        return found

    def _above(self, levels: Levels) -> int:
        """Return never where a level is worse than the worst that comes through; all milder ones do."""
        worst = DARK if levels is None else levels[DARK]
        return sum([self._lanes.at(lane, 0) for lane in range(self._lanes.count) if lane % DARK >= worst])

    def _joined(self, line: int, feeds: Iterable[Feed]) -> int:
        """Return the worst of a line and of all that comes in over some edges."""
        out, never, earlier = self._out, self._lanes.never, self._lanes.earlier
        for target, hours, levels, _ in feeds:
            handed = out[target]
            if handed != never:
                self._plan.steps += len(self._cases)
                line = earlier(line, handed + self._later[hours] | self._lost[levels])
        return line

    def _turn(self, group: Sequence[int], outside: Sequence[int]) -> None:
        """Work out a loop, sweep by sweep, from the last position down: mostly those further down stand later."""
        lanes, handing, out = self._lanes, self._plan.handing, self._out
        for place, line in zip(group, outside, strict=True):
            out[place] = line
        waiting = {place for place in group if out[place] != lanes.never}
        while waiting:
            for place in reversed(group):
                if place not in waiting:
                    continue
                waiting.remove(place)
                self._plan.steps += len(self._cases) * len(handing[place])
                for source, hours, levels, _ in handing[place]:
                    handed = lanes.earlier(out[source], out[place] + self._later[hours] | self._lost[levels])
                    if handed != out[source]:
                        out[source] = handed
                        waiting.add(source)


class _Columns:
    """Writes lanes down as the numbers of lines, case by case."""

    def __init__(self, book: Book, lanes: Lanes, ends: Sequence[_Ends]) -> None:
        self._lanes = lanes
        self._ends = lanes.never - sum(
            [lanes.at(lane, end) for lane, end in enumerate(chain.from_iterable(ends)) if end < FOR_EVER]
        )
        made = {one: _Numbers(book, lanes, one) for one in dict.fromkeys(ends)}
        self._numbers = [made[one] for one in ends]
        self._parts = Struct(f"{DARK * lanes.width.bits // 8}s" * len(ends))
        self._known: dict[int, _Column] = {}

    def of(self, line: int) -> _Column:
        """Return what stands in these lanes as one number for each case."""
        found = self._known.get(line)
        if found is None:
            parts = self._parts.unpack(self._lanes.written(self._lanes.before(line, self._ends)))
            found = self._known[line] = tuple(map(getitem, self._numbers, parts))
        return found


class _Numbers(dict[bytes, int]):
    """The numbers of lines by the lanes of a case, for cases whose levels end alike; one not met yet is worked out."""

    def __init__(self, book: Book, lanes: Lanes, ends: _Ends) -> None:
        super().__init__()
        self._book, self._lanes, self._ends = book, lanes, ends

    def __missing__(self, raw: bytes) -> int:
        found = self[raw] = self._book.spanning(self._lanes.read(raw), self._ends)
        return found
