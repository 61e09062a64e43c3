"""Making reports: the model from what is stored, the file in the worker, and never a change after issue."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django_scopes import scope, scopes_disabled

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.models import Answer, Assessment, Dispute, DrillRun, Evidence, JobStatus, ProbeRun, Report, User, Workload
from assessor.models.rounds import forget_signed
from assessor.probes.result import ProbeResult
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.reports import outline, stored, viewmodel
from assessor.reports.engine import content_key
from assessor.reports.inputs import (
    AnswerRecord,
    Compared,
    DisputeRecord,
    DrillHeld,
    EndpointRecord,
    EvidenceRecord,
    FileRecord,
    ReportInput,
    WorkloadRecord,
)
from assessor.reports.model import ReportModel
from assessor.reports.movements import side_of_records
from assessor.reports.pdf import make_pdf, pdf_available, rest_when_idle
from assessor.reports.sheet import STEPS, Step
from assessor.reports.text import moment
from assessor.scoring.movement import Side
from assessor.scoring.roadmap import targets_of
from assessor.scoring.scorecard import Scorecard
from assessor.scoring.tiers import counts_until
from assessor.services import audit, branding, comparing, jobs, move_owners, render_ahead, snapshots, wording
from assessor.services.assessments import first_workload
from assessor.services.crosswalks import derivation, frameworks_of
from assessor.services.drill_evidence import outcome, pass_mark
from assessor.services.drilling import record_of
from assessor.services.questionnaires import original, overlay_hash, questionnaire_of
from assessor.services.scenario_report import scenarios_of
from assessor.services.shaping import Wishes, wishes_of

# Records are large; older drills stand on their own pages.
DRILLS_READ = 20
RESULTS_KEPT = 200
UNASKED = Answer.State.NOT_ASKED


class ReportMissing(AssessorError):
    """The stored file of a report is gone or was changed."""


def _evidence(row: Evidence, question: Question | None) -> EvidenceRecord:
    today = timezone.localdate()
    return EvidenceRecord(
        tier=row.tier(today, question.proves_at(row.level) if question else ()),
        kind=row.kind,
        description=row.description,
        place=row.place,
        version=row.document_version,
        taken_on=row.taken_on,
        expires_on=row.expires_on,
        stale=row.is_stale(today),
        counts_until=counts_until(row.facts),
        link=row.link,
        result=row.result,
        failed=row.facts.failed,
        unsigned=row.probe_run is not None and row.probe_run.imported,
        given_for=row.level,
        files=tuple(FileRecord(name=one.name, size=one.size, sha256=one.sha256) for one in row.attachments.all()),
    )


def _disputes(rows: list[Dispute]) -> tuple[DisputeRecord, ...]:
    states = queries.dispute_states(rows)
    return tuple(
        DisputeRecord(
            endpoint=str(one.endpoint_id),
            code=one.code,
            state=states[one.pk],
            reason=one.reason,
            raised_by=one.raised_by.kept_name if one.raised_by else "",
            raised_at=one.raised_at,
            decided_by=one.decided_by.kept_name if one.decided_by else "",
            decided_at=one.decided_at,
            note=one.decision_note,
        )
        for one in rows
    )


def _answer(row: Answer, question: Question | None) -> AnswerRecord:
    return AnswerRecord(
        state=row.state,
        level=row.level,
        value=tuple(row.value) if isinstance(row.value, list) else row.value,
        note=row.note,
        answered_by=row.answered_by.kept_name if row.answered_by else "",
        answered_at=row.answered_at,
        evidence=tuple(_evidence(evidence, question) for evidence in row.evidence.all()),
        workload=row.workload.name if row.workload else "",
    )


def _general(questionnaire: Questionnaire, rows: list[Answer]) -> dict[str, AnswerRecord]:
    """Return the answers about the weakest critical workload, by question."""
    return {
        question: _answer(row, questionnaire.question(question))
        for question, row in queries.by_question(rows).items()
        if row.state != Answer.State.NOT_ASKED
    }


def _single(
    assessment: Assessment, questionnaire: Questionnaire, rows: list[Answer]
) -> dict[str, tuple[AnswerRecord, ...]]:
    """Return the answers about single workloads, by question; one query where there are any."""
    single = [row for row in rows if row.workload_id is not None and row.state != Answer.State.NOT_ASKED]
    critical = set(queries.critical_workloads(assessment)) if single else set()
    found: dict[str, tuple[AnswerRecord, ...]] = {}
    for row in sorted(single, key=lambda one: (one.workload_id not in critical, one.workload.name)):
        record = replace(_answer(row, questionnaire.question(row.question)), counts=row.workload_id in critical)
        found[row.question] = (*found.get(row.question, ()), record)
    return found


# What runs found, by run: a result is written once and never changes.
_read: dict[UUID, ProbeResult] = {}


def forget_read() -> None:
    """Remember nothing of runs: what was read may have been taken back."""
    _read.clear()
    queries.found_by_run.clear()
    forget_signed()


def _results(runs: list[UUID]) -> dict[UUID, ProbeResult]:
    """Return the results of some runs; those that were not read before with one query."""
    missing = [pk for pk in runs if pk not in _read]
    if missing:
        if len(_read) + len(missing) > RESULTS_KEPT:
            _read.clear()
        rows = ProbeRun.objects.filter(pk__in=runs).exclude(result=None).values_list("pk", "result")
        _read.update((pk, ProbeResult.model_validate(result)) for pk, result in rows)
    return {pk: _read[pk] for pk in runs if pk in _read}


def _endpoints(assessment: Assessment) -> tuple[EndpointRecord, ...]:
    pairs = queries.endpoints_with_runs(assessment)
    good = queries.last_good_runs([role.endpoint for role, _run in pairs])
    latest = {role.endpoint_id: run for role, run in pairs if run is not None}
    # The last good probe speaks; where there is none, the last attempt says why.
    runs = {**latest, **good}
    results = _results([run.pk for run in runs.values()])
    records = []
    for role, _run in pairs:
        run = runs.get(role.endpoint_id)
        records.append(
            EndpointRecord(
                id=str(role.endpoint_id),
                name=role.endpoint.name,
                url=role.endpoint.url,
                role=role.part,
                workload=role.workload.name,
                probe=results.get(run.pk) if run is not None else None,
                removed_because=role.removed_because,
            )
        )
    return tuple(records)


def _workloads(assessment: Assessment, first: Workload) -> tuple[WorkloadRecord, ...]:
    """Return every workload in scope, the one that was named first before the others."""
    rows = sorted(assessment.workloads.all(), key=lambda one: (one.pk != first.pk, one.name))
    return tuple(WorkloadRecord(one.name, one.owner, one.criticality, one.tolerance_hours) for one in rows)


def _drills(assessment: Assessment, rows: list[Answer]) -> tuple[DrillHeld, ...]:
    """Return the drills that were held for the assessment, newest first; of those joined to, only the last record."""
    runs = list(
        DrillRun.objects.filter(plan__role__assessment=assessment, status=JobStatus.DONE)
        .exclude(result=None)
        .order_by("-finished_at", "-pk")
        .only("endpoint_id", "kind", "joins_id", "result", "status")[:DRILLS_READ]
    )
    joined = {run.joins_id for run in runs}
    attached: dict[UUID, list[str]] = {}
    for row in rows:
        for evidence in row.evidence.all():
            if evidence.drill_run_id is not None:
                attached.setdefault(evidence.drill_run_id, []).append(row.question)
    found = []
    for run in runs:
        record = record_of(run)
        if record is None or run.pk in joined:
            continue
        found.append(
            DrillHeld(
                id=str(run.pk),
                endpoint=str(run.endpoint_id),
                record=record,
                pass_mark=pass_mark(record, _),
                result=outcome(record, _),
                questions=tuple(dict.fromkeys(attached.get(run.pk, ()))),
            )
        )
    return tuple(found)


def _verified(
    assessment: Assessment,
    questionnaire: Questionnaire,
    rows: list[Answer],
    disputed: list[Dispute],
    heeding: queries.Heeding,
) -> dict[str, int | None]:
    """Return the verified levels as they were if every dispute, or none, were accepted; empty without disputes."""
    if not disputed:
        return {}
    card = queries.scorecard(assessment, questionnaire, rows, disputed, heeding=heeding)
    return {one.question: one.verified for one in card.questions}


def report_input(
    assessment: Assessment, *, draft: bool = True, version: int = 1, language: str = ""
) -> tuple[ReportInput, Scorecard]:
    """Return everything a report of the assessment says now, and the scorecard it rests on.

    `language` is that of the report (two letters), by default the reader's.
    """
    wishes = wishes_of(assessment)
    language = (language or get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    with override(language):
        return _report_input(assessment, draft, version, language, wishes)


def said_now(assessment: Assessment) -> dict[str, Any]:
    """Return what an assessment says in the language that is active, by the names of `ReportInput`."""
    # First, because what scenarios find counts in the scorecard: a first report must say what the second says.
    scenarios = scenarios_of(assessment)
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    rows = queries.answers_of(assessment, with_people=True, with_files=True)
    disputed = queries.disputes_of(assessment)
    card = queries.scorecard(assessment, questionnaire, rows, disputed)
    workload = first_workload(assessment)
    return {
        "title": assessment.title,
        "organisation": assessment.organisation.name,
        "home_jurisdictions": tuple(assessment.organisation.home_jurisdictions),
        "workload": workload.name,
        "workload_owner": workload.owner,
        "criticality": workload.criticality,
        "tolerance_hours": workload.tolerance_hours,
        "assessor": assessment.created_by.kept_name if assessment.created_by else "",
        "scorecard": card,
        "answers": _general(questionnaire, rows),
        "single": _single(assessment, questionnaire, rows),
        "endpoints": _endpoints(assessment),
        "disputes": _disputes(disputed),
        "workloads": _workloads(assessment, workload),
        "drills": _drills(assessment, rows),
        "profile": assessment.profile,
        "targets": targets_of(questionnaire, assessment.profile, assessment.targets),
        "owners": move_owners.records_of(assessment),
        "derivations": tuple(
            (one, derivation(one, assessment, questionnaire, card, rows))
            for one in frameworks_of(assessment.organisation, questionnaire)
        ),
        "verified_with": _verified(assessment, questionnaire, rows, disputed, "none"),
        "verified_without": _verified(assessment, questionnaire, rows, disputed, "all"),
        "scenarios": scenarios,
    }


def _report_input(
    assessment: Assessment, draft: bool, version: int, language: str, wishes: Wishes
) -> tuple[ReportInput, Scorecard]:
    # Of a signed round a report says what was signed, whatever has been found or changed since.
    said = snapshots.thawed(assessment, language) if assessment.is_signed else said_now(assessment)
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    card = said["scorecard"]
    brand, classification = branding.worn(assessment.organisation, assessment)
    written = wording.rows_of(assessment, language)
    made_at = timezone.now()
    now = _side(said)
    source = ReportInput(
        **said,
        questionnaire=questionnaire,
        made_at=made_at,
        product_version=settings.VERSION,
        # What nobody signed stays a draft, also where it is issued.
        draft=draft or not assessment.is_signed,
        version=version,
        language=language,
        translation_hash=overlay_hash(questionnaire, language),
        brand=brand,
        classification=classification,
        words=wording.printed(written, card, wording.parts(questionnaire)),
        dates=wishes.dates,
        left_out=wishes.left_out,
        since=_since(assessment, Compared(_("This report"), moment(made_at), now, questionnaire)),
    )
    return source, card


def _side(said: dict[str, Any]) -> Side:
    card = said["scorecard"]
    return side_of_records(original(card.questionnaire_hash), card, said["answers"], said["single"], said["disputes"])


def _since(assessment: Assessment, now: Compared) -> tuple[Compared, Compared] | None:
    """Return what to compare with: the last issued report, else the assessment begun before this one."""
    report = comparing.earlier_report(assessment)
    if report is not None:
        return comparing.reported(report, _("Report {version}").format(version=report.version)), now
    other = comparing.earlier_assessment(assessment)
    if other is None:
        return None
    report = comparing.earlier_report(other)
    return (comparing.reported(report, other.title) if report is not None else standing_now(other)), now


def standing_now(assessment: Assessment, name: str = "") -> Compared:
    """Return what an assessment says now, or said when it was signed, in the words of today's reader.

    Nine queries at most.
    """
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    if assessment.is_signed:
        said = snapshots.thawed(assessment, (get_language() or settings.LANGUAGE_CODE).partition("-")[0])
        return Compared(name or assessment.title, moment(said["signed"].at), _side(said), questionnaire)
    rows = queries.answers_of(assessment, with_people=True, with_files=True)
    disputed = queries.disputes_of(assessment)
    said = {
        "scorecard": queries.scorecard(assessment, questionnaire, rows, disputed),
        "answers": _general(questionnaire, rows),
        "single": _single(assessment, questionnaire, rows),
        "disputes": _disputes(disputed),
    }
    return Compared(name or assessment.title, moment(timezone.now()), _side(said), questionnaire)


def screen_model(assessment: Assessment) -> ReportModel:
    """Return the report model as it would be printed now."""
    return viewmodel.build(report_input(assessment)[0])


def current_model(report: Report) -> ReportModel:
    """Return what the assessment of a report says today, in the report's words and under its number."""
    draft = report.kind == Report.Kind.DRAFT
    source, _card = report_input(report.assessment, draft=draft, version=report.version, language=report.language)
    return viewmodel.build(source)


@transaction.atomic
def request_report(assessment: Assessment, user: User, kind: str, language: str = "") -> Report:
    """Freeze the report model as it stands and leave the PDF to the worker; raises `PdfUnavailable`."""
    problem = pdf_available()
    if problem is not None:
        raise problem
    # Locked, so that two clicks at once make two versions and not the same one twice.
    Assessment.objects.select_for_update(of=("self",)).get(pk=assessment.pk)
    report = _requested(assessment, user, kind, language)
    if kind == Report.Kind.ISSUED:
        audit.record(
            "report.issued",
            organisation=assessment.organisation,
            actor=user,
            subject=assessment,
            report=str(report.pk),
            version=report.version,
        )
    return report


def _requested(assessment: Assessment, user: User | None, kind: str, language: str) -> Report:
    """Return the draft that says the same where there is one, else a new row; `user` is None when made ahead."""
    language = language or wishes_of(assessment).language
    asked_for = Report.objects.filter(assessment=assessment, kind=kind, ahead=False)
    last = asked_for.aggregate(last=Max("version"))["last"] or 0
    source, card = report_input(assessment, draft=kind == Report.Kind.DRAFT, version=last + 1, language=language)
    model = viewmodel.build(source)
    key = content_key(model)
    if kind == Report.Kind.DRAFT:
        same = render_ahead.unchanged(assessment, key)
        if same is not None:
            return render_ahead.taken(same, user)
        render_ahead.forget(assessment)
    return Report.objects.create(
        organisation=assessment.organisation,
        assessment=assessment,
        kind=kind,
        version=last + 1,
        content=model.plain(),
        scorecard=card.model_dump(mode="json"),
        input_hash=model.input_hash,
        language=model.language,
        content_key=key,
        ahead=user is None,
        requested_by=user,
        lease_until=jobs.lease_end(),
    )


@transaction.atomic
def request_ahead(assessment: Assessment) -> Report | None:
    """Freeze a draft that nobody asked for yet; None where PDFs cannot be made or nothing was answered."""
    if pdf_available() is not None or not Answer.objects.filter(assessment=assessment).exclude(state=UNASKED).exists():
        return None
    Assessment.objects.select_for_update(of=("self",)).get(pk=assessment.pk)
    latest = Report.objects.filter(assessment=assessment, ahead=False).values_list("language", flat=True).first()
    return _requested(assessment, None, Report.Kind.DRAFT, latest or "")


def make_ahead(assessment_id: UUID | str) -> None:
    """Make the draft of an assessment that rests; does nothing where it is there or nothing can be made."""
    with scopes_disabled():
        found = Assessment.objects.select_related("organisation").filter(pk=assessment_id).first()
    if found is None or render_ahead.busy():
        return
    with scope(organisation=found.organisation):
        report = request_ahead(found)
    if report is not None and report.ahead and not report.is_over:
        carry_out(report.pk)
        # Nobody asked, so nobody pays with memory for it either.
        rest_when_idle(0)


def cancel(report: Report) -> None:
    """Give up a report that is not made yet; a worker that is at it ends within a second."""
    jobs.cancel(report)


def carry_out(report_id: UUID | str) -> None:
    """Make the PDF of a report; does nothing when another worker has it."""
    report = jobs.claim(Report, report_id)
    if not isinstance(report, Report):
        return
    with scope(organisation=report.organisation), jobs.kept_alive(report):
        try:
            model = stored.read(report.content)
            watch = render_ahead.watcher(report)
            pdf = make_pdf(model, watch=watch)
            board = None
            # A section that is left out of the report is not handed out alone either.
            if outline.BOARD not in {one.section for one in model.left_out}:
                # Told as the last step of the whole, which goes back to nothing; given up as soon as the whole is.
                board = make_pdf(model, watch=lambda _step: watch(Step(STEPS[-1])), board_only=True)
            name = _store_file(report, pdf)
            board_name = _store_file(report, board, "-board") if board is not None else ""
        except AssessorError as error:
            jobs.finish(report, JobStatus.FAILED, error=str(error))
            render_ahead.forget_failed(report)
            return
        except OSError as error:
            jobs.finish(
                report, JobStatus.FAILED, error=N_("The file could not be stored: {why}.").format(why=error.strerror)
            )
            render_ahead.forget_failed(report)
            return
        made = {
            "file": name,
            "file_sha256": hashlib.sha256(pdf).hexdigest(),
            "file_size": len(pdf),
        }
        if board is not None:
            made |= {
                "board_file": board_name,
                "board_sha256": hashlib.sha256(board).hexdigest(),
                "board_size": len(board),
            }
        names = tuple(filter(None, (name, board_name)))
        if jobs.finish(report, JobStatus.DONE, **made):
            _sweep(report, keep=names)
        else:
            for one in names:
                (Path(settings.REPORTS_DIR) / one).unlink(missing_ok=True)


def _store_file(report: Report, pdf: bytes, kind: str = "") -> str:
    """Write the file beside its name and rename it, so that a half-written one never looks whole.

    Each attempt has a name of its own: a worker that comes too late cannot touch the file that was handed out.
    """
    name = f"{report.organisation_id}/{report.pk}-{report.attempt}{kind}.pdf"
    file = Path(settings.REPORTS_DIR) / name
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_suffix(".part")
    try:
        with part.open("wb") as stream:
            stream.write(pdf)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o400)
        os.replace(part, file)  # noqa: PTH105 - atomic replacement is what is meant
    finally:
        part.unlink(missing_ok=True)
    return name


def _sweep(report: Report, keep: tuple[str, ...]) -> None:
    """Remove what earlier attempts left behind when their workers were killed."""
    kept = {Path(settings.REPORTS_DIR) / one for one in keep}
    for file in (Path(settings.REPORTS_DIR) / keep[0]).parent.glob(f"{report.pk}-*"):
        if file not in kept:
            file.unlink(missing_ok=True)


def read_file(report: Report) -> bytes:
    """Return the stored PDF; raises `ReportMissing` when it is gone or its hash has changed."""
    return _checked(report.file, report.file_sha256)


def read_board(report: Report) -> bytes:
    """Return the stored board page; raises `ReportMissing` when it is gone or its hash has changed."""
    return _checked(report.board_file, report.board_sha256)


def _checked(file: str, sha256: str) -> bytes:
    try:
        content = (Path(settings.REPORTS_DIR) / file).read_bytes()
    except OSError as error:
        raise ReportMissing(
            N_("The file of this report is not in the data directory any more."),
            remedy=N_("Restore it from a backup, or issue a new version."),
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ReportMissing(
            N_("The file of this report was changed after it was made, so it is not handed out."),
            remedy=N_("Restore it from a backup, or issue a new version."),
        )
    return content
