"""The report model: everything a report says, as one immutable JSON that no engine shapes."""

from typing import Any, Literal, Self

from pydantic import model_validator

from assessor.content import content_hash
from assessor.evidence import Strength, Tier
from assessor.reports.moved import Movement
from assessor.reports.part import Part
from assessor.reports.planned import MoveRow, Plan, Targets
from assessor.reports.scenario_part import ScenarioChapter
from assessor.reports.shaped import Brand, Dates, LeftOut, Words
from assessor.reports.told import (
    ChapterKind,
    DateRow,
    DrillEntry,
    HoldRow,
    LogRow,
    Observation,
    Table,
    TermRow,
    WorkloadRow,
)
from assessor.scoring.crosswalk import DerivedStanding
from assessor.scoring.scorecard import AnswerState, BlockerKind, Reading, Scope

SCHEMA_VERSION = "1.3"

# `level`: a level is shown. `not-verified`: too little evidence for one. `not-assessed`: nothing was answered.
# `not-applicable`: every question was set aside with a reason.
Standing = Literal["level", "not-verified", "not-assessed", "not-applicable"]
# Whether somebody said it or a probe saw it.
Known = Literal["said", "seen"]

# In the order in which the report tells them.
CHAPTERS: tuple[ChapterKind, ...] = ("leaving", "closed-link", "checks", "")


class ShownLevel(Part):
    """A level as it is printed. `level` is None unless `standing` is "level"; `index` runs from 0 to 100."""

    standing: Standing
    level: int | None
    label: str
    name: str
    meaning: str
    index: float


class ScaleLevel(Part):
    """One step of the scale the report is read against."""

    level: int
    name: str
    meaning: str
    horizon: str


class Cover(Part):
    """What stands on the first page. `made_at` is ISO 8601 in UTC, as every time in the model."""

    title: str
    organisation: str
    assessor: str
    made_at: str
    version: int
    draft: bool
    classification: str
    edition: str
    inspired_by: str


class Signed(Part):
    """Who signed the round off, when (ISO 8601 in UTC), and the sha256 of the snapshot that the signature froze.

    `alone` tells that nobody but the signer gave the answers.
    """

    by: str
    role: str
    at: str
    alone: bool
    sha256: str


class SwitchRow(Part):
    """Somebody who can act today, by what, and where that is known from."""

    party: str
    by: str
    known: Known
    source: str
    question: str
    endpoint: str


class UnknownRow(Part):
    """A question that nobody could answer, and why not knowing matters."""

    question: str
    number: str
    title: str
    text: str
    why: str


class KeyFinding(Part):
    """A finding for the board: what is the case, and what follows from it."""

    title: str
    consequence: str
    question: str


class Decision(Part):
    """Something the board is asked to decide, with the effort in person-days."""

    text: str
    effort: str
    question: str


class Board(Part):
    """The page that is read in one minute. The `more_…` counts say how many rows stand only further back."""

    verdict: str
    meaning: str
    claimed: ShownLevel
    verified: ShownLevel
    held_by: str
    switches: tuple[SwitchRow, ...]
    more_switches: int
    unknown: tuple[UnknownRow, ...]
    more_unknown: int
    findings: tuple[KeyFinding, ...]
    decisions: tuple[Decision, ...]
    decisions_effort: str


class Fact(Part):
    """A label and what stands behind it; empty values are written as "not stated" before they get here."""

    label: str
    value: str


class Method(Part):
    """How the levels were reached, and how far they can be trusted. Shares run from 0 to 1."""

    paragraphs: tuple[str, ...]
    scale: tuple[ScaleLevel, ...]
    scope: Scope
    indicative: bool
    provisional: bool
    reasons: tuple[str, ...]
    coverage: float
    confidence: float
    best_if_unknown_known: int
    questions: int
    answered: int


class FileRow(Part):
    """A file behind evidence; `size` counts bytes."""

    name: str
    size: int
    sha256: str


class DisputeRow(Part):
    """A dispute about a finding that bears on a question. `values` prints both readings, empty where they are one."""

    endpoint: str
    endpoint_name: str
    code: str
    title: str
    state: str
    state_label: str
    reason: str
    raised: str
    decided: str
    note: str
    values: str


class EvidenceRow(Part):
    """One piece of evidence behind an answer. `remarks` say what limits it."""

    tier: Tier
    tier_label: str
    kind: str
    description: str
    place: str
    version: str
    taken_on: str
    expires_on: str
    stale: bool
    counts_until: str = ""
    link: str = ""
    result: str = ""
    remarks: tuple[str, ...] = ()
    files: tuple[FileRow, ...] = ()
    kind_id: str = ""


class FindingRow(Part):
    """A finding of a probe that bears on a question. `weight` says what it supports or caps, in words."""

    endpoint: str
    endpoint_name: str
    code: str
    title: str
    because: str
    weight: str
    supports: int | None
    caps: int | None


class WorkloadAnswer(Part):
    """What was answered about one workload alone. `counts` is false where that workload is not critical."""

    workload: str
    counts: bool
    state: AnswerState
    state_label: str
    level: int | None
    answer: str
    note: str
    answered_by: str
    answered_at: str
    evidence: tuple[EvidenceRow, ...]


class AnswerEntry(Part):
    """One question with all that is known about it."""

    id: str
    number: str
    title: str
    text: str
    why: str
    state: AnswerState
    state_label: str
    answer: str
    event: str
    claimed: int | None
    verified: int | None
    claimed_label: str
    verified_label: str
    tier: Tier
    tier_label: str
    proof: Tier
    proof_label: str
    gate: bool
    weight: int
    contradicted: bool
    because: str
    note: str
    answered_by: str
    answered_at: str
    evidence: tuple[EvidenceRow, ...]
    workloads: tuple[WorkloadAnswer, ...] = ()
    findings: tuple[FindingRow, ...]
    disputes: tuple[DisputeRow, ...] = ()


class BlockerRow(Part):
    """A question that keeps a dimension from its next level, and how."""

    reading: Reading
    kind: BlockerKind
    question: str
    number: str
    title: str
    text: str
    sentence: str


class DimensionSection(Part):
    """One dimension: its levels, why, its answers, what was found, and the next moves within it.

    `because` says why it stands where it does, `reasons` name the questions that carry that level and hold others down.
    `steps` says what each level means here; `reached` is the share of the weight (0 to 1) that is claimed at each level
    or above, from 0 upward. `tables` hold what a chapter tells beyond the questions.
    """

    id: str
    title: str
    short: str
    chapter: bool
    asks: str
    assessed: bool
    headline: str
    claimed: ShownLevel
    verified: ShownLevel
    coverage: float
    confidence: float
    provisional: bool
    because: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    blockers: tuple[BlockerRow, ...]
    holds: tuple[str, ...]
    answers: tuple[AnswerEntry, ...]
    probed: bool
    findings: tuple[FindingRow, ...]
    moves: tuple[MoveRow, ...]
    minimum: int | None = None
    minimum_label: str = ""
    kind: ChapterKind = ""
    steps: tuple[str, ...] = ()
    reached: tuple[float, ...] = ()
    observations: tuple[Observation, ...] = ()
    strengths: tuple[HoldRow, ...] = ()
    tables: tuple[Table, ...] = ()


class Results(Part):
    """The overview: one headline; the rows are the dimensions themselves.

    `minimum` and `index` are sentences, empty where the questionnaire asks for no minimum or weighs nothing.
    """

    headline: str
    chart_title: str
    chart_description: str
    best_if_unknown_known: str
    minimum: str = ""
    index: str = ""
    heat_headline: str = ""
    gap_headline: str = ""
    target_headline: str = ""


class Contradiction(Part):
    """An answer and what a probe saw instead."""

    question: str
    number: str
    title: str
    text: str
    dimension_title: str
    said: str
    said_level: str
    seen: tuple[FindingRow, ...]
    verified_level: str
    sentence: str
    resolution: str = ""


class RequestRow(Part):
    """One request that a probe sent, and what came of it."""

    id: str
    request: str
    purpose: str
    with_key: bool
    outcome: str
    status: int
    length: int
    sha256: str
    elapsed_ms: float
    error: str


class SeenRow(Part):
    """One thing seen at an endpoint. `exchanges` name the requests it was read from."""

    code: str
    title: str
    meaning: str
    strength: Strength
    exchanges: tuple[str, ...]


class EndpointEntry(Part):
    """An endpoint in scope and the latest probe of it; the evidence log."""

    id: str
    name: str
    url: str
    role: str
    workload: str
    removed_because: str
    probed: bool
    headline: str
    facts: tuple[Fact, ...]
    seen: tuple[SeenRow, ...]
    requests: tuple[RequestRow, ...]
    unknown: tuple[str, ...]
    not_tested: tuple[str, ...]
    sha256: str


class DerivedReason(Part):
    """What one answer says about an objective of another framework. `question` is empty where it is not in scope."""

    question: str
    number: str
    title: str
    sentence: str
    says: str
    holds: bool


class DerivedLine(Part):
    """One objective of another framework, as far as answers to other questions say anything about it.

    `worst` to `best` is the derived level on the scale of that framework (None: nothing is said), `weight` the share of
    the objective, 0 to 1. `covered` of `asked` questions of the framework are spoken about; `silent` are the others.
    `unasked` are questions of the assessment that would say more once they are answered.
    """

    dimension: str
    title: str
    weight: float
    minimum: int | None
    minimum_label: str
    worst: int | None
    best: int | None
    level_label: str
    verified: int | None
    verified_label: str
    standing: DerivedStanding
    standing_label: str
    covered: int
    asked: int
    covered_label: str
    because: tuple[DerivedReason, ...]
    unasked: tuple[str, ...]
    remark: str
    silent: tuple[str, ...]


class FrameworkSection(Part):
    """Another framework, by version and content, with a line for each of its objectives; all of it is derived."""

    id: str
    title: str
    version: str
    content_hash: str
    headline: str
    indicative: bool
    lines: tuple[DerivedLine, ...]


class ReportBody(Part):
    """The report without its seal. What older versions did not have has a default: stored reports stay readable."""

    schema_version: Literal["1.0", "1.1", "1.2", "1.3"] = "1.3"
    language: str
    cover: Cover
    control: tuple[Fact, ...]
    board: Board
    scope: tuple[Fact, ...]
    method: Method
    results: Results
    switches: tuple[SwitchRow, ...]
    unknown: tuple[UnknownRow, ...]
    dimensions: tuple[DimensionSection, ...]
    contradictions: tuple[Contradiction, ...]
    targets: Targets = Targets()
    plans: tuple[Plan, ...]
    frameworks: tuple[FrameworkSection, ...] = ()
    endpoints: tuple[EndpointEntry, ...]
    limits: tuple[str, ...]
    not_assessed: tuple[str, ...]
    integrity: tuple[Fact, ...]
    workloads: tuple[WorkloadRow, ...] = ()
    drills: tuple[DrillEntry, ...] = ()
    log: tuple[LogRow, ...] = ()
    dates: Dates = Dates()
    calendar: tuple[DateRow, ...] = ()
    calendar_headline: str = ""
    settled: tuple[DisputeRow, ...] = ()
    glossary: tuple[TermRow, ...] = ()
    brand: Brand = Brand()
    words: tuple[Words, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    movement: Movement | None = None
    scenarios: ScenarioChapter | None = None
    signed: Signed | None = None

    @property
    def names_owners(self) -> bool:
        """Whether it could be said who sees to a move when the report was made."""
        return self.schema_version not in ("1.0", "1.1", "1.2")

    @property
    def probed(self) -> bool:
        """Whether any endpoint in scope was probed."""
        return any(endpoint.probed and not endpoint.removed_because for endpoint in self.endpoints)

    @property
    def chapters(self) -> tuple[DimensionSection, ...]:
        """The dimensions that have a chapter of their own: leaving, the closed link, the checks, then any others."""
        own = [dimension for dimension in self.dimensions if dimension.chapter]
        return tuple(sorted(own, key=lambda one: CHAPTERS.index(one.kind)))

    @property
    def other_dimensions(self) -> tuple[DimensionSection, ...]:
        """The dimensions with a shorter section."""
        return tuple(dimension for dimension in self.dimensions if not dimension.chapter)


class ReportModel(ReportBody):
    """The report with its seal: `input_hash` is the sha256 of the canonical JSON of the rest, checked on reading.

    It is written as it was read: a report of an older version gains no keys, or its seal would not fit any more.
    """

    input_hash: str

    @classmethod
    def sealed(cls, body: ReportBody) -> "ReportModel":
        """Return `body` with its hash."""
        data = body.model_dump(mode="json")
        return cls.model_validate(data | {"input_hash": content_hash(data)})

    @model_validator(mode="after")
    def _seal_fits(self) -> Self:
        if self.input_hash != content_hash(self.plain(exclude={"input_hash"})):
            raise ValueError("input_hash does not fit the content: the report was changed after it was made")
        return self

    def plain(self, exclude: set[str] | None = None) -> dict[str, Any]:
        """Return the report as JSON data."""
        return self.model_dump(mode="json", exclude_unset=True, exclude=exclude)

    def json_text(self) -> str:
        """Return the report as indented JSON with a final newline; the same bytes for the same report."""
        return self.model_dump_json(indent=2, exclude_unset=True) + "\n"


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the report model, as published in docs/report-schema.json."""
    schema = ReportModel.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
