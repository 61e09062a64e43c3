"""Attaching evidence to an answer, confirming and removing it; what it proves is derived from its facts."""

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.evidence import Finding, Strength
from assessor.models import Answer, Assessment, Evidence, ProbeRun, User, Workload
from assessor.scoring.tiers import EvidenceFacts
from assessor.services import assigned, attachments, audit
from assessor.services.changing import changes_assessment
from assessor.services.questionnaires import questionnaire_of


class EvidenceRefused(AssessorError):
    """There is no answer that this evidence could stand behind, or the evidence is not in force."""


@changes_assessment
def add_evidence(
    assessment: Assessment,
    question_id: str,
    facts: EvidenceFacts,
    description: str,
    user: User,
    *,
    workload: Workload | None = None,
    link: str = "",
    witness: str = "",
    probe_run: ProbeRun | None = None,
    file: UploadedFile | None = None,
    level: int | None = None,
    origin: UUID | None = None,
) -> Evidence:
    """Attach one piece of evidence to the answer in force, bound to the level it has now, or to `level`.

    `origin` is the id it has in the file it comes from. `link` is kept as text and never fetched. Place and date of a
    probe are those of its run. Raises `EvidenceRefused` without a level to prove, `AttachmentRefused` for a file that
    is not taken in; then nothing is attached.
    """
    assigned.require(assessment, question_id)
    answer = Answer.objects.filter(assessment=assessment, question=question_id, workload=workload).first()
    bound = answer.level if answer is not None and level is None else level
    if answer is None or bound is None:
        raise EvidenceRefused(
            N_("Evidence stands behind a level, and this question has none yet."),
            remedy=N_("Choose a level first."),
        )
    row = Evidence(
        organisation=assessment.organisation,
        answer=answer,
        level=bound,
        origin=origin,
        kind=facts.kind.value,
        description=description,
        place=facts.place,
        document_version=facts.version,
        taken_on=facts.taken_on,
        expires_on=facts.expires_on,
        read=facts.read,
        pass_mark=facts.pass_mark,
        minutes=facts.minutes,
        passed=facts.passed,
        share_of_load=facts.share_of_load,
        result=facts.result,
        observed_only=facts.observed_only,
        link=link,
        witness=witness,
        added_by=user,
    )
    if probe_run is not None:
        row.probe_run = probe_run
        row.place, row.document_version = probe_run.target_url[:300], f"sha256 {probe_run.result_sha256}"[:100]
        row.taken_on = timezone.localdate(probe_run.finished_at) if probe_run.finished_at else None
        row.finding = supporting_code(assessment, question_id, probe_run, bound)
    row.save(force_insert=True)
    if file is not None:
        _attach(row, file, user)
    return row


def _attach(evidence: Evidence, file: UploadedFile, user: User) -> None:
    kept = attachments.add_attachment(evidence, file, user)
    audit.record(
        "file.attached",
        organisation=evidence.organisation,
        actor=user,
        subject=evidence.answer.assessment,
        file=kept.name,
        question=evidence.answer.question,
    )


def supporting_code(assessment: Assessment, question_id: str, run: ProbeRun, level: int) -> str:
    """Return the code of a finding in `run` that supports `level`; empty where none does.

    It must be of strength A or better, and every endpoint of the role must support the level: one good endpoint says
    nothing about the one beside it.
    """
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    question = questionnaire.question(question_id)
    if question is None:
        return ""
    supported = None
    for one in queries.scorecard(assessment, questionnaire).questions:
        if one.question == question_id:
            supported = one.supported
    if supported is None or supported < level:
        return ""
    for row in run.findings:
        found = Finding.model_validate(row)
        for bearing in question.findings:
            strong = found.strength.rank >= Strength.STRONG.rank
            if strong and bearing.supports is not None and bearing.supports >= level and found.is_under(bearing.code):
                return found.code
    return ""


@changes_assessment
def confirm_evidence(evidence: Evidence, seen: int | None = None) -> Evidence:
    """Bind evidence to the answer as it stands now, after somebody looked whether it still proves it.

    `seen` is the level they looked at, None where nobody says; raises `EvidenceRefused` when it is another by now.
    """
    level = evidence.answer.level
    if seen is not None and level is not None and level != seen:
        raise EvidenceRefused(
            N_("The answer is level {level} by now, and you looked at level {seen}."),
            remedy=N_("Look again whether the evidence proves it."),
            level=level,
            seen=seen,
        )
    if level is None:
        raise EvidenceRefused(
            N_("Evidence stands behind a level, and this question has none."), remedy=N_("Choose a level first.")
        )
    if evidence.removed_at is not None:
        raise EvidenceRefused(N_("This evidence was removed."), remedy=N_("Take the removal back first."))
    evidence.level = level
    if evidence.probe_run is not None:
        answer = evidence.answer
        evidence.finding = supporting_code(answer.assessment, answer.question, evidence.probe_run, level)
    evidence.save(update_fields=["level", "finding"])
    return evidence


@changes_assessment
def remove_evidence(evidence: Evidence, user: User) -> Evidence:
    """Take evidence out of the score; it stays in the history with who did so and when, and can be brought back."""
    if evidence.removed_at is None:
        evidence.removed_at, evidence.removed_by = timezone.now(), user
        evidence.save(update_fields=["removed_at", "removed_by"])
    return evidence


@changes_assessment
def restore_evidence(evidence: Evidence) -> Evidence:
    """Take a removal back."""
    evidence.removed_at, evidence.removed_by = None, None
    evidence.save(update_fields=["removed_at", "removed_by"])
    return evidence


@changes_assessment
def delete_files(evidence: Evidence) -> int:
    """Delete the files behind removed evidence for good; raises `EvidenceRefused` while it still counts."""
    if evidence.removed_at is None:
        raise EvidenceRefused(
            N_("This evidence is in force, and its files belong to it."), remedy=N_("Remove the evidence first.")
        )
    return attachments.delete_files(evidence)


@changes_assessment
def add_file(evidence: Evidence, file: UploadedFile, user: User) -> None:
    """Attach one more file; raises `EvidenceRefused` for removed evidence, `AttachmentRefused` for a bad file."""
    if evidence.removed_at is not None:
        raise EvidenceRefused(N_("This evidence was removed."), remedy=N_("Take the removal back first."))
    _attach(evidence, file, user)
