"""The portfolio of a person: every client they are a member of, on a page and on paper."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_scopes import scopes_disabled

from assessor import tasks
from assessor.errors import AssessorError
from assessor.models import Document, JobStatus
from assessor.reports.pdf import pdf_available
from assessor.services import documents, portfolios
from assessor.views.documents import document_page, handed_out

# Each client is read as its report is: so many on one page.
CLIENTS_A_PAGE = 6


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Show every client, a few on a page."""
    pages = Paginator(portfolios.clients_of(request.user), CLIENTS_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    clients = list(page.object_list)
    model = portfolios.portfolio_of(request.user, clients)
    assessed = [one for one in clients if one.assessment is not None]
    rows = [
        (page_of, reverse("assessment", args=[one.organisation.pk, one.assessment.pk]))
        for page_of, one in zip(model.clients, assessed, strict=True)
        if one.assessment is not None
    ]
    context = {"paper": model, "rows": rows, "page": page, "pdf_problem": pdf_available()}
    return render(request, "portfolio/show.html", context)


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Have the worker set the portfolio of all clients."""
    try:
        document = documents.ask(
            Document.Kind.PORTFOLIO,
            "pdf",
            portfolios.content_of(request.user),
            title=_("Portfolio"),
            name="portfolio",
            user=request.user,
            organisation=None,
        )
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("portfolio")
    tasks.enqueue_document(document)
    return redirect("portfolio_document", document.pk)


def find_portfolio(request: HttpRequest, document: UUID) -> Document:
    """Return a portfolio that this person asked for, while they may still read all of it; else 404."""
    with scopes_disabled():
        rows = Document.objects.filter(kind=Document.Kind.PORTFOLIO, organisation=None, requested_by=request.user)
        found = rows.filter(pk=document).first()
    if found is None or not portfolios.may_still_read(request.user, found):
        raise Http404
    return found


@require_GET
def status(request: HttpRequest, document: UUID) -> HttpResponse:
    """Show how far the portfolio is, then how to get it."""
    found = find_portfolio(request, document)
    return document_page(request, found, "portfolio_document", "portfolio_file", "cancel_portfolio")


@require_GET
def download(request: HttpRequest, document: UUID) -> HttpResponse:
    """Hand the portfolio out."""
    found = find_portfolio(request, document)
    if found.status != JobStatus.DONE:
        raise Http404
    try:
        content = documents.read_file(found)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("portfolio")
    portfolios.note_download(request.user, found)
    return handed_out(content, found.form, found.name)


@require_POST
def cancel(request: HttpRequest, document: UUID) -> HttpResponse:
    """Give up a portfolio that is not made yet."""
    found = find_portfolio(request, document)
    documents.cancel(found)
    return redirect("portfolio_document", found.pk)
