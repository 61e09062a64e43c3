"""Uploaded files that wait for a word: kept apart under random names for a limited time, read anew when confirmed."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, JobStatus, Organisation, PendingImport, User
from assessor.services import audit, scanning, stored_files
from assessor.services.exchange import bringing_in, reading
from assessor.services.exchange.plan import Incoming, Plan
from assessor.services.exchange.safe_zip import MEGABYTE
from assessor.services.questionnaires import questionnaire_of

KEPT = timedelta(hours=2)
# The oldest give way: nobody confirms more files than that at once.
MOST_WAITING = 5
_CHUNK = 256 * 1024
UNDER_WAY = (JobStatus.QUEUED, JobStatus.RUNNING)


class ImportGone(AssessorError):
    """The uploaded file is not kept any more."""


class ImportTooLarge(AssessorError):
    """The file is larger than what is taken in."""


def too_large(name: str = "") -> ImportTooLarge:
    """Return the refusal of a file past the limit."""
    return ImportTooLarge(
        N_("The file is larger than {limit} MB, so it was not taken in."),
        place=name,
        remedy=N_("Export without the files (YAML), or ask whoever runs this installation for more room."),
        limit=settings.ARCHIVE_MAX_BYTES // MEGABYTE,
    )


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "imports"


def path_of(pending: PendingImport) -> Path:
    """Return where a waiting file lies."""
    return _folder() / pending.file


def shown_name(name: str) -> str:
    """Return the name a file is shown by: no path, nothing invisible."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(char for char in last if char.isprintable())[:200] or "file"


def new_place(organisation: Organisation) -> tuple[Path, str]:
    """Return where a new file would lie, and that place below the folder of waiting files."""
    stored = f"{organisation.pk}/{secrets.token_hex(20)}"
    return _folder() / stored, stored


def receive(assessment: Assessment, upload: UploadedFile, user: User) -> PendingImport:
    """Read an uploaded file and keep it until somebody has seen what it would change.

    Raises `ContentError`, `ContentErrors` or `ImportTooLarge` for a file that cannot be taken over; nothing is kept.
    """
    name = shown_name(upload.name or "")
    if (upload.size or 0) > settings.ARCHIVE_MAX_BYTES:
        raise too_large(name)
    path, stored = new_place(assessment.organisation)
    try:
        digest = write_upload(path, upload)
        with path.open("rb") as stream:
            incoming = _read(stream, name, assessment)
            scanning.check_each(reading.files_in(incoming), name, organisation=assessment.organisation, user=user)
            plan = bringing_in.preview(assessment, incoming)
        make_room(assessment, user)
        return PendingImport.objects.create(
            organisation=assessment.organisation,
            assessment=assessment,
            uploaded_by=user,
            name=name,
            sha256=digest,
            file=stored,
            shown=plan.fingerprint,
            expires_at=timezone.now() + KEPT,
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def write_upload(path: Path, upload: UploadedFile) -> str:
    """Write an upload under its random name and return its sha256; raises `ImportGone` when the disc refuses."""
    digest = hashlib.sha256()
    upload.seek(0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("xb") as stream:
            for piece in upload.chunks(_CHUNK):
                digest.update(piece)
                stream.write(piece)
        path.chmod(0o400)
    except OSError as error:
        raise ImportGone(
            N_("The file could not be stored: {fault}."),
            remedy=N_("Ask whoever runs this installation to look at the data directory."),
            fault=error.strerror,
        ) from error
    return digest.hexdigest()


def _read(stream: BinaryIO, name: str, assessment: Assessment) -> Incoming:
    return reading.read(stream, name, questionnaire_of(assessment.questionnaire_version.content_hash))


def gone() -> ImportGone:
    """Return the refusal of a file that was thrown away meanwhile."""
    return ImportGone(N_("This file is not kept any more."), remedy=N_("Choose it again."))


def opened(pending: PendingImport) -> BinaryIO:
    """Open a waiting file; raises `ImportGone` when it is not there, too old, or not what was uploaded."""
    if pending.expires_at < timezone.now():
        raise gone()
    try:
        stream = path_of(pending).open("rb")
    except OSError as error:
        raise gone() from error
    if hashlib.file_digest(stream, "sha256").hexdigest() != pending.sha256:
        stream.close()
        raise gone()
    stream.seek(0)
    return stream


def show(pending: PendingImport) -> tuple[Plan, Incoming]:
    """Return what a waiting file would change now, and remember that this was shown; raises `ImportGone`."""
    with opened(pending) as stream:
        incoming = _read(stream, pending.name, pending.assessment)
        plan = bringing_in.preview(pending.assessment, incoming)
    if pending.shown != plan.fingerprint:
        pending.shown = plan.fingerprint
        pending.save(update_fields=["shown"])
    return plan, incoming


def confirm(pending: PendingImport, user: User, take: Collection[str]) -> Plan:
    """Take a waiting file over as it was shown, and forget it.

    Raises `PlanMoved` when the assessment changed since (the rows of now are remembered as shown), `ImportGone` when
    the file is not kept any more, and whatever refuses a single row; then nothing is changed.
    """
    with opened(pending) as stream:
        incoming = _read(stream, pending.name, pending.assessment)
        try:
            plan = bringing_in.apply(pending.assessment, incoming, user, take=take, shown=pending.shown)
        except bringing_in.PlanMoved as moved:
            pending.shown = moved.plan.fingerprint
            pending.save(update_fields=["shown"])
            raise
    forget(pending)
    audit.record(
        "data.imported",
        organisation=pending.organisation,
        actor=user,
        subject=pending.assessment,
        about="answers",
        file=pending.name,
    )
    return plan


def forget(pending: PendingImport) -> None:
    """Throw a waiting file away."""
    forget_files(pending)
    pending.delete()


def forget_files(pending: PendingImport) -> None:
    """Throw away what lies on the disc of a waiting file, plans of workers that died among it; its row stays."""
    path = path_of(pending)
    stored_files.unlink([path, *path.parent.glob(f"{path.name}-*.plan")])


def make_room(assessment: Assessment, user: User, about: str = PendingImport.About.ANSWERS) -> None:
    """Make room: what is past its time goes, and the oldest of too many."""
    found = PendingImport.objects.filter(assessment=assessment, uploaded_by=user, about=about)
    found = found.exclude(status__in=UNDER_WAY)
    rows = list(found.order_by("-uploaded_at", "-pk"))
    now = timezone.now()
    for number, row in enumerate(rows):
        if row.expires_at < now or number >= MOST_WAITING - 1:
            forget(row)


def sweep() -> int:
    """Throw away every file past its time, in every organisation; returns how many there were."""
    with scopes_disabled():
        rows = list(PendingImport.objects.filter(expires_at__lt=timezone.now()))
        for row in rows:
            forget(row)
    return len(rows)
