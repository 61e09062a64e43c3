"""An organisation's own scenarios: from a file or a form, changed, taken out."""

from typing import Any
from uuid import UUID

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor.content import MAX_BYTES
from assessor.errors import AssessorError, ContentErrors
from assessor.models import Assessment, Organisation, OwnScenario
from assessor.services import own_scenarios
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.scenario_forms import ScenarioFileForm, ScenarioForm, editable


def _context(assessment: Assessment, **more: Any) -> dict[str, Any]:
    return {"assessment": assessment, "organisation": assessment.organisation, **more}


def _row(organisation: Organisation, scenario: str) -> OwnScenario:
    return get_object_or_404(OwnScenario, organisation=organisation, scenario=scenario, replaced_at=None)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="assessor")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """List the own scenarios, and take one in as a file."""
    found = find_assessment(assessment)
    form = ScenarioFileForm(request.POST or None, request.FILES or None)
    faults: list[str] = []
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            read = own_scenarios.read_upload(upload.read(MAX_BYTES + 1), upload.name)
            own_scenarios.keep(organisation, read, request.user)
        except ContentErrors as refusal:
            faults = [error.sentence(_) for error in refusal.errors]
        except AssessorError as refusal:
            faults = [refusal.sentence(_)]
        else:
            messages.success(request, _("“%(title)s” can be played now.") % {"title": read.title})
            return redirect("scenario", organisation.pk, found.pk, read.id)
    rows = OwnScenario.objects.filter(organisation=organisation, replaced_at=None)
    context = _context(found, form=form, faults=faults, own=rows)
    return render(request, "scenarios/own.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def new(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Describe a scenario in the browser."""
    return _edit(request, find_assessment(assessment), None)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def change(request: HttpRequest, organisation: Organisation, assessment: UUID, scenario: str) -> HttpResponse:
    """Change an own scenario; the earlier version is kept."""
    return _edit(request, find_assessment(assessment), _row(organisation, scenario))


def _edit(request: HttpRequest, assessment: Assessment, row: OwnScenario | None) -> HttpResponse:
    initial = editable(row.content) if row else None
    if row is not None and initial is None:
        messages.info(
            request, _("This scenario says more than the form can show. Change its file, and take it in again.")
        )
        return redirect("own_scenarios", assessment.organisation_id, assessment.pk)
    form = ScenarioForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            scenario = own_scenarios.checked(form.data_of(row.scenario if row else ""))
            own_scenarios.keep(assessment.organisation, scenario, request.user)
        except own_scenarios.ScenarioRefused as refusal:
            form.refuse(refusal.fields, refusal.sentence(_))
        else:
            return redirect("scenario", assessment.organisation_id, assessment.pk, scenario.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "scenarios/edit.html", _context(assessment, form=form, row=row), status=status)


@require_POST
@in_organisation
@needs_role("assessor")
def take_out(request: HttpRequest, organisation: Organisation, assessment: UUID, scenario: str) -> HttpResponse:
    """Play an own scenario no longer."""
    own_scenarios.take_out(_row(organisation, scenario))
    messages.success(request, _("It is played no longer. Exercises keep what they saw."))
    return redirect("own_scenarios", organisation.pk, assessment)


@require_GET
@in_organisation
@needs_role("viewer")
def download(request: HttpRequest, organisation: Organisation, assessment: UUID, scenario: str) -> HttpResponse:
    """Hand out an own scenario as the file it can be taken in from."""
    find_assessment(assessment)
    row = _row(organisation, scenario)
    told = {name: value for name, value in row.content.items() if value not in (None, [], "")}
    response = HttpResponse(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), content_type="application/yaml")
    response["Content-Disposition"] = f'attachment; filename="{row.scenario}.yaml"'
    return response
