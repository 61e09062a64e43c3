"""What a terminal gets beyond plain text: weight and colour where it shows them, and a bar while something is sent."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from assessor.errors import N_
from assessor.probes.engine import Progress

BAR = 24


@dataclass(frozen=True)
class Paint:
    """Weight and colour, or neither; nothing is said by colour alone."""

    on: bool = False

    def _in(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.on and text else text

    def head(self, text: str) -> str:
        """Return a heading."""
        return self._in("1", text)

    def soft(self, text: str) -> str:
        """Return what only some readers want."""
        return self._in("2", text)

    def good(self, text: str) -> str:
        """Return what went as it should, or appeared."""
        return self._in("32", text)

    def caution(self, text: str) -> str:
        """Return what is worth a look, or changed."""
        return self._in("33", text)

    def bad(self, text: str) -> str:
        """Return what failed, or vanished."""
        return self._in("31", text)


PLAIN = Paint()


def paint_for(stream: TextIO) -> Paint:
    """Return colours for a terminal that shows them; NO_COLOR and TERM=dumb switch them off."""
    return Paint(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


class Bar:
    """One line that is written over again and again while a run goes on; silent where nobody watches."""

    def __init__(self, stream: TextIO, translate: Callable[[str], str], before: str = "") -> None:
        self._stream = stream
        self._translate = translate
        self._before = before
        self._is_watched = stream.isatty()
        self._begun = time.monotonic()

    def tell(self, progress: Progress) -> None:
        """Show how far a run is."""
        if not self._is_watched or not progress.doing:
            return
        full = round(BAR * min(1.0, progress.done / progress.total)) if progress.total else 0
        stage = self._translate(N_("stage {number}")).format(number=progress.stage) if progress.stage else "…"
        count = f"{progress.done}/{progress.total}"
        seconds = f"{time.monotonic() - self._begun:.0f} s"
        line = f"{self._before}[{'#' * full}{'.' * (BAR - full)}] {stage} {count:>5} {seconds:>4}  "
        line += self._translate(progress.doing)
        self._stream.write("\r\033[K" + line[: shutil.get_terminal_size().columns - 1])
        self._stream.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._is_watched:
            self._stream.write("\r\033[K")
            self._stream.flush()
