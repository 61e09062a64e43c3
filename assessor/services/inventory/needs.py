"""What a workload itself requires, how much load it is, and which classes of data it handles."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from assessor.errors import N_
from assessor.models import Component, Requires, Workload
from assessor.scenarios import graph
from assessor.services.inventory.editing import EditRefused, Moved, mark, nodes_of
from assessor.services.inventory.rows import requires_edge


def needs(row: Workload) -> dict[str, Any]:
    """Return what a workload says in the inventory, as plain data: one query."""
    edges = Requires.objects.filter(workload=row, target__removed_at=None).select_related("target", "workload")
    told = [requires_edge(one).model_dump(mode="json") for one in edges]
    return {
        "load": row.load,
        "data_classes": list(row.data_classes),
        "requires": sorted(told, key=lambda one: str(one["target"])),
    }


@transaction.atomic
def save_needs(
    row: Workload, load: float, data_classes: Sequence[str], edges: Sequence[graph.Requires], *, shown: str = ""
) -> None:
    """Keep what a workload requires; raises `Moved` when it says something else than was shown."""
    row = Workload.objects.select_for_update().get(pk=row.pk)
    now = needs(row)
    if shown and mark(now) != shown:
        raise Moved(now)
    nodes = nodes_of(row.organisation)
    Requires.objects.filter(workload=row, target__removed_at=None).delete()
    for edge in {one.target: one for one in edges}.values():
        target = nodes.get(edge.target)
        if not isinstance(target, Component):
            raise EditRefused(N_("“{id}” is no component."), remedy=N_("Name a component."), id=edge.target)
        Requires.objects.create(
            organisation=row.organisation,
            workload=row,
            target=target,
            survives_for=edge.survives_for,
            survives_restart=edge.survives_restart,
        )
    row.load, row.data_classes, row.version = load, list(data_classes), row.version + 1
    row.save(update_fields=["load", "data_classes", "version"])
