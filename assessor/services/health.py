"""How this installation is: what would keep it from working, or from being restored, each in a sentence."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min, Q
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import Document, DrillRun, JobStatus, ProbeRun, Report
from assessor.probes.networks import network_table
from assessor.probes.version import catalogue_version
from assessor.reports import fonts
from assessor.reports.pdf import pdf_available
from assessor.services import audit, keyring, packages, resealing, scanning, secrets, signing, workers
from assessor.services.backups import making

QUEUES = (ProbeRun, DrillRun, Report, Document)
# A worker takes a job within a second and a report a minute; what waits longer waits for nobody.
WAITS = timedelta(minutes=5)
LEAST_FREE, LITTLE_FREE = 200 * 1024**2, 1024**3
OLD_BACKUP = timedelta(days=7)
OLD_DATA = timedelta(days=365)
CLOCK_SLACK = timedelta(minutes=5)
LITTLE_APART = timedelta(seconds=5)
MOST_NAMED = 8


class State(StrEnum):
    """Whether something is well, wants attention, or is wrong."""

    WELL = "well"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True)
class Words:
    """What is said of one thing: source messages with fields, filled after translation, as in `AssessorError`."""

    reason: str
    remedy: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """Return reason and remedy in the language of `translate` (identity gives English)."""
        return " ".join(translate(text).format(**self.facts) for text in (self.reason, self.remedy) if text)


@dataclass(frozen=True)
class Examined:
    """One thing that was looked at; `about` is a source message."""

    about: str
    state: State
    words: Words | AssessorError

    def says(self, translate: Callable[[str], str] = str) -> str:
        """Return what is to be said of it, in the language of `translate`."""
        return self.words.sentence(translate)


Look = tuple[State, Words | AssessorError]


def examine() -> list[Examined]:
    """Look at everything; what cannot be looked at is wrong, with the reason."""
    found = []
    for about, look in LOOKS.items():
        words: Words | AssessorError
        try:
            state, words = look()
        except AssessorError as problem:
            state, words = State.WRONG, problem
        except (DatabaseError, OSError) as problem:
            state, words = State.WRONG, Words(N_("It cannot be read: {why}."), facts={"why": str(problem).strip()})
        found.append(Examined(about, state, words))
    return found


def _migrations() -> Look:
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        return State.WRONG, Words(
            N_("Migrations not applied: {number}."), N_("Run: manage.py prepare"), {"number": waiting}
        )
    return State.WELL, Words(N_("Every migration is applied."))


def _worker() -> Look:
    living = list(workers.living())
    if living:
        told = ", ".join(f"{one.host} ({one.process})" for one in living[:MOST_NAMED])
        return State.WELL, Words(N_("Workers alive: {number}: {told}."), facts={"number": len(living), "told": told})
    last = workers.last_heard()
    remedy = N_("Probes, reports and files wait for one. Start it: manage.py worker, or manage.py serve.")
    if last is None:
        return State.LOOK, Words(N_("No worker has run here yet."), remedy)
    moment = f"{last.seen_at:%Y-%m-%d %H:%M} UTC"
    return State.WRONG, Words(N_("No worker has been heard since {moment}."), remedy, {"moment": moment})


def _queue() -> Look:
    now, count, oldest = timezone.now(), 0, None
    with scopes_disabled():
        for model in QUEUES:
            # What was put off until a later moment waits for that moment, not for a worker.
            waits = model.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), status=JobStatus.QUEUED)
            row = waits.order_by().aggregate(n=Count("pk"), at=Min("created_at"))
            count += row["n"]
            oldest = min(filter(None, (oldest, row["at"])), default=None)
        lost = sum(
            model.objects.filter(status=JobStatus.RUNNING, lease_until__lt=now - WAITS).count() for model in QUEUES
        )
    if oldest is None and not lost:
        return State.WELL, Words(N_("No job waits."))
    waited = (now - oldest) if oldest else timedelta()
    facts = {"count": count, "seconds": int(waited.total_seconds()), "minutes": int(waited.total_seconds() // 60)}
    if lost or waited > WAITS:
        return State.WRONG, Words(
            N_(
                "No worker takes up the work. Jobs waiting: {count}, the oldest for {minutes} minutes; left by a "
                "worker that died: {lost}."
            ),
            N_("Start one: manage.py worker"),
            facts | {"lost": lost},
        )
    return State.WELL, Words(N_("Jobs waiting: {count}, the oldest for {seconds} seconds."), facts=facts)


def _disc() -> Look:
    free = shutil.disk_usage(settings.DATA_DIR).free
    reason = N_("{free} MB are free in {folder}.")
    facts = {"free": free // 1024**2, "folder": settings.DATA_DIR}
    if free < LITTLE_FREE:
        return (State.WRONG if free < LEAST_FREE else State.LOOK), Words(reason, N_("Make room."), facts)
    return State.WELL, Words(reason, facts=facts)


def _pdf() -> Look:
    problem = pdf_available()
    return (State.LOOK, problem) if problem else (State.WELL, Words(N_("PDFs can be made.")))


def _fonts() -> Look:
    unread = fonts.unreadable()
    if unread:
        return State.LOOK, Words(
            N_("Not read as fonts in {folder}: {files}."),
            N_("Put OpenType or TrueType files there (.ttf, .otf, .ttc), or take these away."),
            {"folder": fonts.added_directory(), "files": ", ".join(unread)},
        )
    return State.WELL, Words(
        N_("Fonts that ship: {shipped}; added here: {added}."),
        facts={"shipped": len(fonts.font_files()), "added": len(fonts.added_files())},
    )


def _dated(reason: str, day: str) -> Look:
    old = timezone.localdate() - date.fromisoformat(day) > OLD_DATA
    remedy = N_("That is more than a year ago. Install a newer release.") if old else ""
    return (State.LOOK if old else State.WELL), Words(reason, remedy, {"day": day})


def _catalogue() -> Look:
    return _dated(N_("The catalogue of services is of {day}."), catalogue_version()[:10])


def _networks() -> Look:
    return _dated(N_("The table of networks is of {day}."), network_table(settings.PROBE_NETWORKS).facts.date[:10])


def _keys() -> Look:
    secrets.unseal(secrets.seal("doctor", "doctor"), "doctor")
    return State.WELL, Words(
        N_("The keys can be read; plans are signed as {name}."), facts={"name": signing.installation()}
    )


def _sealed() -> Look:
    found = resealing.count()
    facts = {"sealed": found.sealed, "stale": found.stale, "lost": found.unreadable, "file": keyring.file()}
    reason = N_("Sealed: {sealed}; not yet with the first key: {stale}; unreadable: {lost}.")
    if found.unreadable:
        remedy = N_("Give the missing sealing key back, or have those keys entered again.")
        return State.WRONG, Words(reason, remedy, facts)
    if found.stale:
        return State.LOOK, Words(reason, N_("Run: manage.py rotate_keys"), facts)
    if settings.MODE == "served" and not keyring.is_of_operator():
        return State.LOOK, Words(
            N_("Stored keys: {sealed}. What opens them lies beside the data, in {file}."),
            N_("Keep it elsewhere: set ASSESSOR_KEYS_FILE."),
            facts,
        )
    return State.WELL, Words(reason, facts=facts)


def _clock() -> Look:
    now = datetime.now(UTC)
    upgraded = max(MigrationRecorder(connection).applied_migrations().values(), key=lambda row: row.applied).applied
    known = date.fromisoformat(catalogue_version()[:10])
    apart = abs(_database_clock() - datetime.now(UTC))
    facts = {"now": f"{now:%Y-%m-%d %H:%M}", "seconds": round(apart.total_seconds())}
    if now + CLOCK_SLACK < upgraded or now.date() < known - timedelta(days=1):
        return State.WRONG, Words(
            N_("The clock says {now} UTC, which is before this installation was made."), N_("Set the clock."), facts
        )
    reason = N_("The clock says {now} UTC; the database's is {seconds} seconds apart from it.")
    if apart > LITTLE_APART:
        state = State.WRONG if apart > timedelta(seconds=settings.JOB_LEASE_SECONDS) else State.LOOK
        return state, Words(
            reason, N_("Have both set from the same source (NTP): leases of jobs are reckoned in seconds."), facts
        )
    return State.WELL, Words(reason, facts=facts)


def _trail() -> Look:
    remedy = N_("Run: manage.py verify_audit")
    if not audit.is_guarded():
        return State.WRONG, Words(N_("The database does not guard the audit trail."), remedy)
    loose = audit.loose_ends()
    if loose:
        return State.WRONG, Words(
            N_("Chains of the audit trail that do not end as they say: {number}."), remedy, {"number": loose}
        )
    return State.WELL, Words(
        N_("Every chain of the audit trail ends as it says; manage.py verify_audit follows every event.")
    )


def _scanner() -> Look:
    try:
        program = scanning.try_out()
    except scanning.ScanFailed as failure:
        return State.WRONG, Words(
            N_("Files are not taken in, since the scanner does not work: {why}."),
            N_("Mend it, or change ASSESSOR_SCAN_COMMAND."),
            {"why": failure},
        )
    if not program:
        return State.WELL, Words(N_("No scanner is set: files that come in are not scanned."))
    return State.WELL, Words(N_("Files that come in are scanned by {program}."), facts={"program": program})


def _packages() -> Look:
    found = packages.packages()
    others = [f"{one.name} {one.installed} ({one.locked})" for one in found if one.installed != one.locked]
    if others:
        return State.LOOK, Words(
            N_("Packages that are not of the version that this release was tested with (in brackets): {others}."),
            N_("Run: make install, or install the bundle anew."),
            {"others": ", ".join(others[:MOST_NAMED])},
        )
    return State.WELL, Words(
        N_("Packages as the release locks them: {count}; manage.py doctor --packages lists them."),
        facts={"count": len(found)},
    )


def _database_clock() -> datetime:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            moment: datetime = cursor.fetchone()[0]
            return moment
        cursor.execute("SELECT strftime('%%Y-%%m-%%dT%%H:%%M:%%f', 'now')", [])
        return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)


def _backups() -> Look:
    made = [file.stat().st_mtime for file in Path(making.folder()).glob("*.zip")]
    remedy, facts = N_("Run: manage.py backup"), {"folder": making.folder()}
    if not made:
        return State.LOOK, Words(
            N_("There is no backup in {folder}; where backups are kept elsewhere, all is well."), remedy, facts
        )
    age = datetime.now(UTC) - datetime.fromtimestamp(max(made), UTC)
    reason = N_("Days since the newest backup in {folder}: {days}.")
    return (State.LOOK if age > OLD_BACKUP else State.WELL), Words(
        reason, remedy if age > OLD_BACKUP else "", facts | {"days": age.days}
    )


LOOKS: dict[str, Callable[[], Look]] = {
    N_("Database"): _migrations,
    N_("Worker"): _worker,
    N_("Queue"): _queue,
    N_("Disc"): _disc,
    N_("PDF"): _pdf,
    N_("Fonts"): _fonts,
    N_("Catalogue"): _catalogue,
    N_("Networks"): _networks,
    N_("Keys"): _keys,
    N_("Stored keys"): _sealed,
    N_("Clock"): _clock,
    N_("Audit trail"): _trail,
    N_("Backups"): _backups,
    N_("Scanner"): _scanner,
    N_("Packages"): _packages,
}
