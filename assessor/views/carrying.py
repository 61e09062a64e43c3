"""A probe carried elsewhere: the signed plan going out, the result coming back, looked at before it is added."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor.errors import AssessorError
from assessor.forms import PlanForm, ResultForm
from assessor.models import Organisation, ProbeImport, ProbePlan
from assessor.probes.drills.command_disconnect import MAX_RECORD
from assessor.services import attachments, carrying
from assessor.views import carried_records
from assessor.views.access import find_assessment, find_role, find_run, in_organisation, needs_role
from assessor.views.drift import drift_rows
from assessor.views.endpoints import PROBER, role_context
from assessor.views.probes import told


@require_GET
def prober(request: HttpRequest) -> HttpResponseBase:
    """Hand out the prober as one file, as `make run` built it from these very sources."""
    if not PROBER.is_file():
        raise Http404
    return FileResponse(PROBER.open("rb"), as_attachment=True, filename=PROBER.name, content_type="application/zip")


@require_POST
@in_organisation
@needs_role("assessor")
def make_plan(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Sign a plan after authority was confirmed."""
    found = find_role(find_assessment(assessment), role)
    form = PlanForm(request.POST)
    if form.is_valid():
        try:
            carrying.make_plan(
                found.endpoint, request.user, authority=form.cleaned_data["authority"], days=form.cleaned_data["days"]
            )
        except AssessorError as refusal:
            form.add_error(None, refusal.sentence(_))
        else:
            messages.success(request, _("The plan is signed. Take it along with the prober."))
            return redirect("endpoint", organisation.pk, assessment, found.pk)
    return render(request, "endpoints/show.html", role_context(found, plan_form=form), status=422)


@require_GET
@in_organisation
@needs_role("assessor")
def plan_file(
    request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, plan: UUID
) -> HttpResponse:
    """Hand out a signed plan."""
    found = find_role(find_assessment(assessment), role)
    row = get_object_or_404(ProbePlan, pk=plan, endpoint=found.endpoint_id)
    return _as_file(row.document, f"probe-plan-{row.pk}.json")


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def bring(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Take a result file in and go on to what it would add."""
    found = find_role(find_assessment(assessment), role)
    form = ResultForm(request.POST or None, request.FILES or None)
    if "file" in getattr(request, "too_large", ()):
        form.add_error("file", attachments.too_large().sentence(_))
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            raw = upload.read(MAX_RECORD + 1)
            waiting = carried_records.keeper_of(raw)(found.endpoint, request.user, raw, upload.name)
        except AssessorError as refusal:
            form.add_error("file", refusal.sentence(_))
        else:
            return redirect("look_at_result", organisation.pk, assessment, found.pk, waiting.pk)
    context = _context(found, organisation) | {"form": form}
    return render(request, "probes/bring.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def look_at(
    request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, waiting: UUID
) -> HttpResponse:
    """Show what a result would add, and add it when told to."""
    found = find_role(find_assessment(assessment), role)
    row = get_object_or_404(ProbeImport, pk=waiting, endpoint=found.endpoint_id)
    if row.run_id is not None:
        return redirect("probe", organisation.pk, assessment, found.pk, row.run_id)
    try:
        page = carried_records.page_of(request, found, row)
        if page is not None:
            return page
        if request.method == "POST":
            run = carrying.add(row, request.user)
            messages.success(request, _("The result was added; the file is kept as it came."))
            return redirect("probe", organisation.pk, assessment, found.pk, run.pk)
        preview = carrying.look_at(found.endpoint, carrying.read_upload(row.text.encode(), row.file_name)[0])
    except AssessorError as refusal:
        form = ResultForm()
        context = _context(found, organisation) | {"form": form, "problem": refusal.sentence(_)}
        return render(request, "probes/bring.html", context, status=422)
    context = _context(found, organisation) | {
        "waiting": row,
        "preview": preview,
        "result": preview.result,
        "remarks": [_(one.sentence).format(**one.params) for one in preview.remarks],
        "changes": drift_rows(preview.drift, _) if preview.drift else None,
        **told(preview.result.findings),
    }
    return render(request, "probes/preview.html", context)


def _context(role: Any, organisation: Organisation) -> dict[str, Any]:
    return {"role": role, "endpoint": role.endpoint, "assessment": role.assessment, "organisation": organisation}


@require_GET
@in_organisation
@needs_role("viewer")
def source(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Hand out the file that a run was brought in from, as it came."""
    probe = find_run(find_role(find_assessment(assessment), role), run)
    row = get_object_or_404(ProbeImport, run=probe)
    response = HttpResponse(row.text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="probe-source-{probe.pk}.json"'
    return response


def _as_file(document: Any, name: str) -> JsonResponse:
    response = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f"attachment; filename={json.dumps(name)}"
    return response
