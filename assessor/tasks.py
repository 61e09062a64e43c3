"""What the worker does: each task calls one service, and every entrance enqueues through here."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django_scopes import scopes_disabled
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from assessor.models import DrillRun, ProbeRun, Report
from assessor.services import carrying, drilling, jobs, probing, reporting, schedules
from assessor.services.exchange import keeping

KEEP_DONE = timedelta(days=7)
DONE = (TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED)


@task()
def probe(run_id: str) -> None:
    """Carry out one probe run."""
    probing.carry_out(run_id)


@task()
def make_report(report_id: str) -> None:
    """Make the PDF of one report."""
    reporting.carry_out(report_id)


@task()
def drill(run_id: str, turn: int = 0) -> None:
    """Do what is due of a drill, and come back for the rest when that is due: a long one holds up nobody."""
    if following := drilling.carry_out(run_id, turn):
        due, next_turn = following
        _drill_at(due, run_id, next_turn)


def _drill_at(due: datetime, run_id: str, turn: int) -> None:
    later = drill.using(run_after=due) if due > timezone.now() else drill
    later.enqueue(run_id, turn)


def enqueue_drill(run: DrillRun) -> None:
    """Hand a drill to the worker once its row is committed."""
    transaction.on_commit(partial(drill.enqueue, str(run.pk)))


def enqueue_probe(run: ProbeRun) -> None:
    """Hand a run to the worker once its row is committed."""
    transaction.on_commit(partial(probe.enqueue, str(run.pk)))


def enqueue_report(report: Report) -> None:
    """Hand a report to the worker once its row is committed."""
    transaction.on_commit(partial(make_report.enqueue, str(report.pk)))


def enqueue_expired() -> int:
    """Enqueue anew what dead workers left behind; returns how many jobs that were."""
    runs, reports, drills = probing.release_expired(), jobs.release_expired(Report), drilling.release_expired()
    for run_id in runs:
        probe.enqueue(str(run_id))
    for report_id in reports:
        make_report.enqueue(str(report_id))
    for run_id in drills:
        drill.enqueue(str(run_id))
    return len(runs) + len(reports) + len(drills)


def enqueue_due() -> int:
    """Start what is probed again by itself and is due; returns how many runs that were."""
    runs = schedules.start_due()
    for run_id in runs:
        probe.enqueue(str(run_id))
    return len(runs)


def tidy() -> int:
    """Delete what nobody needs any more: rows of the queue, files nobody confirmed, runs that saw nothing new."""
    with scopes_disabled():
        return prune() + carrying.forget_waiting() + schedules.thin_out()


def prune(older_than: timedelta = KEEP_DONE) -> int:
    """Delete the queue's rows of work that ended long ago (the jobs' own rows stay); returns how many there were.

    Files that were brought in and never confirmed go too.
    """
    keeping.sweep()
    done = DBTaskResult.objects.filter(status__in=DONE, finished_at__lt=timezone.now() - older_than)
    return done.delete()[0]
