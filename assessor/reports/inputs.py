"""What a report is made from: plain records that a database row and a YAML file can both become."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from assessor.evidence import Tier
from assessor.probes.result import ProbeResult
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.scorecard import AnswerState, Scorecard


@dataclass(frozen=True)
class EvidenceRecord:
    """One piece of evidence behind an answer: what, where, which version, of which day, until when."""

    tier: Tier
    kind: str
    description: str
    place: str = ""
    version: str = ""
    taken_on: date | None = None
    expires_on: date | None = None
    stale: bool = False


@dataclass(frozen=True)
class AnswerRecord:
    """What was answered to one question, by whom and when (UTC)."""

    state: AnswerState
    level: int | None = None
    note: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    evidence: tuple[EvidenceRecord, ...] = ()


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
