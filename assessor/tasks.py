"""What the worker does: each task calls one service, and every entrance enqueues through here."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django_scopes import scopes_disabled
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from assessor.models import Document, DrillRun, Organisation, OrganisationExport, PendingImport, ProbeRun, Report
from assessor.services import (
    carrying,
    documents,
    drilling,
    jobs,
    probing,
    reminders,
    render_ahead,
    reporting,
    retention,
    schedules,
    simulating,
    summaries,
    upload_tokens,
    workers,
)
from assessor.services.exchange import keeping
from assessor.services.inventory import waiting as waiting_inventories
from assessor.services.relocation import exports, removing, waiting

KEEP_DONE = timedelta(days=7)
# Behind everything that a person waits for.
AHEAD_PRIORITY = -50
DONE = (TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED)


@task()
def probe(run_id: str) -> None:
    """Carry out one probe run."""
    probing.carry_out(run_id)


@task()
def make_report(report_id: str) -> None:
    """Make the PDF of one report."""
    reporting.carry_out(report_id)


@task(priority=AHEAD_PRIORITY)
def make_ahead(assessment_id: str) -> None:
    """Make the draft of an assessment that rests before somebody asks for it."""
    reporting.make_ahead(assessment_id)


@task()
def make_document(document_id: str) -> None:
    """Make one document."""
    documents.carry_out(document_id)


@task()
def export_organisation(export_id: str) -> None:
    """Write everything of an organisation into one file."""
    exports.carry_out(export_id)


@task()
def bring_inventory(pending_id: str) -> None:
    """Read an inventory that came as a file, or take it over; then the scenarios are played anew."""
    if organisation := waiting_inventories.carry_out(pending_id):
        simulate.enqueue(str(organisation.pk))


@task(priority=AHEAD_PRIORITY)
def scrub() -> None:
    """Have the database give up what a deleted organisation left in its pages."""
    removing.scrub()


@task()
def simulate(organisation_id: str) -> None:
    """Play the scenarios anew for the assessments of an organisation whose inventory has changed."""
    simulating.carry_out(organisation_id)


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


def enqueue_document(document: Document) -> None:
    """Hand a document to the worker once its row is committed, unless it is being made or was made before."""
    if document.attempt == 0 and not document.is_over:
        transaction.on_commit(partial(make_document.enqueue, str(document.pk)))


def enqueue_export(export: OrganisationExport) -> None:
    """Hand an export to the worker once its row is committed, unless one was under way."""
    if export.attempt == 0:
        transaction.on_commit(partial(export_organisation.enqueue, str(export.pk)))


def enqueue_inventory(pending: PendingImport) -> None:
    """Hand the next step of an inventory that came as a file to the worker, unless it was worked on at once."""
    if not pending.is_over:
        transaction.on_commit(partial(bring_inventory.enqueue, str(pending.pk)))


def enqueue_scrub() -> None:
    """Have the database cleaned once what was deleted is committed."""
    transaction.on_commit(scrub.enqueue)


def enqueue_simulation(organisation: Organisation) -> None:
    """Have the scenarios played anew once a change of the inventory is committed."""
    transaction.on_commit(partial(simulate.enqueue, str(organisation.pk)))


def enqueue_expired() -> int:
    """Enqueue anew what dead workers left behind; returns how many jobs that were."""
    runs, reports, drills = probing.release_expired(), jobs.release_expired(Report), drilling.release_expired()
    for run_id in runs:
        probe.enqueue(str(run_id))
    for report_id in reports:
        make_report.enqueue(str(report_id))
    for run_id in drills:
        drill.enqueue(str(run_id))
    papers = jobs.release_expired(Document)
    for document_id in papers:
        make_document.enqueue(str(document_id))
    whole = jobs.release_expired(OrganisationExport)
    for export_id in whole:
        export_organisation.enqueue(str(export_id))
    stock = waiting_inventories.release_expired()
    for pending_id in stock:
        bring_inventory.enqueue(str(pending_id))
    return len(runs) + len(reports) + len(drills) + len(papers) + len(whole) + len(stock)


def enqueue_due() -> int:
    """Start what is probed again by itself and is due; returns how many runs that were."""
    runs = schedules.start_due()
    for run_id in runs:
        probe.enqueue(str(run_id))
    return len(runs)


def enqueue_ahead() -> bool:
    """Have the draft of one assessment made that rests, when nothing else is to do; returns whether there was one."""
    found = render_ahead.next_at_rest()
    if found is None:
        return False
    make_ahead.enqueue(str(found.pk))
    return True


def tidy() -> int:
    """Delete what nobody needs any more, and remind people of what is due; returns how much was deleted.

    Rows of the queue, files nobody confirmed, runs that saw nothing new.
    """
    reminders.send_due()
    with scopes_disabled():
        swept = carrying.forget_waiting() + documents.forget_old() + render_ahead.prune()
        swept += upload_tokens.forget_counts() + workers.forget() + summaries.refresh_due()
        swept += retention.carry_out_due() + exports.forget_old() + waiting.sweep()
        return prune() + swept + schedules.thin_out()


def prune(older_than: timedelta = KEEP_DONE) -> int:
    """Delete the queue's rows of work that ended long ago (the jobs' own rows stay); returns how many there were.

    Files that were brought in and never confirmed go too.
    """
    keeping.sweep()
    done = DBTaskResult.objects.filter(status__in=DONE, finished_at__lt=timezone.now() - older_than)
    return done.delete()[0]
