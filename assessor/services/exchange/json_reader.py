"""JSON with the line of every value; keys given twice, deep nesting and monstrous numbers are refused."""

import json
import math
import re
from typing import Any

from assessor.content import MAX_DEPTH, Document, Path_
from assessor.errors import N_, ContentError

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,4})?(?![0-9.eE])")
_TEXT = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORDS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read_json(raw: bytes, source: str, *, max_bytes: int, max_nodes: int) -> Document:
    """Parse JSON bytes from `source` (a file name for messages); raises `ContentError` with the line."""
    if len(raw) > max_bytes:
        raise ContentError(
            N_("The file is larger than {limit} bytes."),
            source=source,
            remedy=N_("Split it, or leave out what does not belong."),
            limit=max_bytes,
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(
            N_("The file is not UTF-8 text (byte {at})."), source=source, remedy=N_("Save it as UTF-8."), at=error.start
        ) from error
    return _Reader(text, source, max_nodes).document()


class _Reader:
    """Goes through the text once, from value to value."""

    def __init__(self, text: str, source: str, max_nodes: int) -> None:
        self._text, self._source, self._left = text, source, max_nodes
        self._at, self._line, self._counted = 0, 1, 0
        self._lines: dict[Path_, int] = {(): 1}

    def document(self) -> Document:
        """Return the one value of the text."""
        self._skip()
        data = self._value((), 1)
        self._skip()
        if self._at < len(self._text):
            raise self._fault(N_("There is more after the end of the content."), N_("Take it out."))
        return Document(data, self._source, self._lines)

    def _skip(self) -> str:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _fault(self, reason: str, remedy: str, **params: object) -> ContentError:
        return ContentError(reason, source=self._source, line=self._here(), remedy=remedy, **params)

    def _broken(self) -> ContentError:
        return self._fault(
            N_("This is not valid JSON: a value, a comma or a quote is missing."),
            N_("Check this line and the one before."),
        )

    def _value(self, path: Path_, depth: int) -> Any:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise self._fault(
                N_("The content is nested too deeply or has too many parts."), N_("Write the content out plainly.")
            )
        start = self._skip()
        if start == "{":
            return self._object(path, depth)
        if start == "[":
            return self._array(path, depth)
        if start == '"':
            return self._string()
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        return self._number()

    def _number(self) -> float:
        found = _NUMBER.match(self._text, self._at)
        if found is None:
            raise self._broken()
        number: float = json.loads(found[0])
        if not math.isfinite(number):
            raise self._broken()
        self._at = found.end()
        return number

    def _string(self) -> str:
        found = _TEXT.match(self._text, self._at)
        try:
            text = str(json.loads(found[0])) if found else None
        except ValueError:
            text = None
        if found is None or text is None or _SURROGATE.search(text):
            raise self._broken()
        self._at = found.end()
        return text

    def _object(self, path: Path_, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        self._at += 1
        if self._skip() == "}":
            self._at += 1
            return data
        while True:
            if self._skip() != '"':
                raise self._broken()
            line = self._here()
            name = self._string()
            if name in data:
                raise self._fault(N_("The key “{key}” is given twice."), N_("Keep one of the two."), key=name)
            if self._skip() != ":":
                raise self._broken()
            self._at += 1
            self._lines[(*path, name)] = line
            data[name] = self._value((*path, name), depth + 1)
            if self._end("}"):
                return data

    def _array(self, path: Path_, depth: int) -> list[Any]:
        items: list[Any] = []
        self._at += 1
        if self._skip() == "]":
            self._at += 1
            return items
        while True:
            self._skip()
            self._lines[(*path, len(items))] = self._here()
            items.append(self._value((*path, len(items)), depth + 1))
            if self._end("]"):
                return items

    def _end(self, bracket: str) -> bool:
        """Step over a comma (False) or the closing bracket (True)."""
        mark = self._skip()
        if mark not in (",", bracket) or not mark:
            raise self._broken()
        self._at += 1
        return mark == bracket
