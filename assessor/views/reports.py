"""The report on screen, and the PDFs made from it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessor import queries, tasks
from assessor.errors import AssessorError
from assessor.models import Assessment, JobStatus, Organisation, Report
from assessor.reports import clock
from assessor.reports.pdf import pdf_available
from assessor.reports.render import shown_contents
from assessor.services import branding, reporting, screens
from assessor.services.questionnaires import questionnaire_of
from assessor.services.shaping import keep_wishes, section_choices, wishes_of
from assessor.views.access import find_assessment, find_report, in_organisation, needs_role
from assessor.views.branding import brand_preview
from assessor.views.fresh import CONFLICT, Fresh, one_at_a_time
from assessor.views.rendering import STOP_POLLING, page_or_part
from assessor.views.report_forms import SettingsForm
from assessor.views.wording import parts_with_state, words_language, words_languages

REFUSED = 422


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show the report as it would be printed now."""
    found = find_assessment(assessment)
    screen = screens.screen(found)
    context = {
        "report": screen.model,
        "sections": screen.html,
        "contents": shown_contents(screen.model),
        "assessment": found,
        "organisation": organisation,
        "pdf_problem": pdf_available(),
    }
    with clock.reading(screen.model.dates):
        return render(request, "reports/show.html", context)


@require_GET
@in_organisation
@needs_role("viewer")
def model_json(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Hand out the report model as JSON."""
    model = reporting.screen_model(find_assessment(assessment))
    response = JsonResponse(model.plain(), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="report-{assessment}.json"'
    return response


@require_GET
@in_organisation
@needs_role("viewer")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """List the reports that were made, with their hashes."""
    found = find_assessment(assessment)
    return render(request, "reports/index.html", _workbench(request, found))


def _workbench(request: HttpRequest, found: Assessment, form: SettingsForm | None = None) -> dict[str, Any]:
    """Return everything the page of the PDFs shows: what was made, and what the next one will look like."""
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    wishes = wishes_of(found)
    card = queries.scorecard(found, questionnaire, queries.scored_answers(found))
    language = words_language(request, found)
    parts = parts_with_state(found, card, language)
    general, own = branding.brands(found.organisation, found)
    sections = section_choices(questionnaire)
    form = form or SettingsForm(wishes=wishes, sections=sections)
    return {
        "assessment": found,
        "organisation": found.organisation,
        "reports": list(queries.reports_of(found)),
        "pdf_problem": pdf_available(),
        "form": form,
        "fresh": Fresh(request, form, reverse("reports", args=[found.organisation_id, found.pk])),
        "wishes": wishes,
        "next_language": wishes.language or language,
        "left_out": [title for anchor, title in sections if anchor in wishes.left_out],
        "parts": parts,
        "stale": [one["title"] for one in parts if one["stale"]],
        "waiting": [one["title"] for one in parts if one["before"]],
        "words_language": language,
        "words_languages": words_languages(found, language),
        "preview": brand_preview(found.organisation, found, general, own),
        "own_brand": own is not None,
    }


@require_POST
@in_organisation
@needs_role("assessor")
@one_at_a_time
def keep_settings(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Keep language, days and sections of the reports of an assessment."""
    found = find_assessment(assessment)
    sections = section_choices(questionnaire_of(found.questionnaire_version.content_hash))
    form = SettingsForm(request.POST, wishes=wishes_of(found), sections=sections)
    fresh = Fresh(request, form)
    if not form.is_valid() or fresh.conflict is not None:
        status = REFUSED if fresh.conflict is None else CONFLICT
        return render(request, "reports/index.html", _workbench(request, found, form), status=status)
    keep_wishes(found, form.wishes(), request.user)
    messages.success(request, _("Saved. Reports made from now on follow it; earlier ones stay as they are."))
    return redirect("reports", organisation.pk, found.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def make(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Have the worker make a draft, or issue a version that never changes."""
    found = find_assessment(assessment)
    kind = Report.Kind.ISSUED if request.POST.get("kind") == "issued" else Report.Kind.DRAFT
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        language = ""
    try:
        report = reporting.request_report(found, request.user, kind, language)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("reports", organisation.pk, assessment)
    if language and language != wishes_of(found).language:
        keep_wishes(found, replace(wishes_of(found), language=language), request.user)
    if report.is_over:
        messages.info(request, _("Nothing has changed since this draft was made, so it is handed out again."))
    else:
        tasks.enqueue_report(report)
    return redirect("report_status", organisation.pk, assessment, report.pk)


@require_GET
@in_organisation
@needs_role("viewer")
def status(request: HttpRequest, organisation: Organisation, assessment: UUID, report: UUID) -> HttpResponse:
    """Show how far a report is, then how to get it."""
    found = find_assessment(assessment)
    wanted = find_report(found, report)
    context = {"assessment": found, "organisation": organisation, "report": wanted}
    code = STOP_POLLING if request.htmx and wanted.is_over else 200
    return page_or_part(request, "reports/status.html", "status", context, code)


@require_POST
@in_organisation
@needs_role("assessor")
def cancel(request: HttpRequest, organisation: Organisation, assessment: UUID, report: UUID) -> HttpResponse:
    """Give up a report that is not made yet."""
    reporting.cancel(find_report(find_assessment(assessment), report))
    return redirect("report_status", organisation.pk, assessment, report)


@require_GET
@in_organisation
@needs_role("viewer")
def download(request: HttpRequest, organisation: Organisation, assessment: UUID, report: UUID) -> HttpResponse:
    """Hand out the stored PDF, which is checked against its hash first."""
    return _file(request, find_assessment(assessment), report, board=False)


@require_GET
@in_organisation
@needs_role("viewer")
def board(request: HttpRequest, organisation: Organisation, assessment: UUID, report: UUID) -> HttpResponse:
    """Hand out the stored board page, which is checked against its hash first."""
    return _file(request, find_assessment(assessment), report, board=True)


def _file(request: HttpRequest, assessment: Assessment, report: UUID, *, board: bool) -> HttpResponse:
    wanted = find_report(assessment, report)
    if wanted.status != JobStatus.DONE or (board and not wanted.board_file):
        raise Http404
    try:
        content = reporting.read_board(wanted) if board else reporting.read_file(wanted)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("reports", assessment.organisation_id, assessment.pk)
    # slugify leaves plain ASCII, so no user string reaches the header.
    page = "-board" if board else ""
    name = f"{slugify(assessment.organisation.name) or 'report'}-{wanted.kind}-v{wanted.version}{page}.pdf"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
