"""Restoring a backup: everything is checked before anything is changed, and what came back is counted after."""

import base64
import binascii
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django_scopes import scopes_disabled

from assessor.errors import AssessorError
from assessor.models import Attachment, Report
from assessor.services import attachments, reporting
from assessor.services.backups import databases, making
from assessor.services.backups.archive import FILES, BackupRefused, Manifest, Reader

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Restored:
    """What a restore did: what the backup says of itself, and the copy of what was there before."""

    manifest: Manifest
    before: Path | None


@dataclass(frozen=True)
class Counted:
    """How many issued reports and attachments are there, and a sentence for each that is not as it was stored."""

    reports: int
    attachments: int
    faults: list[str]


def restore(file: Path, *, keys: Path | None = None, replace: bool = False, upgrade: bool = False) -> Restored:
    """Put a backup in the place of this installation's data; raises `BackupRefused` before anything is changed.

    `replace` allows that there is data (a backup of it is made first), `upgrade` that the backup is of an older
    release; the caller then applies what is missing.
    """
    reader = Reader(file)
    try:
        manifest = reader.manifest
        _check_fit(file, manifest, upgrade)
        brought = _read_keys(keys, manifest) if keys else {}
        filled = making.is_filled()
        if filled and not replace:
            raise BackupRefused(
                "There is data here already.",
                place=str(settings.DATA_DIR),
                remedy="Restore into an empty data directory and database, or say --replace: "
                "a backup of what is here is made first.",
            )
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as name:
            work = Path(name)
            reader.unpack(work)
            dump = work / databases.member()
            databases.check(dump)
            before = None
            if filled:
                before = making.named("before-restore")
                making.make(before)
            databases.load(dump)
            _place_folders(work)
            _place_keys(brought)
    except OSError as error:
        raise BackupRefused(
            "{why}.", place=str(error.filename or file), remedy="Check free space and permissions.", why=error.strerror
        ) from error
    finally:
        reader.close()
    return Restored(manifest=manifest, before=before)


def _check_fit(file: Path, manifest: Manifest, upgrade: bool) -> None:
    if manifest.database != connection.vendor:
        raise BackupRefused(
            "The backup is of {theirs}, and this installation runs on {ours}.",
            place=str(file),
            remedy="Set DATABASE_URL for the same kind.",
            theirs=NAMES.get(manifest.database, manifest.database),
            ours=NAMES[connection.vendor],
        )
    steps = {f"{app}.{name}": step for (app, name), step in MigrationLoader(None).disk_migrations.items()}
    theirs = set(manifest.migrations)
    if newer := sorted(theirs - set(steps)):
        raise BackupRefused(
            "The backup is of a newer release ({theirs}) than this one ({ours}): it has {step}, unknown here.",
            place=str(file),
            remedy="Install that release or a newer one, and restore there.",
            theirs=manifest.program,
            ours=settings.VERSION,
            step=newer[-1],
        )
    # A step that replaces others adds nothing to who has them, and may not be written down there.
    known = {name for name, step in steps.items() if not step.replaces}
    if (older := sorted(known - theirs)) and not upgrade:
        raise BackupRefused(
            "The backup is of an older release ({theirs}) than this one ({ours}): it lacks {step}.",
            place=str(file),
            remedy="Restore it with that release, or say --upgrade to restore it and bring it up to date.",
            theirs=manifest.program,
            ours=settings.VERSION,
            step=older[0],
        )


def _read_keys(file: Path, manifest: Manifest) -> dict[str, bytes]:
    """Return the keys of a file, which must be those the backup was made with."""
    try:
        said = json.loads(file.read_bytes())
        if said["format"] != making.KEYS_FORMAT:
            raise ValueError
        keys = {
            name: base64.b64decode(said["keys"][name], validate=True) for name in making.KEYS if name in said["keys"]
        }
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise BackupRefused(
            "This is no file of keys made by “manage.py backup”.", place=str(file), remedy="Name another."
        ) from error
    if {name: hashlib.sha256(raw).hexdigest() for name, raw in keys.items()} != manifest.keys:
        raise BackupRefused(
            "These keys do not belong to this backup.", place=str(file), remedy="Name the file that was made with it."
        )
    return keys


def _place_folders(work: Path) -> None:
    """Put the unpacked folders where those of the data directory are, by renaming."""
    root = Path(settings.DATA_DIR)
    for top in making.FOLDERS:
        new, here, gone = work / FILES / top, root / top, work / f"gone-{top}"
        if here.exists():
            here.rename(gone)
        if new.exists():
            for path in new.rglob("*"):
                if path.is_file() and top in ("attachments", "reports"):
                    path.chmod(0o400)
            new.rename(here)
        shutil.rmtree(gone, ignore_errors=True)


def _place_keys(keys: dict[str, bytes]) -> None:
    for name, raw in keys.items():
        aside = Path(settings.DATA_DIR) / f".{name}-restored"
        aside.unlink(missing_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
        aside.replace(Path(settings.DATA_DIR) / name)


def count_files() -> Counted:
    """Read every issued report and every attachment and compare each with its stored hash."""
    faults: list[str] = []
    counts = {"report": 0, "attachment": 0}

    def look(kind: str, row: Report | Attachment) -> None:
        try:
            if isinstance(row, Report):
                reporting.read_file(row)
                if row.board_file:
                    reporting.read_board(row)
            else:
                attachments.read_attachment(row)
        except AssessorError as fault:
            faults.append(f"{kind} {row.pk}: {fault}")
        else:
            counts[kind] += 1

    with scopes_disabled():
        issued = Report.objects.filter(kind=Report.Kind.ISSUED).exclude(file="")
        for report in issued.defer("content", "scorecard").iterator():
            look("report", report)
        for attachment in Attachment.objects.iterator():
            look("attachment", attachment)
    return Counted(reports=counts["report"], attachments=counts["attachment"], faults=faults)
