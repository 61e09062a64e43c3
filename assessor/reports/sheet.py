"""What goes to the child that sets type, and what comes back."""

from dataclasses import dataclass
from typing import Literal

# What the child is at, in this order.
StepName = Literal["reading", "pages", "writing"]
STEPS: tuple[StepName, ...] = ("reading", "pages", "writing")
# Measured: 15 to 20 seconds of computing for a million characters of HTML, 25 on a busy machine.
CPU_SECONDS_AT_LEAST = 60
CPU_SECONDS_PER_MILLION = 100
# The clock ends only a child that hangs: a machine that has much else to do takes so many times the computing time.
WALL_FACTOR = 10.0


@dataclass(frozen=True)
class Asset:
    """A picture that a document may show: the address it is asked for by, its media type, its bytes."""

    url: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Sheet:
    """A document to set. `made_at` is ISO 8601 in UTC and the only time that reaches the file.

    Nothing but `assets` can be loaded while it is set.
    """

    html: str
    css: str
    attachment: str
    made_at: str
    name: str
    uncompressed: bool = False
    description: str = "The report as data"
    assets: tuple[Asset, ...] = ()

    @property
    def cpu_seconds(self) -> int:
        """The computing time that setting may take, five times what such a length took when it was measured."""
        return max(CPU_SECONDS_AT_LEAST, len(self.html) * CPU_SECONDS_PER_MILLION // 1_000_000)

    @property
    def wall_seconds(self) -> float:
        """How long setting may take by the clock."""
        return WALL_FACTOR * self.cpu_seconds


@dataclass(frozen=True)
class Step:
    """How far the child is: what it is at, and which page."""

    name: StepName
    page: int = 0


@dataclass(frozen=True)
class Failure:
    """Why the child gave up, in a word for the person who waits; the rest is in the log."""

    kind: Literal["memory", "disc", "fault"]
    detail: str


@dataclass(frozen=True)
class Printed:
    """A set document.

    `refused` lists the addresses that were asked for and not given, `undrawn` the characters drawn as a missing glyph.
    """

    pdf: bytes
    pages: int
    refused: tuple[str, ...]
    undrawn: tuple[str, ...] = ()
