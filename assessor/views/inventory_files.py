"""The inventory as a file: out as a table or YAML, in with a preview of every row before anything changes."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from assessor import tasks
from assessor.errors import AssessorError, ContentErrors
from assessor.models import Assessment, JobStatus, Organisation, PendingImport
from assessor.services.exchange import keeping
from assessor.services.inventory import out, shown_plans, waiting
from assessor.services.inventory.files import ACCEPTED
from assessor.services.uploads import TakenFile
from assessor.views.access import changes_inventory, find_assessment, in_organisation, needs_role
from assessor.views.exchange import find_pending
from assessor.views.rendering import STOP_POLLING, page_or_part

REFUSED, CONFLICT = 422, 409


class InventoryFileForm(forms.Form):
    """An inventory that comes in."""

    file = TakenFile(
        label=gettext_lazy("Inventory (CSV or YAML)"),
        max_length=200,
        help_text=gettext_lazy(
            "At most 20,000 rows. Each row is shown first as added, changed, unchanged or wrong; nothing is taken "
            "over before you say so, and what a file does not name stays as it is."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
    )


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="assessor")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Offer the inventory as files, and take one in: it is read and kept, and nothing else changes."""
    found = find_assessment(assessment)
    form = InventoryFileForm(request.POST or None, request.FILES or None)
    faults: list[str] = []
    if request.method == "POST":
        form = InventoryFileForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                row = waiting.receive(found, form.cleaned_data["file"], request.user)
            except ContentErrors as refusal:
                faults = [one.sentence(_) for one in refusal.errors]
            except AssessorError as refusal:
                faults = [refusal.sentence(_)]
            else:
                tasks.enqueue_inventory(row)
                return redirect("import_inventory", organisation.pk, found.pk, row.pk)
    context = {
        "assessment": found,
        "organisation": organisation,
        "form": form,
        "faults": faults[: shown_plans.MOST_FAULTS],
        "waiting": PendingImport.objects.filter(
            assessment=found, uploaded_by=request.user, about=waiting.ABOUT, expires_at__gte=timezone.now()
        ),
    }
    status = REFUSED if request.method == "POST" else 200
    return render(request, "inventory/files.html", context, status=status)


@require_GET
@in_organisation
@needs_role("viewer")
def export(request: HttpRequest, organisation: Organisation, assessment: UUID, kind: str) -> HttpResponse:
    """Hand the inventory out."""
    find_assessment(assessment)
    if kind not in out.FORMATS:
        raise Http404
    response = HttpResponse(out.export(organisation, kind), content_type=out.TYPES[kind])
    name = slugify(organisation.name)[:60].strip("-") or "organisation"
    response["Content-Disposition"] = content_disposition_header(
        True, f"{name}-inventory-{timezone.localdate():%Y-%m-%d}.{kind}"
    )
    return response


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
@changes_inventory
def preview(request: HttpRequest, organisation: Organisation, assessment: UUID, pending: UUID) -> HttpResponse:
    """Show what a file would change, row by row, or how far the worker is; take it over, stop, or throw it away."""
    found = find_assessment(assessment)
    row = find_pending(request, found, pending, waiting.ABOUT)
    if request.method == "POST":
        act = ACTS.get(request.POST.get("action", ""), _take_over)
        return act(request, found, row)
    return _page(request, found, row)


def _throw_away(request: HttpRequest, found: Assessment, row: PendingImport) -> HttpResponse:
    keeping.forget(row)
    messages.success(request, _("The file was thrown away. Nothing was changed."))
    return redirect("inventory_files", found.organisation_id, found.pk)


def _stop(request: HttpRequest, found: Assessment, row: PendingImport) -> HttpResponse:
    if waiting.stop(row):
        messages.success(request, _("The file was thrown away. Nothing was changed."))
        return redirect("inventory_files", found.organisation_id, found.pk)
    return redirect("import_inventory", found.organisation_id, found.pk, row.pk)


def _take_over(request: HttpRequest, found: Assessment, row: PendingImport) -> HttpResponse:
    """Have a file taken over: at once where that takes no time, by the worker otherwise."""
    here = redirect("import_inventory", found.organisation_id, found.pk, row.pk)
    if row.is_taken:
        return here
    try:
        at_once = waiting.is_small(row)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("inventory_files", found.organisation_id, found.pk)
    if not waiting.confirm(row):
        return here
    if not at_once:
        tasks.enqueue_inventory(row)
        return here
    waiting.carry_out(row.pk)
    row.refresh_from_db()
    if not row.is_taken:
        return _page(request, found, row, CONFLICT)
    messages.success(request, _told(row))
    keeping.forget(row)
    return redirect("inventory", found.organisation_id, found.pk)


ACTS = {"discard": _throw_away, "stop": _stop}


def _told(row: PendingImport) -> str:
    told = _("Taken over: {added} added, {changed} changed. Left out: {faults} rows that are wrong.")
    return told.format(**row.seen["counts"])


def _heading(row: PendingImport) -> str:
    """Return what the page of a file is called: what it would change, until it has been taken over or refused."""
    if row.is_taken:
        heading = _("“%(name)s” is taken over")
    elif row.status == JobStatus.FAILED:
        heading = _("“%(name)s” was not taken over")
    elif row.step == waiting.Step.TAKE and not row.is_over:
        heading = _("Taking “%(name)s” over")
    else:
        heading = _("What “%(name)s” would change")
    return heading % {"name": row.name}


def _page(request: HttpRequest, found: Assessment, row: PendingImport, status: int = 200) -> HttpResponse:
    context = {"assessment": found, "organisation": found.organisation, "row": row, "heading": _heading(row)}
    if row.is_taken:
        context["told"] = _told(row)
    elif row.is_over and row.shown:
        try:
            context |= _rows(request, row)
        except AssessorError as refusal:
            messages.error(request, refusal.sentence(_))
            return redirect("inventory_files", found.organisation_id, found.pk)
    context["refused"] = [shown_plans.sentence(one, _) for one in row.seen.get("refused", ())]
    if request.htmx and row.is_over:
        status = STOP_POLLING
    return page_or_part(request, "inventory/preview.html", "status", context, status)


def _rows(request: HttpRequest, row: PendingImport) -> dict[str, Any]:
    """Return the rows of one page, what is wrong, and what would be unfinished."""
    rows, seen = waiting.rows_of_page(row), row.seen
    return {
        "counts": seen["counts"],
        "changes_something": bool(seen["rows"]),
        "page": Paginator(rows, shown_plans.PER_PAGE).get_page(request.GET.get("page")),
        "faults": [shown_plans.sentence(one, _) for one in seen["faults"]],
        "notices": [shown_plans.sentence(one, _) for one in seen["notices"]],
        **{name: seen[name] for name in ("more_faults", "more_notices", "suppliers", "more_suppliers")},
    }
