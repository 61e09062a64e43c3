"""Taking a file over into an inventory as its plan was shown: all of its good rows, or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import (
    Component,
    ComponentEndpoint,
    ComponentQuestion,
    ComponentRevision,
    Fallback,
    Organisation,
    Requires,
    User,
    Workload,
)
from assessor.services import audit
from assessor.services.inventory.editing import MOST, in_order
from assessor.services.inventory.files import File
from assessor.services.inventory.out import standing_data
from assessor.services.inventory.plan import IS_LIST, Change, Plan, PlanMoved, plan_of
from assessor.services.inventory.rows import (
    ATTRIBUTES,
    Rows,
    component_values,
    fallback_edge,
    requires_edge,
    rows_of,
)

BATCH = 500
# Rows of so many parameters as an update takes: each names its row once for every column.
FEW = 100
EDGES = ("requires", "needed_by", "fallbacks")
Edge = TypeVar("Edge", Requires, Fallback)


@transaction.atomic
def apply(organisation: Organisation, file: File, user: User, *, shown: str = "") -> Plan:
    """Take over every good row of a file; all of them or none.

    Raises `PlanMoved` when the plan is not the one that was shown.
    """
    # Locked, so that nothing moves between looking and doing.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    rows = rows_of(organisation)
    plan = plan_of(organisation, file, standing_data(organisation, rows))
    if shown and plan.fingerprint != shown:
        raise PlanMoved(plan)
    added = sum(one.kind == "added" and one.table == "components" for one in plan.changes)
    if len(rows.components) + added > MOST:
        raise AssessorError(
            N_("An inventory holds {most} components at most."), remedy=N_("Leave some out."), most=MOST
        )
    nodes = dict(rows.by_id)
    _keep_workloads(organisation, plan, nodes)
    _keep_components(organisation, plan, nodes, user)
    needs, ways, paths = _keep_edges(organisation, plan, nodes, rows)
    _remember(organisation, plan, nodes, Rows([], [], needs, ways, paths), user)
    changed = sum(one.kind != "unchanged" for one in plan.changes)
    audit.record(
        "data.imported",
        organisation=organisation,
        actor=user,
        subject=organisation,
        about="inventory",
        file=PurePath(plan.source).name,
        count=changed,
    )
    return plan


def _keep_workloads(organisation: Organisation, plan: Plan, nodes: dict[str, Any]) -> None:
    named = {one.name.casefold(): one for one in nodes.values() if isinstance(one, Workload)}
    new, changed, columns = [], [], {"slug", "version"}
    for one in plan.changes:
        if one.table != "workloads":
            continue
        row = nodes.get(one.key) or named.get(one.title.casefold())
        if row is None:
            row = Workload(organisation=organisation, name=one.title)
            new.append(row)
        elif one.kind != "unchanged":
            row.version += 1
            changed.append(row)
        for name, (_old, value) in one.values.items():
            if name != "id":
                setattr(row, name, _column(name, value, Workload))
                columns.add(name)
        row.slug = one.key
        nodes[one.key] = row
    Workload.objects.bulk_create(new, batch_size=BATCH)
    if changed:
        Workload.objects.bulk_update(changed, sorted(columns), batch_size=FEW)


def _column(name: str, value: Any, model: type[Workload | Component | Requires | Fallback]) -> Any:
    """Return a value as its column holds it."""
    field = model._meta.get_field(name)
    if value is None:
        if name in IS_LIST:
            return []
        if name == "load":
            return 1
        return None if field.null else ""
    return field.to_python(value)


def _keep_components(organisation: Organisation, plan: Plan, nodes: dict[str, Any], user: User) -> None:
    new, changed, columns = [], [], {"version", "changed_at", "changed_by"}
    for one in plan.changes:
        if one.table != "components":
            continue
        if one.kind == "added":
            # One that was taken out under this id comes back as the file says it.
            row = Component(organisation=organisation, key=one.key, changed_by=user)
            new.append(row)
        else:
            row = nodes[one.key]
            if one.kind == "changed":
                row.version += 1
                row.changed_by, row.changed_at = user, timezone.now()
                changed.append(row)
        for name, (_old, value) in one.values.items():
            if name in {*ATTRIBUTES, "note"}:
                setattr(row, name, _column(name, value, Component))
                columns.add(name)
        nodes[one.key] = row
    gone = Component.objects.filter(organisation=organisation, key__in=[row.key for row in new]).exclude(
        removed_at=None
    )
    for old in gone:
        old.key = f"{old.key[:40]}-{old.pk.hex[:8]}"
        old.save(update_fields=["key"])
    Component.objects.bulk_create(new, batch_size=BATCH)
    if changed:
        Component.objects.bulk_update(changed, sorted(columns), batch_size=FEW)
    questions = [
        (nodes[one.key], one.values["questions"][1] or [])
        for one in plan.changes
        if one.table == "components" and "questions" in one.values
    ]
    ComponentQuestion.objects.filter(component__in=[row.pk for row, _ids in questions]).delete()
    ComponentQuestion.objects.bulk_create(
        [
            ComponentQuestion(organisation=organisation, component=row, question=one)
            for row, ids in questions
            for one in dict.fromkeys(ids)
        ],
        batch_size=BATCH,
    )


def _keep_edges(
    organisation: Organisation, plan: Plan, nodes: Mapping[str, Any], rows: Rows
) -> tuple[list[Requires], list[Fallback], dict[object, list[Component]]]:
    """Keep all edges at once, there may be thousands; returns every edge that stands now, with the safety paths."""
    needs = {(one.workload_id or one.source_id, one.target_id): one for one in rows.requires}
    ways = {(one.source_id, one.target_id, one.workload_id): one for one in rows.fallbacks}
    paths: dict[object, list[Component]] = {}
    touched_needs: list[Requires] = []
    touched_ways: list[Fallback] = []
    for one in plan.changes:
        if one.table not in {"requires", "fallbacks"} or one.kind == "unchanged":
            continue
        source, target, only = nodes[one.ends[0]], nodes[one.ends[1]], one.ends[2]
        if one.table == "requires":
            end = {"workload": source} if isinstance(source, Workload) else {"source": source}
            edge = needs.setdefault((source.pk, target.pk), Requires(organisation=organisation, target=target, **end))
            touched_needs.append(_filled(edge, one))
            continue
        workload = nodes[only] if only else None
        way = ways.setdefault(
            (source.pk, target.pk, workload.pk if workload else None),
            Fallback(organisation=organisation, source=source, target=target, workload=workload),
        )
        touched_ways.append(_filled(way, one))
        if "safety_path" in one.values:
            paths[way.pk] = [nodes[key] for key in one.values["safety_path"][1] or ()]
    _keep_all(Requires, touched_needs)
    _keep_all(Fallback, touched_ways)
    _keep_paths(paths)
    return list(needs.values()), list(ways.values()), {**rows.checks, **paths}


def _filled(edge: Edge, one: Change) -> Edge:
    for name, (_old, value) in one.values.items():
        if name != "safety_path":
            setattr(edge, name, _column(name, value, type(edge)))
    return edge


def _keep_all(model: type[Requires | Fallback], rows: Sequence[Requires | Fallback]) -> None:
    """Add the new ones and change the others, each in a few queries."""
    new, old = ([one for one in rows if one._state.adding is adding] for adding in (True, False))
    model.objects.bulk_create(new, batch_size=BATCH)
    changing = [one.name for one in model._meta.concrete_fields if not one.primary_key and not one.is_relation]
    if old:
        model.objects.bulk_update(old, changing, batch_size=FEW)


def _keep_paths(paths: Mapping[object, Sequence[Component]]) -> None:
    """Replace the checks on the paths of fallbacks, of all of them in a few queries."""
    joined = Fallback.safety_path.through
    for part in _parts(list(paths)):
        joined.objects.filter(fallback__in=part).delete()
    joined.objects.bulk_create(
        [
            joined(fallback_id=way, component_id=check.pk)
            for way, checks in paths.items()
            for check in dict.fromkeys(checks)
        ],
        batch_size=BATCH,
    )


def _parts(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Cut what is asked for into as much as one query takes."""
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def _remember(organisation: Organisation, plan: Plan, nodes: Mapping[str, Any], edges: Rows, user: User) -> None:
    """Add a revision of every component that was added or changed, as `editing.snapshot` would say it."""
    touched = {
        nodes[one.key].pk: nodes[one.key]
        for one in plan.changes
        if one.table == "components" and one.kind != "unchanged"
    }
    if not touched:
        return
    own: dict[Any, dict[str, list[Any]]] = {
        pk: {name: [] for name in (*EDGES, "questions", "endpoints")} for pk in touched
    }
    for edge in edges.requires:
        told = requires_edge(edge).model_dump(mode="json") if {edge.source_id, edge.target_id} & own.keys() else {}
        if edge.source_id in own:
            own[edge.source_id]["requires"].append(told)
        if edge.target_id in own:
            own[edge.target_id]["needed_by"].append(told)
    for way in edges.fallbacks:
        if way.source_id in own:
            checks = [check.key for check in edges.checks.get(way.pk, ())]
            own[way.source_id]["fallbacks"].append(fallback_edge(way, checks).model_dump(mode="json"))
    asked = ComponentQuestion.objects.filter(organisation=organisation).order_by("question")
    linked = ComponentEndpoint.objects.filter(organisation=organisation, aspect="").order_by("endpoint")
    for name, links in (
        ("questions", asked.values_list("component", "question")),
        ("endpoints", linked.values_list("component", "endpoint")),
    ):
        for pk, other in links:
            if pk in own:
                own[pk][name].append(str(other))
    ComponentRevision.objects.bulk_create(
        [
            ComponentRevision(
                organisation=organisation,
                component=row,
                version=row.version,
                data={
                    **component_values(row),
                    "note": row.note,
                    **{name: in_order(said) if name in EDGES else said for name, said in own[pk].items()},
                },
                changed_by=user,
            )
            for pk, row in touched.items()
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
