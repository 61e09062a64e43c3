"""The time line: what was held and what ends, on an axis of days; the numbers lead to the table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.reports.drawing import ACCENT, INK, LINE, PAPER, WIDTH, Days, drawing, line, tag, text
from assessor.reports.widths import wrapped

Lane = Literal["held", "ends"]
LEFT, RIGHT = 120, 620
RADIUS = 8.5
STEP = 20


@dataclass(frozen=True)
class Stop:
    """Something on the time line: its number in the table, its day, and in which lane it lies."""

    number: int
    day: date
    lane: Lane


def timeline(stops: Sequence[Stop], today: date, *, title: str, description: str, ident: str) -> SafeString:
    """Return the time line of at least one stop; those that would lie on one another are stacked."""
    days = [one.day for one in stops] + [today]
    axis = Days(min(days), max(days), LEFT, RIGHT)
    parts: list[SafeString] = []
    y = 26.0
    lanes: tuple[tuple[Lane, str], ...] = (("held", _("Drills and probes")), ("ends", _("Evidence and terms end")))
    for lane, name in lanes:
        own = _stacked([one for one in stops if one.lane == lane], axis)
        height = 14 + STEP * max(1, 1 + max((row for _stop, row in own), default=0))
        for number, words in enumerate(wrapped(name, LEFT - 20, 10, 2, 500)):
            parts.append(text(0, y + height / 2 + 3 + 13 * number, words, size=10, weight=500))
        parts += [_mark(stop, axis.at(stop.day), y + 7 + STEP * row + STEP / 2) for stop, row in own]
        y += height
        parts.append(line(0, y, WIDTH, y))
    ticks = [
        part for x, name in axis.ticks() for part in (line(x, 22, x, y), text(x, 14, name, size=9, anchor="middle"))
    ]
    now = axis.at(today)
    parts = [*ticks, line(now, 22, now, y + 6, colour=INK, width=1.5, kind="chart-stem"), *parts]
    anchor = "end" if now > (LEFT + RIGHT) / 2 else "start"
    parts.append(text(now, y + 18, _("day of this report"), size=9.5, anchor=anchor))
    return drawing(WIDTH, y + 24, parts, title=title, description=description, ident=ident, kind="chart-profile")


def _stacked(stops: Sequence[Stop], axis: Days) -> list[tuple[Stop, int]]:
    """Return each stop with the row in which it touches no other."""
    ends: list[float] = []
    placed = []
    for stop in sorted(stops, key=lambda one: (one.day, one.number)):
        x = axis.at(stop.day)
        row = next((row for row, end in enumerate(ends) if end <= x - RADIUS), len(ends))
        ends[row : row + 1] = [x + RADIUS + 2]
        placed.append((stop, row))
    return placed


def _mark(stop: Stop, x: float, y: float) -> SafeString:
    """Return a filled disc for what was held, an open square for what ends, with its number."""
    if stop.lane == "held":
        shape = tag("circle", kind="chart-held", cx=x, cy=y, r=RADIUS, fill=ACCENT, stroke=LINE, stroke_width=0.75)
        return SafeString(shape + _number(stop, x, y, PAPER))
    size = 2 * RADIUS - 1
    shape = tag(
        "rect", kind="chart-cell", x=x - size / 2, y=y - size / 2, width=size, height=size, fill=PAPER, stroke=INK,
        stroke_width=1.25,
    )  # fmt: skip
    return SafeString(shape + _number(stop, x, y, INK))


def _number(stop: Stop, x: float, y: float, ink: str) -> SafeString:
    return text(x, y + 3.2, str(stop.number), anchor="middle", size=9, weight=600, fill=ink, kind="chart-on-cell")
