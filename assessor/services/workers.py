"""Whether a worker lives: each writes a row every few seconds, and pages on which people wait say when none does."""

import os
import platform
from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from assessor.models import Job, JobStatus, WorkerBeat

# Much longer than a worker takes from one beat to the next, even when the database is busy for a while.
SILENCE = timedelta(seconds=45)
# What waits for less is not worth a word: a worker takes a job within a second.
PATIENCE = timedelta(seconds=15)
FORGET = timedelta(days=1)


def beat(worker: str) -> None:
    """Write down that this worker lives."""
    if not WorkerBeat.objects.filter(pk=worker).update(seen_at=Now()):
        WorkerBeat.objects.create(
            pk=worker, host=platform.node()[:255], process=os.getpid(), started_at=Now(), seen_at=Now()
        )


def end(worker: str) -> None:
    """Write down that this worker ended on purpose."""
    WorkerBeat.objects.filter(pk=worker).update(ended_at=Now())


def living() -> QuerySet[WorkerBeat]:
    """Return the workers heard within the last 45 seconds that have not ended."""
    return WorkerBeat.objects.filter(ended_at=None, seen_at__gt=Now() - SILENCE)


def last_heard() -> WorkerBeat | None:
    """Return the worker heard last, living or not; None where none ever ran."""
    return WorkerBeat.objects.first()


def forget() -> int:
    """Delete the rows of workers not heard for a day, but for the last one; returns how many there were."""
    last = last_heard()
    silent = WorkerBeat.objects.filter(seen_at__lt=Now() - FORGET)
    return silent.exclude(pk=last.pk if last else "").delete()[0]


def nobody_takes(job: Job) -> bool:
    """Return whether a person waits for this job and no worker lives; costs a query only where it waits for long."""
    now = timezone.now()
    if job.is_over or (job.lease_until is not None and job.lease_until > now):
        return False
    if job.status == JobStatus.QUEUED and job.created_at > now - PATIENCE:
        return False
    return not living().exists()
