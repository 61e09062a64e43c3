"""Archives of organisations that wait for a word: kept for a limited time, read anew when they are confirmed."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from assessor.errors import N_
from assessor.models import Organisation, PendingOrganisation, User
from assessor.services import scanning
from assessor.services.exchange import keeping
from assessor.services.exchange.keeping import ImportGone
from assessor.services.relocation import bringing, form, looking
from assessor.services.relocation.looking import Preview
from assessor.services.relocation.reading import Incoming

KEPT = timedelta(hours=2)
MOST_WAITING = 2
# Rows are text and shrink to a tenth; unpacked they may take so many times what may be sent.
UNPACKED = 5


def path_of(pending: PendingOrganisation) -> Path:
    """Return where a waiting archive lies."""
    return Path(settings.DATA_DIR) / "imports" / pending.file


def receive(upload: UploadedFile, user: User) -> PendingOrganisation:
    """Read an uploaded archive and keep it until somebody has seen what it would bring.

    Raises an `AssessorError` for one that cannot be brought in; nothing is kept then.
    """
    name = keeping.shown_name(upload.name or "")
    if (upload.size or 0) > settings.ARCHIVE_MAX_BYTES:
        raise keeping.too_large(name)
    row = PendingOrganisation(
        uploaded_by=user, name=name, file=f"organisations/{token_hex(20)}", expires_at=timezone.now() + KEPT
    )
    path = path_of(row)
    try:
        row.sha256 = keeping.write_upload(path, upload)
        with _incoming(path, name) as incoming:
            looking.look(incoming)
            inside = ((one, incoming.archive.chunks(one)) for one in form.files(incoming.manifest))
            scanning.check_each(inside, name, organisation=None, user=user)
        for old in PendingOrganisation.objects.filter(uploaded_by=user).order_by("-uploaded_at", "-pk")[
            MOST_WAITING - 1 :
        ]:
            forget(old)
        row.save(force_insert=True)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return row


@contextmanager
def _incoming(path: Path, name: str) -> Iterator[Incoming]:
    with path.open("rb") as stream:
        yield Incoming(stream, name, settings.ARCHIVE_MAX_BYTES * UNPACKED)


@contextmanager
def _opened(pending: PendingOrganisation) -> Iterator[Incoming]:
    gone = ImportGone(N_("This file is not kept any more."), remedy=N_("Choose it again."))
    path = path_of(pending)
    if pending.expires_at < timezone.now() or not path.is_file():
        raise gone
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != pending.sha256:
            raise gone
    with _incoming(path, pending.name) as incoming:
        yield incoming


def show(pending: PendingOrganisation) -> Preview:
    """Return what a waiting archive would bring now; raises an `AssessorError`."""
    with _opened(pending) as incoming:
        return looking.look(incoming)


def confirm(pending: PendingOrganisation, user: User) -> Organisation:
    """Bring a waiting archive in and forget it; raises an `AssessorError`, and then nothing is changed."""
    with _opened(pending) as incoming:
        organisation = bringing.bring(incoming, user)
    forget(pending)
    return organisation


def forget(pending: PendingOrganisation) -> None:
    """Throw a waiting archive away."""
    path_of(pending).unlink(missing_ok=True)
    pending.delete()


def sweep() -> int:
    """Throw away every archive past its time; returns how many there were."""
    rows = list(PendingOrganisation.objects.filter(expires_at__lt=timezone.now()))
    for row in rows:
        forget(row)
    return len(rows)
