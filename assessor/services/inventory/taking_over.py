"""Taking a file over into an inventory as its plan was shown: all of its good rows, or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from assessor.errors import N_, AssessorError
from assessor.models import (
    Component,
    ComponentQuestion,
    ComponentRevision,
    Fallback,
    Organisation,
    Requires,
    User,
    Workload,
)
from assessor.services.inventory.editing import MOST
from assessor.services.inventory.files import File
from assessor.services.inventory.out import standing_data
from assessor.services.inventory.plan import IS_LIST, Change, Plan, PlanMoved, plan_of
from assessor.services.inventory.rows import ATTRIBUTES, Rows, flat, rows_of

BATCH = 500


@transaction.atomic
def apply(organisation: Organisation, file: File, user: User, *, shown: str = "") -> Plan:
    """Take over every good row of a file; all of them or none.

    Raises `PlanMoved` when the plan is not the one that was shown.
    """
    # Locked, so that nothing moves between looking and doing.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    plan = plan_of(organisation, file)
    if shown and plan.fingerprint != shown:
        raise PlanMoved(plan)
    rows = rows_of(organisation)
    named = {one.name.casefold(): one for one in rows.workloads}
    nodes = dict(rows.by_id)
    added = sum(one.kind == "added" and one.table == "components" for one in plan.changes)
    if len(rows.components) + added > MOST:
        raise AssessorError(
            N_("An inventory holds {most} components at most."), remedy=N_("Leave some out."), most=MOST
        )
    for one in plan.changes:
        if one.table == "workloads":
            _keep_workload(organisation, one, nodes, named)
    _keep_components(organisation, plan, nodes)
    _keep_edges(organisation, plan, nodes, rows)
    _remember(organisation, plan, user)
    return plan


def _keep_workload(
    organisation: Organisation, one: Change, nodes: dict[str, Any], named: Mapping[str, Workload]
) -> None:
    row = nodes.get(one.key) or named.get(one.title.casefold()) or Workload(organisation=organisation, name=one.title)
    for name, (_old, new) in one.values.items():
        if name == "id":
            continue
        setattr(row, name, _column(name, new, Workload))
    row.slug = row.slug if row.slug and row.slug == one.key else one.key
    if one.kind != "unchanged":
        row.version += 0 if one.kind == "added" else 1
        row.save()
    nodes[one.key] = row


def _column(name: str, value: Any, model: type[Workload | Component | Fallback]) -> Any:
    """Return a value as its column holds it."""
    if value is None:
        if name in IS_LIST:
            return []
        if name == "load":
            return 1
        return None if model._meta.get_field(name).null else ""
    return value


def _keep_components(organisation: Organisation, plan: Plan, nodes: dict[str, Any]) -> None:
    new, changed, columns = [], [], set()
    for one in plan.changes:
        if one.table != "components":
            continue
        if one.kind == "added":
            # One that was taken out under this id comes back as the file says it.
            row = Component(organisation=organisation, key=one.key)
            new.append(row)
        else:
            row = nodes[one.key]
            if one.kind == "changed":
                row.version += 1
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
        Component.objects.bulk_update(changed, sorted(columns | {"version"}), batch_size=100)
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


def _keep_edges(organisation: Organisation, plan: Plan, nodes: Mapping[str, Any], rows: Rows) -> None:
    """Keep all edges at once: there may be thousands."""
    standing_needs = {(one.workload_id or one.source_id, one.target_id): one for one in rows.requires}
    standing_ways = {(one.source_id, one.target_id, one.workload_id): one for one in rows.fallbacks}
    needs: list[Requires] = []
    ways: list[tuple[Fallback, Any]] = []
    for one in plan.changes:
        if one.table not in {"requires", "fallbacks"} or one.kind == "unchanged":
            continue
        source, target, only = nodes[one.ends[0]], nodes[one.ends[1]], one.ends[2]
        values = {name: new for name, (_old, new) in one.values.items()}
        if one.table == "requires":
            edge = standing_needs.get((source.pk, target.pk)) or Requires(organisation=organisation, target=target)
            if isinstance(source, Workload):
                edge.workload = source
            else:
                edge.source = source
            for name, value in values.items():
                setattr(edge, name, value)
            needs.append(edge)
            continue
        workload = nodes[only] if only else None
        way = standing_ways.get((source.pk, target.pk, workload.pk if workload else None))
        way = way or Fallback(organisation=organisation, source=source, target=target, workload=workload)
        checks = values.pop("safety_path", None)
        for name, value in values.items():
            setattr(way, name, _column(name, value, Fallback))
        ways.append((way, checks))
    _keep_all(Requires, needs)
    _keep_all(Fallback, [way for way, _checks in ways])
    for way, checks in ways:
        if checks is not None:
            way.safety_path.set([nodes[key] for key in checks])


def _keep_all(model: type[Requires | Fallback], rows: Sequence[Requires | Fallback]) -> None:
    """Add the new ones and change the others, each in a few queries."""
    new, old = ([one for one in rows if one._state.adding is adding] for adding in (True, False))
    model.objects.bulk_create(new, batch_size=BATCH)
    changing = [one.name for one in model._meta.concrete_fields if not one.primary_key and not one.is_relation]
    if old:
        model.objects.bulk_update(old, changing, batch_size=100)


def _remember(organisation: Organisation, plan: Plan, user: User) -> None:
    """Add a revision of every component that was added or changed."""
    touched = {one.key for one in plan.changes if one.table == "components" and one.kind != "unchanged"}
    if not touched:
        return
    data = standing_data(organisation)
    edges = {name: data[name] for name in ("requires", "fallbacks")}
    told = {row["id"]: row for row in data["components"]}
    by_source: dict[str, dict[str, list[Any]]] = {"requires": {}, "needed_by": {}, "fallbacks": {}}
    for edge in edges["requires"]:
        by_source["requires"].setdefault(edge["source"], []).append(edge)
        by_source["needed_by"].setdefault(edge["target"], []).append(edge)
    for edge in edges["fallbacks"]:
        by_source["fallbacks"].setdefault(edge["source"], []).append(edge)
    rows = Component.objects.filter(organisation=organisation, key__in=touched) if len(touched) < BATCH else None
    rows = rows if rows is not None else Component.objects.filter(organisation=organisation, removed_at=None)
    revisions = []
    for row in rows:
        if row.key in touched:
            said = told[row.key]
            own = {name: by_source[name].get(row.key, []) for name in by_source}
            values = flat({name: value for name, value in said.items() if name != "id"})
            revisions.append(
                ComponentRevision(
                    organisation=organisation,
                    component=row,
                    version=row.version,
                    data={**values, "endpoints": [], **own},
                    changed_by=user,
                )
            )
    ComponentRevision.objects.bulk_create(revisions, batch_size=BATCH, ignore_conflicts=True)
