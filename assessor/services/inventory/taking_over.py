"""Taking a file over into an inventory as its plan was shown: all of its good rows, or nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
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
from assessor.services.inventory.batches import Batch, added, as_stored, changed
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
EDGES = ("requires", "needed_by", "fallbacks")
Edge = TypeVar("Edge", Requires, Fallback)
Write = Callable[[], object]


@dataclass
class Ready:
    """A file that was read, compared and made ready: what it changes, and every row as it will be written.

    `stands` is all that this rests on. Made without a lock, so that nobody waits while it is.
    """

    organisation: Organisation
    file: File
    user: User
    shown: str
    stands: list[list[Any]]
    plan: Plan
    writes: list[Write]

    def take(self) -> Plan:
        """Write all of it, or nothing; raises `PlanMoved` when the plan is not the one that was shown."""
        with transaction.atomic():
            # Locked, so that nothing moves between looking and doing.
            Organisation.objects.select_for_update().get(pk=self.organisation.pk)
            now = self
            if _stands(self.organisation) != self.stands:
                # Somebody was faster. Once more, and this time nobody can be.
                now = ready(self.organisation, self.file, self.user, shown=self.shown)
            for write in now.writes:
                write()
            audit.record(
                "data.imported",
                organisation=self.organisation,
                actor=self.user,
                subject=self.organisation,
                about="inventory",
                file=PurePath(now.plan.source).name,
                count=sum(one.kind != "unchanged" for one in now.plan.changes),
            )
        return now.plan


def apply(organisation: Organisation, file: File, user: User, *, shown: str = "") -> Plan:
    """Take over every good row of a file; all of them or none.

    Raises `PlanMoved` when the plan is not the one that was shown.
    """
    return ready(organisation, file, user, shown=shown).take()


def ready(organisation: Organisation, file: File, user: User, *, shown: str = "") -> Ready:
    """Compare a file with the inventory and make ready what it changes; nothing is written before `take`.

    Raises `PlanMoved` when the plan is not the one that was shown.
    """
    # Before everything else is read: what moves meanwhile is seen when it is written.
    stands = _stands(organisation)
    rows = rows_of(organisation)
    plan = plan_of(organisation, file, standing_data(organisation, rows))
    if shown and plan.fingerprint != shown:
        raise PlanMoved(plan)
    added_components = sum(one.kind == "added" and one.table == "components" for one in plan.changes)
    if len(rows.components) + added_components > MOST:
        raise AssessorError(
            N_("An inventory holds {most} components at most."), remedy=N_("Leave some out."), most=MOST
        )
    nodes = dict(rows.by_id)
    writes = _keep_workloads(organisation, plan, nodes)
    kept, questions = _keep_components(organisation, plan, nodes, user)
    writes += kept
    kept, needs, ways, paths = _keep_edges(organisation, plan, nodes, rows)
    writes += kept
    writes.append(_remember(organisation, plan, nodes, Rows([], [], needs, ways, paths), questions, user).write)
    return Ready(organisation, file, user, shown, stands, plan, writes)


def _stands(organisation: Organisation) -> list[list[Any]]:
    """Return everything in the database that a plan, and what it writes, rests on."""
    models: tuple[type[Model], ...] = (
        *(Workload, Component, Requires, Fallback),
        *(ComponentQuestion, ComponentEndpoint),
    )
    own = [as_stored(model._default_manager.filter(organisation=organisation)) for model in models]
    return [*own, as_stored(Fallback.safety_path.through.objects.filter(fallback__organisation=organisation))]


def _keep_workloads(organisation: Organisation, plan: Plan, nodes: dict[str, Any]) -> list[Write]:
    named = {one.name.casefold(): one for one in nodes.values() if isinstance(one, Workload)}
    new: list[Workload] = []
    touched, columns = [], {"slug", "version"}
    for one in plan.changes:
        if one.table != "workloads":
            continue
        row = nodes.get(one.key) or named.get(one.title.casefold())
        if row is None:
            row = Workload(organisation=organisation, name=one.title)
            new.append(row)
        elif one.kind != "unchanged":
            row.version += 1
            touched.append(row)
        for name, (_old, value) in one.values.items():
            if name != "id":
                setattr(row, name, _column(name, value, Workload))
                columns.add(name)
        row.slug = one.key
        nodes[one.key] = row
    return [added(new).write, changed(touched, sorted(columns)).write]


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


def _keep_components(
    organisation: Organisation, plan: Plan, nodes: dict[str, Any], user: User
) -> tuple[list[Write], dict[object, list[str]]]:
    """Return what keeps the components, and the questions of those for which the file says any, by id."""
    new, touched, columns = [], [], {"version", "changed_at", "changed_by"}
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
                touched.append(row)
        for name, (_old, value) in one.values.items():
            if name in {*ATTRIBUTES, "note"}:
                setattr(row, name, _column(name, value, Component))
                columns.add(name)
        nodes[one.key] = row
    gone = []
    keys = {row.key for row in new}
    for old in Component.objects.filter(organisation=organisation).exclude(removed_at=None):
        if old.key in keys:
            old.key = f"{old.key[:40]}-{old.pk.hex[:8]}"
            gone.append(old)
    asked = {
        nodes[one.key].pk: list(dict.fromkeys(one.values["questions"][1] or []))
        for one in plan.changes
        if one.table == "components" and "questions" in one.values
    }
    links = [
        ComponentQuestion(organisation=organisation, component_id=pk, question=one)
        for pk, own in asked.items()
        for one in own
    ]
    before = [row.pk for row in touched if row.pk in asked]
    writes = [changed(gone, ["key"]).write, added(new).write, changed(touched, sorted(columns)).write]
    writes += [partial(_drop_questions, before), added(links).write]
    return writes, asked


def _drop_questions(components: Sequence[object]) -> None:
    for part in _parts(components):
        ComponentQuestion.objects.filter(component__in=part).delete()


def _keep_edges(
    organisation: Organisation, plan: Plan, nodes: Mapping[str, Any], rows: Rows
) -> tuple[list[Write], list[Requires], list[Fallback], dict[object, list[Component]]]:
    """Return what keeps all edges, and every edge that stands then, with the safety paths."""
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
    writes = [*_keep_all(Requires, touched_needs), *_keep_all(Fallback, touched_ways), *_keep_paths(paths)]
    return writes, list(needs.values()), list(ways.values()), {**rows.checks, **paths}


def _filled(edge: Edge, one: Change) -> Edge:
    for name, (_old, value) in one.values.items():
        if name != "safety_path":
            setattr(edge, name, _column(name, value, type(edge)))
    return edge


def _keep_all(model: type[Requires | Fallback], rows: Sequence[Requires | Fallback]) -> list[Write]:
    new, old = ([one for one in rows if one._state.adding is adding] for adding in (True, False))
    changing = [one.name for one in model._meta.concrete_fields if not one.primary_key and not one.is_relation]
    return [added(new).write, changed(old, changing).write]


def _keep_paths(paths: Mapping[object, Sequence[Component]]) -> list[Write]:
    """Return what replaces the checks on the paths of fallbacks."""
    joined = Fallback.safety_path.through
    rows = [
        joined(fallback_id=way, component_id=check.pk)
        for way, checks in paths.items()
        for check in dict.fromkeys(checks)
    ]
    return [partial(_drop_paths, list(paths)), added(rows).write]


def _drop_paths(ways: Sequence[object]) -> None:
    for part in _parts(ways):
        Fallback.safety_path.through.objects.filter(fallback__in=part).delete()


def _parts(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Cut what is asked for into as much as one query takes."""
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def _remember(
    organisation: Organisation,
    plan: Plan,
    nodes: Mapping[str, Any],
    edges: Rows,
    questions: Mapping[object, list[str]],
    user: User,
) -> Batch:
    """Return what adds a revision of every component added or changed, as `editing.snapshot` would say it."""
    touched = {
        nodes[one.key].pk: nodes[one.key]
        for one in plan.changes
        if one.table == "components" and one.kind != "unchanged"
    }
    if not touched:
        return Batch()
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
    for pk, said in questions.items():
        if pk in own:
            own[pk]["questions"] = sorted(said)
    return added(
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
        but_once=True,
    )
