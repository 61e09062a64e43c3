"""Lines of time: how something stands at every hour, as a small number; each different line is computed with once.

A line is a tuple of (hour, level), the hour from which the level holds, beginning at hour 0, no level twice in a row.
Every operation here is monotone: a worse line in never gives a better line out. The fixpoint stands on that.
"""

from bisect import bisect_right

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


def _best_between(line: Line, begin: float, end: float) -> int:
    if begin < 0:
        return 0
    first = bisect_right(line, (begin, DARK)) - 1
    last = bisect_right(line, (end, DARK)) - 1
    return min(level for _, level in line[first : last + 1])


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


class Book:
    """All lines met so far, each under a number, with the results of every operation: a second time costs a look-up."""

    def __init__(self) -> None:
        self.lines: list[Line] = [CLEAR]
        self._numbers: dict[Line, int] = {CLEAR: 0}
        self.worse_known: list[dict[int, int]] = [{}]
        """What `worse` found so far, by the one line and the other."""
        self._better: dict[tuple[int, int], int] = {}
        self._held: dict[tuple[int, float], int] = {}
        self._translated: dict[tuple[int, tuple[int, ...]], int] = {}
        self._handed: dict[tuple[float, tuple[int, ...] | None], dict[int, int]] = {}
        self._at: dict[float, dict[int, int]] = {}

    def number(self, line: Line) -> int:
        """Return the number of a line; 0 is the clear one."""
        found = self._numbers.get(line)
        if found is None:
            found = self._numbers[line] = len(self.lines)
            self.lines.append(line)
            self.worse_known.append({})
        return found

    def worse(self, one: int, other: int) -> int:
        """Return the worse of two."""
        if one == other or not other:
            return one
        if not one:
            return other
        found = self.worse_known[one].get(other)
        if found is None:
            found = self.number(worse(self.lines[one], self.lines[other]))
            self.worse_known[one][other] = self.worse_known[other][one] = found
        return found

    def better(self, one: int, other: int) -> int:
        """Return the better of two."""
        if one == other or not one or not other:
            return one if one == other else 0
        pair = (one, other) if one < other else (other, one)
        found = self._better.get(pair)
        if found is None:
            found = self._better[pair] = self.number(better(self.lines[one], self.lines[other]))
        return found

    def passed(self, one: int, hours: float, levels: tuple[int, ...] | None) -> int:
        """Return what an edge hands on: held over for `hours`, and translated."""
        if hours and one:
            found = self._held.get((one, hours))
            if found is None:
                found = self._held[one, hours] = self.number(held(self.lines[one], hours))
            one = found
        if levels is not None and one:
            found = self._translated.get((one, levels))
            if found is None:
                found = self._translated[one, levels] = self.number(translated(self.lines[one], levels))
            one = found
        return one

    def handed(self, hours: float, levels: tuple[int, ...] | None) -> dict[int, int]:
        """Return what `passed` found so far for edges of one sort, to look into and to add to."""
        return self._handed.setdefault((hours, levels), {})

    def at(self, one: int, hour: float) -> int:
        """Return the level of a line at one hour."""
        if not one:
            return 0
        known = self._at.get(hour)
        if known is None:
            known = self._at[hour] = {}
        found = known.get(one)
        if found is None:
            found = known[one] = level_at(self.lines[one], hour)
        return found
