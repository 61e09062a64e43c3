"""A list of endpoints in one file, YAML or a table (CSV), read so that every fault is named with its line."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from assessor.content import Document, Path_, read_yaml, validate
from assessor.errors import N_, AssessorError, ContentError, ContentErrors
from assessor.probes.collect.guard import check_url, whole_address
from assessor.probes.result import Facts
from assessor.probes.target import Policy

MAX_BYTES = 128 * 1024
MAX_ENDPOINTS = 500
Part = Literal["model", "safety", "embedding", "tools", "fallback"]
YES, NO = {"yes", "true", "1", "x", "ja"}, {"no", "false", "0", "", "nein"}
FLAGS = ("root_paths", "allow_chat")


class Entry(Facts):
    """One endpoint of a list.

    `key_env` names the environment variable that holds its key; the key itself is in no list. `ca_file` and
    `client_cert` (certificate and key in one PEM file) are read where the prober runs. `allow_chat` allows one
    completion of one token.
    """

    name: Annotated[str, Field(min_length=1, max_length=120)]
    url: Annotated[str, Field(min_length=1, max_length=500)]
    role: Part = "model"
    key_env: Annotated[str, Field(max_length=120, pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")] = ""
    key_header: Annotated[str, Field(min_length=1, max_length=80)] = "Authorization"
    ca_file: Annotated[str, Field(max_length=500)] = ""
    client_cert: Annotated[str, Field(max_length=500)] = ""
    root_paths: bool = False
    allow_chat: bool = False


class EndpointList(Facts):
    """The whole list."""

    endpoints: Annotated[tuple[Entry, ...], Field(min_length=1, max_length=MAX_ENDPOINTS)]


COLUMNS = tuple(Entry.model_fields)


def read_list(raw: bytes, source: str, policy: Policy) -> tuple[Entry, ...]:
    """Return the endpoints of a list; raises `ContentErrors` with every fault, each at its line.

    A name that ends in .csv or .tsv is read as a table, anything else as YAML. URLs are judged by the policy.
    """
    if len(raw) > MAX_BYTES:
        raise ContentError(
            N_("The list is larger than {limit} kB."),
            source=source,
            remedy=N_("Split it."),
            limit=MAX_BYTES // 1024,
        )
    document = _document(raw, source)
    rows = document.data.get("endpoints") if isinstance(document.data, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ENDPOINTS or list(document.data) != ["endpoints"]:
        # Raises, with what is wrong about the whole.
        return validate(EndpointList, document).endpoints
    found: list[Entry | None] = []
    faults: list[ContentError] = []
    for number, row in enumerate(rows):
        try:
            found.append(validate(Entry, _part(document, number, row)))
        except ContentErrors as wrong:
            faults += wrong.errors
            found.append(None)
        faults += _url(row, number, document, policy)
    faults += _twice(found, document)
    if faults:
        raise ContentErrors(faults)
    return tuple(entry for entry in found if entry is not None)


def _part(document: Document, number: int, row: Any) -> Document:
    """Return one row as a document of its own, so that faults name the column and all rows are looked at."""
    place = ("endpoints", number)
    lines = {path[2:]: line for path, line in document.lines.items() if path[:2] == place}
    return Document(row, document.source, {(): document.line(place)} | lines)


def _document(raw: bytes, source: str) -> Document:
    return _table(raw, source) if source.lower().endswith((".csv", ".tsv")) else read_yaml(raw, source)


def lines_of_entries(raw: bytes, source: str) -> dict[Path_, int]:
    """Return the line of every value of a list that `read_list` took, by its path."""
    return _document(raw, source).lines


def _url(row: Any, number: int, document: Document, policy: Policy) -> list[ContentError]:
    url = row.get("url") if isinstance(row, dict) else None
    if not isinstance(url, str) or not url:
        return []
    try:
        check_url(url, policy)
    except AssessorError as refusal:
        place = ("endpoints", number, "url")
        return [document.error(place, refusal.reason, refusal.remedy, **refusal.params)]
    return []


def _twice(found: Sequence[Entry | None], document: Document) -> list[ContentError]:
    faults: list[ContentError] = []
    for field in ("name", "url"):
        lines: dict[object, int] = {}
        for number, entry in enumerate(found):
            if entry is None:
                continue
            said = str(getattr(entry, field))
            value = whole_address(said) if field == "url" else said.casefold()
            place: Path_ = ("endpoints", number, field)
            if value in lines:
                reason = N_("“{value}” stands in line {before} already.")
                faults.append(
                    document.error(place, reason, N_("Take one of the two out."), value=said, before=lines[value])
                )
            lines.setdefault(value, document.line(place))
    return faults


def _table(raw: bytes, source: str) -> Document:
    """Return a table as the YAML list would be; the line of every value is the line of its row's beginning."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(
            N_("The file is not UTF-8 text (byte {at})."), source=source, remedy=N_("Save it as UTF-8."), at=error.start
        ) from error
    head = text.splitlines()[0] if text.strip() else ""
    mark = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    rows: list[dict[str, Any]] = []
    lines: dict[Path_, int] = {(): 1, ("endpoints",): 1}
    faults: list[ContentError] = []
    names: list[str] = []
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = _header(cells, source, line)
                continue
            if len(cells) > len(names):
                faults.append(
                    _row_fault(source, line, N_("This row has {count} cells, the first row {known}."), cells, names)
                )
                continue
            lines |= _lines_of(len(rows), names, line)
            rows.append(_row(cells, names, source, line, faults))
    except csv.Error as error:
        raise ContentError(
            N_("The table cannot be read: {why}."),
            source=source,
            line=begins,
            remedy=N_("Look for a quotation mark that is not closed."),
            why=str(error),
        ) from error
    if faults:
        raise ContentErrors(faults)
    return Document({"endpoints": rows}, source, lines)


def _row_fault(source: str, line: int, reason: str, cells: list[str], names: list[str]) -> ContentError:
    remedy = N_("Put text that holds the separator into quotation marks.")
    return ContentError(reason, source=source, line=line, remedy=remedy, count=len(cells), known=len(names))


def _lines_of(number: int, names: list[str], line: int) -> dict[Path_, int]:
    return {("endpoints", number): line} | {("endpoints", number, name): line for name in names}


def _header(cells: list[str], source: str, line: int) -> list[str]:
    names = [re.sub(r"[ -]+", "_", cell.strip().lower()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    known = ", ".join(COLUMNS)
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in ("name", "url") if name not in names]
    reason = ""
    if missing:
        reason = N_("The first row names no column “{column}”.")
    elif unknown:
        reason = N_("The first row names a column “{column}”, which is not known.")
    elif len(set(names)) < len(names):
        reason = N_("The first row names a column twice.")
    if reason:
        column = (missing or unknown or [""])[0][:60]
        raise ContentError(
            reason, source=source, line=line, remedy=N_("Known are: {known}."), column=column, known=known
        )
    return names


def _row(cells: list[str], names: list[str], source: str, line: int, faults: list[ContentError]) -> dict[str, Any]:
    """Return a row's values; an empty cell is the default, and words for yes and no are understood."""
    made: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=False):
        text = cell.strip()
        if name in FLAGS:
            if text.lower() not in YES | NO:
                faults.append(
                    ContentError(
                        N_("“{text}” in the column “{column}” is neither yes nor no."),
                        source=source,
                        line=line,
                        remedy=N_("Write yes or no, or leave the cell empty."),
                        text=text[:60],
                        column=name,
                    )
                )
            made[name] = text.lower() in YES
        elif text or name in {"name", "url"}:
            made[name] = text
    return made


def file_name(entry: Entry, number: int) -> str:
    """Return the name of an endpoint's result file: its place in the list and what of its name a file can carry."""
    plain = re.sub(r"[^a-z0-9]+", "-", entry.name.lower()).strip("-")[:60]
    return f"{number:03d}-{plain or 'endpoint'}.json"


def ca_path(entry: Entry, folder: Path) -> Path | None:
    """Return where an endpoint's certificate authority lies, beside the list when its name is relative."""
    return folder / entry.ca_file if entry.ca_file else None
