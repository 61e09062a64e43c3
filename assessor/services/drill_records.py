"""Exit and disconnection drills that were held elsewhere: their records are judged anew, shown, and attached.

A hash shows later change and no honest origin, so a record is not believed where what it says follows from what was
seen: one that does not agree with our own judgement of the same rounds and replies is refused. What is left is the word
of whoever held the drill, and of the person who attaches it.
"""

from dataclasses import replace
from datetime import timedelta

from pydantic import ValidationError

from assessor.errors import N_
from assessor.models import Assessment, DrillRun, Endpoint, Evidence, ProbeImport, UploadToken, User
from assessor.probes.assemble import plain_url
from assessor.probes.drills import disconnect_judge, exit_judge
from assessor.probes.drills.cases import MAX_CASES
from assessor.probes.drills.command_disconnect import MAX_RECORD
from assessor.probes.drills.disconnect_plan import MOST_MINUTES, MOST_ROUNDS
from assessor.probes.drills.disconnect_run import parse_time
from assessor.probes.drills.features import FEATURES
from assessor.probes.drills.records import DisconnectRecord, ExitRecord
from assessor.probes.target import Target
from assessor.reports.text import clean
from assessor.scoring.tiers import EvidenceFacts
from assessor.services import carrying, drill_evidence, waiting_records
from assessor.services.carrying import ImportRefused

KINDS: dict[str, type[ExitRecord] | type[DisconnectRecord]] = {"exit": ExitRecord, "disconnect": DisconnectRecord}
# Nobody learns anything from a drill that never began, and a stopped one decides nothing.
NOTHING_SHOWN = frozenset({"unreachable", "refused", "stopped"})
# Waiting for the closing, requests that hang, and the time before and after.
ROUNDS_BESIDE = 20
TITLES = {"exit": N_("Exit drill held elsewhere"), "disconnect": N_("Disconnection drill held elsewhere")}


def read(raw: bytes, name: str) -> tuple[ExitRecord | DisconnectRecord, str]:
    """Return the record in a file, and its text; raises `ImportRefused` for one that no prober wrote."""
    wrong = ImportRefused(
        N_("This is no record of a drill as the prober writes it, or it was changed after it was made."),
        remedy=N_("Send the file that the prober wrote with --out, as it is."),
        place=name,
    )
    document, text = carrying.decoded(raw, name, MAX_RECORD)
    try:
        record = KINDS[document["kind"]].model_validate(document)
        begun, ended = parse_time(record.started), parse_time(record.finished)
        agrees = record.is_whole and _agrees(record)
        set_before = parse_time(record.planned) <= ended
    except (ValidationError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
        raise wrong from error
    in_time = set_before and begun <= ended <= begun + timedelta(minutes=2 * MOST_MINUTES)
    closed = record.minutes if isinstance(record, DisconnectRecord) else 0
    if not agrees or not in_time or not timedelta(0) <= timedelta(minutes=closed) <= ended - begun:
        raise wrong
    waiting_records.refuse_future(ended, record.finished)
    return record, text


def _agrees(record: ExitRecord | DisconnectRecord) -> bool:
    """Tell whether a record judges what was seen as we do; whatever was worked out by another version may be worded
    in another way."""
    anew: ExitRecord | DisconnectRecord
    if isinstance(record, ExitRecord):
        if len(record.cases) > MAX_CASES or [row.feature for row in record.features] != [one.id for one in FEATURES]:
            return False
        anew = exit_judge.judged(record)
        told = [row.verdict for row in record.features] == [row.verdict for row in anew.features]
    else:
        if len(record.rounds) > MOST_ROUNDS + ROUNDS_BESIDE:
            return False
        anew = disconnect_judge.judged(record)
        told = (record.asked, record.answered, record.minutes) == (anew.asked, anew.answered, anew.minutes)
    return told and (record.passed, record.qualifies) == (anew.passed, anew.qualifies)


def bring(
    endpoint: Endpoint, user: User | None, raw: bytes, name: str, *, token: UploadToken | None = None
) -> ProbeImport:
    """Keep a record until somebody says which answer it stands behind; the same one waits once.

    Raises `ImportRefused` for one that cannot be used, is of another endpoint, was held here, or is attached already.
    """
    name = name[-200:] or "drill.json"
    record, text = read(raw, name)
    own, asked = plain_url(Target(endpoint.url)), record.a.url if isinstance(record, ExitRecord) else record.url
    if asked.rstrip("/") != own.rstrip("/"):
        raise ImportRefused(
            N_("This is the drill of another endpoint: {other}, not {own}."),
            remedy=N_("Bring it in on the page of that endpoint."),
            other=asked[:200],
            own=own,
        )
    if record.outcome in NOTHING_SHOWN:
        raise ImportRefused(
            N_("This drill was not held to its end, so it stands behind no answer."), remedy=N_("Hold it again.")
        )
    if DrillRun.objects.filter(endpoint=endpoint, result_sha256=record.sha256).exists():
        raise ImportRefused(
            N_("This drill was held in this installation."), remedy=N_("Attach it on the page of the drill.")
        )
    return waiting_records.keep(endpoint, user, raw, text, record, name, token)


def waiting(row: ProbeImport) -> ExitRecord | DisconnectRecord | None:
    """Return the record in a file that waits, None where it is something else."""
    raw = row.text.encode()
    return read(raw, row.file_name)[0] if waiting_records.kind_of(raw, MAX_RECORD) in KINDS else None


def facts_of(record: ExitRecord | DisconnectRecord) -> EvidenceFacts:
    """Return the facts by which it is weighed; the days and lengths are those that the record tells."""
    facts = drill_evidence.facts_of(record, parse_time(record.started), parse_time(record.finished))
    return replace(facts, place=clean(facts.place, 300))


def attach(row: ProbeImport, assessment: Assessment, question: str, user: User) -> Evidence:
    """Attach a waiting record, with its file, to an answer; raises as `waiting_records.attach`."""

    def told(kept: ProbeImport) -> tuple[object, EvidenceFacts, str, str] | None:
        record = waiting(kept)
        if record is None:
            return None
        return record, facts_of(record), TITLES[record.kind], clean(drill_evidence.witness(record), 200)

    return waiting_records.attach(row, assessment, question, user, told)
