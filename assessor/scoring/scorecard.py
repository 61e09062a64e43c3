"""What goes into a score and what comes out: plain immutable records that can be stored as JSON."""

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict

from assessor.evidence import Finding, Tier
from assessor.questionnaire.schema import Control

Scope = Literal["quick", "full"]
AnswerState = Literal["answered", "unknown", "not-applicable", "not-asked", "hidden"]
AnswerValue = str | float | tuple[str, ...] | None
Reading = Literal["claimed", "verified"]
BlockerKind = Literal["gate", "share", "floor"]
# Frozen records are filled past their own guard: by the slots of their base, a quarter faster than by name.
_new = object.__new__
_put_values, _put_names, _put_extra, _put_private = (
    vars(BaseModel)[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


class Record(BaseModel):
    """An immutable record of the scoring room."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    # Shared by all records of a class: they are frozen, and a copy takes a copy of it.
    _names: ClassVar[set[str]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        cls._names = set(cls.model_fields)

    @classmethod
    def built(cls, **fields: Any) -> Self:
        """Return a record of our own values, every field given, without checking each again (half the time of a score).

        What `model_construct` does, less its search for defaults and aliases.
        """
        record = _new(cls)
        _put_values(record, fields)
        _put_names(record, cls._names)
        _put_extra(record, None)
        _put_private(record, None)
        return record


class Proof(Record):
    """One piece of evidence as the score sees it: its tier, and the level of the choice it was given for."""

    tier: Tier
    level: int


class GivenAnswer(Record):
    """What was said to one question, and the proofs attached.

    `level` is the rung chosen; `value` what was said where no rung was: ticked items, yes or no, or a fact. `others`
    are the answers of further critical workloads, where they were asked one by one: the lowest counts.
    """

    question: str
    state: AnswerState
    level: int | None = None
    value: AnswerValue = None
    proofs: tuple[Proof, ...] = ()
    others: tuple["GivenAnswer", ...] = ()


class ProbedEndpoint(Record):
    """An endpoint in scope with a role in a workload, and what the latest probe found there (empty: nothing).

    `stale` marks a probe past its age, `unsigned` one that was brought in from a file: caps still hold, what it
    supports counts as documented only.
    """

    id: str
    name: str
    role: str
    stale: bool = False
    unsigned: bool = False
    findings: tuple[Finding, ...] = ()


class Weighed(Record):
    """A finding that bears on a question: the level it supports or caps, the sentence that says why, who can act."""

    endpoint: str
    finding: Finding
    supports: int | None
    caps: int | None
    because: str
    controlled_by: Control | None = None


class QuestionScore(Record):
    """One question: `claimed` and `verified` levels (None: not applicable), and what led from one to the other.

    `evidence_cap` is the highest level the attached evidence can carry, `finding_cap` the lowest cap of a finding
    (None: no cap), `supported` the level findings support. `evidenced` tells whether anything beyond a word stands
    behind the answer, or nothing needs to. A fact has weight 0 and no level; a question that a fact hides has the
    state `hidden` and no level.
    """

    question: str
    dimension: str
    weight: int
    gate: bool
    state: AnswerState
    tier: Tier
    claimed: int | None
    verified: int | None
    evidence_cap: int
    finding_cap: int | None
    supported: int | None
    evidenced: bool
    weighed: tuple[Weighed, ...]

    @property
    def contradicted(self) -> bool:
        """Whether a finding says less than the answer does."""
        if self.finding_cap is None:
            return False
        return self.claimed is None or self.claimed > self.finding_cap


class Blocker(Record):
    """A question that keeps a dimension from its next level: as a gate, by its weight, or by lying too low."""

    question: str
    kind: BlockerKind
    level: int
    needed: int


class LevelReading(Record):
    """One reading of a dimension or of the whole.

    `level` is None where nothing applies. `share_reached` is the part of the applicable weight (0 to 1) that is at
    the next level or above, `share_needed` the part that would be enough; `blockers` keep the next level away.
    """

    level: int | None
    index: float
    share_reached: float
    share_needed: float
    blockers: tuple[Blocker, ...]


class DimensionScore(Record):
    """One dimension. `coverage` and `confidence` are parts of its weight, 0 to 1.

    `worst_if_unknown_known` and `best_if_unknown_known` are the ends of the range in which the claimed level lies once
    every "I don't know" has an answer (None: nothing applies); without unknown answers both are the claimed level.

    `minimum` is the level asked of it (None: none), `below_minimum` tells whether the claimed level misses it.
    """

    dimension: str
    claimed: LevelReading
    verified: LevelReading
    verified_printed: bool
    worst_if_unknown_known: int | None
    best_if_unknown_known: int | None
    coverage: float
    confidence: float
    provisional: bool
    minimum: int | None = None

    @property
    def below_minimum(self) -> bool:
        """Whether the claimed level misses the minimum."""
        return self.minimum is not None and self.claimed.level is not None and self.claimed.level < self.minimum


class Overall(Record):
    """The whole: the lowest dimension, and which dimensions hold it there. `index` runs from 0 to 100."""

    level: int
    held_by: tuple[str, ...]
    index: float


class Switch(Record):
    """Somebody who can act against you today, by what, and how that is known."""

    party: str
    by: str
    known: Literal["said", "seen"]
    question: str
    endpoint: str = ""


class Scorecard(Record):
    """Everything the method says about one assessment; stored with the versions that made it.

    `worst_if_unknown_known` and `best_if_unknown_known` are the lowest ends of the dimensions' ranges: the overall
    claimed level if every unknown answer turned out worst, and if it turned out best.
    """

    method_version: str
    questionnaire: str
    questionnaire_version: str
    questionnaire_hash: str
    scope: Scope
    indicative: bool
    questions: tuple[QuestionScore, ...]
    dimensions: tuple[DimensionScore, ...]
    claimed: Overall
    verified: Overall
    verified_printed: bool
    worst_if_unknown_known: int
    best_if_unknown_known: int
    coverage: float
    confidence: float
    provisional: bool
    switches: tuple[Switch, ...]
    not_known: tuple[str, ...]

    def question(self, question_id: str) -> QuestionScore:
        """Return the score of one question in scope; raises KeyError for another."""
        for score in self.questions:
            if score.question == question_id:
                return score
        raise KeyError(question_id)

    def dimension(self, dimension_id: str) -> DimensionScore:
        """Return the score of one dimension; raises KeyError for another."""
        for score in self.dimensions:
            if score.dimension == dimension_id:
                return score
        raise KeyError(dimension_id)

    @property
    def contradictions(self) -> tuple[QuestionScore, ...]:
        """The questions in which a finding says less than the answer."""
        return tuple(score for score in self.questions if score.contradicted)
