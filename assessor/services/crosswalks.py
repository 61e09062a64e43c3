"""Crosswalks as used: which questionnaires one assessment already speaks about, and beginning one of them beside it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from assessor import queries
from assessor.models import Answer, Assessment, EndpointRole, Organisation, QuestionnaireVersion, User
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.crosswalk import Derivation, derive
from assessor.scoring.scorecard import Scorecard
from assessor.services import summaries
from assessor.services.questionnaires import offered_to, questionnaire_of, stored_version


@dataclass(frozen=True)
class Beside:
    """What another assessment says about this one: that assessment, its questionnaire, and what is derived."""

    assessment: Assessment
    questionnaire: Questionnaire
    derivation: Derivation


def speaks_about(questionnaire: Questionnaire, among: Iterable[Questionnaire]) -> tuple[Questionnaire, ...]:
    """Return those of `among` that have a crosswalk from `questionnaire`, in their order."""
    return tuple(one for one in among if one.id != questionnaire.id and one.rows_from(questionnaire.id))


def frameworks_of(organisation: Organisation, questionnaire: Questionnaire) -> tuple[Questionnaire, ...]:
    """Return what an organisation is offered and `questionnaire` already speaks about: one query."""
    return speaks_about(questionnaire, offered_to(organisation))


def derivation(
    other: Questionnaire,
    assessment: Assessment,
    questionnaire: Questionnaire,
    card: Scorecard,
    answers: Iterable[Answer | queries.ScoredAnswer],
) -> Derivation:
    """Return what an assessment with these answers says about `other`; a query only where workloads differ."""
    given = queries.given_answers(answers, assessment, questionnaire, timezone.localdate())
    return derive(other, questionnaire, card, given)


def beside(assessment: Assessment, questionnaire: Questionnaire) -> Beside | None:
    """Return what the assessment that this one was begun beside says about it; None where there is none (any more)."""
    if assessment.hints_from_id is None:
        return None
    rows = Assessment.objects.select_related("questionnaire_version").defer("questionnaire_version__content")
    source = rows.filter(pk=assessment.hints_from_id).first()
    if source is None:
        return None
    theirs = questionnaire_of(source.questionnaire_version.content_hash)
    answers = queries.scored_answers(source)
    card = queries.scorecard(source, theirs, answers)
    return Beside(source, theirs, derivation(questionnaire, source, theirs, card, answers))


def begun_beside(assessment: Assessment, framework: Questionnaire) -> list[Assessment]:
    """Return the assessments of a framework that were begun beside this one, the newest first."""
    rows = Assessment.objects.filter(hints_from=assessment, questionnaire_version__questionnaire=framework.id)
    return list(rows.order_by("-created_at", "-pk"))


@transaction.atomic
def start_beside(user: User, assessment: Assessment, framework: Questionnaire) -> Assessment:
    """Begin an assessment of a framework with the scope of another, and not one answer filled in.

    Scope is organisation, workloads, endpoints in their roles, and the kind of organisation where the framework knows
    it. What the other assessment says is shown beside the questions as derived.
    """
    own = QuestionnaireVersion.objects.filter(
        organisation=assessment.organisation, content_hash=framework.content_hash()
    ).first()
    quick = assessment.scope == Assessment.Scope.QUICK and framework.asked("quick")
    begun = Assessment.objects.create(
        organisation=assessment.organisation,
        questionnaire_version=own or stored_version(framework),
        title=framework.title,
        scope=Assessment.Scope.QUICK if quick else Assessment.Scope.FULL,
        profile=assessment.profile if framework.profile(assessment.profile) else "",
        hints_from=assessment,
        created_by=user,
    )
    # One by one, in their order: the first one linked is the workload the assessment names.
    links = Assessment.workloads.through.objects
    for workload in links.filter(assessment=assessment).order_by("pk").values_list("workload", flat=True):
        links.create(assessment=begun, workload_id=workload)
    EndpointRole.objects.bulk_create(
        EndpointRole(
            organisation=assessment.organisation,
            assessment=begun,
            workload_id=role.workload_id,
            endpoint_id=role.endpoint_id,
            part=role.part,
        )
        for role in EndpointRole.objects.filter(assessment=assessment, removed_at=None)
    )
    summaries.refresh(begun)
    return begun
