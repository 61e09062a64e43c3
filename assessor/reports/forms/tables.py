"""The report as tables: every answer, piece of evidence, finding, dispute, endpoint and move, a row each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from assessor.errors import N_
from assessor.reports.model import DimensionSection, EvidenceRow, ReportBody
from assessor.reports.moved import Movement

Cell = str | int | float | None
Rows = Iterator[tuple[Cell, ...]]
# What a spreadsheet takes for a formula at the front of a cell; a tab or a break may hide one behind it.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """Return text that no spreadsheet computes: what looks like a formula is led by an apostrophe."""
    text = text.replace("\r\n", "\n")
    return f"'{text}" if text.startswith(RISKY) or text.lstrip().startswith(RISKY) else text


@dataclass(frozen=True)
class Column:
    """A column: its heading, and its width in characters where it is shown."""

    head: str
    width: int = 16


@dataclass(frozen=True)
class Table:
    """A table: its name in addresses and files, its title, its columns and rows."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class _Plan:
    title: str
    # Heading and width of each column.
    heads: tuple[tuple[str, int], ...]
    rows: Callable[[ReportBody], Rows]
    # The section of the report without which the table would tell what was left out.
    section: str = ""


def _levels(report: ReportBody) -> Rows:
    whole = report.board
    yield (
        _("Overall"),
        whole.claimed.label,
        whole.verified.label,
        None,
        report.method.coverage,
        report.method.confidence,
    )
    targets = {one.dimension: one.target for one in report.targets.rows}
    for one in _dimensions(report):
        yield one.title, one.claimed.label, one.verified.label, targets.get(one.id), one.coverage, one.confidence


def _dimensions(report: ReportBody) -> list[DimensionSection]:
    gone = {one.section for one in report.left_out}
    return [one for one in report.dimensions if f"dimension-{one.id}" not in gone]


def _answers(report: ReportBody) -> Rows:
    for section in report.dimensions:
        for one in section.answers:
            yield (
                one.number,
                one.id,
                section.title,
                one.title,
                one.text,
                "",
                one.state_label,
                one.claimed,
                one.verified,
                one.tier_label if one.state == "answered" else "",
                one.answer if one.state == "answered" else "",
                one.note,
                len(one.evidence),
                _yes(one.contradicted),
                one.because,
                one.answered_by,
                one.answered_at,
            )
            for about in one.workloads:
                yield (
                    *(one.number, one.id, section.title, one.title, one.text, about.workload, about.state_label),
                    *(about.level, None, "", about.answer, about.note, len(about.evidence), "", ""),
                    *(about.answered_by, about.answered_at),
                )


def _yes(value: bool) -> str:
    return _("Yes") if value else _("No")


def _evidence(report: ReportBody) -> Rows:
    for section in report.dimensions:
        for one in section.answers:
            for row in one.evidence:
                yield one.number, one.id, "", *_piece(row)
            for about in one.workloads:
                for row in about.evidence:
                    yield one.number, one.id, about.workload, *_piece(row)


def _piece(row: EvidenceRow) -> tuple[Cell, ...]:
    return (
        row.kind,
        row.tier_label,
        row.description,
        row.place,
        row.version,
        row.taken_on,
        row.expires_on,
        row.counts_until,
        _yes(row.stale),
        row.result,
        row.link,
        "; ".join(row.remarks),
        "\n".join(f"{one.name} (sha256 {one.sha256})" for one in row.files),
    )


def _findings(report: ReportBody) -> Rows:
    for section in report.dimensions:
        for one in section.answers:
            for row in one.findings:
                yield (
                    *(row.endpoint_name, row.code, row.title, one.number, one.id, one.title),
                    *(row.weight, row.supports, row.caps, row.because),
                )


def _seen(report: ReportBody) -> Rows:
    for endpoint in report.endpoints:
        for row in endpoint.seen:
            yield endpoint.name, row.code, row.title, row.meaning, row.strength.value, ", ".join(row.exchanges)


def _disputes(report: ReportBody) -> Rows:
    for section in report.dimensions:
        for one in section.answers:
            for row in one.disputes:
                yield (
                    *(one.number, one.id, row.endpoint_name, row.code, row.title, row.state_label, row.reason),
                    *(row.raised, row.decided, row.note, row.values),
                )


def _endpoints(report: ReportBody) -> Rows:
    for one in report.endpoints:
        facts = "\n".join(f"{fact.label}: {fact.value}" for fact in one.facts)
        yield (
            *(one.name, one.url, one.role, one.workload, _yes(one.probed), one.removed_because, one.headline),
            *(facts, "\n".join(one.unknown), "\n".join(one.not_tested), one.sha256),
        )


def _requests(report: ReportBody) -> Rows:
    for endpoint in report.endpoints:
        for row in endpoint.requests:
            yield (
                *(endpoint.name, row.id, row.request, row.purpose, _yes(row.with_key), row.outcome, row.error),
                *(row.status or None, row.length, row.elapsed_ms, row.sha256),
            )


def _roadmap(report: ReportBody) -> Rows:
    for plan in report.plans:
        for place, move in enumerate(plan.moves, 1):
            yield (
                plan.headline,
                _("claimed") if plan.reading == "claimed" else _("verified"),
                place,
                move.number,
                move.question,
                move.dimension_title,
                move.title,
                move.current,
                move.to,
                "\n".join(move.actions),
                move.proof,
                "\n".join(move.lift),
                *move.effort_days,
                *(move.owner, move.due_on, move.state_label),
            )


def _switches(report: ReportBody) -> Rows:
    for row in report.switches:
        yield row.party, row.by, _("seen") if row.known == "seen" else _("said"), row.source, row.question


def _moved(report: ReportBody) -> Rows:
    return moved_rows(report.movement) if report.movement else iter(())


def moved_rows(movement: Movement) -> Rows:
    """Yield a row for each question something happened to."""
    for row in movement.changes:
        yield (
            *(row.number, row.question, row.dimension_title, row.title),
            *(*row.claimed, *row.verified, row.movers_label, "\n".join(row.because)),
        )


_NUMBER, _ID = (N_("Number"), 8), (N_("Question id"), 24)
PLANS = {
    "levels": _Plan(
        N_("Levels"),
        (
            (N_("Dimension"), 34),
            (N_("Claimed"), 24),
            (N_("Verified"), 24),
            (N_("Target"), 10),
            (N_("Coverage"), 12),
            (N_("Confidence"), 12),
        ),
        _levels,
        "results",
    ),
    "answers": _Plan(
        N_("Answers"),
        (
            _NUMBER,
            _ID,
            (N_("Dimension"), 22),
            (N_("Subject"), 24),
            (N_("Question"), 44),
            (N_("Workload"), 18),
            (N_("State"), 16),
            (N_("Claimed"), 9),
            (N_("Verified"), 9),
            (N_("Tier"), 14),
            (N_("Answer"), 50),
            (N_("Note"), 40),
            (N_("Pieces of evidence"), 11),
            (N_("Contradicted"), 13),
            (N_("Because"), 40),
            (N_("Answered by"), 18),
            (N_("Answered at"), 21),
        ),
        _answers,
        "questions",
    ),
    "evidence": _Plan(
        N_("Evidence"),
        (
            _NUMBER,
            _ID,
            (N_("Workload"), 18),
            (N_("Kind"), 18),
            (N_("Tier"), 14),
            (N_("Description"), 40),
            (N_("Place"), 30),
            (N_("Version"), 14),
            (N_("Taken on"), 12),
            (N_("Expires on"), 12),
            (N_("Counts until"), 12),
            (N_("Past its age"), 12),
            (N_("Result"), 30),
            (N_("Link"), 30),
            (N_("Remarks"), 30),
            (N_("Files"), 40),
        ),
        _evidence,
        "questions",
    ),
    "findings": _Plan(
        N_("Findings"),
        (
            (N_("Endpoint"), 24),
            (N_("Code"), 34),
            (N_("Finding"), 40),
            _NUMBER,
            _ID,
            (N_("Subject"), 24),
            (N_("What it does to the answer"), 30),
            (N_("Supports"), 10),
            (N_("Limits to"), 10),
            (N_("Because"), 50),
        ),
        _findings,
        "questions",
    ),
    "seen": _Plan(
        N_("Seen by probes"),
        (
            (N_("Endpoint"), 24),
            (N_("Code"), 34),
            (N_("Finding"), 40),
            (N_("What it means, and what it does not"), 60),
            (N_("Strength"), 10),
            (N_("Read from"), 20),
        ),
        _seen,
        "evidence",
    ),
    "disputes": _Plan(
        N_("Disputes"),
        (
            _NUMBER,
            _ID,
            (N_("Endpoint"), 24),
            (N_("Code"), 34),
            (N_("Finding"), 40),
            (N_("State"), 30),
            (N_("Reason"), 40),
            (N_("Raised"), 26),
            (N_("Decided"), 26),
            (N_("Note"), 40),
            (N_("Verified level with and without"), 30),
        ),
        _disputes,
        "questions",
    ),
    "endpoints": _Plan(
        N_("Endpoints"),
        (
            (N_("Endpoint"), 24),
            (N_("Address"), 40),
            (N_("Role"), 20),
            (N_("Workload"), 20),
            (N_("Probed"), 9),
            (N_("Taken out because"), 26),
            (N_("What was found"), 40),
            (N_("Facts"), 60),
            (N_("Left open"), 40),
            (N_("Not tested"), 40),
            (N_("sha256 of the result"), 30),
        ),
        _endpoints,
        "evidence",
    ),
    "requests": _Plan(
        N_("Requests"),
        (
            (N_("Endpoint"), 24),
            (N_("Id"), 8),
            (N_("Request"), 40),
            (N_("Purpose"), 40),
            (N_("With key"), 9),
            (N_("Outcome"), 16),
            (N_("Error"), 30),
            (N_("Status"), 9),
            (N_("Bytes"), 10),
            (N_("Milliseconds"), 13),
            ("sha256", 30),
        ),
        _requests,
        "evidence",
    ),
    "roadmap": _Plan(
        N_("Roadmap"),
        (
            (N_("Plan"), 36),
            (N_("Reading"), 12),
            (N_("Place"), 8),
            _NUMBER,
            _ID,
            (N_("Dimension"), 22),
            (N_("Subject"), 24),
            (N_("From"), 8),
            (N_("To"), 8),
            (N_("What to do"), 60),
            (N_("Evidence needed"), 30),
            (N_("Findings to lift"), 30),
            (N_("Person-days, at least"), 14),
            (N_("Person-days, at most"), 14),
            (N_("Owner"), 24),
            (N_("Due on"), 12),
            (N_("How far it is"), 14),
        ),
        _roadmap,
        "roadmap",
    ),
    "switches": _Plan(
        N_("Who can switch you off"),
        (
            (N_("Who"), 34),
            (N_("can act by"), 50),
            (N_("Known from"), 14),
            (N_("Source"), 40),
            _ID,
        ),
        _switches,
        "switches",
    ),
    "movement": _Plan(
        N_("What moved"),
        (
            _NUMBER,
            _ID,
            (N_("Dimension"), 22),
            (N_("Subject"), 24),
            (N_("Claimed, then"), 10),
            (N_("Claimed, now"), 10),
            (N_("Verified, then"), 10),
            (N_("Verified, now"), 10),
            (N_("Moved by"), 20),
            (N_("Because"), 60),
        ),
        _moved,
        "results",
    ),
}
NAMES = tuple(PLANS)


def tables(report: ReportBody, only: Iterable[str] = NAMES) -> Iterator[Table]:
    """Yield the tables of a report, in the language that is active; those of sections left out stay away."""
    gone = {one.section for one in report.left_out}
    for name in only:
        plan = PLANS[name]
        if plan.section in gone or (name == "movement" and report.movement is None):
            continue
        columns = tuple(Column(_(head), width) for head, width in plan.heads)
        yield Table(name, _(plan.title), columns, tuple(plan.rows(report)))
