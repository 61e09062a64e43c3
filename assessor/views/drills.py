"""Planning a drill, agreeing to what it costs, watching it, reading its record."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor import queries, tasks
from assessor.errors import AssessorError
from assessor.models import DrillPlan, DrillRun, EndpointRole, Organisation
from assessor.probes.drills.disconnect_plan import DisconnectPlan
from assessor.probes.drills.exit_plan import Call, ExitPlan, calls, most_tokens
from assessor.probes.drills.features import FEATURES
from assessor.probes.target import Target
from assessor.services import drill_plans, drilling
from assessor.services.probing import target_of
from assessor.views.access import find_assessment, find_drill, find_drill_plan, find_role, in_organisation, needs_role
from assessor.views.drill_forms import DisconnectForm, ExitForm
from assessor.views.drill_results import result_context
from assessor.views.rendering import STOP_POLLING, page_or_part


def _context(role: EndpointRole, **more: Any) -> dict[str, Any]:
    return {
        "role": role,
        "endpoint": role.endpoint,
        "assessment": role.assessment,
        "organisation": role.organisation,
        **more,
    }


def _role(assessment: UUID, role: UUID) -> EndpointRole:
    found = find_role(find_assessment(assessment), role)
    if found.removed_at is not None:
        raise Http404
    return found


def _place(plan: DrillPlan) -> HttpResponse:
    return redirect("drill_plan", plan.organisation_id, plan.role.assessment_id, plan.role_id, plan.pk)


def _candidates(role: EndpointRole) -> list[EndpointRole]:
    """Return one role for each other endpoint of the assessment."""
    roles = queries.roles_in_force(role.assessment).exclude(endpoint=role.endpoint_id)
    return list({one.endpoint_id: one for one in roles}.values())


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def new_exit(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Plan an exit drill: the candidate, own cases, the pass mark; nothing is sent yet."""
    found = _role(assessment, role)
    candidates = _candidates(found)
    form = ExitForm(request.POST or None, request.FILES or None, candidates=candidates)
    if request.method == "POST" and "cases" in getattr(request, "too_large", ()):
        form.add_error("cases", _("The file is larger than 512 kB. Split it: each case is sent twice."))
    if request.method == "POST" and form.is_valid():
        try:
            made = drill_plans.plan_exit(found, form.chosen().endpoint, form.wishes(), request.user)
        except AssessorError as refusal:
            form.add_error(None, refusal.sentence(_))
        else:
            return _place(made)
    context = _context(found, form=form, candidates=candidates, kind="exit")
    return render(request, "drills/new.html", context, status=_status(request))


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def new_disconnect(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Plan a disconnection drill: its length and pass mark; nothing is sent yet."""
    found = _role(assessment, role)
    form = DisconnectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = drill_plans.plan_disconnect(found, form.wishes(), request.user)
        except AssessorError as refusal:
            form.add_error(None, refusal.sentence(_))
        else:
            return _place(made)
    context = _context(found, form=form, kind="disconnect")
    return render(request, "drills/new.html", context, status=_status(request))


def _status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200


def plan_context(plan: DrillPlan) -> dict[str, Any]:
    """Return what the page of a plan shows: every request and what all of them cost."""
    if plan.kind == DrillPlan.Kind.DISCONNECT:
        return {"disconnect": DisconnectPlan.model_validate(plan.plan)}
    read = ExitPlan.model_validate(plan.plan)
    assert plan.candidate is not None  # noqa: S101 - an exit drill has one
    targets: tuple[Target, Target] = (target_of(plan.role.endpoint), target_of(plan.candidate))
    planned = calls(read, targets)
    names = {one.id: one.name for one in FEATURES}
    rows = [_plan_row({call.side: call for call in planned if call.about == one}, names) for one in names]
    return {
        "exit": read,
        "features": rows,
        "requests": sum(call.request is not None for call in planned),
        "tokens": most_tokens(planned),
        "case_tokens": sum(call.most_tokens for call in planned if call.case),
    }


def _plan_row(pair: Mapping[str, Call], names: Mapping[str, str]) -> dict[str, Any]:
    a, b = pair["a"], pair["b"]
    return {
        "name": names[a.about],
        "a": a.request.path if a.request else "",
        "b": b.request.path if b.request else "",
        "absent": a.absent or b.absent,
        "tokens": max(a.most_tokens, b.most_tokens),
        "asks": a.ask.prompt if len(a.ask.prompt) < 100 else "",
    }


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="assessor")
def plan(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, plan: UUID) -> HttpResponse:
    """Show a plan with its cost before anything is sent; start it once authority and cost are confirmed."""
    found = _role(assessment, role)
    made = find_drill_plan(found, plan)
    held = made.runs.filter(joins=None).first()
    if held is not None:
        return redirect("drill", organisation.pk, assessment, found.pk, held.pk)
    problem = ""
    if request.method == "POST":
        try:
            run = drilling.request_run(
                made,
                request.user,
                authority=request.POST.get("authority") == "yes",
                key=request.POST.get("key", "").strip(),
                candidate_key=request.POST.get("candidate_key", "").strip(),
            )
        except AssessorError as refusal:
            problem = refusal.sentence(_)
        else:
            tasks.enqueue_drill(run)
            return redirect("drill", organisation.pk, assessment, found.pk, run.pk)
    context = _context(found, plan=made, problem=problem, **plan_context(made))
    return render(request, "drills/plan.html", context, status=422 if problem else 200)


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Show progress while a drill is held, and its record afterwards."""
    found = find_role(find_assessment(assessment), role)
    drill = find_drill(found, run)
    joins: Mapping[str, forms.Form] = {}
    context = _context(found, run=drill, **result_context(found, drill, joins))
    status = STOP_POLLING if request.htmx and drill.is_over else 200
    return page_or_part(request, "drills/show.html", "run", context, status)


@require_POST
@in_organisation
@needs_role("assessor")
def stop(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Stop a drill; what was seen until then is its record."""
    drill = find_drill(find_role(find_assessment(assessment), role), run)
    drilling.stop_run(drill, request.user)
    messages.success(request, _("The drill was stopped."))
    return redirect("drill", organisation.pk, assessment, role, drill.pk)


@require_GET
@in_organisation
@needs_role("viewer")
def download(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Hand out the record as the drill wrote it."""
    drill: DrillRun = find_drill(find_role(find_assessment(assessment), role), run)
    if not drill.result:
        raise Http404
    response = JsonResponse(drill.result, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="drill-{drill.pk}.json"'
    return response
