"""The endpoints behind a workload."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from assessor import queries
from assessor.errors import AssessorError
from assessor.forms import EndpointForm, PlanForm, ScheduleForm, UploadTokenForm
from assessor.models import (
    DrillRun,
    Endpoint,
    EndpointRole,
    Organisation,
    ProbeImport,
    ProbePlan,
    ProbeRun,
    ProbeSchedule,
    UploadToken,
)
from assessor.probes import plan
from assessor.services import endpoints
from assessor.services.endpoint_keys import KeyRefused
from assessor.services.keyring import KeyringUnusable
from assessor.services.policy import probe_policy
from assessor.services.probing import target_of
from assessor.services.secrets import SecretUnreadable
from assessor.views.access import find_assessment, find_role, in_organisation, needs_role
from assessor.views.drift import changes_of
from assessor.views.evidence_rows import dispute_row
from assessor.views.fresh import CONFLICT, Fresh, one_at_a_time

# The prober as one file, as `make run` builds it from these very sources.
PROBER = settings.BASE_DIR / "dist" / "assessor-probe.pyz"


def attach_refusal(form: forms.Form, refusal: AssessorError) -> None:
    """Show what the policy or a service refused beside the field it is about."""
    kinds = {SecretUnreadable: "client_certificate", KeyRefused: "key", KeyringUnusable: "key"}
    field = next((name for kind, name in kinds.items() if isinstance(refusal, kind)), "url")
    form.add_error(field, refusal.sentence(_))


@require_GET
@in_organisation
@needs_role("viewer")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """List the endpoints with what was last seen of each."""
    found = find_assessment(assessment)
    context = {
        "assessment": found,
        "organisation": organisation,
        "pairs": queries.endpoints_with_runs(found),
    }
    return render(request, "endpoints/index.html", context)


@sensitive_post_parameters("key")
@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def new(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Register an endpoint, then show the plan of its probe."""
    found = find_assessment(assessment)
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            role = endpoints.register_endpoint(found, form.facts(), user=request.user)
        except AssessorError as refusal:
            attach_refusal(form, refusal)
        else:
            return redirect("endpoint", organisation.pk, found.pk, role.pk)
    status = 422 if request.method == "POST" else 200
    context = {"assessment": found, "organisation": organisation, "form": form, "policy": probe_policy()}
    return render(request, "endpoints/new.html", context, status=status)


def _disputes(role: EndpointRole) -> list[dict[str, Any]]:
    """Return the disputes about findings at this endpoint, with where they stand."""
    rows = [one for one in queries.disputes_of(role.assessment) if one.endpoint_id == role.endpoint_id]
    states = queries.dispute_states(rows)
    return [dispute_row(one, states[one.pk]) for one in rows]


def role_context(role: EndpointRole, **more: Any) -> dict[str, Any]:
    """Return what the page of one endpoint shows: its facts, both stages of the plan, its runs."""
    # The plan with a key differs from the one without; the key itself is not needed to show it.
    runs = list(
        ProbeRun.objects.filter(endpoint=role.endpoint_id)
        .defer("result", "sealed_key", "findings")
        .select_related("schedule")[:10]
    )
    target = target_of(role.endpoint, "-" if role.endpoint.key_mode != Endpoint.KeyMode.NONE else "")
    return {
        "role": role,
        "endpoint": role.endpoint,
        "assessment": role.assessment,
        "organisation": role.organisation,
        "common": plan.common_plan(target),
        "follow_ups": plan.follow_up_plan(target),
        "disputes": _disputes(role),
        "drills": list(DrillRun.objects.filter(endpoint=role.endpoint_id).defer("result", "state")[:10]),
        "runs": runs,
        "last_changes": next(((run, told) for run in runs if (told := changes_of(run)) and told["rows"]), None),
        "schedule": ProbeSchedule.objects.filter(endpoint=role.endpoint_id).select_related("agreed_by").first(),
        "schedule_form": ScheduleForm(),
        "plan_form": PlanForm(),
        "components": [
            one.component
            for one in role.endpoint.components.filter(component__removed_at=None).select_related("component")
            if one.component is not None
        ],
        "plans": ProbePlan.objects.filter(endpoint=role.endpoint_id, valid_until__gte=timezone.localdate()).defer(
            "document"
        )[:5],
        "tokens": UploadToken.objects.filter(endpoint=role.endpoint_id)[:10],
        "token_form": UploadTokenForm(),
        "sent": ProbeImport.objects.filter(endpoint=role.endpoint_id, run=None)
        .exclude(token=None)
        .select_related("token")
        .defer("text"),
        "has_prober": PROBER.is_file(),
        **more,
    }


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Show an endpoint with the plan of requests, before any of them is sent."""
    found = find_role(find_assessment(assessment), role)
    return render(request, "endpoints/show.html", role_context(found))


@sensitive_post_parameters("key")
@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
@one_at_a_time
def change(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Change an endpoint's facts."""
    found = find_role(find_assessment(assessment), role)
    endpoint = found.endpoint
    initial = {field: getattr(endpoint, field) for field in endpoints.FIELDS} | {"part": found.part}
    form = EndpointForm(request.POST or None, initial=initial, stored=endpoint)
    fresh = Fresh(request, form)
    if request.method == "POST" and form.is_valid() and fresh.conflict is None:
        try:
            key_left = endpoints.change_endpoint(found, form.facts(), request.user)
        except AssessorError as refusal:
            attach_refusal(form, refusal)
        else:
            messages.success(request, _("The endpoint was saved. Findings of another address no longer count."))
            if key_left:
                messages.warning(
                    request, _("Its key or certificate was taken out, since the address leads to another server now.")
                )
            return redirect("endpoint", organisation.pk, assessment, found.pk)
    status = CONFLICT if fresh.conflict is not None else 422 if request.method == "POST" else 200
    context = {
        "assessment": found.assessment,
        "organisation": organisation,
        "form": form,
        "fresh": fresh,
        "role": found,
        "policy": probe_policy(),
    }
    return render(request, "endpoints/new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def remove(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Take an endpoint out of the assessment, with the reason that the report will print."""
    found = find_role(find_assessment(assessment), role)
    context: dict[str, Any] = {"assessment": found.assessment, "organisation": organisation, "role": found}
    if request.method == "POST":
        try:
            endpoints.remove_endpoint(found, request.POST.get("reason", "")[:300], request.user)
        except AssessorError as refusal:
            context["problem"] = refusal.sentence(_)
            return render(request, "endpoints/remove.html", context, status=422)
        return redirect("endpoints", organisation.pk, assessment)
    return render(request, "endpoints/remove.html", context)
