"""Starting an assessment, and what it is about."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django_scopes import scope, scopes_disabled

from assessor.models import (
    Assessment,
    AssessmentTemplate,
    Membership,
    Organisation,
    QuestionnaireVersion,
    Role,
    User,
    Workload,
)
from assessor.questionnaire.schema import Questionnaire
from assessor.services import audit, memberships, summaries
from assessor.services.changing import changes_assessment
from assessor.services.inventory.editing import free_key
from assessor.services.questionnaires import stored_version


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
    profile: str = ""


@transaction.atomic
def start_assessment(
    user: User,
    questionnaire: Questionnaire,
    facts: ScopeFacts,
    kind: str = Assessment.Scope.QUICK,
    organisation: Organisation | None = None,
) -> Assessment:
    """Create an assessment and its first workload, in `organisation` or in a new one that `user` owns."""
    is_new = organisation is None
    if organisation is None:
        organisation = Organisation.objects.create(
            name=facts.organisation, home_jurisdictions=list(facts.home_jurisdictions)
        )
        Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
    else:
        organisation.name = facts.organisation
        organisation.home_jurisdictions = list(facts.home_jurisdictions)
        organisation.save(update_fields=["name", "home_jurisdictions"])
    with scope(organisation=organisation):
        workload = _workload(organisation, facts)
        own = QuestionnaireVersion.objects.filter(
            organisation=organisation, content_hash=questionnaire.content_hash()
        ).first()
        assessment = Assessment.objects.create(
            organisation=organisation,
            questionnaire_version=own or stored_version(questionnaire),
            title=facts.title or f"{questionnaire.title}",
            scope=kind,
            profile=facts.profile if questionnaire.profile(facts.profile) else "",
            created_by=user,
        )
        assessment.workloads.add(workload)
        summaries.refresh(assessment)
    if is_new:
        audit.record("organisation.founded", organisation=organisation, actor=user, subject=organisation)
    audit.record("assessment.started", organisation=organisation, actor=user, subject=assessment, scope=kind)
    return assessment


def pattern(user: User, asked: str) -> Assessment | None:
    """Return an assessment of one's own organisations that another is to begin like; None where there is no such.

    Of it only the questionnaire, its scope, the kind of organisation and the targets are taken, never what was said.
    """
    try:
        ident = UUID(asked)
    except ValueError:
        return None
    mine = memberships.organisations_of(user).order_by().values("pk")
    with scopes_disabled():
        rows = Assessment.objects.filter(organisation__in=mine, pk=ident).select_related("questionnaire_version")
        # A questionnaire of a client's own stays with that client.
        return rows.filter(questionnaire_version__organisation=None).first()


def follow(assessment: Assessment, like: Assessment | AssessmentTemplate) -> None:
    """Give an assessment that just began the targets of what it is like, where they mean the same there."""
    same = like.questionnaire_version.questionnaire == assessment.questionnaire_version.questionnaire
    if same and like.profile == assessment.profile:
        assessment.targets = like.targets
        with scope(organisation=assessment.organisation):
            assessment.save(update_fields=["targets"])


def _workload(organisation: Organisation, facts: ScopeFacts) -> Workload:
    """Return the workload of that name, with the facts as given now; a new one where there is none."""
    workload = Workload.objects.filter(organisation=organisation, name=facts.workload).first()
    if workload is None:
        workload = Workload(organisation=organisation, name=facts.workload, slug=free_key(organisation, facts.workload))
    workload.owner = facts.workload_owner
    workload.criticality = facts.criticality
    workload.tolerance_hours = facts.tolerance_hours
    workload.save()
    return workload


@changes_assessment
def change_scope(assessment: Assessment, facts: ScopeFacts) -> None:
    """Correct the organisation, its jurisdictions and kind, and the first workload the assessment speaks of."""
    organisation = assessment.organisation
    organisation.name = facts.organisation
    organisation.home_jurisdictions = list(facts.home_jurisdictions)
    organisation.save(update_fields=["name", "home_jurisdictions"])
    workload = first_workload(assessment)
    workload.name = facts.workload
    workload.owner = facts.workload_owner
    workload.criticality = facts.criticality
    workload.tolerance_hours = facts.tolerance_hours
    workload.save()
    if facts.title:
        assessment.title = facts.title
    assessment.profile = facts.profile
    assessment.save(update_fields=["title", "profile", "changed_at"])
    summaries.refresh_beside(assessment)


def first_workload(assessment: Assessment) -> Workload:
    """Return the workload that was named when the assessment began; every assessment has one."""
    # Rows of the join are numbered as they are made, so this holds after a workload was renamed.
    links = Assessment.workloads.through.objects.filter(assessment=assessment).order_by("pk")
    return links.select_related("workload")[0].workload


@changes_assessment
def widen(assessment: Assessment, quick_reading: dict[str, object]) -> None:
    """Go on from the quick scan to the full questionnaire; the quick reading is kept, and shown as what it was."""
    assessment.scope = Assessment.Scope.FULL
    assessment.quick_reading = quick_reading
    assessment.save(update_fields=["scope", "quick_reading", "changed_at"])
