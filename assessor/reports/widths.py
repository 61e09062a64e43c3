"""How wide a text is in Inter, so that charts can wrap their words without an engine that sets type."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from assessor.reports.text import ELLIPSIS

FILE = Path(__file__).resolve().parents[2] / "static" / "fonts" / "inter-widths.json"
WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"}
# Latin with its extensions, Greek and Cyrillic, punctuation, arrows and the marks that reports use.
RANGES = ((0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x2010, 0x2044), (0x2190, 0x2199))
# In parts of the size of the type: what no table holds, and what fills a square.
UNKNOWN, SQUARE = 0.65, 1.05
SQUARES_FROM = 0x2E80


def measured() -> dict[str, Any]:
    """Return the widths of the fonts that the PDF is set in, as `static/fonts/inter-widths.json` keeps them.

    For each weight, one line of numbers for each range of code points, in units of which `per_em` make the size; 0 for
    a character without a glyph.
    """
    # Imported here: only the tool that writes the file needs it.
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    weights: dict[str, list[str]] = {}
    per_em = 0
    for weight, style in WEIGHTS.items():
        with TTFont(FILE.parent / "pdf" / f"Inter-{style}.ttf", lazy=True) as font:
            names, advances = font.getBestCmap(), font["hmtx"]
            per_em = font["head"].unitsPerEm
            weights[str(weight)] = [
                " ".join(str(advances[names[code]][0] if code in names else 0) for code in range(first, last + 1))
                for first, last in RANGES
            ]
    return {"per_em": per_em, "ranges": [list(one) for one in RANGES], "weights": weights}


@lru_cache(maxsize=1)
def _tables() -> dict[int, dict[str, float]]:
    data = json.loads(FILE.read_text("utf-8"))
    tables: dict[int, dict[str, float]] = {}
    for weight, lines in data["weights"].items():
        table = tables.setdefault(int(weight), {})
        for (first, _last), line in zip(data["ranges"], lines, strict=True):
            for offset, width in enumerate(line.split()):
                if width != "0":
                    table[chr(first + offset)] = int(width) / data["per_em"]
    return tables


def width(text: str, size: float, weight: int = 400) -> float:
    """Return how wide `text` is when set in `size`, in the unit of the size; without kerning, so rather too wide."""
    table = _tables()[weight]
    return size * sum(table.get(char) or (SQUARE if ord(char) >= SQUARES_FROM else UNKNOWN) for char in text)


@lru_cache(maxsize=4096)
def wrapped(text: str, room: float, size: float, lines: int, weight: int = 400) -> tuple[str, ...]:
    """Return `text` broken into at most `lines` lines that are `room` wide at most; what is left out ends in "…"."""
    done: list[str] = []
    line = ""
    words = text.split()
    while words:
        word = words.pop(0)
        longer = f"{line} {word}" if line else word
        if width(longer, size, weight) <= room:
            line = longer
            continue
        if not line:
            head = _fitting(word, room, size, weight)
            words.insert(0, word[len(head) :])
            line = head
        else:
            words.insert(0, word)
        done.append(line)
        line = ""
        if len(done) == lines:
            break
    if line:
        done.append(line)
    if words and done:
        done[-1] = clipped(f"{done[-1]} {words[0]}", room, size, weight, force=True)
    return tuple(done)


def clipped(text: str, room: float, size: float, weight: int = 400, *, force: bool = False) -> str:
    """Return `text` if it fits into `room`, else its beginning and "…"; `force` puts the mark in any case."""
    if not force and width(text, size, weight) <= room:
        return text
    return _fitting(text, room - width(ELLIPSIS, size, weight), size, weight).rstrip(" ,;:.") + ELLIPSIS


def _fitting(text: str, room: float, size: float, weight: int) -> str:
    """Return the longest beginning that fits, one character at least."""
    taken, used = 0, 0.0
    for char in text:
        used += width(char, size, weight)
        if used > room and taken:
            break
        taken += 1
    return text[:taken]
