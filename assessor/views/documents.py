"""Other forms of a report: handed out at once where they take moments, else made by the worker and waited for."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessor import tasks
from assessor.errors import AssessorError
from assessor.models import Assessment, Document, JobStatus, Organisation
from assessor.reports import stored
from assessor.reports.forms import offer, tables
from assessor.reports.model import ReportModel
from assessor.services import documents, reporting
from assessor.views.access import find_assessment, find_document, find_report, in_organisation, needs_role
from assessor.views.questionnaires import find_questionnaire, scopes_of
from assessor.views.rendering import STOP_POLLING, page_or_part


def file_name(*words: str) -> str:
    """Return a name for a file in plain ASCII, so that no word of a user reaches a header."""
    return slugify("-".join(words))[:100].strip("-") or "report"


def handed_out(content: bytes, form: str, name: str) -> HttpResponse:
    """Return a file as a download; what is in it never runs as a page of ours."""
    response = HttpResponse(content, content_type=offer.MEDIA[form])
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{form}")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _model(assessment: Assessment, wanted: str) -> tuple[ReportModel, str]:
    """Return the report as it stands, or a stored one by the id the browser sent, and a name for its file."""
    own = assessment.organisation.name
    if not wanted:
        return reporting.screen_model(assessment), file_name(own, "report")
    try:
        ident = UUID(wanted)
    except ValueError:
        raise Http404 from None
    report = find_report(assessment, ident)
    return stored.read(report.content), file_name(own, report.kind, f"v{report.version}")


def _refused(request: HttpRequest, organisation: Organisation, assessment: UUID, why: AssessorError) -> HttpResponse:
    """Say on the page of reports why a stored one cannot be had in another form."""
    messages.error(request, why.sentence(_))
    return redirect("reports", organisation.pk, assessment)


@require_GET
@in_organisation
@needs_role("viewer")
def report_form(request: HttpRequest, organisation: Organisation, assessment: UUID, form: str) -> HttpResponse:
    """Hand the report out in a form that is made in a moment; `?report=` names a stored one."""
    if form not in offer.QUICK:
        raise Http404
    try:
        model, name = _model(find_assessment(assessment), request.GET.get("report", ""))
    except AssessorError as refusal:
        return _refused(request, organisation, assessment, refusal)
    return handed_out(offer.report_as(model, form), form, name)


@require_GET
@in_organisation
@needs_role("viewer")
def report_table(request: HttpRequest, organisation: Organisation, assessment: UUID, table: str) -> HttpResponse:
    """Hand out one table of the report as CSV; 404 where the report leaves it out."""
    if table not in tables.NAMES:
        raise Http404
    try:
        model, name = _model(find_assessment(assessment), request.GET.get("report", ""))
    except AssessorError as refusal:
        return _refused(request, organisation, assessment, refusal)
    content = offer.report_table(model, table)
    if content is None:
        raise Http404
    return handed_out(content, "csv", f"{name}-{table}")


@require_GET
@in_organisation
@needs_role("viewer")
def forms(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show every form the report comes in; `?report=` names a stored one."""
    found = find_assessment(assessment)
    wanted = request.GET.get("report", "")
    report = None
    if wanted:
        try:
            report = find_report(found, UUID(wanted))
        except ValueError:
            raise Http404 from None
    context = {
        "assessment": found,
        "organisation": organisation,
        "report": report,
        "tables": [(name, _(plan.title)) for name, plan in tables.PLANS.items() if name != "movement"],
    }
    return render(request, "documents/forms.html", context)


@require_POST
@in_organisation
@needs_role("viewer")
def make_report_form(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Have the worker make the report in a form that takes longer."""
    found = find_assessment(assessment)
    form = request.POST.get("form", "")
    if form != "docx":
        raise Http404
    try:
        model, name = _model(found, request.POST.get("report", ""))
    except AssessorError as refusal:
        return _refused(request, organisation, assessment, refusal)
    document = documents.ask(
        Document.Kind.REPORT,
        form,
        model.plain(),
        title=f"{model.cover.title} · {model.cover.organisation}",
        name=name,
        user=request.user,
        organisation=organisation,
        assessment=found,
    )
    tasks.enqueue_document(document)
    return redirect("document", organisation.pk, document.pk)


@require_POST
@in_organisation
@needs_role("viewer")
def make_blank(request: HttpRequest, organisation: Organisation, content_hash: str) -> HttpResponse:
    """Have the worker set an empty questionnaire to print."""
    questionnaire = find_questionnaire(organisation, content_hash)
    scope = request.POST.get("scope", "full")
    if scope not in scopes_of(questionnaire):
        raise Http404
    language = get_language() or settings.LANGUAGE_CODE
    try:
        document = documents.ask_blank(questionnaire, scope, language, user=request.user, organisation=organisation)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("questionnaire", organisation.pk, content_hash)
    tasks.enqueue_document(document)
    return redirect("document", organisation.pk, document.pk)


@require_GET
@in_organisation
@needs_role("viewer")
def status(request: HttpRequest, organisation: Organisation, document: UUID) -> HttpResponse:
    """Show how far a document is, then how to get it."""
    found = find_document(document)
    return document_page(request, found, "document", "document_file", "cancel_document", organisation=organisation)


def document_page(request: HttpRequest, found: Document, here: str, file: str, stop: str, **more: Any) -> HttpResponse:
    """Render the page of a document; `here`, `file` and `stop` name its addresses."""
    where = [*([found.organisation_id] if found.organisation_id else []), found.pk]
    context = {"document": found, "here": here, "file": file, "stop": stop, "where": where, **more}
    code = STOP_POLLING if request.htmx and found.is_over else 200
    return page_or_part(request, "documents/status.html", "status", context, code)


@require_GET
@in_organisation
@needs_role("viewer")
def download(request: HttpRequest, organisation: Organisation, document: UUID) -> HttpResponse:
    """Hand out the file of a document, which is checked against its hash first."""
    found = find_document(document)
    if found.status != JobStatus.DONE:
        raise Http404
    try:
        content = documents.read_file(found)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("document", organisation.pk, found.pk)
    return handed_out(content, found.form, found.name)


@require_POST
@in_organisation
@needs_role("viewer")
def cancel(request: HttpRequest, organisation: Organisation, document: UUID) -> HttpResponse:
    """Give up a document that is not made yet."""
    found = find_document(document)
    documents.cancel(found)
    return redirect("document", organisation.pk, found.pk)
