"""The report on screen, and the PDFs made from it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessor import queries, tasks
from assessor.errors import AssessorError
from assessor.models import JobStatus, Organisation, Report
from assessor.reports.pdf import pdf_available
from assessor.reports.render import screen_context
from assessor.services import reporting
from assessor.views.access import find_assessment, find_report, in_organisation
from assessor.views.rendering import STOP_POLLING, page_or_part


@require_GET
@in_organisation
def show(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show the report as it would be printed now."""
    found = find_assessment(assessment)
    model = reporting.screen_model(found)
    context = screen_context(model) | {
        "assessment": found,
        "organisation": organisation,
        "pdf_problem": pdf_available(),
    }
    return render(request, "reports/show.html", context)


@require_GET
@in_organisation
def model_json(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Hand out the report model as JSON."""
    model = reporting.screen_model(find_assessment(assessment))
    response = JsonResponse(model.model_dump(mode="json"), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="report-{assessment}.json"'
    return response


@require_GET
@in_organisation
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """List the reports that were made, with their hashes."""
    found = find_assessment(assessment)
    context = {
        "assessment": found,
        "organisation": organisation,
        "reports": list(queries.reports_of(found)),
        "pdf_problem": pdf_available(),
    }
    return render(request, "reports/index.html", context)


@require_POST
@in_organisation
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
    tasks.enqueue_report(report)
    return redirect("report_status", organisation.pk, assessment, report.pk)


@require_GET
@in_organisation
def status(request: HttpRequest, organisation: Organisation, assessment: UUID, report: UUID) -> HttpResponse:
    """Show how far a report is, then how to get it."""
    found = find_assessment(assessment)
    wanted = find_report(found, report)
    context = {"assessment": found, "organisation": organisation, "report": wanted}
    code = STOP_POLLING if request.htmx and wanted.is_over else 200
    return page_or_part(request, "reports/status.html", "status", context, code)


@require_GET
@in_organisation
def download(request: HttpRequest, organisation: Organisation, assessment: UUID, report: UUID) -> HttpResponse:
    """Hand out the stored PDF, which is checked against its hash first."""
    wanted = find_report(find_assessment(assessment), report)
    if wanted.status != JobStatus.DONE:
        raise Http404
    try:
        content = reporting.read_file(wanted)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("reports", organisation.pk, assessment)
    # slugify leaves plain ASCII, so no user string reaches the header.
    name = f"{slugify(organisation.name) or 'report'}-{wanted.kind}-v{wanted.version}.pdf"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
