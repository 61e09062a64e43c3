"""From a drill's record to evidence: what it can be attached to, with which facts; and joining proof to a record."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from assessor.errors import N_
from assessor.models import Assessment, DrillPlan, DrillRun, Evidence, JobStatus, User, Workload
from assessor.probes.drills import join
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.disconnect_run import parse_time
from assessor.probes.drills.records import CanaryRecord, DisconnectRecord, ExitRecord
from assessor.probes.drills.wording import Translate
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import evidence, summaries
from assessor.services.changing import changing
from assessor.services.drilling import columns, record_of

PREFIXES = {DrillPlan.Kind.EXIT: "drill.exit", DrillPlan.Kind.DISCONNECT: "drill.disconnect"}


def concerned(kind: str, questionnaire: Questionnaire, scope: str) -> tuple[list[Question], list[Question]]:
    """Return the questions that name codes of this kind of drill, and the others that ask for a test."""
    prefix = PREFIXES[DrillPlan.Kind(kind)]
    named, others = [], []
    for question in questionnaire.asked(scope):
        if any(_touches(bearing.code, prefix) for bearing in question.findings):
            named.append(question)
        elif question.scored and question.proof.value == "tested":
            others.append(question)
    return named, others


def _touches(code: str, prefix: str) -> bool:
    return code in {"drill", prefix} or code.startswith(prefix + ".")


def kind_of(record: ExitRecord | DisconnectRecord) -> EvidenceKind:
    """Return what kind of evidence a record is: a switch only where real requests went over the candidate."""
    switched = record.kind == "exit" and record.share_of_load > 0
    return EvidenceKind.SWITCH if switched else EvidenceKind.DRILL


def facts_of(record: ExitRecord | DisconnectRecord, begun: datetime, ended: datetime) -> EvidenceFacts:
    """Return the facts by which `scoring.tiers` judges a drill; all but the times are read from its record.

    Its words are English, as stored: whoever shows them tells them anew (`assessor.retelling`).
    """
    if isinstance(record, ExitRecord):
        place = f"{record.a.name or record.a.url} / {record.b.name or record.b.url}"
        minutes = max(1, round((ended - begun).total_seconds() / 60))
    else:
        place, minutes = record.name or record.url, record.minutes
    return EvidenceFacts(
        kind=kind_of(record),
        place=place[:300],
        version=f"sha256 {record.sha256}",
        taken_on=timezone.localdate(ended),
        pass_mark=pass_mark(record, when=_stamp)[:300],
        minutes=minutes,
        passed=bool(record.passed),
        share_of_load=record.share_of_load or None,
        result=outcome(record),
        observed_only=not record.qualifies,
    )


def _moment(iso: str) -> str:
    """Return a time of a record as the pages show times."""
    return f"{date_format(parse_time(iso), 'DATETIME_FORMAT')} UTC"


def _stamp(iso: str) -> str:
    """Return a time of a record as every language reads it."""
    return f"{parse_time(iso):%Y-%m-%d %H:%M} UTC"


def pass_mark(
    record: ExitRecord | DisconnectRecord, translate: Translate = str, when: Callable[[str], str] = _moment
) -> str:
    """Return the mark that was set before, in words; empty where there was none."""
    if isinstance(record, ExitRecord):
        told = translate(N_("{mark} per cent of {count} own cases, set {when}"))
        return (
            told.format(mark=record.pass_mark, count=len(record.cases), when=when(record.planned))
            if record.cases
            else ""
        )
    told = translate(N_("{mark} per cent of fresh prompts answered in {minutes} min, set {when}"))
    return told.format(mark=record.pass_mark, minutes=f"{record.planned_minutes:g}", when=when(record.planned))


def outcome(record: ExitRecord | DisconnectRecord, translate: Translate = str) -> str:
    """Return what came out, in one sentence."""
    if isinstance(record, DisconnectRecord):
        told = translate(N_("{answered} of {asked} fresh prompts were answered in {minutes} min."))
        return told.format(answered=record.answered, asked=record.asked, minutes=record.minutes)
    if record.cases:
        told = translate(N_("The candidate passed {passed} of {count} own cases."))
        return told.format(passed=sum(row.b_passed for row in record.cases), count=len(record.cases))
    same = sum(row.verdict == "same" for row in record.features)
    breaks = sum(row.verdict == "breaks" for row in record.features)
    told = translate(N_("Fixed prompts: {same} features go over, {breaks} break; own cases were not tried."))
    return told.format(same=same, breaks=breaks)


@transaction.atomic
def attach(
    run: DrillRun,
    assessment: Assessment,
    question: str,
    user: User,
    *,
    workload: Workload | None = None,
) -> Evidence:
    """Attach a drill as evidence to an answer, once; raises `DrillRefused`, or `EvidenceRefused` without a level."""
    record = record_of(run)
    if record is None or run.status != JobStatus.DONE:
        raise DrillRefused(N_("This drill has no result that could be attached."), remedy=N_("Hold it to its end."))
    in_force = Evidence.objects.filter(drill_run=run, removed_at=None, answer__assessment=assessment)
    if in_force.filter(answer__question=question, answer__workload=workload).exists():
        raise DrillRefused(N_("This drill is attached to that answer already."), remedy=N_("Nothing needs to be done."))
    assert run.finished_at is not None  # noqa: S101 - there is a record
    titles = {"exit": N_("Exit drill held here"), "disconnect": N_("Disconnection drill held here")}
    with changing(assessment):
        row = evidence.add_evidence(
            assessment,
            question,
            facts_of(record, run.created_at, run.finished_at),
            titles[record.kind],
            user,
            workload=workload,
            witness=witness(record),
        )
        row.drill_run = run
        row.observed_only = not record.qualifies
        row.save(update_fields=["drill_run", "observed_only"])
    return row


def witness(record: ExitRecord | DisconnectRecord) -> str:
    """Return who stands for what shows the closing, as its proofs name them."""
    if isinstance(record, ExitRecord):
        return ""
    return ", ".join(dict.fromkeys(proof.said_by for proof in record.proofs if proof.said_by))[:200]


@transaction.atomic
def _joined(run: DrillRun, user: User, make: Callable[[DisconnectRecord], DisconnectRecord]) -> DrillRun:
    record = record_of(run)
    if not isinstance(record, DisconnectRecord) or run.status != JobStatus.DONE:
        raise DrillRefused(N_("Proof is joined to a disconnection drill that was held to its end."))
    new = make(record)
    fields: dict[str, Any] = columns(new)
    joined = DrillRun.objects.create(
        organisation=run.organisation,
        plan=run.plan,
        endpoint=run.endpoint,
        kind=run.kind,
        joins=run,
        requested_by=user,
        authority=run.authority,
        target_url=run.target_url,
        status=JobStatus.DONE,
        started_at=run.started_at,
        finished_at=timezone.now(),
        **fields,
    )
    summaries.refresh_at(run.endpoint)
    return joined


def join_canary(run: DrillRun, canary: CanaryRecord, user: User) -> DrillRun:
    """Return a new run: the drill with the canary's record joined; raises `JoinRefused`."""
    return _joined(run, user, lambda record: join.join_canary(record, canary))


def join_counters(run: DrillRun, user: User, **readings: Any) -> DrillRun:
    """Return a new run: the drill with two readings of the firewall's counters; raises `JoinRefused`."""
    return _joined(run, user, lambda record: join.join_counters(record, **readings))


def join_cable_pull(run: DrillRun, user: User, **seen: str) -> DrillRun:
    """Return a new run: the drill with a witnessed cable pull; raises `JoinRefused`."""
    return _joined(run, user, lambda record: join.join_cable_pull(record, **seen))


def note_cold_start(run: DrillRun, user: User, when: str) -> DrillRun:
    """Return a new run: the drill with a cold start, or "none", noted; raises `JoinRefused`."""
    return _joined(run, user, lambda record: join.note_cold_start(record, when))
