"""How this installation is: what would keep it from working, or from being restored, each in a sentence."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.errors import AssessorError
from assessor.models import Document, JobStatus, ProbeRun, Report
from assessor.probes.networks import network_table
from assessor.probes.version import catalogue_version
from assessor.reports.pdf import pdf_available
from assessor.services import audit, secrets, signing
from assessor.services.backups import making

QUEUES = (ProbeRun, Report, Document)
# A worker takes a job within a second and a report a minute; what waits longer waits for nobody.
WAITS = timedelta(minutes=5)
LEAST_FREE, LITTLE_FREE = 200 * 1024**2, 1024**3
OLD_BACKUP = timedelta(days=7)
OLD_DATA = timedelta(days=365)
CLOCK_SLACK = timedelta(minutes=5)


class State(StrEnum):
    """Whether something is well, wants attention, or is wrong."""

    WELL = "well"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True)
class Examined:
    """One thing that was looked at."""

    about: str
    state: State
    says: str


def examine() -> list[Examined]:
    """Look at everything; what cannot be looked at is wrong, with the reason."""
    found = []
    for about, look in LOOKS.items():
        try:
            state, says = look()
        except AssessorError as problem:
            state, says = State.WRONG, str(problem)
        except (DatabaseError, OSError) as problem:
            state, says = State.WRONG, f"It cannot be read: {str(problem).strip()}."
        found.append(Examined(about, state, says))
    return found


def _migrations() -> tuple[State, str]:
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        return State.WRONG, f"{waiting} migrations are not applied. Run: manage.py prepare"
    return State.WELL, "Every migration is applied."


def _queue() -> tuple[State, str]:
    now, count, oldest = timezone.now(), 0, None
    with scopes_disabled():
        for model in QUEUES:
            row = (
                model.objects.filter(status=JobStatus.QUEUED).order_by().aggregate(n=Count("pk"), at=Min("created_at"))
            )
            count += row["n"]
            oldest = min(filter(None, (oldest, row["at"])), default=None)
        lost = sum(
            model.objects.filter(status=JobStatus.RUNNING, lease_until__lt=now - WAITS).count() for model in QUEUES
        )
    if oldest is None and not lost:
        return State.WELL, "No job waits."
    waited = (now - oldest) if oldest else timedelta()
    if lost or waited > WAITS:
        return State.WRONG, (
            f"No worker takes up the work: {count} jobs wait, the oldest for "
            f"{int(waited.total_seconds() // 60)} minutes, {lost} were left by a worker that died. "
            "Start one: manage.py worker"
        )
    return State.WELL, f"{count} jobs wait, the oldest for {int(waited.total_seconds())} seconds."


def _disc() -> tuple[State, str]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    says = f"{free // 1024**2} MB are free in {settings.DATA_DIR}."
    if free < LITTLE_FREE:
        return (State.WRONG if free < LEAST_FREE else State.LOOK), f"{says} Make room."
    return State.WELL, says


def _pdf() -> tuple[State, str]:
    problem = pdf_available()
    return (State.LOOK, str(problem)) if problem else (State.WELL, "PDFs can be made.")


def _dated(what: str, day: str) -> tuple[State, str]:
    old = timezone.localdate() - date.fromisoformat(day) > OLD_DATA
    says = f"{what} is of {day}."
    return (State.LOOK, f"{says} Install a newer release.") if old else (State.WELL, says)


def _catalogue() -> tuple[State, str]:
    return _dated("The catalogue of services", catalogue_version()[:10])


def _networks() -> tuple[State, str]:
    return _dated("The table of networks", network_table(settings.PROBE_NETWORKS).facts.date[:10])


def _keys() -> tuple[State, str]:
    secrets.unseal(secrets.seal("doctor", "doctor"), "doctor")
    return State.WELL, f"The keys can be read; plans are signed as {signing.installation()}."


def _clock() -> tuple[State, str]:
    now = datetime.now(UTC)
    upgraded = max(MigrationRecorder(connection).applied_migrations().values(), key=lambda row: row.applied).applied
    known = date.fromisoformat(catalogue_version()[:10])
    says = f"The clock says {now:%Y-%m-%d %H:%M} UTC"
    if now + CLOCK_SLACK < upgraded or now.date() < known - timedelta(days=1):
        return State.WRONG, f"{says}, which is before this installation was made. Set the clock."
    return State.WELL, f"{says}."


def _trail() -> tuple[State, str]:
    if not audit.is_guarded():
        return State.WRONG, "The database does not guard the audit trail. Run: manage.py verify_audit"
    loose = audit.loose_ends()
    if loose:
        return State.WRONG, f"{loose} chains of the audit trail do not end as they say. Run: manage.py verify_audit"
    return State.WELL, "Every chain of the audit trail ends as it says; manage.py verify_audit follows every event."


def _backups() -> tuple[State, str]:
    made = [file.stat().st_mtime for file in Path(making.folder()).glob("*.zip")]
    if not made:
        return (
            State.LOOK,
            f"There is no backup in {making.folder()}. Run: manage.py backup (kept elsewhere, all is well)",
        )
    age = datetime.now(UTC) - datetime.fromtimestamp(max(made), UTC)
    says = f"The newest backup in {making.folder()} is {age.days} days old."
    return (State.LOOK, f"{says} Run: manage.py backup") if age > OLD_BACKUP else (State.WELL, says)


LOOKS: dict[str, Callable[[], tuple[State, str]]] = {
    "Database": _migrations,
    "Worker": _queue,
    "Disc": _disc,
    "PDF": _pdf,
    "Catalogue": _catalogue,
    "Networks": _networks,
    "Keys": _keys,
    "Clock": _clock,
    "Audit trail": _trail,
    "Backups": _backups,
}
