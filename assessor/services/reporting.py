"""Making reports: the model from what is stored, the file in the worker, and never a change after issue."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import get_language, override
from django_scopes import scope

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.models import Answer, Assessment, Dispute, Evidence, JobStatus, ProbeRun, Report, User
from assessor.probes.result import ProbeResult
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.reports import viewmodel
from assessor.reports.inputs import (
    AnswerRecord,
    DisputeRecord,
    EndpointRecord,
    EvidenceRecord,
    FileRecord,
    ReportInput,
)
from assessor.reports.model import ReportModel
from assessor.reports.pdf import make_pdf, pdf_available
from assessor.scoring.roadmap import targets_of
from assessor.scoring.scorecard import Scorecard
from assessor.scoring.tiers import counts_until
from assessor.services import jobs
from assessor.services.assessments import first_workload
from assessor.services.crosswalks import derivation, frameworks_of
from assessor.services.questionnaires import overlay_hash, questionnaire_of


class ReportMissing(AssessorError):
    """The stored file of a report is gone or was changed."""


def _evidence(row: Evidence, question: Question | None) -> EvidenceRecord:
    today = timezone.localdate()
    return EvidenceRecord(
        tier=row.tier(today, question.proves if question else ()),
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
            raised_by=str(one.raised_by) if one.raised_by else "",
            raised_at=one.raised_at,
            decided_by=str(one.decided_by) if one.decided_by else "",
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
        answered_by=str(row.answered_by) if row.answered_by else "",
        answered_at=row.answered_at,
        evidence=tuple(_evidence(evidence, question) for evidence in row.evidence.all()),
        workload=row.workload.name if row.workload else "",
    )


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


def _endpoints(assessment: Assessment) -> tuple[EndpointRecord, ...]:
    pairs = queries.endpoints_with_runs(assessment)
    good = queries.last_good_runs([role.endpoint for role, _run in pairs])
    latest = {role.endpoint_id: run for role, run in pairs if run is not None}
    # The last good probe speaks; where there is none, the last attempt says why.
    runs = {**latest, **good}
    results = dict(ProbeRun.objects.filter(pk__in=[run.pk for run in runs.values()]).values_list("endpoint", "result"))
    records = []
    for role, _run in pairs:
        result = results.get(role.endpoint_id)
        records.append(
            EndpointRecord(
                id=str(role.endpoint_id),
                name=role.endpoint.name,
                url=role.endpoint.url,
                role=role.part,
                workload=role.workload.name,
                probe=ProbeResult.model_validate(result) if result else None,
                removed_because=role.removed_because,
            )
        )
    return tuple(records)


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
    language = (language or get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    with override(language):
        return _report_input(assessment, draft, version, language)


def _report_input(assessment: Assessment, draft: bool, version: int, language: str) -> tuple[ReportInput, Scorecard]:
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    rows = queries.answers_of(assessment, with_people=True, with_files=True)
    disputed = queries.disputes_of(assessment)
    card = queries.scorecard(assessment, questionnaire, rows, disputed)
    answers = queries.by_question(rows)
    workload = first_workload(assessment)
    source = ReportInput(
        title=assessment.title,
        organisation=assessment.organisation.name,
        home_jurisdictions=tuple(assessment.organisation.home_jurisdictions),
        workload=workload.name,
        workload_owner=workload.owner,
        criticality=workload.criticality,
        tolerance_hours=workload.tolerance_hours,
        assessor=str(assessment.created_by) if assessment.created_by else "",
        questionnaire=questionnaire,
        scorecard=card,
        answers={
            question: _answer(row, questionnaire.question(question))
            for question, row in answers.items()
            if row.state != Answer.State.NOT_ASKED
        },
        endpoints=_endpoints(assessment),
        made_at=timezone.now(),
        product_version=settings.VERSION,
        draft=draft,
        version=version,
        language=language,
        translation_hash=overlay_hash(questionnaire, language),
        disputes=_disputes(disputed),
        single=_single(assessment, questionnaire, rows),
        profile=assessment.profile,
        targets=targets_of(questionnaire, assessment.profile, assessment.targets),
        derivations=tuple(
            (one, derivation(one, assessment, questionnaire, card, rows))
            for one in frameworks_of(assessment.organisation, questionnaire)
        ),
        verified_with=_verified(assessment, questionnaire, rows, disputed, "none"),
        verified_without=_verified(assessment, questionnaire, rows, disputed, "all"),
    )
    return source, card


def screen_model(assessment: Assessment) -> ReportModel:
    """Return the report model as it would be printed now."""
    return viewmodel.build(report_input(assessment)[0])


@transaction.atomic
def request_report(assessment: Assessment, user: User, kind: str, language: str = "") -> Report:
    """Freeze the report model as it stands and leave the PDF to the worker; raises `PdfUnavailable`."""
    problem = pdf_available()
    if problem is not None:
        raise problem
    # Locked, so that two clicks at once make two versions and not the same one twice.
    Assessment.objects.select_for_update(of=("self",)).get(pk=assessment.pk)
    last = Report.objects.filter(assessment=assessment, kind=kind).aggregate(last=Max("version"))["last"] or 0
    source, card = report_input(assessment, draft=kind == Report.Kind.DRAFT, version=last + 1, language=language)
    model = viewmodel.build(source)
    return Report.objects.create(
        organisation=assessment.organisation,
        assessment=assessment,
        kind=kind,
        version=last + 1,
        content=model.model_dump(mode="json"),
        scorecard=card.model_dump(mode="json"),
        input_hash=model.input_hash,
        requested_by=user,
        lease_until=jobs.lease_end(),
    )


def carry_out(report_id: UUID | str) -> None:
    """Make the PDF of a report; does nothing when another worker has it."""
    report = jobs.claim(Report, report_id)
    if not isinstance(report, Report):
        return
    with scope(organisation=report.organisation), jobs.kept_alive(report):
        try:
            pdf = make_pdf(ReportModel.model_validate(report.content))
            name = _store_file(report, pdf)
        except AssessorError as error:
            jobs.finish(report, JobStatus.FAILED, error=str(error))
            return
        except OSError as error:
            jobs.finish(report, JobStatus.FAILED, error=f"{N_('The file could not be stored')}: {error.strerror}.")
            return
        digest = hashlib.sha256(pdf).hexdigest()
        if jobs.finish(report, JobStatus.DONE, file=name, file_sha256=digest, file_size=len(pdf)):
            _sweep(report, keep=name)
        else:
            (Path(settings.REPORTS_DIR) / name).unlink(missing_ok=True)


def _store_file(report: Report, pdf: bytes) -> str:
    """Write the file beside its name and rename it, so that a half-written one never looks whole.

    Each attempt has a name of its own: a worker that comes too late cannot touch the file that was handed out.
    """
    name = f"{report.organisation_id}/{report.pk}-{report.attempt}.pdf"
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


def _sweep(report: Report, keep: str) -> None:
    """Remove what earlier attempts left behind when their workers were killed."""
    kept = Path(settings.REPORTS_DIR) / keep
    for file in kept.parent.glob(f"{report.pk}-*"):
        if file != kept:
            file.unlink(missing_ok=True)


def read_file(report: Report) -> bytes:
    """Return the stored PDF; raises `ReportMissing` when it is gone or its hash has changed."""
    try:
        content = (Path(settings.REPORTS_DIR) / report.file).read_bytes()
    except OSError as error:
        raise ReportMissing(
            N_("The file of this report is not in the data directory any more."),
            remedy=N_("Restore it from a backup, or issue a new version."),
        ) from error
    if hashlib.sha256(content).hexdigest() != report.file_sha256:
        raise ReportMissing(
            N_("The file of this report was changed after it was made, so it is not handed out."),
            remedy=N_("Restore it from a backup, or issue a new version."),
        )
    return content
