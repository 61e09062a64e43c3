"""The parts of the report model that chapters, findings, drills and dates are told with."""

from typing import Literal

from assessor.reports.part import Part

ChapterKind = Literal["", "leaving", "closed-link", "checks"]
Outside = Literal["open", "closed", "not-tried"]


class TableRow(Part):
    """A row of a table; the anchors of a question, an endpoint or a drill that it speaks of, empty where none."""

    cells: tuple[str, ...]
    question: str = ""
    endpoint: str = ""
    drill: str = ""


class Table(Part):
    """A part of a chapter as a table: `lead` says what it shows, `empty` what is printed where it has no rows.

    `assessed` is false where nobody looked or nobody answered; then `empty` says so.
    """

    id: str
    heading: str
    lead: str = ""
    caption: str = ""
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...] = ()
    assessed: bool = True
    empty: str = ""


class Observation(Part):
    """A finding of a dimension: what is the case, what follows, what to do (with effort), and what shows it."""

    question: str
    number: str
    title: str
    mark: str
    observation: str
    implication: str
    recommendation: str
    evidence: str


class HoldRow(Part):
    """Something that holds: a question that stands high in the verified reading, and on what."""

    question: str
    number: str
    title: str
    level: int
    text: str
    tier_label: str


class DrillSpan(Part):
    """A stretch of a disconnection drill: how many fresh prompts were answered, and whether the way out was closed."""

    label: str
    asked: int
    answered: int
    outside: Outside


class FeatureLine(Part):
    """One feature in an exit drill: with today's endpoint, with the candidate, and what moving does to it."""

    feature: str
    today: str
    candidate: str
    verdict: str
    breaks: bool


class DrillEntry(Part):
    """A drill held here. `passed` is None where no mark was set; `counts` says as what it counts and why.

    Times are ISO 8601 in UTC; `sha256` is that of its record.
    """

    id: str
    kind: Literal["exit", "disconnect"]
    headline: str
    endpoint: str
    target: str
    started: str
    finished: str
    outcome: str
    result: str
    pass_mark: str
    passed: bool | None
    counts: str
    facts: tuple[tuple[str, str], ...] = ()
    spans: tuple[DrillSpan, ...] = ()
    features: tuple[FeatureLine, ...] = ()
    cases: tuple[tuple[str, str, str], ...] = ()
    limits: tuple[str, ...] = ()
    questions: tuple[tuple[str, str], ...] = ()
    sha256: str = ""


class LogRow(Part):
    """A line of the evidence log: id, time in UTC, target, result and hash. `anchor` leads to its details."""

    id: str
    anchor: str
    what: str
    at: str
    target: str
    result: str
    sha256: str


class DateRow(Part):
    """A day on the time line: what was held, or what ends. `day` is ISO 8601; `past` tells whether it has passed."""

    number: int
    lane: Literal["held", "ends"]
    day: str
    what: str
    past: bool
    question: str = ""
    question_number: str = ""


class WorkloadRow(Part):
    """A workload in scope: whose it is, how much hangs on it, and the longest stop its owner has signed for."""

    name: str
    owner: str
    criticality: str
    tolerance: str


class TermRow(Part):
    """A word of the glossary and what it means."""

    term: str
    means: str
