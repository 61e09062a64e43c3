"""The table form of an inventory (CSV): one row for each workload, component, requirement and fallback."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assessor.content import utf8_text
from assessor.errors import N_, ContentError
from assessor.reports.forms.tables import RISKY, harmless
from assessor.services.exchange.csv_out import BYTE_ORDER_MARK
from assessor.services.inventory.attributes import BY_NAME
from assessor.services.inventory.rows import ATTRIBUTES, nested

WHAT = {"workload": "workloads", "component": "components", "requires": "requires", "fallback": "fallbacks"}
UNKNOWN = "?"
NONE = "none"
OF_WORKLOAD = ("owner", "criticality", "tolerance_hours", "load", "data_classes")
OF_EDGE = ("source", "target", "survives_for", "survives_restart")
OF_FALLBACK = ("workload", "switch_hours", "capacity_percent", "quality", "tested_on", "tested_share", "safety_path")
BESIDE = ("note", "questions")
# The requirements of a row by their ids alone: quick to write; what they survive stands in rows of their own.
SHORT = "requires"
# Every column, in the order in which they are written.
COLUMNS = tuple(dict.fromkeys(("what", "id", *ATTRIBUTES, *OF_WORKLOAD, SHORT, *OF_EDGE, *OF_FALLBACK, *BESIDE)))
LISTS = frozenset({"countries", "triggers", "data_classes", "safety_path", "questions", SHORT})
NUMBERS = frozenset(
    {one.name for one in BY_NAME.values() if one.type in {"days", "number", "hours"}}
    | {"tolerance_hours", "load", "survives_for", "switch_hours", "capacity_percent", "tested_share"}
)
TRUTHS = frozenset({one.name for one in BY_NAME.values() if one.type == "yes-no"} | {"survives_restart"})
YES = frozenset({"yes", "true", "1", "y", "ja", "oui"})
NO = frozenset({"no", "false", "0", "n", "nein", "non"})
ALLOWED = {
    "workloads": frozenset({"what", "id", "name", SHORT, *OF_WORKLOAD}),
    "components": frozenset({"what", "id", SHORT, *ATTRIBUTES, *BESIDE}),
    "requires": frozenset({"what", *OF_EDGE}),
    "fallbacks": frozenset({"what", "source", "target", "data_classes", *OF_FALLBACK}),
}
MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class TableRow:
    """One row of a table as it was written; `data` is nested as YAML would have it, `faults` are by column."""

    table: str
    line: int
    data: Mapping[str, Any]
    faults: tuple[ContentError, ...] = ()


def read_table(raw: bytes, source: str) -> Iterator[TableRow]:
    """Yield the rows of a table; raises `ContentError` where it is none, or has a column that nobody knows."""
    text = utf8_text(raw, source, MAX_BYTES, N_("Split it."), N_("Save it as “CSV UTF-8”."))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
        _check_head(head, source)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(head, cells, line, source)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ContentError(
            N_("This is no table: {problem}."),
            source=source,
            line=reader.line_num,
            remedy=N_("Check the quotes on this line."),
            problem=error,
        ) from error


def _check_head(head: list[str], source: str) -> None:
    unknown = [name for name in head if name not in COLUMNS]
    if "id" not in head and "source" not in head:
        raise ContentError(
            N_("The first line names no column “id”."),
            source=source,
            line=1,
            remedy=N_("Begin with a line of column names, as an exported file has it."),
        )
    if unknown or len(set(head)) < len(head):
        names = unknown or [name for name in head if head.count(name) > 1]
        raise ContentError(
            N_("The column “{name}” is not known, or is there twice."),
            source=source,
            line=1,
            remedy=N_("Take it out, or use one of: {known}."),
            name=names[0][:60],
            known=", ".join(COLUMNS),
        )


def _row(head: list[str], cells: list[str], line: int, source: str) -> TableRow:
    faults: list[ContentError] = []
    said = {name: cell.strip() for name, cell in zip(head, cells, strict=False) if cell.strip()}
    what = said.pop("what", "component").strip().lower()
    table = WHAT.get(what, "")
    if not table:
        fault = ContentError(
            N_("Column {column}: “{said}” is no kind of row."),
            source=source,
            line=line,
            remedy=N_("Write one of: {known}."),
            column="what",
            said=what[:60],
            known=", ".join(WHAT),
        )
        return TableRow("components", line, {}, (fault,))
    if len(cells) > len(head) and any(cell.strip() for cell in cells[len(head) :]):
        faults.append(
            ContentError(
                N_("The row has more cells than there are columns."),
                source=source,
                line=line,
                remedy=N_("Put a cell that holds the separator into quotes."),
            )
        )
    values: dict[str, Any] = {}
    for name, cell in said.items():
        if name not in ALLOWED[table]:
            faults.append(
                ContentError(
                    N_("“{name}” says nothing of a {what}."),
                    source=source,
                    line=line,
                    remedy=N_("Empty the cell."),
                    name=name,
                    what=what,
                )
            )
            continue
        try:
            values[name] = _value(name, cell)
        except ValueError:
            is_number = name in NUMBERS
            faults.append(
                ContentError(
                    N_("Column {column}: “{said}” is no number.")
                    if is_number
                    else N_("Column {column}: “{said}” is neither yes nor no."),
                    source=source,
                    line=line,
                    remedy=N_("Write a number, or leave the cell empty.") if is_number else N_("Write yes or no."),
                    column=name,
                    said=cell[:60],
                )
            )
    short = values.pop(SHORT, None)
    data = nested(values) if table == "components" else values
    if short:
        data = {**data, SHORT: short}
    return TableRow(table, line, data, tuple(faults))


def plain(cell: str) -> str:
    """Return what a cell says: without the apostrophe that kept a spreadsheet from computing it."""
    behind = cell[1:] if cell.startswith("'") else ""
    return behind if behind.startswith(("'", UNKNOWN)) or behind.lstrip().startswith(RISKY) else cell


def _value(name: str, cell: str) -> Any:
    """Return a cell as the schema wants it; raises `ValueError` for what is no number, or neither yes nor no."""
    if cell == UNKNOWN:
        return None
    text = plain(cell)
    if name in NUMBERS:
        number = float(text.replace("\u00a0", "").replace(" ", "").replace(",", "."))
        return int(number) if number.is_integer() else number
    if name in TRUTHS:
        if text.lower() not in YES | NO:
            raise ValueError(text)
        return text.lower() in YES
    if name == "fates":
        return [] if text.lower() == NONE else [_fate(one) for one in text.split(";") if one.strip()]
    if name in LISTS:
        return [one.strip() for one in text.split(";") if one.strip()]
    return text


def _fate(text: str) -> dict[str, str]:
    kind, _, name = text.partition(":")
    return {"kind": kind.strip().lower(), "name": name.strip()}


def write_table(data: Mapping[str, Any]) -> bytes:
    """Return an inventory's data as a table, in UTF-8 with the mark by which spreadsheets know it."""
    stream = io.StringIO()
    table = csv.writer(stream, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for what, name in WHAT.items():
        for row in data.get(name, ()):
            said = {"what": what, **row}
            table.writerow([_cell(column, said.get(column)) for column in COLUMNS])
    return (BYTE_ORDER_MARK + stream.getvalue()).encode()


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "fates":
        return harmless("; ".join(f"{one['kind']}: {one['name'].replace(';', ',')}" for one in value)) or NONE
    if isinstance(value, list | tuple):
        return _text("; ".join(one.replace(";", ",") for one in value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _text(str(value))


def _text(text: str) -> str:
    """Return text as a cell: led by an apostrophe where it would compute, or would be read as something else."""
    return f"'{text}" if text.startswith("'") or text == UNKNOWN else harmless(text)
