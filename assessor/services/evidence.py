"""Attaching evidence to an answer; what it proves is derived from its facts."""

from django.db import transaction

from assessor.errors import N_, AssessorError
from assessor.models import Answer, Assessment, Evidence, User
from assessor.scoring.tiers import EvidenceFacts


class EvidenceRefused(AssessorError):
    """There is no answer that this evidence could stand behind."""


@transaction.atomic
def add_evidence(
    assessment: Assessment, question_id: str, facts: EvidenceFacts, description: str, user: User
) -> Evidence:
    """Attach one piece of evidence to the answer in force, bound to the level it has now."""
    answer = Answer.objects.filter(assessment=assessment, question=question_id, workload=None).first()
    if answer is None or answer.level is None:
        raise EvidenceRefused(
            N_("Evidence stands behind a level, and this question has none yet."),
            remedy=N_("Choose a level first."),
        )
    return Evidence.objects.create(
        organisation=assessment.organisation,
        answer=answer,
        level=answer.level,
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
        added_by=user,
    )


@transaction.atomic
def confirm_evidence(evidence: Evidence) -> Evidence:
    """Bind evidence to the answer as it stands now, after somebody looked whether it still proves it."""
    level = evidence.answer.level
    if level is None:
        raise EvidenceRefused(
            N_("Evidence stands behind a level, and this question has none."), remedy=N_("Choose a level first.")
        )
    evidence.level = level
    evidence.save(update_fields=["level"])
    return evidence
