"""Inventory files that wait for a word: kept like files of answers, read anew when somebody confirms."""

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils import timezone

from assessor.models import Assessment, Organisation, PendingImport, User
from assessor.services.exchange import keeping, pack
from assessor.services.inventory.files import MAX_BYTES, File, read_file
from assessor.services.inventory.plan import Plan, PlanMoved, plan_of, standing
from assessor.services.inventory.taking_over import apply

ABOUT = PendingImport.About.INVENTORY


def receive(assessment: Assessment, upload: UploadedFile, user: User) -> PendingImport:
    """Read an uploaded inventory and keep it until somebody has seen what it would change.

    Raises `ContentError` or `ContentErrors` for a file of which no row can be read; nothing is kept.
    """
    name = keeping.shown_name(upload.name or "")
    path, stored = keeping.new_place(assessment.organisation)
    try:
        digest = keeping.write_upload(path, upload)
        plan = plan_of(
            assessment.organisation, _read(path.read_bytes()[: MAX_BYTES + 1], name, assessment.organisation)
        )
        keeping.make_room(assessment, user, ABOUT)
        return PendingImport.objects.create(
            organisation=assessment.organisation,
            assessment=assessment,
            about=ABOUT,
            uploaded_by=user,
            name=name,
            sha256=digest,
            file=stored,
            shown=plan.fingerprint,
            expires_at=timezone.now() + keeping.KEPT,
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def held_in(pending: PendingImport) -> bytes | None:
    """Return the inventory in a waiting archive of answers, None where there is none."""
    if not pending.name.lower().endswith(".sovpack"):
        return None
    with keeping.opened(pending) as stream:
        return pack.read_inventory(stream, pending.name)


def keep(assessment: Assessment, content: bytes, user: User) -> PendingImport:
    """Keep an inventory that came in an archive until somebody has seen what it would change; raises as `receive`."""
    return receive(assessment, SimpleUploadedFile(pack.INVENTORY, content), user)


def _read(raw: bytes, name: str, organisation: Organisation) -> File:
    return read_file(raw, name, standing(organisation))


def _file(pending: PendingImport) -> File:
    with keeping.opened(pending) as stream:
        return _read(stream.read(MAX_BYTES + 1), pending.name, pending.organisation)


def show(pending: PendingImport) -> Plan:
    """Return what a waiting file would change now, and remember that this was shown; raises `ImportGone`."""
    plan = plan_of(pending.organisation, _file(pending))
    if pending.shown != plan.fingerprint:
        pending.shown = plan.fingerprint
        pending.save(update_fields=["shown"])
    return plan


def confirm(pending: PendingImport, user: User) -> Plan:
    """Take a waiting file over as it was shown, and forget it; raises `PlanMoved` or `ImportGone`."""
    try:
        plan = apply(pending.organisation, _file(pending), user, shown=pending.shown)
    except PlanMoved as moved:
        pending.shown = moved.plan.fingerprint
        pending.save(update_fields=["shown"])
        raise
    keeping.forget(pending)
    return plan
