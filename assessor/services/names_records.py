"""Records of which names a server asked for: taken in, shown, and attached to an answer with the facts they hold."""

from dataclasses import dataclass
from datetime import UTC, datetime

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
from assessor.services import carrying, waiting_records
from assessor.services.carrying import ImportRefused

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
    waiting_records.refuse_future(ended, record.finished)
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
    return waiting_records.keep(endpoint, user, raw, text, record, name, token)


def waiting(row: ProbeImport) -> NamesRecord | None:
    """Return the record in a file that waits, None where it is the result of a probe."""
    raw = row.text.encode()
    return read(raw, row.file_name)[0] if waiting_records.kind_of(raw) == KIND else None


def facts_of(record: NamesRecord) -> EvidenceFacts:
    """Return the facts of a record: somebody looked, there and then, and this is what was seen.

    Its words are English, as stored: whoever shows them tells them anew (`assessor.retelling`).
    """
    return EvidenceFacts(
        kind=EvidenceKind.INSPECTION,
        place=clean(f"{record.host or '–'} · {record.listen}", 300),
        version=waiting_records.version_of(record),
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


def attach(row: ProbeImport, assessment: Assessment, question: str, user: User) -> Evidence:
    """Attach a waiting record, with its file, to an answer; raises as `waiting_records.attach`."""

    def told(kept: ProbeImport) -> tuple[NamesRecord, EvidenceFacts, str, str] | None:
        record = waiting(kept)
        if record is None:
            return None
        return record, facts_of(record), N_("Names a server asked for while a name server watched"), ""

    return waiting_records.attach(row, assessment, question, user, told)
