"""A passed exit drill as the test of a fallback: the inventory learns day and share of the load from its record."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from assessor.errors import N_
from assessor.models import Component, ComponentEndpoint, DrillPlan, DrillRun, Fallback, JobStatus, User
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.records import ExitRecord
from assessor.services.drilling import record_of
from assessor.services.inventory.editing import remember


@dataclass(frozen=True)
class Tested:
    """A fallback between what stands at the two ends of a drill; `known` where the inventory says so already."""

    fallback: Fallback
    known: bool


def _at(endpoint: object) -> set[object]:
    links = ComponentEndpoint.objects.filter(endpoint=endpoint, component__removed_at=None)
    return set(links.exclude(component=None).values_list("component", flat=True))


def fallbacks_of(run: DrillRun) -> Sequence[Tested]:
    """Return the fallbacks that a drill has tested: own cases passed, real requests over the candidate.

    Three queries at most, none for a drill that tests nothing.
    """
    record = record_of(run)
    if not isinstance(record, ExitRecord) or run.status != JobStatus.DONE or run.kind != DrillPlan.Kind.EXIT:
        return ()
    if not (record.passed and record.qualifies and record.share_of_load) or run.plan.candidate_id is None:
        return ()
    sources, targets = _at(run.endpoint_id), _at(run.plan.candidate_id)
    if not sources or not targets:
        return ()
    rows = Fallback.objects.filter(source__in=sources, target__in=targets).select_related("source", "target")
    day = timezone.localdate(run.finished_at)
    return tuple(
        Tested(
            row, row.tested_on is not None and row.tested_on >= day and (row.tested_share or 0) >= record.share_of_load
        )
        for row in rows
    )


@transaction.atomic
def note(run: DrillRun, user: User) -> int:
    """Write day and share of the load into the fallbacks that a drill has tested; returns how many changed."""
    record = record_of(run)
    tested = [one.fallback for one in fallbacks_of(run) if not one.known]
    if not tested or not isinstance(record, ExitRecord):
        raise DrillRefused(
            N_("There is no fallback in the inventory that this drill has tested and that does not say so yet."),
            remedy=N_("Link both endpoints to their components, and say which one stands in for which."),
        )
    for row in tested:
        row.tested_on = timezone.localdate(run.finished_at)
        row.tested_share = record.share_of_load
        row.save(update_fields=["tested_on", "tested_share"])
        source = Component.objects.select_for_update().get(pk=row.source_id)
        source.version += 1
        source.changed_by = user
        source.save(update_fields=["version", "changed_by", "changed_at"])
        remember(source, user)
    return len(tested)
