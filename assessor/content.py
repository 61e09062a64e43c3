"""The one reader of YAML content: hostile input is refused before it is built, faults carry file and line."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from assessor.errors import N_, ContentError, ContentErrors

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
MAX_NODES = 50_000

Model = TypeVar("Model", bound=BaseModel)
Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """Parsed content, where it came from, and the line (from 1) of every value by its path.

    `parts` names the file of every path that came from another one than `source`; see `joined`.
    """

    data: Any
    source: str
    lines: dict[Path_, int] = field(default_factory=dict)
    parts: dict[Path_, str] = field(default_factory=dict)

    def line(self, path: Path_) -> int:
        """Return the line of the value at `path`, or of its nearest ancestor that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def file(self, path: Path_) -> str:
        """Return the file that holds the value at `path`."""
        known = (self.parts[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.parts)
        return next(known, self.source)

    def error(self, path: Path_, reason: str, remedy: str = "", **params: object) -> ContentError:
        """Return a fault at `path` of this document."""
        return ContentError(reason, source=self.file(path), line=self.line(path), remedy=remedy, **params)

    def joined(self, key: str, others: Sequence["Document"]) -> "Document":
        """Return this document with the lists under `key` of others appended to its own; each fault keeps its file.

        Raises `ContentErrors` for another document that is not just a mapping with that one list.
        """
        faults = [other.error((), _NOT_A_PART, _A_PART, key=key) for other in others if not _is_part(other.data, key)]
        if faults:
            raise ContentErrors(faults)
        own = self.data.get(key, [])
        if not others or not isinstance(own, list):
            return self
        items = list(own)
        lines, parts = dict(self.lines), dict(self.parts)
        for other in others:
            for path, line in other.lines.items():
                if len(path) > 1 and isinstance(path[1], int):
                    lines[(key, path[1] + len(items), *path[2:])] = line
            parts |= {(key, len(items) + index): other.source for index in range(len(other.data[key]))}
            items += other.data[key]
        return Document({**self.data, key: items}, self.source, lines, parts)


_NOT_A_PART = N_("This file holds something else than one list, “{key}”.")
_A_PART = N_("Begin it with “{key}:” and put everything below that key.")


def _is_part(data: Any, key: str) -> bool:
    return isinstance(data, dict) and list(data) == [key] and isinstance(data[key], list)


# The C parser is some twenty times as fast; the pure one is all that a prober in one file carries.
_Plain: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Plain):  # type: ignore[misc]
    """The safe loader without dates and without numbers to the base of 60: both stay the text their author wrote.

    The builder below refuses deep nesting as it comes.
    """


# YAML 1.1 reads 1:30 as 90. Nobody means that, a long one costs a minute of computing, and some cannot be built at all.
_PLAIN_NUMBERS = {
    "tag:yaml.org,2002:int": re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)\Z"),
    "tag:yaml.org,2002:float": re.compile(
        r"(?:[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, _PLAIN_NUMBERS.get(tag, regexp)) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml_file(path: Path) -> Document:
    """Read one YAML file; raises `ContentError` for anything but one plain, readable document."""
    try:
        with path.open("rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise ContentError(
            N_("The file cannot be read: {why}."),
            source=str(path),
            remedy=N_("Check the name and the permissions."),
            why=error.strerror or str(error),
        ) from error
    return read_yaml(raw, str(path))


def packaged(package: str, name: str) -> bytes:
    """Return a file that lies inside a package, wherever the package lies: a folder, or one file to run."""
    return files(package).joinpath(name).read_bytes()


def read_packaged(package: str, name: str) -> Document:
    """Read a YAML file that lies inside a package; the prober in one file carries it as JSON, checked and converted.

    Raises `ContentError` as `read_yaml_file` does.
    """
    try:
        return Document(json.loads(packaged(package, name.removesuffix(".yaml") + ".json")), name)
    except FileNotFoundError:
        return read_yaml(packaged(package, name), name)


def utf8_text(raw: bytes, source: str, max_bytes: int, shorten: str, save: str) -> str:
    """Return the text of a file; raises `ContentError` where it is too large or not UTF-8, with that remedy."""
    if len(raw) > max_bytes:
        raise ContentError(N_("The file is larger than {limit} bytes."), source=source, remedy=shorten, limit=max_bytes)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(
            N_("The file is not UTF-8 text (byte {at})."), source=source, remedy=save, at=error.start
        ) from error


def read_yaml(raw: bytes, source: str, *, max_bytes: int = MAX_BYTES, max_nodes: int = MAX_NODES) -> Document:
    """Parse YAML bytes from `source` (a file name for messages).

    Refuses, before any object is built: more than `max_bytes`, bytes that are not UTF-8, anchors, aliases, tags, a
    second document, more than 20 levels or `max_nodes` nodes, and duplicate keys. Raises `ContentError`.
    """
    shorten = N_("Split it, or leave out what does not belong.")
    text = utf8_text(raw, source, max_bytes, shorten, N_("Save it as UTF-8."))
    loader = _Loader(text)
    try:
        return _Builder(loader, source, max_nodes).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ContentError(
            N_("This is not valid YAML: {problem}."),
            source=source,
            line=mark.line + 1 if mark else 0,
            remedy=N_("Check indentation, colons and quotes on this line and the one before."),
            problem=error.problem or error.context or "syntax error",
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ContentError(N_("This is not valid YAML: {problem}."), source=source, problem=error) from error
    finally:
        loader.dispose()


class _Builder:
    """Builds the values and their lines straight from the parser's events, and refuses at the first hostile one.

    One pass without a tree of nodes between: half the time of scanning, composing and constructing one after another.
    """

    def __init__(self, loader: _Loader, source: str, max_nodes: int) -> None:
        self._loader, self._source, self._max_nodes = loader, source, max_nodes
        self._next: Callable[[], Any] = loader.get_event
        self._lines: dict[Path_, int] = {(): 1}
        self._nodes = 0

    def document(self) -> Document:
        """Return the one document of the stream; of an empty stream one that holds nothing."""
        data = None
        self._next()  # the stream begins
        if type(self._next()) is not yaml.StreamEndEvent:
            event = self._next()
            self._lines[()] = _line(event)
            data = self._value(event, (), 1)
            self._next()  # the document ends
            after = self._next()
            if type(after) is not yaml.StreamEndEvent:
                raise _refused(self._source, _line(after), N_("A second document (---) is not allowed here."))
        return Document(data, self._source, self._lines)

    def _value(self, event: Any, path: Path_, depth: int) -> Any:
        kind = type(event)
        self._admit(event, depth if kind is not yaml.ScalarEvent else 0)
        if kind is yaml.ScalarEvent:
            return self._scalar(event, _tag(event))
        if kind is yaml.MappingStartEvent:
            return self._mapping(path, depth)
        items: list[Any] = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            below = (*path, len(items))
            self._lines[below] = event.start_mark.line + 1
            items.append(self._value(event, below, depth + 1))
        return items

    def _mapping(self, path: Path_, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        seen: set[str] = set()
        while type(key := self._next()) is not yaml.MappingEndEvent:
            line = _line(key)
            self._admit(key, 0)
            tag = _tag(key) if type(key) is yaml.ScalarEvent else _MERGE
            if tag == _MERGE:
                raise _refused(self._source, line, N_("Only plain keys are allowed here."))
            if key.value in seen:
                raise ContentError(
                    N_("The key “{key}” is given twice."),
                    source=self._source,
                    line=line,
                    remedy=N_("Keep one of the two."),
                    key=key.value,
                )
            seen.add(key.value)
            name: str | int = int(key.value) if tag == _INT and key.value.isdigit() else key.value
            below = (*path, name)
            found[self._scalar(key, tag)] = self._value(self._next(), below, depth + 1)
            self._lines[below] = line
        return found

    def _admit(self, event: Any, depth: int) -> None:
        self._nodes += 1
        if type(event) is yaml.AliasEvent:
            raise _refused(self._source, _line(event), N_("An alias (*name) is not allowed here."))
        if event.anchor:
            raise _refused(self._source, _line(event), N_("An anchor (&name) is not allowed here."))
        if event.tag:
            raise _refused(self._source, _line(event), N_("A tag (!name) is not allowed here."))
        if depth > MAX_DEPTH or self._nodes > self._max_nodes:
            raise _refused(self._source, _line(event), N_("The content is nested too deeply or has too many parts."))

    def _scalar(self, event: Any, tag: str) -> Any:
        if tag == _TEXT:
            return event.value
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        return self._loader.construct_object(node)


_TEXT, _INT, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "int", "merge"))


def _tag(event: Any) -> str:
    """Return what a scalar means: text, unless it stands without quotes and looks like something else."""
    value: str = event.value
    if event.implicit[0]:
        for tag, regexp in _Loader.yaml_implicit_resolvers.get(value[:1], ()):
            if regexp.match(value):
                return str(tag)
    return _TEXT


def _line(event: Any) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _refused(source: str, line: int, reason: str) -> ContentError:
    return ContentError(reason, source=source, line=line, remedy=N_("Write the content out plainly."))


_REASONS = {
    "missing": (N_("“{name}” is missing."), N_("Add it.")),
    "extra_forbidden": (N_("“{name}” is not a known key here."), N_("Check the spelling, or take it out.")),
}


def validate(model: type[Model], document: Document) -> Model:
    """Build `model` from a document; raises `ContentErrors` with every fault, each at its line."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        faults = []
        for item in error.errors(include_url=False):
            path = tuple(part for part in item["loc"] if part != "[key]")
            name = str(path[-1]) if path else ""
            where = ".".join(str(part) for part in path)
            reason, remedy = _REASONS.get(item["type"], (N_("“{where}”: {problem}."), ""))
            faults.append(document.error(path, reason, remedy, name=name, where=where, problem=item["msg"].rstrip(".")))
        raise ContentErrors(faults) from error


def canonical_json(data: Any) -> str:
    """Return JSON with sorted keys and no spare space: the form in which content is hashed."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(data: Any) -> str:
    """Return the sha256 (64 hex digits) of the canonical JSON of `data`."""
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()
