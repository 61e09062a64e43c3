"""The data of a whole organisation: everything as one file, how long things are kept, deleting it, bringing one in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor import tasks
from assessor.errors import AssessorError
from assessor.models import JobStatus, Organisation, OrganisationExport, PendingOrganisation
from assessor.services import jobs, memberships, retention
from assessor.services.exchange import keeping
from assessor.services.relocation import exports, form, removing, waiting
from assessor.services.uploads import ARCHIVE_FIELD
from assessor.views.access import in_organisation, needs_role
from assessor.views.documents import file_name
from assessor.views.keeping_forms import BringForm, NameForm, RetentionForm
from assessor.views.rendering import STOP_POLLING, page_or_part

REFUSED = 422


def _page(request: HttpRequest, organisation: Organisation, status: int = 200, **more: Any) -> HttpResponse:
    row = retention.settings_of(organisation)
    context = {
        "organisation": organisation,
        "retention": row,
        "form": RetentionForm(row=row),
        "name_form": NameForm(prefix="delete"),
        "leaving": retention.leaving(organisation),
        "until": max(timezone.now() + retention.NOTICE, row.counts_from or timezone.now()),
        "waits": row.counts_from is not None and row.counts_from > timezone.now(),
        "exports": OrganisationExport.objects.all()[:5],
        **more,
    }
    return render(request, "keeping/data.html", context, status=status)


@require_GET
@in_organisation
@needs_role("owner")
def data(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Show how everything is taken out, how long things are kept and what goes next, and how all of it is deleted."""
    return _page(request, organisation)


@require_POST
@in_organisation
@needs_role("owner")
def change_retention(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Set how long things are kept."""
    entered = RetentionForm(request.POST, row=retention.settings_of(organisation))
    if not entered.is_valid():
        return _page(request, organisation, REFUSED, form=entered)
    retention.change(organisation, entered.periods(), request.user)
    messages.success(request, _("The periods were saved. This page shows what they take away next."))
    return redirect("organisation_data", organisation.pk)


@require_POST
@in_organisation
@needs_role("owner")
def export(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Have the worker write everything into one file."""
    made = exports.ask(organisation, request.user)
    tasks.enqueue_export(made)
    return redirect("organisation_export", organisation.pk, made.pk)


def _export(export: UUID) -> OrganisationExport:
    return get_object_or_404(OrganisationExport, pk=export)


@require_GET
@in_organisation
@needs_role("owner")
def export_status(request: HttpRequest, organisation: Organisation, export: UUID) -> HttpResponse:
    """Show how far an export is, then how to get it."""
    found = _export(export)
    code = STOP_POLLING if request.htmx and found.is_over else 200
    context = {"organisation": organisation, "export": found}
    return page_or_part(request, "keeping/export.html", "status", context, code)


@require_POST
@in_organisation
@needs_role("owner")
def stop_export(request: HttpRequest, organisation: Organisation, export: UUID) -> HttpResponse:
    """Give an export up."""
    found = _export(export)
    jobs.cancel(found)
    return redirect("organisation_export", organisation.pk, found.pk)


@require_GET
@in_organisation
@needs_role("owner")
def export_file(request: HttpRequest, organisation: Organisation, export: UUID) -> HttpResponseBase:
    """Hand the file of an export out."""
    found = _export(export)
    try:
        path = exports.path_of(found)
    except AssessorError as refusal:
        if found.status == JobStatus.DONE:
            messages.error(request, refusal.sentence(_))
        return redirect("organisation_export", organisation.pk, found.pk)
    response = FileResponse(path.open("rb"), content_type="application/zip")
    name = f"{file_name(organisation.name, f'{found.created_at:%Y-%m-%d}')}{form.ENDING}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_POST
@in_organisation
@needs_role("owner")
def delete(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Delete the organisation for good, once its name was typed."""
    entered = NameForm(request.POST, prefix="delete")
    name = organisation.name
    if entered.is_valid():
        try:
            removing.delete(organisation, entered.cleaned_data["name"], request.user)
        except AssessorError as refusal:
            entered.add_error("name", refusal.sentence(_))
        else:
            tasks.enqueue_scrub()
            messages.success(request, _("“%(name)s” was deleted for good.") % {"name": name})
            return redirect("home")
    return _page(request, organisation, REFUSED, name_form=entered)


@require_http_methods(["GET", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """Take an archive of an organisation in: it is read and kept, and nothing else changes."""
    if not memberships.may_found(request.user):
        raise PermissionDenied
    entered = BringForm(request.POST, request.FILES) if request.method == "POST" else BringForm()
    fault = ""
    if request.method == "POST":
        try:
            if ARCHIVE_FIELD in getattr(request, "too_large", ()):
                entered = BringForm()
                raise keeping.too_large()
            if entered.is_valid():
                pending = waiting.receive(entered.cleaned_data[ARCHIVE_FIELD], request.user)
                return redirect("bring_preview", pending.pk)
        except AssessorError as refusal:
            fault = refusal.sentence(_)
    mine = PendingOrganisation.objects.filter(uploaded_by=request.user, expires_at__gte=timezone.now())
    status = REFUSED if request.method == "POST" else 200
    return render(request, "keeping/bring.html", {"form": entered, "fault": fault, "waiting": mine}, status=status)


@require_http_methods(["GET", "POST"])
def bring_preview(request: HttpRequest, pending: UUID) -> HttpResponse:
    """Show what an archive would bring; bring it in, or throw it away."""
    if not memberships.may_found(request.user):
        raise PermissionDenied
    row = get_object_or_404(PendingOrganisation, pk=pending, uploaded_by=request.user)
    try:
        if request.method == "POST" and request.POST.get("action") == "discard":
            waiting.forget(row)
            messages.success(request, _("The file was thrown away. Nothing was changed."))
            return redirect("bring_organisation")
        if request.method == "POST":
            organisation = waiting.confirm(row, request.user)
            messages.success(request, _("“%(name)s” was brought in, and you own it.") % {"name": organisation.name})
            return redirect("home")
        preview = waiting.show(row)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("bring_organisation")
    return render(request, "keeping/preview.html", {"row": row, "preview": preview})
