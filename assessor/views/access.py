"""Named lookups: each finds what the address names within the person's organisations, or ends the request in 404."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django_scopes import get_scope, scope

from assessor import queries
from assessor.models import (
    Answer,
    Assessment,
    Attachment,
    Dispute,
    DrillPlan,
    DrillRun,
    Endpoint,
    EndpointRole,
    Evidence,
    ProbeRun,
    Report,
    Workload,
)

View = Callable[..., HttpResponse]


def in_organisation(view: View) -> View:
    """Run a view inside the scope of the organisation its address names.

    Unknown and forbidden look the same: 404.
    """

    @wraps(view)
    def scoped(request: HttpRequest, organisation: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
        membership = queries.membership_in(organisation, None if settings.MODE == "laptop" else request.user)
        if membership is None:
            raise Http404
        request.user = membership.user
        with scope(organisation=membership.organisation):
            return view(request, membership.organisation, *args, **kwargs)

    return scoped


def find_assessment(assessment: UUID) -> Assessment:
    """Return an assessment of the organisation in scope, its questionnaire by hash only."""
    rows = Assessment.objects.select_related("questionnaire_version").defer("questionnaire_version__content")
    found = get_object_or_404(rows, pk=assessment)
    # The scope holds the very row: joining it again would only cost time.
    found.organisation = get_scope()["organisation"]
    return found


def chosen_workload(workloads: Sequence[Workload], wanted: str) -> Workload | None:
    """Return the workload whose id the browser sent, among those in scope; None for none, 404 for another."""
    if not wanted:
        return None
    for workload in workloads:
        if str(workload.pk) == wanted:
            return workload
    raise Http404


def find_answer(assessment: Assessment, question: str, workload: Workload | None) -> Answer | None:
    """Return the answer in force to a question, None where there is none yet."""
    return Answer.objects.filter(assessment=assessment, question=question, workload=workload).first()


def find_role(assessment: Assessment, role: UUID) -> EndpointRole:
    """Return an endpoint's role in the assessment."""
    rows = EndpointRole.objects.select_related("endpoint", "workload")
    return get_object_or_404(rows, pk=role, assessment=assessment)


def find_run(role: EndpointRole, run: UUID) -> ProbeRun:
    """Return a run of the role's endpoint."""
    return get_object_or_404(ProbeRun, pk=run, endpoint=role.endpoint_id)


def find_drill_plan(role: EndpointRole, plan: UUID) -> DrillPlan:
    """Return a plan of a drill that was made for this role."""
    return get_object_or_404(DrillPlan.objects.select_related("candidate"), pk=plan, role=role)


def find_drill(role: EndpointRole, run: UUID) -> DrillRun:
    """Return a drill of the role's endpoint."""
    return get_object_or_404(DrillRun.objects.select_related("plan__candidate"), pk=run, endpoint=role.endpoint_id)


def find_report(assessment: Assessment, report: UUID) -> Report:
    """Return a report of the assessment, without its contents."""
    return get_object_or_404(Report.objects.defer("content", "scorecard"), pk=report, assessment=assessment)


def find_endpoint(assessment: Assessment, endpoint: UUID) -> Endpoint:
    """Return an endpoint that has a role in the assessment."""
    found = EndpointRole.objects.filter(assessment=assessment, endpoint=endpoint).select_related("endpoint").first()
    if found is None:
        raise Http404
    return found.endpoint


def find_evidence(assessment: Assessment, evidence: UUID) -> Evidence:
    """Return one piece of evidence of the assessment, removed or not."""
    rows = Evidence.objects.select_related("answer__assessment", "answer__workload", "probe_run")
    return get_object_or_404(rows, pk=evidence, answer__assessment=assessment)


def find_attachment(assessment: Assessment, attachment: UUID) -> Attachment:
    """Return a file behind evidence of the assessment."""
    return get_object_or_404(Attachment, pk=attachment, evidence__answer__assessment=assessment)


def find_dispute(assessment: Assessment, dispute: UUID) -> Dispute:
    """Return a dispute of the assessment."""
    rows = Dispute.objects.select_related("endpoint", "raised_by", "decided_by")
    return get_object_or_404(rows, pk=dispute, assessment=assessment)
