"""The rows of an organisation's inventory, and the same as the graph that scenarios are played on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from assessor.models import Component, ComponentQuestion, Fallback, Organisation, Requires, Workload
from assessor.prepared import Prepared
from assessor.scenarios import graph
from assessor.services.inventory.countries import home_of

# Attributes that a graph keeps together under one name; everything else has the same name on both sides.
NESTED = {
    "notices": ("suspend_days", "terminate_days", "deprecate_days", "price_days"),
    "export": ("window_days", "volume_gb", "gb_per_day"),
    "replace": ("switch_hours", "qualify_days", "buy_weeks"),
}
PREFIX = {"export": "export_"}
# The same attributes by the name of their column, with their path in a graph.
FLAT = {PREFIX.get(part, "") + name: (part, name) for part, names in NESTED.items() for name in names}
PLAIN = tuple(name for name in graph.Component.model_fields if name not in {"id", *NESTED})
# Every attribute of a component but its id, by the name of its column, in the order of a graph's.
ATTRIBUTES = tuple(
    column
    for name in graph.Component.model_fields
    if name != "id"
    for column in ([PREFIX.get(name, "") + one for one in NESTED[name]] if name in NESTED else [name])
)


@dataclass(frozen=True)
class Rows:
    """What stands in force: removed components and their edges are left out. `checks` are the safety paths by id."""

    workloads: list[Workload]
    components: list[Component]
    requires: list[Requires]
    fallbacks: list[Fallback]
    checks: Mapping[object, list[Component]] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> dict[str, Workload | Component]:
        """Workloads and components by the id they have in the graph."""
        return {one.key: one for one in (*self.workloads, *self.components)}


def rows_of(organisation: Organisation) -> Rows:
    """Read an inventory: five queries, whatever its size. Edges share the very components and workloads they join."""
    workloads = list(Workload.objects.filter(organisation=organisation))
    components = list(Component.objects.filter(organisation=organisation, removed_at=None))
    tasks, parts = {one.pk: one for one in workloads}, {one.pk: one for one in components}
    requires = []
    for edge in Requires.objects.filter(organisation=organisation):
        if edge.target_id in parts and (edge.source_id is None or edge.source_id in parts):
            edge.target = parts[edge.target_id]
            if edge.source_id is None:
                edge.workload = tasks[edge.workload_id]
            else:
                edge.source = parts[edge.source_id]
            requires.append(edge)
    fallbacks = []
    for way in Fallback.objects.filter(organisation=organisation):
        if way.source_id in parts and way.target_id in parts:
            way.source, way.target = parts[way.source_id], parts[way.target_id]
            if way.workload_id is not None:
                way.workload = tasks[way.workload_id]
            fallbacks.append(way)
    # Read without the rows between: those carry no organisation of their own, the fallbacks they belong to do.
    paths = Fallback.objects.filter(organisation=organisation, safety_path__isnull=False, safety_path__removed_at=None)
    checks: dict[object, list[Component]] = {}
    for way_id, check in paths.order_by("safety_path__key").values_list("pk", "safety_path"):
        if check in parts:
            checks.setdefault(way_id, []).append(parts[check])
    return Rows(workloads, components, requires, fallbacks, checks)


class Linked(NamedTuple):
    """A component that bears on a question, as a link names it."""

    pk: UUID
    name: str


_LINKED = Prepared(
    lambda organisation: (
        ComponentQuestion.objects.filter(organisation=organisation, component__removed_at=None)
        .order_by("component__name")
        .values_list("question", "component_id", "component__name")
    ),
    "organisation",
)


def components_by_question(organisation: Organisation) -> dict[str, list[Linked]]:
    """Return the components in force that bear on each question: one query."""
    found: dict[str, list[Linked]] = {}
    for question, component, name in _LINKED.run(organisation=organisation.pk):
        found.setdefault(question, []).append(Linked(component, name))
    return found


def inventory_of(organisation: Organisation) -> graph.Inventory:
    """Return an organisation's inventory as the graph that scenarios are played on: five queries."""
    return to_graph(rows_of(organisation), organisation)


def to_graph(rows: Rows, organisation: Organisation) -> graph.Inventory:
    """Return rows as a graph, everything in the order of its ids, so that the same rows give the same graph."""
    return graph.Inventory(
        home=home_of(organisation.home_jurisdictions),
        workloads=tuple(sorted((workload_node(one) for one in rows.workloads), key=lambda one: one.id)),
        components=tuple(sorted((component_node(one) for one in rows.components), key=lambda one: one.id)),
        requires=tuple(sorted((requires_edge(one) for one in rows.requires), key=lambda one: (one.source, one.target))),
        fallbacks=tuple(
            sorted(
                (fallback_edge(one, [check.key for check in rows.checks.get(one.pk, ())]) for one in rows.fallbacks),
                key=lambda one: (one.source, one.target, one.workload or ""),
            )
        ),
    )


def workload_node(row: Workload) -> graph.Workload:
    """Return a workload as a node."""
    return graph.Workload(
        id=row.key,
        name=row.name,
        owner=row.owner or None,
        criticality=graph.Criticality(row.criticality),
        tolerance_hours=row.tolerance_hours,
        load=row.load,
        data_classes=tuple(row.data_classes),
    )


def component_node(row: Component) -> graph.Component:
    """Return a component as a node; an empty text is what nobody knows."""
    return graph.Component.model_validate({"id": row.key, **nested(component_values(row))})


def component_values(row: Component) -> dict[str, Any]:
    """Return the attributes of a component by the names of their columns, None for what is not known."""
    values = {name: getattr(row, name) for name in ATTRIBUTES}
    day = values["licence_ends"]
    values["licence_ends"] = day.isoformat() if day else None
    return {name: None if value == "" else value for name, value in values.items()}


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes by column as a graph nests them."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        part, inner = FLAT.get(name, ("", name))
        if part:
            found.setdefault(part, {})[inner] = value
        else:
            found[name] = value
    return found


def flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a graph's component, as far as they are said, by the names of their columns."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        if name in NESTED:
            found |= {PREFIX.get(name, "") + inner: one for inner, one in (value or {}).items()}
        elif name != "id":
            found[name] = value
    return found


def requires_edge(row: Requires) -> graph.Requires:
    """Return a requirement as an edge; what is joined must be at hand."""
    source = row.workload if row.workload_id is not None else row.source
    return graph.Requires(
        source=source.key,
        target=row.target.key,
        survives_for=row.survives_for,
        survives_restart=row.survives_restart,
    )


def fallback_edge(row: Fallback, checks: Iterable[str]) -> graph.Fallback:
    """Return a fallback as an edge; `checks` are the ids of the checks on its own path."""
    return graph.Fallback(
        source=row.source.key,
        target=row.target.key,
        workload=row.workload.key if row.workload_id is not None else None,
        switch_hours=row.switch_hours,
        capacity_percent=row.capacity_percent,
        quality=graph.Quality(row.quality) if row.quality else None,
        data_classes=tuple(row.data_classes),
        tested_on=row.tested_on.isoformat() if row.tested_on else None,
        tested_share=row.tested_share,
        safety_path=tuple(sorted(checks)),
    )
