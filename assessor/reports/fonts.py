"""The fonts of the PDF: where they lie, which characters they hold, and what is printed for those they do not."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

FONT_DIRECTORY = Path(__file__).resolve().parents[2] / "static" / "fonts" / "pdf"
FAMILY = "Inter"
# Shown under the limits of a report; more would be noise.
NAMED_IN_LIMITS = 12
LONG_WORD = re.compile(r"\S{100,}")
PIECE = re.compile(r".{1,10}")
ZERO_WIDTH_SPACE = "\u200b"


def font_files() -> tuple[Path, ...]:
    """Return the TrueType files the PDF is set in, in the order of their names."""
    return tuple(sorted(FONT_DIRECTORY.glob("*.ttf")))


def configuration(cache: Path) -> str:
    """Return a fontconfig file that knows our fonts only, with its cache below `cache`.

    Without one, the page would be set in whatever the machine has, and on a machine without fonts Pango ends in a
    segmentation fault.
    """
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        f"  <dir>{FONT_DIRECTORY}</dir>\n  <cachedir>{cache}</cachedir>\n</fontconfig>\n"
    )


@lru_cache(maxsize=1)
def covered() -> frozenset[int]:
    """Return the code points that every weight has a glyph for."""
    # Imported here: it costs a tenth of a second, and only the PDF needs it.
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    maps = []
    for path in font_files():
        with TTFont(path, lazy=True) as font:
            maps.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*maps) if maps else frozenset()


def printable(text: str, missing: set[str]) -> str:
    """Return `text` with every character that has no glyph written as [U+XXXX], and note it in `missing`.

    Marks that turn or hide text (category Cf) are written out as well: a reader must see that they are there.
    """
    if text.isascii():
        return text
    return "".join(_printable(char, missing) for char in unicodedata.normalize("NFC", text))


def _printable(char: str, missing: set[str]) -> str:
    if char in "\n\u00ad" or (ord(char) in covered() and unicodedata.category(char) != "Cf"):
        return char
    missing.add(char)
    return f"[U+{ord(char):04X}]"


def breakable(text: str) -> str:
    """Return `text` with an invisible place to break every few characters in words that are longer than any hash.

    Pango lays a word out again for every line it is broken into: 4,000 characters without one cost a second of CPU.
    """
    return LONG_WORD.sub(lambda word: ZERO_WIDTH_SPACE.join(PIECE.findall(word[0])), text)


def printable_data(data: Any, missing: set[str]) -> Any:
    """Return JSON data with every text in it made printable."""
    if isinstance(data, str):
        return breakable(printable(data, missing))
    if isinstance(data, dict):
        return {key: printable_data(value, missing) for key, value in data.items()}
    if isinstance(data, list):
        return [printable_data(value, missing) for value in data]
    return data


def code_points(missing: set[str]) -> str:
    """Return the missing characters as a list for the limits of a report."""
    named = [f"U+{ord(char):04X}" for char in sorted(missing)[:NAMED_IN_LIMITS]]
    return ", ".join(named) + (" …" if len(missing) > NAMED_IN_LIMITS else "")
