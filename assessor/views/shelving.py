"""Archive and bin: putting assessments and endpoints aside, copying them, undoing it, and the list of what is there."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessor import tasks
from assessor.errors import AssessorError
from assessor.models import Assessment, Endpoint, Organisation
from assessor.services import duplicating, endpoints, retention, shelving
from assessor.views.access import even_archived, find_assessment, find_role, in_organisation, needs_role


@require_GET
@in_organisation
@needs_role("viewer")
def index(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """List what is archived and what is in the bin until when; offer to undo what was just done."""
    found = shelving.shelved(organisation)
    days = timedelta(days=retention.settings_of(organisation).bin_days)
    binned = [
        {"row": row, "back": back, "gone_on": row.deleted_at + days, "fresh": str(row.pk) == request.GET.get("just")}
        for rows, back in ((found.assessments, "restore_assessment"), (found.endpoints, "restore_endpoint"))
        for row in rows
    ]
    context = {
        "organisation": organisation,
        "archived": found.archived,
        "binned": binned,
        "fresh": next((one for one in binned if one["fresh"]), None),
        "bin_days": days.days,
    }
    return render(request, "shelving/index.html", context)


@require_POST
@in_organisation
@needs_role("assessor")
@even_archived
def archive(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Archive an assessment, then show it: its page says so and offers to undo it."""
    found = find_assessment(assessment)
    shelving.archive(found, request.user)
    messages.success(request, _("The assessment is archived: it is in no list and can only be read."))
    return redirect("assessment", organisation.pk, found.pk)


@require_POST
@in_organisation
@needs_role("assessor")
@even_archived
def unarchive(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Take an assessment out of the archive."""
    found = find_assessment(assessment)
    shelving.unarchive(found, request.user)
    messages.success(request, _("The assessment is out of the archive and can be worked on."))
    return redirect("assessment", organisation.pk, found.pk)


@require_POST
@in_organisation
@needs_role("assessor")
@even_archived
def duplicate(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Copy an assessment and open the copy."""
    found = find_assessment(assessment)
    try:
        copy = duplicating.duplicate_assessment(found, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("assessment", organisation.pk, found.pk)
    # What scenarios do to the copy is computed for itself.
    tasks.enqueue_simulation(organisation)
    messages.success(request, _("This is the copy. Reports, disputes and history stayed with the original."))
    return redirect("assessment", organisation.pk, copy.pk)


@require_POST
@in_organisation
@needs_role("assessor")
@even_archived
def delete(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Put an assessment into the bin and show the bin, with Undo at the top."""
    found = find_assessment(assessment)
    try:
        shelving.delete_assessment(found, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("assessment", organisation.pk, found.pk)
    return _to_bin(organisation, found)


def _to_bin(organisation: Organisation, row: Assessment | Endpoint) -> HttpResponse:
    answer = redirect("shelved", organisation.pk)
    answer["Location"] += f"?just={row.pk}"
    return answer


@require_POST
@in_organisation
@needs_role("assessor")
def restore_assessment(request: HttpRequest, organisation: Organisation, row: UUID) -> HttpResponse:
    """Bring an assessment back out of the bin."""
    found = get_object_or_404(Assessment.everything.filter(deleted_at__isnull=False), pk=row)
    shelving.restore_assessment(found, request.user)
    messages.success(request, _("“%(name)s” is back.") % {"name": found.title})
    return redirect("assessment", organisation.pk, found.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def restore_endpoint(request: HttpRequest, organisation: Organisation, row: UUID) -> HttpResponse:
    """Bring an endpoint back out of the bin, into the assessments that it left."""
    found = get_object_or_404(Endpoint, pk=row, deleted_at__isnull=False)
    try:
        shelving.restore_endpoint(found, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    else:
        messages.success(request, _("“%(name)s” is back.") % {"name": found.name})
    return redirect("shelved", organisation.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def delete_endpoint(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Put an endpoint into the bin and show the bin, with Undo at the top."""
    found = find_role(find_assessment(assessment), role)
    try:
        shelving.delete_endpoint(found.endpoint, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("endpoint", organisation.pk, assessment, found.pk)
    return _to_bin(organisation, found.endpoint)


@require_POST
@in_organisation
@needs_role("assessor")
def duplicate_endpoint(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Copy an endpoint and open the form of the copy: two at one address are seldom meant."""
    copy = duplicating.duplicate_endpoint(find_role(find_assessment(assessment), role), request.user)
    messages.success(request, _("This is the copy. Change what is different about it."))
    return redirect("change_endpoint", organisation.pk, assessment, copy.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def bring_back(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Undo that an endpoint was taken out of the assessment."""
    found = find_role(find_assessment(assessment), role)
    endpoints.bring_back(found, request.user)
    messages.success(request, _("The endpoint is back in the assessment; what was seen of it counts again."))
    return redirect("endpoint", organisation.pk, assessment, found.pk)
