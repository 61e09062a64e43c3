"""Inventory files that wait for a word: read and shown first, taken over when somebody confirms.

A small file into a small inventory is worked on at once; everything else is for the worker, in two steps with a lease
each. Either way the same functions do it, and what they write they write in one transaction with the end of the step.
"""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_scopes import scope

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, Component, Fallback, JobStatus, Organisation, PendingImport, Requires, User
from assessor.services import jobs
from assessor.services.exchange import keeping, pack
from assessor.services.inventory import shown_plans
from assessor.services.inventory.files import MAX_BYTES, File, read_file
from assessor.services.inventory.plan import Change, Plan, PlanMoved, plan_of, standing
from assessor.services.inventory.taking_over import ready

ABOUT = PendingImport.About.INVENTORY
Step = PendingImport.Step
ASK = N_("Ask whoever runs this installation to look at the data directory.")
# Up to here a file is read, compared and taken over within some hundredths of a second.
SMALL_LINES = 200
SMALL_BYTES = 64 * 1024
SMALL_INVENTORY = 400


class TooManyUnderWay(AssessorError):
    """The worker is to get on with what it has first."""


class _Lost(Exception):
    """The step is somebody else's by now, or was stopped: what it wrote is undone."""


def receive(assessment: Assessment, upload: UploadedFile, user: User) -> PendingImport:
    """Keep an uploaded inventory until somebody has seen what it would change; a small one is read at once.

    One that is not over is to be enqueued. Raises `ContentError` or `ContentErrors` for a small file of which no row
    can be read, `ImportTooLarge` for one past the limit, `TooManyUnderWay`; nothing is kept.
    """
    name = keeping.shown_name(upload.name or "")
    if (upload.size or 0) > settings.ARCHIVE_MAX_BYTES:
        raise keeping.too_large(name)
    _check_room(assessment, user)
    path, stored = keeping.new_place(assessment.organisation)
    try:
        digest = keeping.write_upload(path, upload)
        keeping.make_room(assessment, user, ABOUT)
        row = PendingImport.objects.create(
            organisation=assessment.organisation,
            assessment=assessment,
            about=ABOUT,
            uploaded_by=user,
            name=name,
            sha256=digest,
            file=stored,
            status=JobStatus.QUEUED,
            lease_until=jobs.lease_end(),
            expires_at=timezone.now() + keeping.KEPT,
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if is_small(row):
        try:
            _read_now(row)
        except AssessorError:
            keeping.forget(row)
            raise
    return row


def _check_room(assessment: Assessment, user: User) -> None:
    """Raise `TooManyUnderWay` where the worker has as many files of one person as are kept: none of them gives way."""
    mine = PendingImport.objects.filter(assessment=assessment, uploaded_by=user, about=ABOUT)
    if mine.filter(status__in=keeping.UNDER_WAY).count() >= keeping.MOST_WAITING:
        raise TooManyUnderWay(
            N_("{count} files of yours are with the worker already, so this one was not kept."),
            remedy=N_("Wait until they are done, or stop one."),
            count=keeping.MOST_WAITING,
        )


def is_small(row: PendingImport) -> bool:
    """Whether a page may wait for both steps: the file is small, and so is the inventory that it meets.

    Raises `ImportGone` where the file is not kept any more.
    """
    with keeping.opened(row) as stream:
        raw = stream.read(SMALL_BYTES + 1)
    if len(raw) > SMALL_BYTES or raw.count(b"\n") > SMALL_LINES:
        return False
    models = (Component, Requires, Fallback)
    return sum(model.objects.filter(organisation=row.organisation).count() for model in models) <= SMALL_INVENTORY


def held_in(pending: PendingImport) -> bytes | None:
    """Return the inventory in a waiting archive of answers, None where there is none."""
    if not pending.name.lower().endswith(".sovpack"):
        return None
    with keeping.opened(pending) as stream:
        return pack.read_inventory(stream, pending.name)


def keep(assessment: Assessment, content: bytes, user: User) -> PendingImport:
    """Keep an inventory that came in an archive until somebody has seen what it would change; raises as `receive`."""
    return receive(assessment, SimpleUploadedFile(pack.INVENTORY, content), user)


@transaction.atomic
def confirm(pending: PendingImport) -> bool:
    """Have a file that was shown taken over, by `carry_out`; returns whether it waits for that now.

    Of two clicks the second does nothing.
    """
    shown = PendingImport.objects.filter(pk=pending.pk).exclude(status__in=keeping.UNDER_WAY)
    asked = shown.exclude(shown="").exclude(step=Step.TAKE, status=JobStatus.DONE).order_by()
    if not asked.update(
        step=Step.TAKE,
        status=JobStatus.QUEUED,
        attempts_before=F("attempt"),
        lease_until=jobs.lease_end(),
        progress={},
        error="",
        moved=False,
        expires_at=timezone.now() + keeping.KEPT,
    ):
        return False
    pending.refresh_from_db()
    return True


def carry_out(pending_id: UUID | str) -> Organisation | None:
    """Do the step that is due; returns the organisation whose inventory was changed, None where nothing was."""
    row = jobs.claim(PendingImport, pending_id)
    if not isinstance(row, PendingImport):
        return None
    with scope(organisation=row.organisation), jobs.kept_alive(row):
        try:
            return _step(row)
        except _Lost:
            return None
        except AssessorError as error:
            _fail(row, error)
            return None
        except OSError as error:
            fault = AssessorError(N_("The file could not be stored: {fault}."), remedy=ASK, fault=error.strerror)
            _fail(row, fault)
            return None


def _step(row: PendingImport) -> Organisation | None:
    if row.step == Step.READ:
        _read(row)
        return None
    try:
        _take(row)
    except PlanMoved as moved:
        _show(row, moved.plan, step=Step.READ, moved=True)
        return None
    keeping.forget_files(row)
    return row.organisation


def _fail(row: PendingImport, error: AssessorError) -> None:
    told = {"refused": shown_plans.refused(error)}
    jobs.finish(row, JobStatus.FAILED, error=str(error), seen=row.seen | told)


def _read_now(row: PendingImport) -> None:
    claimed = jobs.claim(PendingImport, row.pk)
    if isinstance(claimed, PendingImport):
        _read(claimed)
    row.refresh_from_db()


def _file(row: PendingImport) -> File:
    with keeping.opened(row) as stream:
        raw = stream.read(MAX_BYTES + 1)
    return read_file(raw, row.name, standing(row.organisation))


def _read(row: PendingImport) -> None:
    _tell(row, "reading")
    file = _file(row)
    _tell(row, "comparing", rows=len(file.rows) + len(file.faults))
    _show(row, plan_of(row.organisation, file), step=Step.READ)


def _tell(row: PendingImport, doing: str, **more: int) -> None:
    """Say how far it is; raises `_Lost` where nobody wants to know any more."""
    if not jobs.report_progress(row, doing=doing, **more):
        raise _Lost


def _show(row: PendingImport, plan: Plan, *, step: str, moved: bool = False) -> None:
    """Keep what a file would change, and end the step with it."""
    before = plan_path_of(row)
    name = f"{row.file}-{row.attempt}.plan"
    path = keeping.path_of(row).with_name(name.rpartition("/")[2])
    seen = shown_plans.keep(plan, path)
    if not jobs.finish(
        row, JobStatus.DONE, plan=name, seen=seen, shown=plan.fingerprint, step=step, moved=moved, progress={}
    ):
        path.unlink(missing_ok=True)
        raise _Lost
    if before is not None:
        before.unlink(missing_ok=True)


def plan_path_of(row: PendingImport) -> Path | None:
    """Return where the rows that are shown lie, None where none are kept."""
    return keeping.path_of(row).with_name(row.plan.rpartition("/")[2]) if row.plan else None


def rows_of_page(row: PendingImport) -> Sequence[Change]:
    """Return the rows that are shown, to be cut into pages; raises `ImportGone` where they are not kept any more."""
    path = plan_path_of(row)
    if path is None or not path.is_file():
        raise keeping.gone()
    return shown_plans.RowsOfPage(path, row.seen)


def _take(row: PendingImport) -> None:
    """Take a file over and end the step, both in one transaction: a worker that dies leaves nothing of it."""
    _tell(row, "reading")
    file = _file(row)
    _tell(row, "taking", rows=len(file.rows) + len(file.faults))
    # Others can write while it is made ready.
    made = ready(row.organisation, file, row.uploaded_by, shown=row.shown)
    with transaction.atomic():
        plan = made.take()
        if not jobs.finish(row, JobStatus.DONE, seen=row.seen | {"counts": plan.counts}, progress={}):
            raise _Lost


def stop(row: PendingImport) -> bool:
    """Stop the step that is under way; returns whether the file is gone: it is when it was still being read."""
    jobs.cancel(row)
    row.refresh_from_db()
    if row.status != JobStatus.CANCELLED or row.step != Step.READ:
        return False
    keeping.forget(row)
    return True


def release_expired() -> list[UUID]:
    """Put steps of dead workers back into the queue; returns those to enqueue anew."""
    return jobs.release_expired(PendingImport, more=F("attempts_before"))
