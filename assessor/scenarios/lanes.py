"""Hours side by side in one number: put off, compared and joined all at once, as `bits` does it for yes and no.

Each lane holds one hour, counted in parts of `scale`, or `never`. The topmost bit of a lane is kept free: a subtraction
borrows from it, so that no lane touches the next one. Every operation is a handful of those on whole numbers.
"""

from collections.abc import Sequence
from struct import unpack
from typing import NamedTuple

from assessor.scenarios.lines import FOR_EVER


class Width(NamedTuple):
    """Lanes of so many bits, as `struct` writes them; hours, counted in parts, must stay below `most`."""

    bits: int
    letter: str
    most: int


# Wider ones would hold more; but there hours would no longer be what they are when added up as floating numbers.
WIDTHS = (Width(32, "I", 1 << 29), Width(64, "Q", 1 << 53))


class Lanes:
    """So many lanes of one width; `scale` parts make an hour."""

    def __init__(self, count: int, width: Width, scale: int) -> None:
        self.count, self.width, self.scale = count, width, scale
        self.ones = ((1 << width.bits * count) - 1) // ((1 << width.bits) - 1)
        """1 in each lane."""
        self.tick = 1 << width.bits - 3
        """Never in one lane, and anything above: an hour may be added to it once without reaching the topmost bit."""
        self.never = self.ones * self.tick
        self.shift = width.bits - 1
        self.guard = self.ones << self.shift

    def earlier(self, one: int, other: int) -> int:
        """Return the earlier of two hours in each lane."""
        late = ((one | self.guard) - other) & self.guard
        return one ^ (one ^ other) & (late - (late >> self.shift)) if late else one

    def before(self, one: int, ends: int) -> int:
        """Return the hours with never in each lane that has come to its end."""
        late = ((one | self.guard) - ends) & self.guard
        return one ^ (one ^ self.never) & (late - (late >> self.shift)) if late else one

    def all(self, hours: float) -> int:
        """Return this hour in each lane."""
        return self.ones * int(hours * self.scale)

    def at(self, lane: int, hour: float) -> int:
        """Return what must be taken away from never for this hour in one lane."""
        return (self.tick - int(hour * self.scale)) << (self.width.bits * lane)

    def written(self, hours: int) -> bytes:
        """Return the lanes as bytes, the first one first."""
        return hours.to_bytes(self.count * self.width.bits // 8, "little")

    def read(self, raw: bytes) -> list[float]:
        """Return the hours in the bytes of some lanes; for never, for ever."""
        parts = unpack(f"<{len(raw) * 8 // self.width.bits}{self.width.letter}", raw)
        return [part / self.scale if part < self.tick else FOR_EVER for part in parts]


def width_for(hours: Sequence[float], latest: float) -> tuple[Width, int] | None:
    """Return the width and the scale that hold all these hours, and their sums up to `latest`, exactly; None: none."""
    scale = max([float(hour).as_integer_ratio()[1] for hour in hours], default=1)
    return next(((width, scale) for width in WIDTHS if latest * scale < width.most), None)
