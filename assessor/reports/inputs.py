"""What a report is made from: plain records that a database row and a YAML file can both become."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from assessor.evidence import Tier
from assessor.probes.drills.records import DisconnectRecord, ExitRecord
from assessor.probes.result import ProbeResult
from assessor.questionnaire.schema import Questionnaire
from assessor.reports.scenario_chapter import ScenariosPlayed
from assessor.reports.shaped import Brand, Dates, Words
from assessor.scoring.crosswalk import Derivation
from assessor.scoring.movement import Side
from assessor.scoring.scorecard import AnswerState, AnswerValue, Scorecard


@dataclass(frozen=True)
class FileRecord:
    """A file behind evidence: its name, size in bytes and sha256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class DisputeRecord:
    """A dispute about a finding at an endpoint: who raised it and why, who decided and how (times in UTC).

    `state` is open, accepted, rejected, resolved (a later probe no longer found it) or moved (another address).
    """

    endpoint: str
    code: str
    state: Literal["open", "accepted", "rejected", "resolved", "moved", "again"]
    reason: str
    raised_by: str = ""
    raised_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class EvidenceRecord:
    """One piece of evidence behind an answer: what, where, which version, of which day, until when.

    `counts_until` is the last day it counts in full. `failed` marks a test that did not reach its mark, `unsigned` a
    probe that came as a file, `given_for` the level it was attached to.
    """

    tier: Tier
    kind: str
    description: str
    place: str = ""
    version: str = ""
    taken_on: date | None = None
    expires_on: date | None = None
    stale: bool = False
    counts_until: date | None = None
    link: str = ""
    result: str = ""
    failed: bool = False
    unsigned: bool = False
    given_for: int | None = None
    files: tuple[FileRecord, ...] = ()


@dataclass(frozen=True)
class AnswerRecord:
    """What was answered to one question, by whom and when (UTC).

    `value` is what was said where no rung was chosen: ticked items, “yes” or “no”, a text, a number, a day. `workload`
    is empty for an answer about the weakest critical one; `counts` is false where that one is not critical.
    """

    state: AnswerState
    level: int | None = None
    value: AnswerValue = None
    note: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    evidence: tuple[EvidenceRecord, ...] = ()
    workload: str = ""
    counts: bool = True


@dataclass(frozen=True)
class EndpointRecord:
    """An endpoint in scope, its role in the workload, and the latest probe of it (None: not probed)."""

    id: str
    name: str
    url: str
    role: str
    workload: str
    probe: ProbeResult | None = None
    removed_because: str = ""


@dataclass(frozen=True)
class Compared:
    """One of two readings to compare: its name, its time (ISO 8601 in UTC), what it says, and in whose words.

    `words` is the questionnaire in the language of the report, `side` holds it as its author wrote it.
    """

    name: str
    made_at: str
    side: Side
    words: Questionnaire


@dataclass(frozen=True)
class WorkloadRecord:
    """A workload in scope, with the longest stop its owner accepts (hours; None: nobody said)."""

    name: str
    owner: str = ""
    criticality: Literal["critical", "important", "supporting"] = "critical"
    tolerance_hours: float | None = None


@dataclass(frozen=True)
class DrillHeld:
    """A drill with its record, the endpoint it was planned for, and what came of it in words.

    `questions` are those whose answers it is attached to.
    """

    id: str
    endpoint: str
    record: ExitRecord | DisconnectRecord
    pass_mark: str
    result: str
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class MoveOwnerRecord:
    """Who sees to the moves about a question, until when, and how far they say it is; what is not known is empty."""

    name: str = ""
    due_on: date | None = None
    state: Literal["", "planned", "started", "done"] = ""


@dataclass(frozen=True)
class Signature:
    """Who signed a round off, in which role and when (UTC), and the sha256 of the snapshot that was frozen.

    `alone` tells that nobody but the signer gave the answers.
    """

    by: str
    role: str
    at: datetime
    alone: bool
    sha256: str


@dataclass(frozen=True)
class ReportInput:
    """Everything a report says, before it is put into words. Times are UTC; the report prints that."""

    title: str
    organisation: str
    home_jurisdictions: tuple[str, ...]
    workload: str
    workload_owner: str
    criticality: Literal["critical", "important", "supporting"]
    tolerance_hours: float | None
    assessor: str
    questionnaire: Questionnaire
    scorecard: Scorecard
    answers: Mapping[str, AnswerRecord]
    endpoints: tuple[EndpointRecord, ...]
    made_at: datetime
    product_version: str
    draft: bool = True
    version: int = 1
    language: str = "en"
    translation_hash: str = ""
    limits: tuple[str, ...] = field(default=())
    disputes: tuple[DisputeRecord, ...] = ()
    # Answers about single workloads, by question.
    single: Mapping[str, tuple[AnswerRecord, ...]] = field(default_factory=dict)
    # The kind of organisation, and the level each dimension should reach.
    profile: str = ""
    targets: Mapping[str, int] = field(default_factory=dict)
    # Who sees to the moves of the roadmap, by question.
    owners: Mapping[str, MoveOwnerRecord] = field(default_factory=dict)
    # Each framework with a crosswalk from the questionnaire that was answered, and what is derived for it.
    derivations: tuple[tuple[Questionnaire, Derivation], ...] = ()
    # Verified levels by question, with every disputed finding and with none; only where something is in dispute.
    verified_with: Mapping[str, int | None] = field(default_factory=dict)
    verified_without: Mapping[str, int | None] = field(default_factory=dict)
    # Every workload in scope, the first one named above included; empty where that is the only one.
    workloads: tuple[WorkloadRecord, ...] = ()
    drills: tuple[DrillHeld, ...] = ()
    # What people shape: their brand and words, how days look, and the anchors of the sections they leave out.
    brand: Brand = field(default_factory=Brand)
    classification: str = ""
    words: tuple[Words, ...] = ()
    dates: Dates = field(default_factory=Dates)
    left_out: tuple[str, ...] = ()
    # An earlier issued report or assessment, and this one, where there is something to compare with.
    since: tuple[Compared, Compared] | None = None
    # What was played on the inventory; None where there is no inventory.
    scenarios: ScenariosPlayed | None = None
    # The signature under the round; None while it is in work.
    signed: Signature | None = None
