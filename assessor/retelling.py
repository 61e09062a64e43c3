"""Sentences of ours that were stored in English, told anew in the reader's language.

A result, a record or an error keeps the English sentence, because hashes cover it and files carry it. Its source is
known (`sentences.json`, made from the marks in the code), so what was filled in is read back from the sentence. What
is not ours, or can be read in two ways, stays as it was written.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from itertools import islice

from assessor.errors import N_

Translate = Callable[[str], str]

FILE = "sentences.json"
# What the one person of a laptop is called, as it is written down.
LOCAL_NAME = N_("Local user")
# Longer texts are none of ours, and patterns need time.
LONGEST = 2000
# A sentence, its remedy, and one that stands in it: no chain of ours is longer.
DEEPEST = 4
# Each of them ends once within itself at most.
MOST_ENDS = 2 * DEEPEST - 1
_FIELD = re.compile(r"\{([a-z_]+)\}")
_ENDS = re.compile(r"(?<=[.?!]) (?=\S)")
_NUMBER = r"\d[\d.]*"
# What is known of a field's values makes a sentence readable in one way only.
_VALUES = {
    "request": r"(?:GET|POST|DELETE) \S+",
    "status": r"\d{3}",
    "field": r"[!-9;-~]+",
    "list": r"[a-z][a-z0-9-]*",
    "port": r"\d+",
    **dict.fromkeys(("count", "total", "number", "limit", "rounds", "low", "high", "open"), _NUMBER),
}
# A value that is a sentence of ours itself; any other is somebody else's word and is quoted.
_SENTENCES = {"why"}

Piece = tuple[str, tuple[tuple[str, str], ...]]


class _Template:
    """A sentence with fields, as two patterns: where both read the same values, there is only one way to read it."""

    def __init__(self, source: str) -> None:
        self.source = source
        parts = _FIELD.split(source)
        self.literal = max(parts[::2], key=len)
        self.weight = sum(len(part) for part in parts[::2])
        self._lazy, self._greedy = (re.compile(_pattern(parts, sign), re.DOTALL) for sign in ("?", ""))

    def values(self, text: str) -> tuple[tuple[str, str], ...] | None:
        """Return the fields of a text that was made from this, None where it was not, () where nobody can tell."""
        if self.literal not in text:
            return None
        lazy, greedy = self._lazy.fullmatch(text), self._greedy.fullmatch(text)
        if lazy is None or greedy is None:
            return None
        return tuple(lazy.groupdict().items()) if lazy.groupdict() == greedy.groupdict() else ()


def _pattern(parts: list[str], sign: str) -> str:
    made, known = [], set()
    for place, part in enumerate(parts):
        if place % 2 == 0:
            made.append(re.escape(part))
        elif part in known:
            made.append(f"(?P={part})")
        else:
            known.add(part)
            made.append(f"(?P<{part}>{_VALUES.get(part, f'.+{sign}')})")
    return "".join(made)


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[str], tuple[_Template, ...]]:
    """Return the sentences that stand as they are, and those with fields, the most telling first."""
    data = json.loads(resources.files("assessor").joinpath(FILE).read_text("utf-8"))
    templates = sorted((_Template(one) for one in data["filled"]), key=lambda one: (-one.weight, one.source))
    return frozenset(data["whole"]), tuple(templates)


@lru_cache(maxsize=4096)
def _read(text: str, deep: int = 0) -> tuple[Piece, ...]:
    """Return the sources of a text with what was filled in; empty where it is not ours."""
    whole, templates = _known()
    if text in whole:
        return ((text, ()),)
    if not text or len(text) > LONGEST or deep >= DEEPEST:
        return ()
    ends = [*islice(_ENDS.finditer(text), MOST_ENDS + 1)]
    for end in ends if len(ends) <= MOST_ENDS else ():
        first = _read(text[: end.start()], deep + 1)
        rest = _read(text[end.end() :], deep + 1) if first else ()
        if rest:
            return (*first, *rest)
    for one in templates:
        values = one.values(text)
        if values is not None:
            return ((one.source, values),) if values else ()
    return ()


def is_ours(text: str) -> bool:
    """Tell whether a text is a sentence of ours, or several in a row."""
    return bool(_read(text))


def retold(text: str, translate: Translate) -> str:
    """Return a stored sentence of ours in the language of `translate`; any other text as it is."""
    pieces = _read(text)
    return " ".join(_told(source, dict(values), translate) for source, values in pieces) if pieces else text


def named(name: str, translate: Translate) -> str:
    """Return a person's name as it was written down; the one name that is ours in the language of `translate`."""
    return translate(LOCAL_NAME) if name == LOCAL_NAME else name


def retold_parts(text: str, translate: Translate) -> str:
    """Return a text that was put together of several with semicolons, each told anew."""
    return "; ".join(retold(part, translate) for part in text.split("; "))


def _told(source: str, values: dict[str, str], translate: Translate) -> str:
    def value(match: re.Match[str]) -> str:
        given = values.get(match.group(1), "")
        return retold(given, translate) if match.group(1) in _SENTENCES else given

    # Filled by plain replacement: what servers said is never read as a template.
    return _FIELD.sub(value, translate(source))
