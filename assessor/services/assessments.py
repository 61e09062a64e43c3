"""Starting an assessment and saving its answers."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django_scopes import scope

from assessor.errors import N_, AssessorError
from assessor.models import Answer, AnswerRevision, Assessment, Membership, Organisation, Role, User, Workload
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.services.questionnaires import questionnaire_of, stored_version


@dataclass(frozen=True)
class ScopeFacts:
    """What is asked first: whose AI, under whose law, for which workload, and how long it may stand still (hours)."""

    organisation: str
    home_jurisdictions: tuple[str, ...]
    workload: str
    workload_owner: str = ""
    criticality: str = Workload.Criticality.CRITICAL
    tolerance_hours: float | None = None
    title: str = ""


class AnswerRefused(AssessorError):
    """The answer does not fit its question."""


class AnswerConflict(AssessorError):
    """Somebody else changed the answer meanwhile; `current` is what stands now, nothing was overwritten."""

    def __init__(self, current: Answer) -> None:
        self.current = current
        super().__init__(
            N_("This answer was changed elsewhere since this page was loaded, so yours was not saved over it."),
            remedy=N_("Compare the two and save again."),
        )


@transaction.atomic
def start_assessment(
    user: User,
    questionnaire: Questionnaire,
    facts: ScopeFacts,
    kind: str = Assessment.Scope.QUICK,
) -> Assessment:
    """Create an organisation with its first workload and an assessment of it, owned by `user`."""
    organisation = Organisation.objects.create(
        name=facts.organisation, home_jurisdictions=list(facts.home_jurisdictions)
    )
    Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
    with scope(organisation=organisation):
        workload = Workload.objects.create(
            organisation=organisation,
            name=facts.workload,
            owner=facts.workload_owner,
            criticality=facts.criticality,
            tolerance_hours=facts.tolerance_hours,
        )
        assessment = Assessment.objects.create(
            organisation=organisation,
            questionnaire_version=stored_version(questionnaire),
            title=facts.title or f"{questionnaire.title}",
            scope=kind,
            created_by=user,
        )
        assessment.workloads.add(workload)
    return assessment


@transaction.atomic
def change_scope(assessment: Assessment, facts: ScopeFacts) -> None:
    """Correct the organisation, its jurisdictions, and the workload the assessment speaks of."""
    organisation = assessment.organisation
    organisation.name = facts.organisation
    organisation.home_jurisdictions = list(facts.home_jurisdictions)
    organisation.save(update_fields=["name", "home_jurisdictions"])
    workload = assessment.workloads.get()
    workload.name = facts.workload
    workload.owner = facts.workload_owner
    workload.criticality = facts.criticality
    workload.tolerance_hours = facts.tolerance_hours
    workload.save()
    if facts.title:
        assessment.title = facts.title
    assessment.save(update_fields=["title", "changed_at"])


def check_answer(question: Question, state: str, level: int | None) -> None:
    """Raise `AnswerRefused` unless `state` and `level` are an answer to `question`."""
    if state == Answer.State.ANSWERED and (level is None or question.choice(level) is None):
        raise AnswerRefused(
            N_("“{question}” has no choice at level {level}."),
            remedy=N_("Choose one of its levels: {levels}."),
            question=question.id,
            level=level,
            levels=", ".join(str(choice.level) for choice in question.choices),
        )
    if state == Answer.State.NOT_APPLICABLE and not question.may_not_apply:
        raise AnswerRefused(
            N_("“{question}” always applies."),
            remedy=N_("Choose a level, or say that you do not know."),
            question=question.id,
        )


@transaction.atomic
def save_answer(
    assessment: Assessment,
    question_id: str,
    state: str,
    level: int | None,
    note: str,
    user: User,
    expected_version: int | None = None,
) -> Answer:
    """Save one answer and its revision.

    `expected_version` is the version the person saw (0: none yet); None skips the check. Raises `AnswerRefused` for
    what is not an answer, `AnswerConflict` when the version in force is another and says something else.
    """
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    question = questionnaire.question(question_id)
    if question is None:
        raise AnswerRefused(N_("There is no question “{question}” here."), question=question_id)
    level = level if state == Answer.State.ANSWERED else None
    check_answer(question, state, level)
    if state == Answer.State.NOT_APPLICABLE and not note.strip():
        raise AnswerRefused(
            N_("“Not applicable” needs a reason."), remedy=N_("Write it into the note, then choose again.")
        )
    now = timezone.now()
    # This locks the assessment, not only the answer: a first answer has no row yet, and two of them would collide.
    Assessment.objects.filter(pk=assessment.pk).update(changed_at=now)
    rows = Answer.objects.filter(assessment=assessment, question=question_id, workload=None)
    answer = next(iter(rows), None)
    if answer is None:
        answer = Answer(organisation=assessment.organisation, assessment=assessment, question=question_id, version=0)
    elif (answer.state, answer.level, answer.note) == (state, level, note):
        return answer
    if expected_version is not None and expected_version != answer.version:
        raise AnswerConflict(answer)
    answer.state, answer.level, answer.note = state, level, note
    answer.version += 1
    answer.answered_by, answer.answered_at = user, now
    answer.save()
    AnswerRevision.objects.create(
        organisation=assessment.organisation,
        answer=answer,
        version=answer.version,
        state=state,
        level=level,
        note=note,
        changed_by=user,
        changed_at=now,
    )
    return answer
