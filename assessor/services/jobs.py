"""Background work with leases: claimed once, kept alive, fenced, and given to another when its worker dies."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.errors import N_
from assessor.models import Job, JobStatus

logger = logging.getLogger("assessor.jobs")


def lease_end() -> datetime:
    """Return when a lease taken now runs out."""
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def claim(model: type[Job], job_id: UUID | str) -> Job | None:
    """Take a waiting job, or one whose lease ran out; returns None when there is nothing to take."""
    now = timezone.now()
    free = Q(status=JobStatus.QUEUED) | Q(status=JobStatus.RUNNING, lease_until__lt=now)
    with scopes_disabled(), transaction.atomic():
        taken = (
            model.objects.filter(free, pk=job_id)
            .order_by()
            .update(
                status=JobStatus.RUNNING,
                attempt=F("attempt") + 1,
                lease_until=lease_end(),
                started_at=now,
                error="",
            )
        )
        return model.objects.select_related("organisation").get(pk=job_id) if taken else None


def report_progress(job: Job, **progress: object) -> bool:
    """Store progress and extend the lease; returns False when the job is no longer ours (or was cancelled)."""
    return write(job, progress=progress, lease_until=lease_end())


def write(job: Job, **fields: object) -> bool:
    """Write fields while the job still carries our attempt and runs; returns whether it did."""
    model = type(job)
    with scopes_disabled():
        mine = model.objects.filter(pk=job.pk, attempt=job.attempt, status=JobStatus.RUNNING).order_by()
        return bool(mine.update(**fields))


def finish(job: Job, status: str, **fields: object) -> bool:
    """End a job with its results in one statement; returns False when another attempt has it by now."""
    return write(job, status=status, finished_at=timezone.now(), lease_until=None, **fields)


def put_off(job: Job, until: datetime, **fields: object) -> bool:
    """Give a job back until a moment, at which the reaper enqueues it anew; returns False when it is not ours."""
    return write(job, status=JobStatus.QUEUED, lease_until=until, progress={}, **fields)


def cancel(job: Job, **fields: object) -> None:
    """End a job that is not over and write `fields` with it; a worker that is at it notices at its next step."""
    with scopes_disabled():
        type(job).objects.filter(pk=job.pk, status__in=[JobStatus.QUEUED, JobStatus.RUNNING]).order_by().update(
            status=JobStatus.CANCELLED, finished_at=timezone.now(), lease_until=None, **fields
        )


@contextmanager
def kept_alive(job: Job) -> Iterator[None]:
    """Extend the lease from a thread while the body works on something that reports no progress of its own."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(settings.JOB_LEASE_SECONDS / 3):
            try:
                write(job, lease_until=lease_end())
            except DatabaseError as error:
                # Busy or away for a moment: the next beat comes before the lease runs out.
                logger.warning("The lease of %s was not extended: %s", job.pk, error)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, name=f"lease-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def release_expired(model: type[Job], *, more: Combinable | int = 0, **given_up: object) -> list[UUID]:
    """Put jobs whose lease ran out back into the queue, or fail them after the last attempt, writing `given_up`.

    `more` are attempts that a job has beyond those of all, a number or an expression of its row.

    Returns the ids to enqueue anew: a queue entry may have died with its worker, and a second one does no harm,
    because only one claim succeeds.
    """
    now = timezone.now()
    most = Value(settings.JOB_ATTEMPTS) + more
    with scopes_disabled(), transaction.atomic():
        expired = model.objects.filter(
            Q(lease_until__lt=now) | Q(lease_until=None, created_at__lt=now - timedelta(seconds=60)),
            status__in=[JobStatus.QUEUED, JobStatus.RUNNING],
        ).order_by()
        expired.filter(attempt__gte=most).update(
            status=JobStatus.FAILED,
            finished_at=now,
            lease_until=None,
            error=N_("The worker stopped several times while it was at this. Try again; if it stays so, see the log."),
            **given_up,
        )
        # Locked, so that no job is put back that a worker claims in this moment, nor by two workers at once.
        left = expired.filter(attempt__lt=most).select_for_update(skip_locked=True)
        again = list(left.values_list("pk", flat=True))
        model.objects.filter(pk__in=again).order_by().update(status=JobStatus.QUEUED, lease_until=lease_end())
    return again
