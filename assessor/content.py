"""The one reader of YAML content: hostile input is refused before it is built, faults carry file and line."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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


class _Loader(yaml.CSafeLoader):
    """The safe loader without dates and without numbers to the base of 60: both stay the text their author wrote.

    The C parser is some twenty times as fast, and nesting that would end its composer is refused by the scan before.
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


def read_yaml(raw: bytes, source: str) -> Document:
    """Parse YAML bytes from `source` (a file name for messages).

    Refuses, before any object is built: more than 1 MiB, bytes that are not UTF-8, anchors, aliases, tags, a second
    document, more than 20 levels or 50,000 nodes, and duplicate keys. Raises `ContentError`.
    """
    if len(raw) > MAX_BYTES:
        raise ContentError(
            N_("The file is larger than {limit} bytes."),
            source=source,
            remedy=N_("Split it, or leave out what does not belong."),
            limit=MAX_BYTES,
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(
            N_("The file is not UTF-8 text (byte {at})."),
            source=source,
            remedy=N_("Save it as UTF-8."),
            at=error.start,
        ) from error
    try:
        _scan(text, source)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return Document(None, source, {(): 1})
            lines = dict(_lines(node, (), source))
            return Document(loader.construct_document(node), source, lines)
        finally:
            loader.dispose()
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


def _scan(text: str, source: str) -> None:
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        match event:
            case yaml.AliasEvent():
                raise _refused(source, line, N_("An alias (*name) is not allowed here."))
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _refused(source, line, N_("A second document (---) is not allowed here."))
            case yaml.CollectionStartEvent() | yaml.ScalarEvent():
                nodes += 1
                if event.anchor:
                    raise _refused(source, line, N_("An anchor (&name) is not allowed here."))
                if event.tag:
                    raise _refused(source, line, N_("A tag (!name) is not allowed here."))
                if isinstance(event, yaml.CollectionStartEvent):
                    depth += 1
                if depth > MAX_DEPTH or nodes > MAX_NODES:
                    raise _refused(source, line, N_("The content is nested too deeply or has too many parts."))
            case yaml.CollectionEndEvent():
                depth -= 1


def _refused(source: str, line: int, reason: str) -> ContentError:
    return ContentError(reason, source=source, line=line, remedy=N_("Write the content out plainly."))


def _lines(node: yaml.Node, path: Path_, source: str) -> Iterator[tuple[Path_, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                raise _refused(source, line, N_("Only plain keys are allowed here."))
            if key.value in seen:
                raise ContentError(
                    N_("The key “{key}” is given twice."),
                    source=source,
                    line=line,
                    remedy=N_("Keep one of the two."),
                    key=key.value,
                )
            seen.add(key.value)
            name: str | int = int(key.value) if key.tag.endswith(":int") and key.value.isdigit() else key.value
            yield from _lines(value, (*path, name), source)
            yield (*path, name), line
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*path, index), source)


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
