"""In and out: files that leave, a file that comes in, and what it would change before it changes anything."""

import io
import tempfile
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from assessor import tasks
from assessor.errors import AssessorError, ContentErrors
from assessor.forms import ExchangeForm
from assessor.models import Assessment, Organisation, PendingImport
from assessor.reports.pdf import pdf_available
from assessor.services.exchange import keeping, sending_out
from assessor.services.exchange.bringing_in import PlanMoved
from assessor.services.exchange.plan import GROUPS, Plan
from assessor.services.inventory import waiting
from assessor.services.questionnaires import questionnaire_of
from assessor.services.uploads import ARCHIVE_FIELD
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.questionnaires import find_questionnaire, scopes_of

REFUSED, CONFLICT = 422, 409
# A file up to this size is put together in memory, a larger one on the disc.
IN_MEMORY = 8 * 1024 * 1024


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show what can be taken out, and take a file in: it is read and kept, and nothing else changes."""
    found = find_assessment(assessment)
    form = ExchangeForm(request.POST, request.FILES) if request.method == "POST" else ExchangeForm()
    faults: list[str] = []
    if request.method == "POST":
        if ARCHIVE_FIELD in getattr(request, "too_large", ()):
            form = ExchangeForm()
            faults = [keeping.too_large().sentence(_)]
        elif form.is_valid():
            try:
                pending = keeping.receive(found, form.cleaned_data[ARCHIVE_FIELD], request.user)
            except ContentErrors as refusal:
                faults = [error.sentence(_) for error in refusal.errors]
            except AssessorError as refusal:
                faults = [refusal.sentence(_)]
            else:
                return redirect("import", organisation.pk, found.pk, pending.pk)
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    context = {
        "organisation": organisation,
        "assessment": found,
        "questionnaire": questionnaire,
        "form": form,
        "faults": faults[:MOST_FAULTS],
        "more_faults": max(0, len(faults) - MOST_FAULTS),
        "scopes": scopes_of(questionnaire),
        "pdf_problem": pdf_available(),
        "waiting": PendingImport.objects.filter(
            assessment=found,
            uploaded_by=request.user,
            about=PendingImport.About.ANSWERS,
            expires_at__gte=timezone.now(),
        ),
    }
    status = REFUSED if faults or (request.method == "POST" and form.errors) else 200
    return render(request, "exchange/index.html", context, status=status)


MOST_CHOICES = 150
# More lines say no more: the first ones are mended first.
MOST_FAULTS = 50


@require_GET
@in_organisation
@needs_role("assessor")
def export(request: HttpRequest, organisation: Organisation, assessment: UUID, kind: str) -> HttpResponseBase:
    """Hand an assessment out in one of the formats."""
    found = find_assessment(assessment)
    if kind not in sending_out.FORMATS:
        raise Http404
    stream = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    try:
        sending_out.write(found, kind, stream)
    except AssessorError as refusal:
        stream.close()
        messages.error(request, refusal.sentence(_))
        return redirect("exchange", organisation.pk, found.pk)
    stream.seek(0)
    return _download(stream, kind, f"{_name_of(found)}-{timezone.localdate():%Y-%m-%d}")


def _name_of(assessment: Assessment) -> str:
    return slugify(f"{assessment.organisation.name}-{assessment.title}")[:80].strip("-") or "assessment"


def _download(stream: Any, kind: str, name: str) -> HttpResponseBase:
    response = FileResponse(stream, content_type=sending_out.TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}")
    return response


@require_GET
@in_organisation
@needs_role("viewer")
def blank(request: HttpRequest, organisation: Organisation, content_hash: str, kind: str) -> HttpResponseBase:
    """Hand out an empty questionnaire to fill in or as an answer file; the PDF is made by the worker."""
    questionnaire = find_questionnaire(organisation, content_hash)
    scope = request.GET.get("scope", "full")
    if kind not in ("xlsx", "yaml") or scope not in scopes_of(questionnaire):
        raise Http404
    content = sending_out.blank(questionnaire, scope, kind)
    return _download(io.BytesIO(content), kind, f"{questionnaire.id}-{questionnaire.version}-{scope}")


def find_pending(
    request: HttpRequest, assessment: Assessment, pending: UUID, about: str = PendingImport.About.ANSWERS
) -> PendingImport:
    """Return a file that this person brought and has not confirmed yet."""
    rows = PendingImport.objects.filter(assessment=assessment, uploaded_by=request.user, about=about)
    found = get_object_or_404(rows, pk=pending)
    found.assessment, found.organisation = assessment, assessment.organisation
    return found


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def preview(request: HttpRequest, organisation: Organisation, assessment: UUID, pending: UUID) -> HttpResponse:
    """Show what a file would change; take it over, or throw it away."""
    found = find_assessment(assessment)
    row = find_pending(request, found, pending)
    here = ("exchange", organisation.pk, found.pk)
    if request.method == "POST" and request.POST.get("action") == "discard":
        keeping.forget(row)
        messages.success(request, _("The file was thrown away. Nothing was changed."))
        return redirect(*here)
    moved = False
    try:
        if request.method == "POST":
            try:
                inventory = waiting.held_in(row)
                plan = keeping.confirm(row, request.user, _taken(request))
            except PlanMoved as refusal:
                moved, plan = True, refusal.plan
            else:
                messages.success(request, _done(plan, _taken(request)))
                if inventory is None:
                    return redirect(*here)
                kept = waiting.keep(found, inventory, request.user)
                messages.info(request, _("The archive holds an inventory too. This is what it would change."))
                tasks.enqueue_inventory(kept)
                return redirect("import_inventory", *here[1:], kept.pk)
        else:
            plan, _incoming = keeping.show(row)
    except AssessorError as refusal:
        # The file is gone, or does not fit the assessment any more.
        messages.error(request, refusal.sentence(_))
        return redirect(*here)
    context = {
        "organisation": organisation,
        "assessment": found,
        "row": row,
        "plan": plan,
        "moved": moved,
        "groups": _groups(plan),
        # A form takes a limited number of fields; past it, one choice is made for all.
        "each": len(plan.of_kind("conflict")) <= MOST_CHOICES,
    }
    return render(request, "exchange/preview.html", context, status=CONFLICT if moved else 200)


def _taken(request: HttpRequest) -> set[str]:
    """Return the conflicts in which the file wins; anything else the browser sends is no choice."""
    every = request.POST.get("conflicts", "each")
    if every == "file":
        return {"*"}
    if every == "keep":
        return set()
    return {name.removeprefix("take:") for name in request.POST if name.startswith("take:")}


def _done(plan: Plan, taken: set[str]) -> str:
    won = len([one for one in plan.of_kind("conflict") if "*" in taken or one.mark in taken])
    words = _("Taken over: %(new)s new, %(changed)s changed. Kept as they were: %(kept)s.")
    counts = plan.counts
    return words % {
        "new": counts["new"],
        "changed": counts["changed"] + won,
        "kept": counts["conflict"] - won + counts["kept"],
    }


def _groups(plan: Plan) -> list[dict[str, Any]]:
    """Return the rows by what they are about, in the order in which they are carried out, conflicts first."""
    order = {kind: number for number, kind in enumerate(("conflict", "changed", "new", "skipped", "kept"))}
    groups = []
    for group in GROUPS:
        rows = [one for one in plan.changes if one.group == group]
        shown = sorted((one for one in rows if one.kind != "unchanged"), key=lambda one: order[one.kind])
        groups.append({"group": group, "rows": shown, "unchanged": len(rows) - len(shown)})
    return groups
