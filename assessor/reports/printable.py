"""Text made fit to print: every character with a glyph or its code, places to break, and an order that stays put."""

import re
import unicodedata
from typing import Any

from assessor.reports import fonts

# Shown under the limits of a report; more would be noise.
NAMED_IN_LIMITS = 12
LONG_WORD = re.compile(r"\S{100,}")
PIECE = re.compile(r".{1,10}")
ZERO_WIDTH_SPACE = "\u200b"
LEFT_TO_RIGHT_MARK = "\u200e"
# Marks of order that right-to-left scripts need beside digits and brackets; nothing else is moved by them.
ORDER_MARKS = "\u200e\u200f\u061c"
JOINERS = "\u200c\u200d"
VARIANTS = "\ufe0e\ufe0f"
# Hebrew, Arabic and their presentation forms and extensions, and the other scripts that run to the left.
LEFTWARD = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff"
LEFTWARD_RUN = re.compile(f"[{LEFTWARD}](?:[^A-Za-z\u00aa-\u058f\u0900-\u1fff\u2c00-\ufb1c]*[{LEFTWARD}])?")
LEFTWARD_CHAR = re.compile(f"[{LEFTWARD}]")


def printable(text: str, missing: set[str]) -> str:
    """Return `text` with every character that has no glyph written as [U+XXXX], and note it in `missing`.

    Marks that turn or hide text (category Cf) are written out as well, so that a reader sees that they are there;
    except where the script around them needs them to be spelt right.
    """
    if text.isascii():
        return text
    whole = unicodedata.normalize("NFC", text)
    leftward = LEFTWARD_CHAR.search(whole) is not None
    covered = fonts.covered()
    made, before = [], ""
    for char in whole:
        if _is_kept(char, before, leftward) or (ord(char) in covered and unicodedata.category(char) != "Cf"):
            made.append(char)
        else:
            missing.add(char)
            made.append(f"[U+{ord(char):04X}]")
        before = char
    return ordered("".join(made)) if leftward else "".join(made)


def _is_kept(char: str, before: str, leftward: bool) -> bool:
    if char in "\n\u00ad":
        return True
    if char in ORDER_MARKS:
        return leftward
    if char in JOINERS:
        # Between letters that join, or the parts of one emoji; in Latin text it would only hide.
        return ord(before or " ") >= 0x590 and unicodedata.category(before)[0] in "LMS"
    return char in VARIANTS and bool(before) and unicodedata.category(before)[0] in "SNPM"


def is_leftward(text: str) -> bool:
    """Return whether `text` is read from the right: nearly all of its letters run to the left.

    A sentence of ours with a long name in it is not, whoever has more letters.
    """
    left = sum(1 for char in text if unicodedata.bidirectional(char) in ("R", "AL"))
    return left > 0 and left > 3 * sum(1 for char in text if unicodedata.bidirectional(char) == "L")


def ordered(text: str) -> str:
    """Return `text` with what runs to the left set apart, so that digits and brackets after it stay where they are.

    Marks and not isolates: lines are set one by one, and an isolate that began on the line before is no more.
    """

    def apart(run: str) -> str:
        return f"{LEFT_TO_RIGHT_MARK}{run}{LEFT_TO_RIGHT_MARK}"

    return "\n".join(
        apart(line) if is_leftward(line) else LEFTWARD_RUN.sub(lambda run: apart(run[0]), line)
        for line in text.split("\n")
    )


def breakable(text: str) -> str:
    """Return `text` with an invisible place to break every few characters in words that are longer than any hash.

    Pango lays a word out again for every line it is broken into: 4,000 characters without one cost a second of CPU.
    """
    return LONG_WORD.sub(lambda word: ZERO_WIDTH_SPACE.join(PIECE.findall(word[0])), text)


def printable_data(data: Any, missing: set[str]) -> Any:
    """Return JSON data with every text in it made printable; the bytes of pictures stay as they are."""
    if isinstance(data, str):
        return breakable(printable(data, missing))
    if isinstance(data, dict):
        picture = "media_type" in data
        return {
            key: value if picture and key == "data" else printable_data(value, missing) for key, value in data.items()
        }
    if isinstance(data, list):
        return [printable_data(value, missing) for value in data]
    return data


def code_points(missing: set[str]) -> str:
    """Return the missing characters as a list for the limits of a report."""
    named = [f"U+{ord(char):04X}" for char in sorted(missing)[:NAMED_IN_LIMITS]]
    return ", ".join(named) + (" …" if len(missing) > NAMED_IN_LIMITS else "")
