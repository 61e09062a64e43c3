"""Inventory files, YAML or a table: every row on its own, so that one that is wrong hides none that is right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from assessor.content import Document, read_yaml
from assessor.errors import N_, ContentError, ContentErrors
from assessor.scenarios import graph
from assessor.scenarios.graph import Part
from assessor.services.inventory.columns import SHORT, TableRow, read_table
from assessor.services.inventory.rows import FLAT

MAX_BYTES = 8 * 1024 * 1024
MAX_NODES = 600_000
MAX_ROWS = 20_000
KINDS = ("csv", "yaml", "yml")
ACCEPTED = ".csv,.yaml,.yml"


class FileComponent(graph.Component):
    """A component as a file says it: beside the graph's attributes its note and the questions it bears on."""

    note: Annotated[str, Field(max_length=4000)] | None = None
    questions: tuple[graph.ShortText, ...] = ()


MODELS: dict[str, type[Part]] = {
    "workloads": graph.Workload,
    "components": FileComponent,
    "requires": graph.Requires,
    "fallbacks": graph.Fallback,
}
# A file that is played on by itself says where home is; here the scope of the assessment does.
HOME = "home"
# What the columns of this installation hold is narrower than what a graph may say.
LONGEST = {"name": 120, "product": 120, "maker": 120, "seller": 120, "parent": 120, "licence": 120, "id": 60}


# What stands, by table and id, as a file would say it.
Standing = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Row:
    """One row of a file that can be read: what it says, nested as YAML has it, and where it stands."""

    table: str
    line: int
    said: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The id of a node, or the ends of an edge."""
        if self.table in {"workloads", "components"}:
            return str(self.said["id"])
        source, target, workload = self.ends
        return f"{source} → {target} ({workload})" if workload else f"{source} → {target}"

    @property
    def ends(self) -> tuple[str, str, str | None]:
        """Source and target of an edge, and the one workload that it is for."""
        return str(self.said.get("source", "")), str(self.said.get("target", "")), self.said.get("workload")


@dataclass
class File:
    """A file as it was read: its good rows, and what is wrong with the others, each at its line."""

    source: str
    rows: list[Row] = field(default_factory=list)
    faults: list[ContentError] = field(default_factory=list)
    # Ids of rows that are wrong: an edge to one of them is told apart from an edge to nowhere.
    spoilt: set[str] = field(default_factory=set)


def read_file(raw: bytes, name: str, standing: Standing) -> File:
    """Read an inventory file; `standing` is what each id says now, so that a row may say a part of it only.

    Raises `ContentError` or `ContentErrors` for a file of which no row can be read.
    """
    kind = name.rpartition(".")[2].lower()
    if kind not in KINDS:
        raise ContentError(
            N_("The name does not end in .csv or .yaml."), source=name, remedy=N_("Choose a table (CSV) or YAML.")
        )
    rows = list(read_table(raw, name) if kind == "csv" else _read_yaml(raw, name))
    if len(rows) > MAX_ROWS:
        raise ContentError(
            N_("The file holds {count} rows; {most} can be taken at once."),
            source=name,
            remedy=N_("Split it."),
            count=len(rows),
            most=MAX_ROWS,
        )
    file = File(name)
    for row in rows:
        _take(file, row, standing)
    _find_doubles(file)
    return file


def _read_yaml(raw: bytes, name: str) -> Iterator[TableRow]:
    document = read_yaml(raw, name, max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    tables = document.data
    if not isinstance(tables, dict) or not tables or any(key not in {*MODELS, HOME} for key in tables):
        raise ContentErrors(_wrong_tables(document))
    for table in MODELS:
        rows = tables.get(table) or []
        if not isinstance(rows, list):
            raise ContentErrors(
                [document.error((table,), N_("“{table}” is no list."), N_("Begin each row with a dash."), table=table)]
            )
        for number, row in enumerate(rows):
            line = document.line((table, number))
            if isinstance(row, dict):
                yield TableRow(table, line, row)
            else:
                fault = document.error(
                    (table, number), N_("This row says nothing by name."), N_("Write “id: …” and what else is known.")
                )
                yield TableRow(table, line, {}, (fault,))


def _wrong_tables(document: Document) -> list[ContentError]:
    known = ", ".join(MODELS)
    if not isinstance(document.data, dict) or not document.data:
        return [
            document.error(
                (), N_("There is no inventory in this file."), N_("Begin with one of: {known}."), known=known
            )
        ]
    return [
        document.error(
            (key,),
            N_("“{name}” is not a known key here."),
            N_("Use only: {known}."),
            name=str(key)[:60],
            known=known,
        )
        for key in document.data
        if key not in {*MODELS, HOME}
    ]


def _take(file: File, row: TableRow, standing: Standing) -> None:
    """Add one row to a file, with the requirements that it names in short; or what is wrong with it."""
    said = dict(row.data)
    short = said.pop(SHORT, None) if row.table in {"workloads", "components"} else None
    faults = list(row.faults)
    if not faults:
        faults = [*_misfits(file.source, row, said, standing)]
    if faults:
        file.faults += faults
        if isinstance(row.data.get("id"), str):
            file.spoilt.add(row.data["id"])
        return
    file.rows.append(Row(row.table, row.line, said))
    for target in short or ():
        edge = {"source": said["id"], "target": target}
        _take(file, TableRow("requires", row.line, edge), standing)


def _misfits(source: str, row: TableRow, said: dict[str, Any], standing: Standing) -> Iterator[ContentError]:
    """Yield what the schema refuses; what a row leaves out counts as it stands."""
    stands = standing.get(row.table, {}).get(str(said["id"]), {}) if "id" in said else {}
    whole = {name: value for name, value in stands.items() if value is not None} | said
    try:
        model = MODELS[row.table].model_validate(_filled(row.table, whole))
    except ValidationError as error:
        for item in error.errors(include_url=False):
            yield _fault(source, row, item)
        return
    for name, longest in LONGEST.items():
        text = said.get(name)
        if isinstance(text, str) and len(text) > longest and row.table == "components":
            yield _too_long(source, row, name, longest)
    # As the schema reads it: numbers as numbers, texts without spaces around them.
    dumped = model.model_dump(mode="json")
    for name, value in said.items():
        said[name] = {inner: dumped[name][inner] for inner in value} if isinstance(value, dict) else dumped[name]


def _filled(table: str, whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without what is said to be unknown where the schema has no word for that."""
    texts = {"workloads": ("load", "criticality", "data_classes"), "components": ("triggers", "questions")}
    lists = (*texts.get(table, ()), "data_classes", "safety_path")
    return {name: value for name, value in whole.items() if value is not None or name not in lists}


def _too_long(source: str, row: TableRow, name: str, longest: int) -> ContentError:
    return ContentError(
        N_("“{where}” is longer than {longest} characters."),
        source=source,
        line=row.line,
        remedy=N_("Shorten it; the note holds more."),
        where=name,
        longest=longest,
    )


_REASONS = {
    "missing": (N_("“{where}” is missing."), N_("Add it.")),
    "extra_forbidden": (N_("“{where}” is not a known key here."), N_("Check the spelling, or take it out.")),
    "string_pattern_mismatch": (
        N_("“{where}” does not have the form it must have."),
        N_("Ids are small letters, digits and hyphens; countries two capital letters; days year-month-day."),
    ),
}
_ENUM = (N_("“{where}” is none of: {known}."), N_("Write one of them."))
_OTHER = (N_("“{where}”: {problem}."), N_("See docs/inventory.md for what may stand there."))


def _fault(source: str, row: TableRow, item: Mapping[str, Any]) -> ContentError:
    path = tuple(str(part) for part in item["loc"])
    flat = {place: name for name, place in FLAT.items()}
    where = flat.get(path[:2], ".".join(path)) if len(path) > 1 else ".".join(path)
    reason, remedy = _ENUM if item["type"] == "enum" else _REASONS.get(item["type"], _OTHER)
    known = str(item.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
    problem = str(item["msg"]).rstrip(".")
    return ContentError(reason, source=source, line=row.line, remedy=remedy, where=where, problem=problem, known=known)


def _find_doubles(file: File) -> None:
    """Take out the later of two rows with one id, or of two edges between the same ends, as faults."""
    first: dict[tuple[str, str], Row] = {}
    kept = []
    for row in file.rows:
        is_node = row.table in {"workloads", "components"}
        place = ("node" if is_node else row.table, row.key)
        if place not in first:
            first[place] = row
            kept.append(row)
            continue
        file.faults.append(
            ContentError(
                N_("“{id}” stands on line {first} already."),
                source=file.source,
                line=row.line,
                remedy=N_("Keep one of the two, or give one another id.") if is_node else N_("Keep one of the two."),
                id=row.key,
                first=first[place].line,
            )
        )
    file.rows = kept


def write_yaml(data: Mapping[str, Any]) -> bytes:
    """Return an inventory's data as YAML, only what is known."""
    return yaml.safe_dump(
        {table: [_sparse(row) for row in data[table]] for table in MODELS if data.get(table)},
        sort_keys=False,
        allow_unicode=True,
        width=120,
    ).encode()


def _sparse(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, given in row.items():
        value = _sparse(given) if isinstance(given, dict) else given
        # No fates at all is a fact; an empty list of anything else says nothing.
        if value in (None, "", {}) or (value in ([], ()) and name != "fates"):
            continue
        found[name] = int(value) if isinstance(value, float) and value.is_integer() else value
    return found
