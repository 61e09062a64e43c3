"""Portfolios: the clients of one person, each read inside its own organisation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import get_language, override
from django_scopes import scope

from assessor.models import Assessment, Document, Organisation, User
from assessor.reports import viewmodel
from assessor.reports.portfolio import ClientPage, Portfolio, client_page, portfolio
from assessor.reports.shaped import Brand
from assessor.services import audit, comparing, memberships, reporting

MOST_CLIENTS = 200


@dataclass(frozen=True)
class Client:
    """A client with the assessment its page speaks of (None: it has none)."""

    organisation: Organisation
    assessment: Assessment | None


def clients_of(user: User) -> list[Client]:
    """Return the organisations of a person by name, each with the assessment changed last: two queries."""
    organisations = list(memberships.organisations_of(user).order_by("name")[:MOST_CLIENTS])
    with scope(organisation=organisations):
        rows = Assessment.objects.filter(archived_at=None, organisation__in=organisations).order_by("changed_at", "pk")
        rows = rows.select_related("questionnaire_version", "created_by").defer("questionnaire_version__content")
        latest = {one.organisation_id: one for one in rows}
    found = [Client(one, latest.get(one.pk)) for one in organisations]
    for client in found:
        if client.assessment is not None:
            client.assessment.organisation = client.organisation
    return found


def page_of(client: Client) -> tuple[ClientPage, Brand] | None:
    """Return a client's page in the language that is active, and the brand its report wears; None without one."""
    assessment = client.assessment
    if assessment is None:
        return None
    with scope(organisation=client.organisation):
        source, _card = reporting.report_input(assessment)
        issued = comparing.earlier_report(assessment)
        page = client_page(
            viewmodel.build(source),
            workload=source.workload,
            changed_at=assessment.changed_at,
            today=timezone.localdate(),
            issued=(issued.version, issued.created_at) if issued else None,
        )
    return page, source.brand


def portfolio_of(user: User, clients: Sequence[Client] | None = None, language: str = "") -> Portfolio:
    """Return the portfolio of a person, of all clients or of these."""
    language = (language or get_language() or "en").partition("-")[0]
    with override(language):
        clients = clients_of(user) if clients is None else clients
        pages = [page for one in clients if (page := page_of(one)) is not None]
        without = [one.organisation.name for one in clients if one.assessment is None]
        return portfolio(
            [page for page, _brand in pages],
            without,
            made_for=str(user),
            made_at=timezone.now(),
            language=language,
            brands=[brand for _page, brand in pages],
        )


def may_still_read(user: User, document: Document) -> bool:
    """Tell whether a person is still a member of every organisation that a stored portfolio speaks of."""
    return set(document.content["organisations"]) <= _ids(memberships.organisations_of(user))


def note_download(user: User, document: Document) -> None:
    """Keep in the audit trail of every organisation in a portfolio that it was handed out."""
    for organisation in Organisation.objects.filter(pk__in=document.content["organisations"]):
        audit.record(
            "data.downloaded",
            organisation=organisation,
            actor=user,
            page="portfolio_file",
            file=f"{document.name}.{document.form}",
        )


def _ids(organisations: Iterable[Organisation]) -> set[str]:
    return {str(one.pk) for one in organisations}


def content_of(user: User, language: str = "") -> dict[str, object]:
    """Return what a document of a portfolio is made from: the portfolio, and whose organisations it speaks of."""
    clients = clients_of(user)
    model = portfolio_of(user, clients, language)
    return {"portfolio": model.plain(), "organisations": sorted(_ids(one.organisation for one in clients))}
