"""The portfolio: one page for each client, taken from the reports as they stand."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.utils import translation
from django.utils.translation import gettext as _
from pydantic import Field

from assessor.reports.model import Decision, ReportBody, ShownLevel, SwitchRow
from assessor.reports.part import Part
from assessor.reports.sealed import Sealed
from assessor.reports.shaped import Brand
from assessor.reports.text import NAME_LENGTH, clean, moment, shorten

DUE_WITHIN = timedelta(days=60)
# What fits on a page; the rest is counted.
EVIDENCE_SHOWN, DECISIONS_SHOWN = 6, 2


class EvidenceDue(Part):
    """A piece of evidence that is past its age, or will be soon. `until` is an ISO 8601 date, or empty."""

    number: str
    title: str
    description: str
    until: str


class DimensionLine(Part):
    """A dimension of a client at a glance."""

    title: str
    claimed: ShownLevel
    verified: ShownLevel


class ClientPage(Part):
    """One client: levels, what holds them, who can act, what evidence ages, when it was last reported on.

    The `more_…` counts say how many rows the page leaves out. Times are ISO 8601 in UTC, empty where there is none.
    """

    organisation: str
    workload: str
    edition: str
    changed_at: str
    verdict: str
    claimed: ShownLevel
    verified: ShownLevel
    held_by: str
    weakest: tuple[str, ...]
    dimensions: tuple[DimensionLine, ...]
    coverage: float
    confidence: float
    provisional: bool
    switches: tuple[SwitchRow, ...]
    more_switches: int
    stale: tuple[EvidenceDue, ...]
    more_stale: int
    due: tuple[EvidenceDue, ...]
    more_due: int
    decisions: tuple[Decision, ...]
    last_report: str
    last_report_at: str

    @property
    def stale_count(self) -> int:
        """How many pieces of evidence are past their age, those left out too."""
        return len(self.stale) + self.more_stale


class PortfolioBody(Part):
    """The portfolio without its seal. `without` are organisations that have no assessment; `brand` is since 1.1."""

    schema_version: Literal["1.0", "1.1"] = "1.1"
    language: str
    made_for: str
    made_at: str
    headline: str
    clients: tuple[ClientPage, ...]
    without: tuple[str, ...]
    brand: Brand = Field(default_factory=Brand)


class Portfolio(PortfolioBody, Sealed):
    """The portfolio with its seal."""


def client_page(
    report: ReportBody, *, workload: str, changed_at: datetime, today: date, issued: tuple[int, datetime] | None
) -> ClientPage:
    """Return the page of a client from its report; `issued` is the version and time of the last issued one."""
    held = [one for one in report.dimensions if one.claimed.level is not None]
    lowest = min((one.claimed.level for one in held if one.claimed.level is not None), default=None)
    stale, due = _ageing(report, today)
    board = report.board
    return ClientPage(
        organisation=report.cover.organisation,
        workload=clean(workload, NAME_LENGTH),
        edition=report.cover.edition,
        changed_at=moment(changed_at),
        verdict=board.verdict,
        claimed=board.claimed,
        verified=board.verified,
        held_by=board.held_by,
        weakest=tuple(one.title for one in held if one.claimed.level == lowest),
        dimensions=tuple(
            DimensionLine(title=one.title, claimed=one.claimed, verified=one.verified) for one in report.dimensions
        ),
        coverage=report.method.coverage,
        confidence=report.method.confidence,
        provisional=report.method.provisional,
        switches=board.switches,
        more_switches=board.more_switches,
        stale=tuple(stale[:EVIDENCE_SHOWN]),
        more_stale=max(0, len(stale) - EVIDENCE_SHOWN),
        due=tuple(due[:EVIDENCE_SHOWN]),
        more_due=max(0, len(due) - EVIDENCE_SHOWN),
        decisions=board.decisions[:DECISIONS_SHOWN],
        last_report=_("Report {version}").format(version=issued[0]) if issued else "",
        last_report_at=moment(issued[1]) if issued else "",
    )


def _ageing(report: ReportBody, today: date) -> tuple[list[EvidenceDue], list[EvidenceDue]]:
    """Return the evidence past its age, and that which will be soon; the oldest first."""
    stale: list[EvidenceDue] = []
    due: list[EvidenceDue] = []
    limit = (today + DUE_WITHIN).isoformat()
    for entry in (entry for one in report.dimensions for entry in one.answers):
        for row in (*entry.evidence, *(row for about in entry.workloads for row in about.evidence)):
            line = EvidenceDue(
                number=entry.number,
                title=entry.title,
                description=shorten(row.description, 90),
                until=row.counts_until or row.expires_on,
            )
            if row.stale:
                stale.append(line)
            elif line.until and line.until <= limit:
                due.append(line)
    return sorted(stale, key=lambda one: one.until), sorted(due, key=lambda one: one.until)


def portfolio(
    clients: Sequence[ClientPage],
    without: Sequence[str],
    *,
    made_for: str,
    made_at: datetime,
    language: str,
    brands: Sequence[Brand] = (),
) -> Portfolio:
    """Return the portfolio of these clients, in a language; it wears what the `brands` of all of them share."""
    with translation.override(language):
        return Portfolio.sealed(
            PortfolioBody(
                language=language,
                made_for=clean(made_for, NAME_LENGTH),
                made_at=moment(made_at),
                headline=_headline(clients),
                clients=tuple(clients),
                without=tuple(clean(one, NAME_LENGTH) for one in without),
                brand=shared(brands),
            )
        )


def shared(brands: Sequence[Brand]) -> Brand:
    """Return what is the same in every brand: that of the consultancy, where all reports carry one.

    No client's own logo is in it unless there is one client only.
    """
    parts = ("accent", "logo", "consultancy", "consultancy_logo", "footer")
    return Brand(**{name: getattr(brands[0], name) for name in parts if brands and _agree(brands, name)})


def _agree(brands: Sequence[Brand], name: str) -> bool:
    return all(getattr(one, name) == getattr(brands[0], name) for one in brands)


def _headline(clients: Sequence[ClientPage]) -> str:
    """Return the portfolio in a sentence: how many clients, how many can be switched off, how many are verified."""
    if not clients:
        return _("No client has an assessment yet.")
    exposed = sum(bool(one.switches) for one in clients)
    verified = sum(one.verified.level is not None for one in clients)
    aged = sum(bool(one.stale) for one in clients)
    parts = _(
        "Clients: {all}. With an outside party that can switch off their AI today: {exposed}. With a verified level: "
        "{verified}. With evidence past its age: {aged}."
    )
    return parts.format(all=len(clients), exposed=exposed, verified=verified, aged=aged)


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the portfolio, as published in docs/portfolio-schema.json."""
    schema = Portfolio.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
