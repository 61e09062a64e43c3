"""Records of drills held elsewhere: they wait until a person says which answer each of them stands behind."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from assessor.errors import N_
from assessor.models import Assessment, Endpoint, Evidence, ProbeImport, UploadToken, User
from assessor.probes.drills.records import Sealed
from assessor.scoring.tiers import EvidenceFacts
from assessor.services import audit, carrying, evidence
from assessor.services.carrying import CLOCK, ImportRefused
from assessor.services.changing import changing


def kind_of(raw: bytes, most: int = carrying.MAX_BYTES) -> str:
    """Return the kind that the record of a drill names; "" for anything else, or for more bytes than `most`."""
    try:
        document, _text = carrying.decoded(raw, "", most)
    except carrying.ResultUnreadable:
        return ""
    kind = document.get("kind") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else ""


def refuse_future(ended: datetime, told: str) -> None:
    """Raise `ImportRefused` for a record that says it was made when it cannot have been yet."""
    if ended > timezone.now() + CLOCK:
        raise ImportRefused(
            N_("This record says that it was made at {moment}, which lies ahead."),
            remedy=N_("Correct the clock of the computer that watched, and watch again."),
            moment=told[:40],
        )


def version_of(record: Sealed) -> str:
    """Return what names a record among the facts of evidence."""
    return f"sha256 {record.sha256}"


def keep(
    endpoint: Endpoint, user: User | None, raw: bytes, text: str, record: Any, name: str, token: UploadToken | None
) -> ProbeImport:
    """Keep a record that was looked at; the same one waits once, and `token` names what sent it.

    Raises `ImportRefused` for one that stands behind an answer already.
    """
    if Evidence.objects.filter(document_version=version_of(record), removed_at=None).exists():
        raise ImportRefused(N_("This record is attached to an answer already."), remedy=N_("Nothing needs to be done."))
    sent = hashlib.sha256(raw).hexdigest()
    same = ProbeImport.objects.filter(endpoint=endpoint, run=None, sha256=sent).first()
    if same is not None:
        return same
    sender = {"token": token.name} if token else {}
    audit.record(
        "drill.imported", organisation=endpoint.organisation, actor=user, subject=endpoint, drill=record.kind, **sender
    )
    return ProbeImport.objects.create(
        organisation=endpoint.organisation,
        endpoint=endpoint,
        file_name=name,
        text=text,
        sha256=sent,
        brought_by=user,
        token=token,
    )


@transaction.atomic
def attach(
    row: ProbeImport,
    assessment: Assessment,
    question: str,
    user: User,
    told: Callable[[ProbeImport], tuple[Any, EvidenceFacts, str, str] | None],
) -> Evidence:
    """Attach a waiting record, with its file, to an answer; it waits no longer.

    `told` returns the record in a row, its facts, what it is called and who witnessed it; None for what is no record.
    Raises `EvidenceRefused` without a level, `ImportRefused` where somebody else just attached it.
    """
    # Locked, so that two clicks at once attach it once.
    kept = ProbeImport.objects.select_for_update().filter(pk=row.pk, run=None).first()
    found = told(kept) if kept is not None else None
    if kept is None or found is None:
        raise ImportRefused(N_("This record is attached to an answer already."), remedy=N_("Nothing needs to be done."))
    record, facts, called, witness = found
    file_name = f"{record.kind}-{record.sha256[:12]}.json"
    file: Any = SimpleUploadedFile(file_name, kept.text.encode(), "application/json")
    with changing(assessment):
        made = evidence.add_evidence(assessment, question, facts, called, user, file=file, witness=witness)
        kept.delete()
    return made
