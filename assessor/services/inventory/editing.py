"""Adding, changing, removing and bringing back components, with their edges; what stood before is kept."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from assessor.content import content_hash
from assessor.errors import N_, AssessorError
from assessor.models import (
    Component,
    ComponentEndpoint,
    ComponentQuestion,
    ComponentRevision,
    Endpoint,
    Fallback,
    Organisation,
    Requires,
    User,
    Workload,
)
from assessor.models.components import MAX_KEY
from assessor.scenarios import graph
from assessor.services.inventory.rows import component_values, fallback_edge, requires_edge

MOST = 20_000


class EditRefused(AssessorError):
    """The component cannot be kept like this; `place` is the field."""


class Moved(AssessorError):
    """Somebody else changed the component since it was shown; `now` is what stands, as a snapshot."""

    def __init__(self, now: dict[str, Any]) -> None:
        self.now = now
        super().__init__(
            N_("Somebody changed this component since you opened it, so nothing was saved."),
            remedy=N_("Compare below, and save again to keep yours."),
        )


@dataclass(frozen=True)
class Draft:
    """What a person says of a component; edges name others by their id in the graph.

    In `requires` the source is this component, in `needed_by` the target, in `fallbacks` the source again; that end
    may be left out (an empty text), since a new component has no id yet.
    """

    name: str
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    requires: tuple[graph.Requires, ...] = ()
    needed_by: tuple[graph.Requires, ...] = ()
    fallbacks: tuple[graph.Fallback, ...] = ()
    questions: tuple[str, ...] = ()
    endpoints: tuple[object, ...] = ()


def snapshot(row: Component) -> dict[str, Any]:
    """Return everything a component says, with its edges in force, as plain data: seven queries at most."""
    live = Q(source=None) | Q(source__removed_at=None)
    edges = Requires.objects.filter(live, Q(source=row) | Q(target=row), target__removed_at=None)
    edges = edges.select_related("workload", "source", "target")
    ways = Fallback.objects.filter(source=row, target__removed_at=None).select_related("source", "target", "workload")
    checks: dict[object, list[str]] = {}
    paths = Fallback.objects.filter(source=row, safety_path__isnull=False, safety_path__removed_at=None)
    for way, check in paths.values_list("pk", "safety_path__key"):
        checks.setdefault(way, []).append(check)
    told = [requires_edge(one).model_dump(mode="json") for one in edges]
    fallbacks = [fallback_edge(one, checks.get(one.pk, ())).model_dump(mode="json") for one in ways]
    return {
        **component_values(row),
        "note": row.note,
        "requires": in_order(one for one in told if one["source"] == row.key),
        "needed_by": in_order(one for one in told if one["target"] == row.key),
        "fallbacks": in_order(fallbacks),
        "questions": sorted(row.questions.values_list("question", flat=True)),
        "endpoints": sorted(str(one) for one in row.endpoints.filter(aspect="").values_list("endpoint", flat=True)),
    }


def in_order(edges: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return edges as files say them in the order of their ends."""
    return sorted(edges, key=lambda one: (one["source"], one["target"], one.get("workload") or ""))


def mark(said: Mapping[str, Any]) -> str:
    """Return what ties a form to what it showed: sixteen hex digits of the hash of a snapshot."""
    return content_hash(said)[:16]


def free_key(organisation: Organisation, name: str, taken: Iterable[str] = ()) -> str:
    """Return an id for a name that nothing of the organisation has yet, removed components included."""
    plain = re.sub(r"-{2,}", "-", slugify(name).replace("_", "-")).strip("-")[: MAX_KEY - 6].strip("-") or "unnamed"
    used = set(taken)
    used |= set(Component.objects.filter(organisation=organisation).values_list("key", flat=True))
    used |= set(Workload.objects.filter(organisation=organisation).values_list("slug", flat=True))
    if plain not in used:
        return plain
    return next(key for number in range(2, len(used) + 3) if (key := f"{plain}-{number}") not in used)


@transaction.atomic
def save_component(
    organisation: Organisation, row: Component | None, draft: Draft, user: User, *, shown: str = ""
) -> Component:
    """Keep a new component, or the changes to one.

    `shown` is the mark of what the person saw. Raises `Moved` when something else stands by now, `EditRefused` for an
    edge that leads nowhere; then nothing is changed.
    """
    if row is None:
        if Component.objects.filter(organisation=organisation).count() >= MOST:
            raise EditRefused(N_("An inventory holds {most} components at most."), most=MOST)
        row = Component(organisation=organisation, key=free_key(organisation, draft.name), version=0)
    else:
        # Locked, so that of two people who save at once the second sees what the first one said.
        row = Component.objects.select_for_update().get(pk=row.pk)
        now = snapshot(row)
        if shown and mark(now) != shown:
            raise Moved(now)
    row.name, row.kind, row.note = draft.name, draft.kind, draft.note
    for name, value in draft.values.items():
        setattr(row, name, value)
    row.version += 1
    row.changed_by = user
    row.save()
    _keep_edges(organisation, row, draft)
    _keep_links(organisation, row, draft)
    remember(row, user)
    return row


def remember(row: Component, user: User) -> None:
    """Keep what a component says now as one more revision."""
    row.refresh_from_db()
    ComponentRevision.objects.create(
        organisation=row.organisation, component=row, version=row.version, data=snapshot(row), changed_by=user
    )


def nodes_of(organisation: Organisation) -> dict[str, Workload | Component]:
    """Return workloads and components in force by their id in the graph: two queries."""
    rows: list[Workload | Component] = list(Workload.objects.filter(organisation=organisation))
    rows += Component.objects.filter(organisation=organisation, removed_at=None).only("key", "name", "kind")
    return {one.key: one for one in rows}


def _keep_edges(organisation: Organisation, row: Component, draft: Draft) -> None:
    """Replace the edges of a component by those of a draft; those to removed components stay where they are."""
    nodes = nodes_of(organisation) | {row.key: row}
    live = Q(source=None) | Q(source__removed_at=None)
    Requires.objects.filter(live, Q(source=row) | Q(target=row), target__removed_at=None).delete()
    wanted = {(row.key, one.target): one for one in draft.requires}
    wanted |= {(one.source, row.key): one for one in draft.needed_by}
    Requires.objects.bulk_create(
        [
            _requirement(organisation, _found(nodes, source, "needed_by"), _part(nodes, target, "requires"), one)
            for (source, target), one in wanted.items()
        ]
    )
    Fallback.objects.filter(source=row, target__removed_at=None).delete()
    for way in {(one.target, one.workload): one for one in draft.fallbacks}.values():
        _keep_fallback(organisation, row, way, nodes)


def _requirement(
    organisation: Organisation, source: Workload | Component, target: Component, edge: graph.Requires
) -> Requires:
    ends: dict[str, Any] = {"workload": source} if isinstance(source, Workload) else {"source": source}
    return Requires(
        organisation=organisation,
        target=target,
        survives_for=edge.survives_for,
        survives_restart=edge.survives_restart,
        **ends,
    )


def _keep_fallback(
    organisation: Organisation,
    row: Component,
    way: graph.Fallback,
    nodes: Mapping[str, Workload | Component],
) -> None:
    target = _part(nodes, way.target, "fallbacks")
    if target.pk == row.pk:
        raise EditRefused(
            N_("“{name}” cannot stand in for itself."),
            place="fallbacks",
            remedy=N_("Name another component, or empty the line."),
            name=row.name,
        )
    workload = _found(nodes, way.workload, "fallbacks") if way.workload else None
    made = Fallback.objects.create(
        organisation=organisation,
        source=row,
        target=target,
        workload=workload if isinstance(workload, Workload) else None,
        switch_hours=way.switch_hours,
        capacity_percent=None if way.capacity_percent is None else round(way.capacity_percent),
        quality=way.quality or "",
        data_classes=list(way.data_classes),
        tested_on=way.tested_on,
        tested_share=None if way.tested_share is None else round(way.tested_share),
    )
    made.safety_path.set([_part(nodes, one, "fallbacks") for one in way.safety_path])


def _found(nodes: Mapping[str, Workload | Component], key: str, place: str) -> Workload | Component:
    if key not in nodes:
        raise EditRefused(
            N_("“{id}” is not in this inventory."),
            place=place,
            remedy=N_("Check the spelling, or add it first."),
            id=key,
        )
    return nodes[key]


def _part(nodes: Mapping[str, Workload | Component], key: str, place: str) -> Component:
    found = _found(nodes, key, place)
    if not isinstance(found, Component):
        raise EditRefused(
            N_("“{name}” is a workload; only components can be required or stand in."), place=place, name=found.name
        )
    return found


def _keep_links(organisation: Organisation, row: Component, draft: Draft) -> None:
    """Replace the questions, and the endpoints that were linked by hand; what probes proposed keeps its word."""
    ComponentQuestion.objects.filter(component=row).exclude(question__in=draft.questions).delete()
    known = set(row.questions.values_list("question", flat=True))
    ComponentQuestion.objects.bulk_create(
        ComponentQuestion(organisation=organisation, component=row, question=one)
        for one in dict.fromkeys(draft.questions)
        if one not in known
    )
    wanted = {str(one) for one in draft.endpoints}
    linked = ComponentEndpoint.objects.filter(component=row)
    linked.filter(aspect="").exclude(endpoint__in=wanted).delete()
    there = {str(one) for one in linked.filter(aspect="").values_list("endpoint", flat=True)}
    for endpoint in Endpoint.objects.filter(organisation=organisation, deleted_at=None, pk__in=wanted - there):
        ComponentEndpoint.objects.create(organisation=organisation, component=row, endpoint=endpoint)


@transaction.atomic
def remove_component(row: Component, user: User) -> None:
    """Take a component out of the inventory; its edges wait with it until it is brought back."""
    row.removed_at, row.removed_by, row.version = timezone.now(), user, row.version + 1
    row.save(update_fields=["removed_at", "removed_by", "version", "changed_at"])


@transaction.atomic
def restore_component(row: Component) -> None:
    """Bring a removed component back, with the edges it had."""
    row.removed_at, row.removed_by, row.version = None, None, row.version + 1
    row.save(update_fields=["removed_at", "removed_by", "version", "changed_at"])
