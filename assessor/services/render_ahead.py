"""Drafts that are there already: kept by what they say, made ahead while nobody waits, out of everybody's way."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.models import Assessment, Document, DrillRun, JobStatus, OrganisationExport, ProbeRun, Report, User
from assessor.reports.sheet import STEPS, Step
from assessor.services import jobs

# An assessment rests when nobody changed it for so long; one that rested longer than a day waits until it is opened.
REST = timedelta(minutes=2)
RECENT = timedelta(days=1)
KEEP = timedelta(days=7)
SAY_EVERY_SECONDS = 0.7
# What a person may be waiting for.
JOBS = (Report, ProbeRun, DrillRun, Document, OrganisationExport)
UNDER_WAY = (JobStatus.QUEUED, JobStatus.RUNNING)


def unchanged(assessment: Assessment, key: str) -> Report | None:
    """Return the newest draft that says the same, made or under way, without its contents."""
    rows = Report.objects.filter(assessment=assessment, kind=Report.Kind.DRAFT, content_key=key).order_by("-version")
    for row in rows.filter(status__in=(*UNDER_WAY, JobStatus.DONE)).defer("content", "scorecard"):
        if row.status != JobStatus.DONE or (Path(settings.REPORTS_DIR) / row.file).is_file():
            return row
    return None


def taken(report: Report, user: User | None) -> Report:
    """Return the draft as one that a person asked for, where a person did."""
    if user is not None and report.ahead:
        Report.objects.filter(pk=report.pk).update(ahead=False, requested_by=user)
        report.refresh_from_db(fields=["ahead", "requested_by", "status"])
    return report


def forget(assessment: Assessment) -> None:
    """Remove the draft that was made ahead and that nobody asked for: the assessment says something else by now."""
    _remove(list(Report.objects.filter(assessment=assessment, ahead=True).defer("content", "scorecard")))


def forget_failed(report: Report) -> None:
    """Remove a draft made ahead that came to nothing; one that a person asked for meanwhile stays and says why."""
    failed = Report.objects.filter(pk=report.pk, ahead=True).exclude(status__in=(JobStatus.QUEUED, JobStatus.DONE))
    _remove(list(failed.defer("content", "scorecard")))


def _remove(rows: list[Report]) -> None:
    for row in rows:
        # Only while nobody asked for it: a click may come between.
        if Report.objects.filter(pk=row.pk, ahead=True).delete()[0]:
            for file in filter(None, (row.file, row.board_file)):
                (Path(settings.REPORTS_DIR) / file).unlink(missing_ok=True)


def prune() -> int:
    """Remove drafts made ahead that nobody asked for in a week; returns how many."""
    with scopes_disabled():
        old = Report.objects.filter(ahead=True, created_at__lt=timezone.now() - KEEP).defer("content", "scorecard")
        rows = list(old.select_related("organisation"))
        for row in rows:
            with scope(organisation=row.organisation):
                _remove([row])
    return len(rows)


def next_at_rest() -> Assessment | None:
    """Return an assessment to make a draft of, noted as made: one that rests and changed since the last time.

    One at a time, and none while anything else is to do.
    """
    if not settings.REPORTS_AHEAD or busy():
        return None
    now = timezone.now()
    due = Q(ahead_at=None) | Q(ahead_at__lt=F("changed_at"))
    with scopes_disabled():
        resting = Assessment.objects.filter(
            due, archived_at=None, changed_at__lt=now - REST, changed_at__gt=now - RECENT
        ).select_related("organisation")
        found = resting.order_by("-changed_at", "-pk").first()
        if found is None or not Assessment.objects.filter(due, pk=found.pk).update(ahead_at=now):
            return None
    return found


def busy() -> bool:
    """Return whether any job is under way or waits for its turn now."""
    with scopes_disabled():
        return any(model.objects.filter(Q(status=JobStatus.RUNNING) | _now()).order_by().exists() for model in JOBS)


def _now() -> Q:
    # A job that was put off has its lease far ahead and is nobody's turn.
    return Q(status=JobStatus.QUEUED, created_at__gt=timezone.now() - timedelta(hours=1))


def in_the_way(report: Report) -> bool:
    """Return whether a draft that nobody asked for holds up a job that a person waits for."""
    with scopes_disabled():
        if not Report.objects.filter(pk=report.pk, ahead=True).exists():
            return False
        return any(model.objects.filter(_now()).exclude(pk=report.pk).order_by().exists() for model in JOBS)


def watcher(report: Report) -> Callable[[Step], bool]:
    """Return what to tell how far a report is: it stores that, and says whether to go on.

    Not to go on: cancelled, taken by another worker, or made ahead while a person waits for something else.
    """
    said = 0.0

    def watch(step: Step) -> bool:
        nonlocal said
        if time.monotonic() - said < SAY_EVERY_SECONDS:
            return True
        said = time.monotonic()
        done = STEPS.index(step.name) + 1
        if not jobs.report_progress(report, step=step.name, done=done, total=len(STEPS), page=step.page):
            return False
        if report.ahead and in_the_way(report):
            # Its turn comes again when there is nothing else to do.
            with scopes_disabled():
                Assessment.objects.filter(pk=report.assessment_id).update(ahead_at=None)
            return False
        return True

    return watch
