"""Files behind evidence: taken in by content under random names, handed out unchanged as downloads, never unpacked."""

import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum

from assessor.errors import N_, AssessorError
from assessor.models import Attachment, Evidence, Organisation, User
from assessor.services import file_types

MEGABYTE = 1024 * 1024
PER_EVIDENCE = 10
MAX_NAME = 120
# Letters, digits and a few harmless marks of any script; everything else could mean something to somebody.
_UNSAFE = re.compile(r"[^\w .,()+@#-]+")


class AttachmentRefused(AssessorError):
    """The file is not taken in."""


class AttachmentMissing(AssessorError):
    """The stored file is gone or was changed."""


def safe_name(name: str, content_type: str) -> str:
    """Return the name a file is shown and handed out by: no path, no hidden marks, the ending of what it is."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(one for one in unicodedata.normalize("NFC", last) if unicodedata.category(one)[0] != "C")
    ending = file_types.ENDINGS[content_type]
    stem = _UNSAFE.sub("_", plain).strip(" ._")
    known = {ending, ".jpeg" if ending == ".jpg" else ending, ".yml" if ending == ".yaml" else ending}
    for one in known:
        if stem.lower().endswith(one):
            stem = stem[: -len(one)].rstrip(" ._")
            break
    return (stem[:MAX_NAME].rstrip(" ._") or "file") + ending


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "attachments"


def path_of(attachment: Attachment) -> Path:
    """Return where a file lies."""
    return _folder() / attachment.file


def used_bytes(organisation: Organisation) -> int:
    """Return how much the files of an organisation take, those of removed evidence included."""
    return Attachment.objects.filter(organisation=organisation).aggregate(used=Sum("size"))["used"] or 0


def too_large(size_limit: int | None = None) -> AttachmentRefused:
    """Return the refusal of a file past the limit."""
    return AttachmentRefused(
        N_("The file is larger than {limit} MB, so it was not taken in."),
        remedy=N_("Attach the pages that matter, or give the place where it lies."),
        limit=(size_limit or settings.UPLOAD_MAX_BYTES) // MEGABYTE,
    )


def check(file: UploadedFile) -> tuple[bytes, str]:
    """Return content and type of an upload; raises `AttachmentRefused` for its size or its type."""
    if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise too_large()
    file.seek(0)
    content = file.read(settings.UPLOAD_MAX_BYTES + 1)
    if len(content) > settings.UPLOAD_MAX_BYTES:
        raise too_large()
    if not content:
        raise AttachmentRefused(N_("The file is empty."), remedy=N_("Choose another."))
    content_type = file_types.recognise(content, file.name or "")
    if content_type is None:
        raise AttachmentRefused(
            N_("The file is of none of the types that are taken in, whatever its name says."),
            remedy=N_("Attach one of: {accepted}; without macros."),
            accepted=file_types.ACCEPTED,
        )
    return content, content_type


def add_attachment(evidence: Evidence, file: UploadedFile, user: User) -> Attachment:
    """Keep a file behind evidence; raises `AttachmentRefused` when size, type, quota or number forbid it."""
    content, content_type = check(file)
    digest = hashlib.sha256(content).hexdigest()
    stored = f"{evidence.organisation_id}/{secrets.token_hex(20)}"
    written = False
    try:
        with transaction.atomic():
            # Locked, so that two uploads at once cannot both fit into what is left.
            Organisation.objects.select_for_update().get(pk=evidence.organisation_id)
            _check_room(evidence, len(content))
            _write(_folder() / stored, content)
            written = True
            return Attachment.objects.create(
                organisation=evidence.organisation,
                evidence=evidence,
                name=safe_name(file.name or "", content_type),
                content_type=content_type,
                size=len(content),
                sha256=digest,
                file=stored,
                added_by=user,
            )
    except BaseException:
        if written:
            (_folder() / stored).unlink(missing_ok=True)
        raise


def _check_room(evidence: Evidence, size: int) -> None:
    if evidence.attachments.count() >= PER_EVIDENCE:
        raise AttachmentRefused(
            N_("There are {most} files behind this evidence already."),
            remedy=N_("Attach further ones to evidence of their own."),
            most=PER_EVIDENCE,
        )
    check_quota(evidence.organisation, size)


def check_quota(organisation: Organisation, size: int) -> None:
    """Raise `AttachmentRefused` where so many bytes more would be too many."""
    if used_bytes(organisation) + size > settings.ATTACHMENT_QUOTA_BYTES:
        raise AttachmentRefused(
            N_("The attachments of this organisation would take more than {quota} MB."),
            remedy=N_("Delete files of removed evidence, or ask whoever runs this installation for more room."),
            quota=settings.ATTACHMENT_QUOTA_BYTES // MEGABYTE,
        )


def _write(path: Path, content: bytes) -> None:
    """Write a file that nobody may change, whole or not at all; raises `AttachmentRefused` when the disc refuses."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with part.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o400)
        part.replace(path)
    except OSError as error:
        raise AttachmentRefused(
            N_("The file could not be stored: {fault}."),
            remedy=N_("Ask whoever runs this installation to look at the data directory."),
            fault=error.strerror,
        ) from error
    finally:
        part.unlink(missing_ok=True)


def read_attachment(attachment: Attachment) -> bytes:
    """Return a stored file; raises `AttachmentMissing` when it is gone or its hash has changed."""
    try:
        content = path_of(attachment).read_bytes()
    except OSError as error:
        raise AttachmentMissing(
            N_("This file is not in the data directory any more."), remedy=N_("Restore it from a backup.")
        ) from error
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        raise AttachmentMissing(
            N_("This file was changed after it was attached, so it is not handed out."),
            remedy=N_("Restore it from a backup."),
        )
    return content


class Copies:
    """Files copied behind other evidence in one transaction; `written` is what has to go where that fails."""

    def __init__(self) -> None:
        self.written: list[Path] = []

    def add(self, evidence: Evidence, attachment: Attachment, user: User) -> None:
        """Copy a file; raises `AttachmentMissing` where it is gone, `AttachmentRefused` where there is no room."""
        content = read_attachment(attachment)
        _check_room(evidence, len(content))
        stored = f"{evidence.organisation_id}/{secrets.token_hex(20)}"
        _write(_folder() / stored, content)
        self.written.append(_folder() / stored)
        Attachment.objects.create(
            organisation=evidence.organisation,
            evidence=evidence,
            name=attachment.name,
            content_type=attachment.content_type,
            size=attachment.size,
            sha256=attachment.sha256,
            file=stored,
            added_by=user,
        )


@contextmanager
def copying() -> Iterator[Copies]:
    """Copy files; where the body fails, what the database forgets does not stay on the disc."""
    copies = Copies()
    try:
        yield copies
    except BaseException:
        for path in copies.written:
            path.unlink(missing_ok=True)
        raise


def delete_files(evidence: Evidence) -> int:
    """Delete the files of removed evidence for good and return how many; the evidence itself stays in the history."""
    with transaction.atomic():
        rows = list(Attachment.objects.select_for_update().filter(evidence=evidence))
        Attachment.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        path_of(row).unlink(missing_ok=True)
    return len(rows)
