"""Records of which names a server asked for: taken in, shown, and attached to an answer with the facts they hold."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError

from assessor.errors import N_
from assessor.models import Assessment, Endpoint, Evidence, ProbeImport, UploadToken, User
from assessor.probes.collect.names import MAX_NAMES
from assessor.probes.drills.command_disconnect import MAX_RECORD
from assessor.probes.drills.disconnect_run import parse_time
from assessor.probes.drills.records import NamesRecord
from assessor.probes.drills.wording import Translate
from assessor.reports.text import clean
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import audit, carrying, evidence
from assessor.services.carrying import CLOCK, ImportRefused
from assessor.services.changing import changing

KIND = "names"
LONGEST_NAME = 253
MOST_ASKED = 10**9
TOLD = 12


@dataclass(frozen=True)
class AskedName:
    """One name that was asked for, `first` so many seconds after the beginning, in words that can be shown."""

    name: str
    first: int
    count: int
    kinds: str


def kind_of(raw: bytes) -> str:
    """Return the kind that the record of a drill names; "" for anything else."""
    try:
        document, _text = carrying.decoded(raw, "")
    except carrying.ResultUnreadable:
        return ""
    kind = document.get("kind") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else ""


def read(raw: bytes, name: str) -> tuple[NamesRecord, str]:
    """Return the record in a file, and its text; raises `ImportRefused` for one that no prober wrote."""
    wrong = ImportRefused(
        N_("This is no record of names as “drill names” writes it, or it was changed after it was made."),
        remedy=N_("Send the file that the prober wrote with --out, as it is."),
        place=name,
    )
    if len(raw) > MAX_RECORD:
        raise wrong
    document, text = carrying.decoded(raw, name)
    try:
        record = NamesRecord.model_validate(document)
        begun, ended = parse_time(record.started), parse_time(record.finished)
        asked_in(record)
    except (ValidationError, ValueError, TypeError, OverflowError, KeyError, RecursionError) as error:
        raise wrong from error
    if not record.is_whole or ended < begun or len(record.listen) > LONGEST_NAME:
        raise wrong
    if ended > timezone.now() + CLOCK:
        raise ImportRefused(
            N_("This record says that it was made at {moment}, which lies ahead."),
            remedy=N_("Correct the clock of the computer that watched, and watch again."),
            moment=record.finished[:40],
        )
    return record, text


def asked_in(record: NamesRecord) -> list[AskedName]:
    """Return what was asked for in the order in which it first was; raises `ValueError` for what is none."""
    if len(record.names) > MAX_NAMES:
        raise ValueError("more names than are ever kept")
    return [_asked(one) for one in record.names]


def _asked(row: dict[str, str | int]) -> AskedName:
    name, kinds = row["name"], row["kinds"]
    first, count = row["first"], row["count"]
    if not isinstance(name, str) or not isinstance(kinds, str) or not 0 < len(name) <= LONGEST_NAME or len(row) != 4:
        raise ValueError("no name")
    if not isinstance(first, int) or not isinstance(count, int) or not (first >= 0 and 0 < count <= MOST_ASKED):
        raise ValueError("no number")
    return AskedName(clean(name, LONGEST_NAME), min(first, MOST_ASKED), count, clean(kinds, 100))


def bring(
    endpoint: Endpoint, user: User | None, raw: bytes, name: str, *, token: UploadToken | None = None
) -> ProbeImport:
    """Keep a record until somebody says which answer it stands behind; the same one waits once.

    Raises `ImportRefused` for one that cannot be used, or stands behind an answer already.
    """
    name = name[-200:] or "names.json"
    record, text = read(raw, name)
    if Evidence.objects.filter(document_version=_version(record), removed_at=None).exists():
        raise ImportRefused(N_("This record is attached to an answer already."), remedy=N_("Nothing needs to be done."))
    sent = hashlib.sha256(raw).hexdigest()
    same = ProbeImport.objects.filter(endpoint=endpoint, run=None, sha256=sent).first()
    if same is not None:
        return same
    sender = {"token": token.name} if token else {}
    audit.record(
        "drill.imported", organisation=endpoint.organisation, actor=user, subject=endpoint, drill=KIND, **sender
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


def waiting(row: ProbeImport) -> NamesRecord | None:
    """Return the record in a file that waits, None where it is the result of a probe."""
    raw = row.text.encode()
    return read(raw, row.file_name)[0] if kind_of(raw) == KIND else None


def _version(record: NamesRecord) -> str:
    return f"sha256 {record.sha256}"


def facts_of(record: NamesRecord) -> EvidenceFacts:
    """Return the facts of a record: somebody looked, there and then, and this is what was seen.

    Its words are English, as stored: whoever shows them tells them anew (`assessor.retelling`).
    """
    return EvidenceFacts(
        kind=EvidenceKind.INSPECTION,
        place=clean(f"{record.host or '–'} · {record.listen}", 300),
        version=_version(record),
        taken_on=timezone.localdate(_moment(record.finished)),
        minutes=minutes_of(record),
        result=outcome(record),
    )


def minutes_of(record: NamesRecord) -> int:
    """Return how long was watched, in whole minutes."""
    lasted = _moment(record.finished) - _moment(record.started)
    return min(round(lasted.total_seconds() / 60), 10**6)


def _moment(text: str) -> datetime:
    moment = parse_time(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def outcome(record: NamesRecord, translate: Translate = str) -> str:
    """Return what came out, in one or two sentences."""
    rows = asked_in(record)
    minutes = minutes_of(record)
    if not rows:
        told = translate(N_("No name was asked for in {minutes} min. Addresses without a name do not show here."))
        return told.format(minutes=minutes)
    if len(rows) == 1:
        told = N_("One name was asked for in {minutes} min: {names}.")
    elif len(rows) <= TOLD:
        told = N_("{count} names were asked for in {minutes} min: {names}.")
    else:
        told = N_("{count} names were asked for in {minutes} min, among them {names}.")
    return translate(told).format(count=len(rows), minutes=minutes, names=", ".join(one.name for one in rows[:TOLD]))


@transaction.atomic
def attach(row: ProbeImport, assessment: Assessment, question: str, user: User) -> Evidence:
    """Attach a waiting record, with its file, to an answer; it waits no longer.

    Raises `EvidenceRefused` without a level, `ImportRefused` where somebody else just attached it.
    """
    # Locked, so that two clicks at once attach it once.
    kept = ProbeImport.objects.select_for_update().filter(pk=row.pk, run=None).first()
    record = waiting(kept) if kept is not None else None
    if kept is None or record is None:
        raise ImportRefused(N_("This record is attached to an answer already."), remedy=N_("Nothing needs to be done."))
    file: Any = SimpleUploadedFile(f"names-{record.sha256[:12]}.json", kept.text.encode(), "application/json")
    with changing(assessment):
        made = evidence.add_evidence(
            assessment,
            question,
            facts_of(record),
            N_("Names a server asked for while a name server watched"),
            user,
            file=file,
        )
        kept.delete()
    return made
