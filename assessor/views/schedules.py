"""Probing again by itself: the consent on an endpoint's page, and its end."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessor.errors import AssessorError
from assessor.forms import ScheduleForm
from assessor.models import Organisation
from assessor.services import schedules
from assessor.views.access import find_assessment, find_role, in_organisation, needs_role
from assessor.views.endpoints import role_context


@require_POST
@in_organisation
@needs_role("assessor")
def agree(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Have the endpoint probed again and again until a day."""
    found = find_role(find_assessment(assessment), role)
    form = ScheduleForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            schedules.agree(
                found.endpoint,
                request.user,
                authority=data["authority"],
                every_hours=data["every"],
                ends_on=data["ends_on"],
            )
        except AssessorError as refusal:
            form.add_error(None, refusal.sentence(_))
        else:
            messages.success(request, _("The endpoint will be probed again by itself."))
            return redirect("endpoint", organisation.pk, assessment, found.pk)
    return render(request, "endpoints/show.html", role_context(found, schedule_form=form), status=422)


@require_POST
@in_organisation
@needs_role("assessor")
def end(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """End the consent."""
    found = find_role(find_assessment(assessment), role)
    schedules.end(found.endpoint, request.user)
    messages.success(request, _("The endpoint is not probed by itself any more."))
    return redirect("endpoint", organisation.pk, assessment, found.pk)
