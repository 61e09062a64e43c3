"""What people wrote, made safe to set in type: no control characters, no lone surrogates, no endless length."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Any

NAME_LENGTH = 160
LINE_LENGTH = 400
NOTE_LENGTH = 4000
ELLIPSIS = "…"
_STOP = re.compile(r"\.\s")


def clean(text: str, limit: int = LINE_LENGTH) -> str:
    """Return `text` on one line without control characters, at most `limit` characters long."""
    return _clip(" ".join(_visible(text).split()), limit)


def clean_lines(text: str, limit: int = NOTE_LENGTH) -> str:
    """Return `text` with its line breaks (no more than one empty line between two), at most `limit` characters."""
    lines = [" ".join(line.split()) for line in _visible(text).splitlines()]
    kept = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return _clip("\n".join(kept).strip(), limit)


def _visible(text: str) -> str:
    # Lone surrogates cannot be written as UTF-8; control characters print nothing or move the cursor.
    decoded = text.encode("utf-8", "replace").decode()
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) != "Cc" else " " for char in decoded.replace("\r\n", "\n")
    )


# Marks that turn the text after them round, up to the end of a page's footer.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def upright(text: str) -> str:
    """Return `text` with every mark that turns text round written as [U+XXXX]."""
    return _TURNING.sub(lambda mark: f"[U+{ord(mark[0]):04X}]", text)


def upright_data(data: Any) -> Any:
    """Return JSON data with every text in it made upright."""
    if isinstance(data, str):
        return upright(data)
    if isinstance(data, dict):
        return {key: upright_data(value) for key, value in data.items()}
    if isinstance(data, list):
        return [upright_data(value) for value in data]
    return data


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def shorten(text: str, limit: int) -> str:
    """Return `text` cut at the end of a word so that it has at most `limit` characters."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > limit // 2 else head).rstrip(" ,;:") + ELLIPSIS


def first_sentence(text: str, limit: int) -> str:
    """Return the first sentence of `text`, shortened to `limit` characters."""
    end = _STOP.search(text)
    return shorten(text[: end.start() + 1] if end else text, limit)


def moment(value: datetime | None) -> str:
    """Return a time as ISO 8601 in UTC to the second, or an empty text."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""


def day(value: date | None) -> str:
    """Return a date as ISO 8601, or an empty text."""
    return value.isoformat() if value else ""
