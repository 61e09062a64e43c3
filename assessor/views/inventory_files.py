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

from assessor.errors import AssessorError, ContentErrors
from assessor.models import Organisation, PendingImport
from assessor.services.exchange import keeping
from assessor.services.inventory import out, waiting
from assessor.services.inventory.files import ACCEPTED
from assessor.services.inventory.plan import Plan, PlanMoved
from assessor.views.access import changes_inventory, find_assessment, in_organisation, needs_role
from assessor.views.exchange import find_pending

REFUSED, CONFLICT = 422, 409
# More lines say no more on one page; the rest follows on further ones, and wrong rows are all named.
PER_PAGE = 100
MOST_FAULTS = 200
MOST_NOTICES = 20


class InventoryFileForm(forms.Form):
    """An inventory that comes in."""

    file = forms.FileField(
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
                return redirect("import_inventory", organisation.pk, found.pk, row.pk)
    context = {
        "assessment": found,
        "organisation": organisation,
        "form": form,
        "faults": faults[:MOST_FAULTS],
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
    """Show what a file would change, row by row; take it over, or throw it away."""
    found = find_assessment(assessment)
    row = find_pending(request, found, pending, waiting.ABOUT)
    if request.method == "POST" and request.POST.get("action") == "discard":
        keeping.forget(row)
        messages.success(request, _("The file was thrown away. Nothing was changed."))
        return redirect("inventory_files", organisation.pk, found.pk)
    moved = False
    try:
        if request.method == "POST":
            try:
                plan = waiting.confirm(row, request.user)
            except PlanMoved as refusal:
                moved, plan = True, refusal.plan
            else:
                told = _("Taken over: {added} added, {changed} changed. Left out: {faults} rows that are wrong.")
                messages.success(request, told.format(**plan.counts))
                return redirect("inventory", organisation.pk, found.pk)
        else:
            plan = waiting.show(row)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("inventory_files", organisation.pk, found.pk)
    context = {"assessment": found, "organisation": organisation, "row": row, "moved": moved}
    return render(request, "inventory/preview.html", context | _rows(request, plan), status=CONFLICT if moved else 200)


def _rows(request: HttpRequest, plan: Plan) -> dict[str, Any]:
    """Return the rows of one page, what is wrong, and what would be unfinished."""
    order = ("changed", "added", "unchanged")
    shown = [one for kind in order if kind != "unchanged" for one in plan.of_kind(kind)]
    return {
        "plan": plan,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "faults": [one.sentence(_) for one in plan.faults[:MOST_FAULTS]],
        "more_faults": max(0, len(plan.faults) - MOST_FAULTS),
        "notices": [one.sentence(_) for one in plan.notices[:MOST_NOTICES]],
        "more_notices": max(0, len(plan.notices) - MOST_NOTICES),
        "suppliers": plan.suppliers_unknown[:MOST_NOTICES],
        "more_suppliers": max(0, len(plan.suppliers_unknown) - MOST_NOTICES),
    }
