"""Lines of time: how something stands at every hour, as a small number; each different line is computed with once.

A line is a tuple of (hour, level), the hour from which the level holds, beginning at hour 0, no level twice in a row.
Every operation here is monotone: a worse line in never gives a better line out. The fixpoint stands on that.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

Line = tuple[tuple[float, int], ...]

CLEAR: Line = ((0.0, 0),)
FOR_EVER = float("inf")
DARK = 4
_WORSE = tuple(tuple(max(one, other) for other in range(DARK + 1)) for one in range(DARK + 1))
_BETTER = tuple(tuple(min(one, other) for other in range(DARK + 1)) for one in range(DARK + 1))


def level_at(line: Line, hour: float) -> int:
    """Return the level at one hour."""
    return line[bisect_right(line, (hour, DARK)) - 1][1]


def pulse(begin: float, end: float, level: int) -> Line:
    """Return a line that is at `level` from `begin` until `end` and clear otherwise."""
    return _tidy([(0.0, 0), (begin, level), (end, 0)] if end < FOR_EVER else [(0.0, 0), (begin, level)])


def worse(one: Line, other: Line) -> Line:
    """Return the worse of two at every hour."""
    return _merged(one, other, _WORSE)


def better(one: Line, other: Line) -> Line:
    """Return the better of two at every hour."""
    return _merged(one, other, _BETTER)


def held(line: Line, hours: float) -> Line:
    """Return what comes through to somebody who goes on for `hours` without: the best level of the hours just past.

    Before the beginning all was well, so an outage is felt `hours` after it began, and a shorter one is not felt.
    """
    if hours <= 0 or line == CLEAR:
        return line
    found: list[tuple[float, int]] = [(0.0, 0)]
    before = 0
    for start, level in line:
        if level > before:
            # It can first be the best of a whole window when it has held for one.
            found.append((start + hours, level))
        elif level < before:
            # Better is felt at once, and what was still to come stays at that.
            soon = start
            while found[-1][0] >= start and found[-1][1] >= level:
                soon = found.pop()[0]
            found.append((start if found[-1][1] > level else soon, level))
        before = level
    return _tidy(found)


def translated(line: Line, levels: tuple[int, ...]) -> Line:
    """Return the line with every level replaced by the one at its place in `levels`."""
    return _tidy([(hour, levels[level]) for hour, level in line])


def until_ready(line: Line, hour: float) -> Line:
    """Return the line, dark before `hour`: what stands in is not there yet."""
    return worse(line, pulse(0.0, hour, DARK)) if hour > 0 else line


def onto(line: Line, hours: Sequence[float]) -> Line:
    """Return the line rounded onto some hours, beginning with 0: from each to the next the worst of what lies between.

    Monotone, never better than the line, and one of finitely many: help that only goes round ends on it.
    """
    found = []
    ends = [*hours[1:], FOR_EVER]
    for begin, end in zip(hours, ends, strict=True):
        first, last = bisect_right(line, (begin, DARK)) - 1, bisect_left(line, (end, -1))
        found.append((begin, max(level for _, level in line[first:last])))
    return _tidy(found)


Span = tuple[float, float]
"""From when until when somebody is at a level or worse, in hours; twice `FOR_EVER`: never."""


def spans(line: Line) -> list[Span] | None:
    """Return when a line is at each level or worse, the mildest first; None where it comes to any of them twice."""
    found: list[Span] = []
    for least in range(1, DARK + 1):
        turns = [line[at][0] for at in range(1, len(line)) if (line[at][1] >= least) != (line[at - 1][1] >= least)]
        if line[0][1] >= least:
            turns.insert(0, line[0][0])
        if len(turns) > 2:
            return None
        begin, end = (*turns, FOR_EVER, FOR_EVER)[:2]
        found.append((begin, end))
    return found


def _merged(one: Line, other: Line, table: tuple[tuple[int, ...], ...]) -> Line:
    """Return what `table` says of two levels, at every hour."""
    merged: list[tuple[float, int]] = []
    first, second, last = 0, 0, -1
    left, right = len(one), len(other)
    here = there = 0
    while first < left or second < right:
        hour = one[first][0] if first < left else FOR_EVER
        if second < right and other[second][0] <= hour:
            if other[second][0] == hour and first < left:
                here = one[first][1]
                first += 1
            hour, there = other[second]
            second += 1
        else:
            here = one[first][1]
            first += 1
        level = table[here][there]
        if level != last:
            merged.append((hour, level))
            last = level
    return tuple(merged)


def _tidy(steps: list[tuple[float, int]]) -> Line:
    tidy: list[tuple[float, int]] = []
    for hour, level in steps:
        if tidy and tidy[-1][0] == hour:
            tidy.pop()
        if not tidy or tidy[-1][1] != level:
            tidy.append((hour, level))
    return tuple(tidy)


# For a line that gets worse until all is well again at once, or for ever: the hours from which it is at each level or
# worse, the mildest first (for ever: never), and the hour from which all is well again.
_Onsets = tuple[float, ...]


def _onsets(line: Line) -> _Onsets | None:
    """Return from when a line is at each level or worse, and its end; None where it gets better in another way."""
    found = [FOR_EVER] * DARK
    before = 0
    for hour, level in line:
        if level < before:
            return (*found, hour) if line[-1] == (hour, 0) else None
        found[before:level] = [hour] * (level - before)
        before = level
    return (*found, FOR_EVER)


def _from_onsets(onsets: _Onsets) -> Line:
    """Return the line that is at each level or worse from these hours on, until its end."""
    steps = [(0.0, 0)]
    for level, hour in enumerate(onsets[:DARK], 1):
        if hour < FOR_EVER:
            steps.append((hour, level))
    if onsets[DARK] < FOR_EVER:
        steps.append((onsets[DARK], 0))
    return _tidy(steps)


def _earlier(one: _Onsets, other: _Onsets) -> _Onsets:
    """Return the worse of two lines that end together. Written out: this is most of the work on a large inventory."""
    a, b, c, d, end = one
    e, f, g, h, _ = other
    if a <= e:
        if b <= f and c <= g and d <= h:
            return one
    elif f <= b and g <= c and h <= d:
        return other
    return (a if a < e else e, b if b < f else f, c if c < g else g, d if d < h else h, end)


def _later(one: _Onsets, other: _Onsets) -> _Onsets:
    """Return the better of two lines that end together."""
    a, b, c, d, end = one
    e, f, g, h, _ = other
    return (a if a > e else e, b if b > f else f, c if c > g else g, d if d > h else h, end)


def _delayed(onsets: _Onsets, hours: float) -> _Onsets:
    """Return what comes through to somebody who goes on for `hours` without: all of it later, but for the end."""
    end = onsets[DARK]
    later = [onset + hours if onset + hours < end else FOR_EVER for onset in onsets[:DARK]]
    return (*later, end if later[0] < FOR_EVER else FOR_EVER)


def _softened(onsets: _Onsets, levels: tuple[int, ...]) -> _Onsets:
    """Return from when a line is at each level or worse once every level is replaced by the one at its place."""
    found = [FOR_EVER] * DARK
    reached = 0
    for level, hour in enumerate(onsets[:DARK], 1):
        if levels[level] > reached:
            found[reached : levels[level]] = [hour] * (levels[level] - reached)
            reached = levels[level]
    return (*found, onsets[DARK] if found[0] < FOR_EVER else FOR_EVER)


class Book:
    """All lines met so far, each under a number, with the results of every operation: a second time costs a look-up.

    Most lines only get worse, until all is well again at once or for ever. Those are kept and worked with by their
    onsets, one comparison for each level where both end together, and written out as lines only for who asks.
    """

    def __init__(self, looked_at: Sequence[float] = ()) -> None:
        """`looked_at`: the hours at which a `profile` looks."""
        self._looked_at = looked_at
        self._lines: list[Line | None] = []
        self._onsets: list[_Onsets | None] = []
        self._by_line: dict[Line, int] = {}
        self._by_onsets: dict[_Onsets, int] = {}
        self._profiles: dict[int, bytes] = {}
        self.worse_known: list[dict[int, int]] = []
        """What `worse` found so far, by the one line and the other."""
        self._better: dict[tuple[int, int], int] = {}
        self._held: dict[tuple[int, float], int] = {}
        self._translated: dict[tuple[int, tuple[int, ...]], int] = {}
        self._handed: dict[tuple[float, tuple[int, ...] | None], dict[int, int]] = {}
        self._at: dict[float, dict[int, int]] = {}
        self.number(CLEAR)

    def __len__(self) -> int:
        """Return how many different lines were met."""
        return len(self._lines)

    def number(self, line: Line) -> int:
        """Return the number of a line; 0 is the clear one."""
        found = self._by_line.get(line)
        if found is None:
            onsets = _onsets(line)
            found = self._added(line, None) if onsets is None else self._with_onsets(onsets)
            self._by_line[line] = found
        return found

    def spanning(self, begins: Sequence[float], ends: Sequence[float]) -> int:
        """Return the number of the line that is at each level or worse from when until when, the mildest first."""
        if ends[0] == ends[-1]:
            return self._with_onsets((*begins, ends[0] if begins[0] < FOR_EVER else FOR_EVER))
        parts = list(zip(begins, ends, strict=True))
        hours = sorted({0.0, *begins, *ends} - {FOR_EVER})
        return self.number(_tidy([(hour, sum([begin <= hour < end for begin, end in parts])) for hour in hours]))

    def line(self, number: int) -> Line:
        """Return the line under a number."""
        found = self._lines[number]
        if found is None:
            found = self._lines[number] = _from_onsets(self._onsets[number] or ())
        return found

    def worse(self, one: int, other: int) -> int:
        """Return the worse of two."""
        if one == other or not other:
            return one
        if not one:
            return other
        found = self.worse_known[one].get(other)
        if found is None:
            first, second = self._onsets[one], self._onsets[other]
            if first is None or second is None or first[DARK] != second[DARK]:
                found = self.number(worse(self.line(one), self.line(other)))
            else:
                earlier = _earlier(first, second)
                found = one if earlier is first else other if earlier is second else self._with_onsets(earlier)
            self.worse_known[one][other] = self.worse_known[other][one] = found
        return found

    def better(self, one: int, other: int) -> int:
        """Return the better of two."""
        if one == other or not one or not other:
            return one if one == other else 0
        pair = (one, other) if one < other else (other, one)
        found = self._better.get(pair)
        if found is None:
            first, second = self._onsets[one], self._onsets[other]
            if first is None or second is None or first[DARK] != second[DARK]:
                found = self.number(better(self.line(one), self.line(other)))
            else:
                found = self._with_onsets(_later(first, second))
            self._better[pair] = found
        return found

    def passed(self, one: int, hours: float, levels: tuple[int, ...] | None) -> int:
        """Return what an edge hands on: held over for `hours`, and translated."""
        if hours and one:
            found = self._held.get((one, hours))
            if found is None:
                onsets = self._onsets[one]
                if onsets is None:
                    found = self.number(held(self.line(one), hours))
                else:
                    found = self._with_onsets(_delayed(onsets, hours))
                self._held[one, hours] = found
            one = found
        if levels is not None and one:
            found = self._translated.get((one, levels))
            if found is None:
                onsets = self._onsets[one]
                if onsets is None:
                    found = self.number(translated(self.line(one), levels))
                else:
                    found = self._with_onsets(_softened(onsets, levels))
                self._translated[one, levels] = found
            one = found
        return one

    def _with_onsets(self, onsets: _Onsets) -> int:
        found = self._by_onsets.get(onsets)
        if found is None:
            found = self._by_onsets[onsets] = self._added(None, onsets)
        return found

    def _added(self, line: Line | None, onsets: _Onsets | None) -> int:
        self._lines.append(line)
        self._onsets.append(onsets)
        self.worse_known.append({})
        return len(self._lines) - 1

    def handed(self, hours: float, levels: tuple[int, ...] | None) -> dict[int, int]:
        """Return what `passed` found so far for edges of one sort, to look into and to add to."""
        return self._handed.setdefault((hours, levels), {})

    def profile(self, one: int) -> bytes:
        """Return the levels of a line at the hours that are looked at."""
        found = self._profiles.get(one)
        if found is None:
            onsets = self._onsets[one]
            if onsets is None:
                line = self.line(one)
                found = bytes([level_at(line, hour) for hour in self._looked_at])
            else:
                end = onsets[DARK]
                found = bytes([bisect_right(onsets, hour, 0, DARK) if hour < end else 0 for hour in self._looked_at])
            self._profiles[one] = found
        return found

    def spared(self, one: int, hours: float, levels: tuple[int, ...] | None) -> int:
        """Return at which of the hours that are looked at (bits) less of a line is felt because of a hold-over.

        `levels` must be a ceiling, as those of all edges are: each level as it is, up to the worst that comes through.
        """
        looked_at, onsets, found = self._looked_at, self._onsets[one], 0
        worst = DARK if levels is None else levels[DARK]
        if onsets is not None:
            end = onsets[DARK]
            for onset in set(onsets[:worst]):
                first, last = bisect_left(looked_at, onset), bisect_left(looked_at, min(onset + hours, end))
                found |= (1 << max(first, last)) - (1 << first)
            return found
        line = self.line(one)
        ends = [hour + hours for hour, _ in line[1:]] + [FOR_EVER]
        for at, hour in enumerate(looked_at):
            lately = [level for (start, level), end in zip(line, ends, strict=True) if start <= hour < end]
            # Before the beginning all was well.
            felt = min(lately) if hours <= hour else 0
            if min(felt, worst) < min(lately[-1], worst):
                found |= 1 << at
        return found

    def at(self, one: int, hour: float) -> int:
        """Return the level of a line at one hour."""
        if not one:
            return 0
        known = self._at.get(hour)
        if known is None:
            known = self._at[hour] = {}
        found = known.get(one)
        if found is None:
            found = known[one] = level_at(self.line(one), hour)
        return found
