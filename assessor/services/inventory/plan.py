"""What a file would change in an inventory: row by row, before anything is changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assessor.content import content_hash
from assessor.errors import N_, AssessorError, ContentError
from assessor.models import Organisation
from assessor.scenarios import graph
from assessor.services.inventory import words
from assessor.services.inventory.files import File, Row
from assessor.services.inventory.out import standing_data
from assessor.services.inventory.rows import flat

Kind = Literal["added", "changed", "unchanged"]
IS_LIST = frozenset({"triggers", "data_classes", "safety_path", "questions"})


class PlanMoved(AssessorError):
    """The inventory changed since the plan was shown; `plan` is the one of now."""

    def __init__(self, plan: "Plan") -> None:
        self.plan = plan
        super().__init__(
            N_("The inventory was changed since this was shown, so nothing was taken over."),
            remedy=N_("Look at the changes as they are now, and confirm again."),
        )


@dataclass(frozen=True)
class Change:
    """What one row would do: attributes by column with what stands and what the file says.

    `ends` are source, target and workload of an edge, as the file calls them.
    """

    kind: Kind
    table: str
    line: int
    key: str
    title: str
    values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    ends: tuple[str, str, str | None] = ("", "", None)

    @property
    def told(self) -> list[dict[str, str]]:
        """Each attribute in words: its name, what stands, what the file says."""
        return [
            {"label": words.label(name), "here": words.value(name, old), "file": words.value(name, new)}
            for name, (old, new) in self.values.items()
        ]


@dataclass(frozen=True)
class Plan:
    """The whole of it: changes in the order of the file, rows that are wrong, and what would be unfinished after it."""

    source: str
    changes: tuple[Change, ...]
    faults: tuple[ContentError, ...]
    notices: tuple[graph.GraphFault, ...] = ()
    suppliers_unknown: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The hash of what is shown; another one when somebody confirms means that something moved."""
        return content_hash(
            [[one.kind, one.table, one.key, sorted(one.values.items())] for one in self.changes]
            + [str(one) for one in self.faults]
        )

    def of_kind(self, kind: str) -> list[Change]:
        """Return the changes of one kind."""
        return [one for one in self.changes if one.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind there are, and how many are wrong."""
        counts = {kind: len(self.of_kind(kind)) for kind in ("added", "changed", "unchanged")}
        return counts | {"faults": len(self.faults)}

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to take over."""
        return any(one.kind != "unchanged" for one in self.changes)


def standing(organisation: Organisation) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return what each workload and each component says now, by its id, as a file would say it."""
    return by_id(standing_data(organisation))


def by_id(data: Mapping[str, Any]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return the nodes of an inventory's data by table and id."""
    return {table: {row["id"]: row for row in data[table]} for table in ("workloads", "components")}


def plan_of(organisation: Organisation, file: File, data: Mapping[str, Any] | None = None) -> Plan:
    """Return what a file would change now, or in an inventory that was read as `data`."""
    data = standing_data(organisation) if data is None else data
    nodes = by_id(data)
    named = {row["name"].casefold(): row["id"] for row in data["workloads"]}
    edges = {("requires", row["source"], row["target"], None): row for row in data["requires"]} | {
        ("fallbacks", row["source"], row["target"], row.get("workload")): row for row in data["fallbacks"]
    }
    faults = list(file.faults)
    # A workload that a file calls otherwise is the one of the same name.
    alias = {
        str(row.said["id"]): named[str(row.said["name"]).casefold()]
        for row in file.rows
        if row.table == "workloads"
        and row.said["id"] not in nodes["workloads"]
        and str(row.said.get("name", "")).casefold() in named
    }
    changes, good = [], []
    for row in file.rows:
        if row.table in {"workloads", "components"}:
            other = "components" if row.table == "workloads" else "workloads"
            if row.key in nodes[other]:
                faults.append(_fault(file, row, N_("“{id}” is the id of a {what} here."), id=row.key, what=other[:-1]))
                file.spoilt.add(row.key)
                continue
            changes.append(_node(row, nodes[row.table].get(alias.get(row.key, row.key))))
            good.append(row)
    known = {table: set(nodes[table]) | {row.key for row in good if row.table == table} for table in nodes}
    for row in file.rows:
        if row.table in {"workloads", "components"}:
            continue
        fault = _edge_fault(file, row, known)
        if fault is not None:
            faults.append(fault)
            continue
        place = tuple(alias.get(str(one), one) for one in (row.said["source"], row.said["target"]))
        workload = row.said.get("workload")
        changes.append(_edge(row, edges.get((row.table, *place, alias.get(str(workload), workload)))))
    order = sorted(faults, key=lambda one: one.line)
    merged = _merged(data, changes, alias)
    notices = tuple(graph.notices(merged))
    blind = tuple(
        one.name for one in merged.components if one.kind not in _NO_SUPPLIER and not (one.maker or one.seller)
    )
    return Plan(file.source, tuple(changes), tuple(order), notices, blind)


_NO_SUPPLIER = {graph.Kind.TEAM, graph.Kind.MANUAL_PROCEDURE, graph.Kind.POWER_SITE}


def _fault(file: File, row: Row, reason: str, remedy: str = "", **params: object) -> ContentError:
    remedy = remedy or N_("Give it another id.")
    return ContentError(reason, source=file.source, line=row.line, remedy=remedy, **params)


def _edge_fault(file: File, row: Row, known: Mapping[str, set[str]]) -> ContentError | None:
    said = row.said
    both = known["components"] | known["workloads"]
    ends = [(said["source"], both if row.table == "requires" else known["components"])]
    ends.append((said["target"], known["components"]))
    if said.get("workload"):
        ends.append((said["workload"], known["workloads"]))
    ends += [(check, known["components"]) for check in said.get("safety_path") or ()]
    for name, allowed in ends:
        if name in allowed:
            continue
        if name in file.spoilt:
            return _fault(
                file, row, N_("It leads to “{id}”, whose own row is wrong."), N_("Mend that row first."), id=name
            )
        return _fault(
            file, row, N_("“{id}” is not in this inventory."), N_("Check the spelling, or add it first."), id=name
        )
    if row.table == "fallbacks" and said["source"] == said["target"]:
        remedy = N_("Name another component, or take the row out.")
        return _fault(file, row, N_("“{id}” cannot stand in for itself."), remedy, id=said["target"])
    return None


def _flat_node(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {**flat(row), "id": row["id"]} if table == "components" else dict(row)


def _node(row: Row, stands: Mapping[str, Any] | None) -> Change:
    new = _flat_node(row.table, row.said)
    old = _flat_node(row.table, stands) if stands is not None else {}
    return _change(row, new, old, None if stands is None else old, title=str(new.get("name") or old.get("name")))


def _edge(row: Row, stands: Mapping[str, Any] | None) -> Change:
    return _change(
        row, dict(row.said), dict(stands or {}), stands, title=row.key, skip=("source", "target", "workload")
    )


def _change(
    row: Row,
    new: Mapping[str, Any],
    old: Mapping[str, Any],
    stands: Mapping[str, Any] | None,
    *,
    title: str,
    skip: tuple[str, ...] = (),
) -> Change:
    values = {
        name: (old.get(name), value)
        for name, value in new.items()
        if name not in skip and _plain(name, value) != _plain(name, old.get(name))
    }
    if stands is None:
        # What a new row leaves open is not shown; its id is.
        values.pop("id", None)
    kind: Kind = "added" if stands is None else "changed" if values else "unchanged"
    return Change(kind, row.table, row.line, row.key, title, values, row.ends)


def _plain(name: str, value: Any) -> Any:
    if name in IS_LIST and not value:
        return []
    if isinstance(value, tuple):
        return list(value)
    return None if value == "" else value


def _merged(data: Mapping[str, Any], changes: list[Change], alias: Mapping[str, str]) -> graph.Inventory:
    """Return the inventory as it would be, as far as notices need it: names, suppliers and edges."""
    parts = {
        row["id"]: {name: row.get(name) for name in ("id", "name", "kind", "maker", "seller")}
        for row in data["components"]
    }
    tasks = {row["id"]: row["name"] for row in data["workloads"]}
    needs = {(row["source"], row["target"]) for row in data["requires"]}
    ways = {(row["source"], row["target"]): set(row.get("safety_path") or ()) for row in data["fallbacks"]}
    for one in changes:
        if one.table == "components":
            row = parts.setdefault(one.key, {"id": one.key, "name": one.title})
            row |= {
                name: new for name, (_old, new) in one.values.items() if name in ("name", "kind", "maker", "seller")
            }
        elif one.table == "workloads":
            tasks[alias.get(one.key, one.key)] = one.title
        else:
            source, target, _workload = one.ends
            ends = (alias.get(source, source), target)
            if one.table == "requires":
                needs.add(ends)
            else:
                ways.setdefault(ends, set()).update(one.values.get("safety_path", ((), ()))[1] or ())
    return graph.Inventory(
        workloads=tuple(graph.Workload(id=key, name=name) for key, name in tasks.items()),
        components=tuple(graph.Component.model_validate(row) for row in parts.values()),
        requires=tuple(graph.Requires(source=source, target=target) for source, target in sorted(needs)),
        fallbacks=tuple(
            graph.Fallback(source=source, target=target, safety_path=tuple(sorted(checks)))
            for (source, target), checks in sorted(ways.items())
        ),
    )
