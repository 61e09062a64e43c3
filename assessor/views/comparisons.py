"""Two readings of one organisation side by side: on a page, on paper and as files."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessor import tasks
from assessor.errors import AssessorError
from assessor.models import Assessment, Document, Organisation
from assessor.reports.comparison import Comparison
from assessor.reports.forms import offer
from assessor.reports.papers import comparison_context
from assessor.reports.pdf import pdf_available
from assessor.services import comparisons, documents
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.documents import file_name, handed_out


def _keys(asked: QueryDict, assessment: Assessment) -> tuple[str, str]:
    """Return the two readings that were chosen; the newest other one and what stands now where none was."""
    before, after = asked.get("before", ""), asked.get("after", comparisons.NOW)
    return (before or comparisons.defaults(comparisons.choices(assessment))[0]), after


def _compared(assessment: Assessment, before: str, after: str) -> Comparison:
    model = comparisons.comparison(assessment, before, after)
    if model is None:
        raise Http404
    return model


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show what moved between two readings."""
    found = find_assessment(assessment)
    offered = comparisons.choices(found)
    first, last = comparisons.defaults(offered)
    before, after = request.GET.get("before", first), request.GET.get("after", last)
    context = {
        "assessment": found,
        "organisation": organisation,
        "choices": offered,
        "before": before,
        "after": after,
        "pdf_problem": pdf_available(),
    }
    if len(offered) > 1:
        try:
            model = _compared(found, before, after)
        except AssessorError as refusal:
            return render(request, "comparisons/show.html", context | {"refusal": refusal.sentence(_)}, status=422)
        context |= comparison_context(model, model.input_hash)
    return render(request, "comparisons/show.html", context)


@require_GET
@in_organisation
@needs_role("viewer")
def as_form(request: HttpRequest, organisation: Organisation, assessment: UUID, form: str) -> HttpResponse:
    """Hand the compare report out in a form that is made in a moment."""
    if form not in offer.QUICK:
        raise Http404
    found = find_assessment(assessment)
    before, after = _keys(request.GET, found)
    try:
        model = _compared(found, before, after)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("comparison", organisation.pk, assessment)
    return handed_out(offer.comparison_as(model, form), form, file_name(organisation.name, "compare"))


@require_POST
@in_organisation
@needs_role("viewer")
def make(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Have the worker make the compare report as PDF or DOCX."""
    found = find_assessment(assessment)
    before, after = _keys(request.POST, found)
    form = request.POST.get("form", "")
    if form not in documents.FORMS[Document.Kind.COMPARISON]:
        raise Http404
    try:
        model = _compared(found, before, after)
        document = documents.ask(
            Document.Kind.COMPARISON,
            form,
            model.plain(),
            title=model.title,
            name=file_name(organisation.name, "compare"),
            user=request.user,
            organisation=organisation,
            assessment=found,
        )
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect(reverse("comparison", args=[organisation.pk, assessment]))
    tasks.enqueue_document(document)
    return redirect("document", organisation.pk, document.pk)
