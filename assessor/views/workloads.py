"""Workloads in scope: add, change, take out."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessor.errors import AssessorError
from assessor.forms import WorkloadForm
from assessor.models import Organisation
from assessor.services import workloads
from assessor.views.access import changes_inventory, find_assessment, in_organisation, needs_role
from assessor.views.fresh import CONFLICT, Fresh, one_at_a_time


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
@changes_inventory
def new(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Bring a further workload into scope."""
    found = find_assessment(assessment)
    form = WorkloadForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = workloads.add_workload(found, form.save(commit=False))
        except AssessorError as refusal:
            form.add_error("name", refusal.sentence(_))
        else:
            messages.success(request, _("The workload is in scope. Answer for it alone where it differs."))
            if request.GET.get("then") == "needs":
                return redirect("workload_needs", organisation.pk, found.pk, row.pk)
            return redirect("scope", organisation.pk, found.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "assessment": found, "organisation": organisation}
    return render(request, "assessments/workload.html", context, status=status)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
@changes_inventory
@one_at_a_time
def change(request: HttpRequest, organisation: Organisation, assessment: UUID, workload: UUID) -> HttpResponse:
    """Correct a workload; its answers stay."""
    found = find_assessment(assessment)
    row = get_object_or_404(found.workloads, pk=workload)
    form = WorkloadForm(request.POST or None, instance=row)
    fresh = Fresh(request, form)
    if request.method == "POST" and form.is_valid() and fresh.conflict is None:
        workloads.change_workload(found, form.save(commit=False))
        return redirect("scope", organisation.pk, found.pk)
    status = CONFLICT if fresh.conflict is not None else 422 if request.method == "POST" else 200
    context = {"form": form, "fresh": fresh, "assessment": found, "organisation": organisation, "row": row}
    return render(request, "assessments/workload.html", context, status=status)


@require_POST
@in_organisation
@needs_role("assessor")
@changes_inventory
def remove(request: HttpRequest, organisation: Organisation, assessment: UUID, workload: UUID) -> HttpResponse:
    """Take a workload out of scope, unless something hangs on it."""
    found = find_assessment(assessment)
    row = get_object_or_404(found.workloads, pk=workload)
    try:
        workloads.take_out_workload(found, row)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    return redirect("scope", organisation.pk, found.pk)
