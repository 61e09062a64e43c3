"""Exports of a whole organisation: asked for once, made by the worker, handed out for some days."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import JobStatus, Organisation, OrganisationExport, User
from assessor.services import audit, jobs, stored_files
from assessor.services.relocation import form, writing

KEPT = timedelta(days=2)
UNDER_WAY = (JobStatus.QUEUED, JobStatus.RUNNING)


class ExportMissing(AssessorError):
    """The file of an export is not there any more."""


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "exports"


@transaction.atomic
def ask(organisation: Organisation, user: User) -> OrganisationExport:
    """Return the export that is under way, or a new one that waits for the worker (its attempt is 0)."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    rows = OrganisationExport.objects.filter(organisation=organisation, status__in=UNDER_WAY)
    under_way = rows.first()
    if under_way is not None:
        return under_way
    audit.record("organisation.exported", organisation=organisation, actor=user, subject=organisation)
    return OrganisationExport.objects.create(organisation=organisation, requested_by=user, lease_until=jobs.lease_end())


def carry_out(export_id: UUID | str) -> None:
    """Write the file of an export; does nothing when another worker has it."""
    export = jobs.claim(OrganisationExport, export_id)
    if not isinstance(export, OrganisationExport):
        return
    name = f"{export.organisation_id}/{export.pk}-{export.attempt}{form.ENDING}"
    file = _folder() / name
    part = file.with_name(f"{file.name}.part")

    def watch(done: int, total: int) -> bool:
        return jobs.report_progress(export, done=done, total=total)

    with scope(organisation=export.organisation), jobs.kept_alive(export):
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with part.open("xb") as stream:
                writing.write(export.organisation, stream, watch)
                stream.flush()
                os.fsync(stream.fileno())
            part.chmod(0o400)
            part.replace(file)
            with file.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = file.stat().st_size
        except writing.Stopped:
            return
        except AssessorError as error:
            jobs.finish(export, JobStatus.FAILED, error=str(error))
            return
        except OSError as error:
            jobs.finish(
                export, JobStatus.FAILED, error=N_("The file could not be stored: {why}.").format(why=error.strerror)
            )
            return
        finally:
            part.unlink(missing_ok=True)
        if not jobs.finish(export, JobStatus.DONE, file=name, file_sha256=sha256, file_size=size):
            file.unlink(missing_ok=True)


def path_of(export: OrganisationExport) -> Path:
    """Return the file of an export; raises `ExportMissing`."""
    path = _folder() / export.file
    if not export.file or not path.is_file():
        raise ExportMissing(N_("The file is not there any more."), remedy=N_("Have it made again."))
    return path


def forget_old(older_than: timedelta = KEPT) -> int:
    """Delete exports that were made long ago, with their files; returns how many there were."""
    with scopes_disabled():
        rows = OrganisationExport.objects.filter(created_at__lt=timezone.now() - older_than)
        gone = list(rows.exclude(status__in=UNDER_WAY))
        OrganisationExport.objects.filter(pk__in=[one.pk for one in gone]).delete()
    stored_files.unlink(_folder() / one.file for one in gone if one.file)
    return len(gone)
