"""Links between what was seen at an endpoint and the questions it bears on, there and back."""

from collections.abc import Mapping
from dataclasses import dataclass

from assessor.reports.answers import SCENARIOS
from assessor.reports.model import AnswerEntry, ReportBody, SeenRow

# A finding as both sides know it: endpoint, code, title.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Logged:
    """A finding in the evidence log, the name of its place there, and the questions it bears on."""

    place: str
    row: SeenRow
    questions: tuple[AnswerEntry, ...]


def log(body: ReportBody) -> dict[str, tuple[Logged, ...]]:
    """Return the findings of each endpoint, by its id."""
    bearing: dict[Key, list[AnswerEntry]] = {}
    for dimension in body.dimensions:
        for entry in dimension.answers:
            for row in entry.findings:
                bearing.setdefault((row.endpoint, row.code, row.title), []).append(entry)
    return {
        endpoint.id: tuple(
            Logged(f"seen-{endpoint.id}-{number}", row, tuple(bearing.get((endpoint.id, row.code, row.title), ())))
            for number, row in enumerate(endpoint.seen, start=1)
        )
        for endpoint in body.endpoints
    }


def places(found: Mapping[str, tuple[Logged, ...]]) -> dict[Key, str]:
    """Return the name of the place of each finding in the evidence log."""
    return {(endpoint, one.row.code, one.row.title): one.place for endpoint, rows in found.items() for one in rows}


def place(endpoint: str) -> str:
    """Return the name of the place of an endpoint in the evidence log, or that of the scenarios."""
    return SCENARIOS if endpoint == SCENARIOS else f"endpoint-{endpoint}"
