"""What a questionnaire is: scale, dimensions, questions, choices. Unknown keys are refused everywhere."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assessor.content import content_hash
from assessor.evidence import Code, Tier

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
QuestionId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$", max_length=80)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LevelNumber = Annotated[int, Field(ge=0, le=9)]


class Part(BaseModel):
    """A part of a questionnaire: immutable, and no key that the schema does not know."""

    # Stripped, so that a trailing line break of a YAML block changes neither text nor hash.
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Level(Part):
    """One step of the scale: what an outsider's act still does to you at this level."""

    level: LevelNumber
    name: ShortText
    meaning: Text
    horizon: ShortText


class Caps(Part):
    """The highest level that weaker evidence can carry where the question asks for more."""

    declared: LevelNumber
    documented: LevelNumber
    observed: LevelNumber


class Scale(Part):
    """The level rule of a questionnaire; every threshold is content, none is code.

    `share`: part of the applicable weight (0 to 1) that must reach a level. `slack`: how far below the level any one
    question may lie. `needs_no_proof`: answers up to this level stand without evidence. `evidenced_share`: part of
    the weight that must be evidenced before a verified level is printed. `coverage`: below it a level is
    provisional. `not_applicable_share`: above it a dimension is provisional.
    """

    levels: tuple[Level, ...] = Field(min_length=2, max_length=10)
    share: float = Field(gt=0, le=1)
    slack: int = Field(ge=0, le=9)
    needs_no_proof: LevelNumber
    caps: Caps
    evidenced_share: float = Field(ge=0, le=1)
    coverage: float = Field(ge=0, le=1)
    not_applicable_share: float = Field(ge=0, le=1)

    @property
    def top(self) -> int:
        """The highest level."""
        return self.levels[-1].level

    @model_validator(mode="after")
    def _levels_count_up_from_zero(self) -> Self:
        if [level.level for level in self.levels] != list(range(len(self.levels))):
            raise ValueError("levels must count up from 0 without a gap")
        return self


class Dimension(Part):
    """One of the things asked about. `chapter` dimensions get a chapter of their own in the report."""

    id: Id
    title: ShortText
    short: Annotated[str, Field(min_length=1, max_length=24)]
    asks: Text
    chapter: bool = False


class Party(Part):
    """Somebody who could act against you, as the board page names them."""

    id: Id
    name: ShortText


class Control(Part):
    """Who holds a switch at a rung, and by what act: `party` is an id, `by` ends the sentence "can … by"."""

    party: Id
    by: ShortText


class Choice(Part):
    """One rung of a ladder: a state, not evidence. `event` is what hurts here and no longer one rung up."""

    level: LevelNumber
    text: Text
    event: Text | None = None
    controlled_by: tuple[Control, ...] = ()


class Bearing(Part):
    """A finding code (or a prefix of one) that bears on a question, and what it supports or caps.

    `supports: n` lets a finding of strength A or better evidence an answer up to n as observed. `caps: n` limits the
    verified answer to n whatever is said. `because` is the sentence printed beside it.
    """

    code: Code
    supports: LevelNumber | None = None
    caps: LevelNumber | None = None
    because: Text
    controlled_by: Control | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if (self.supports is None) == (self.caps is None):
            raise ValueError("give either supports or caps")
        return self


class Remedy(Part):
    """How to climb to level `to`; `effort` is a range in person-days."""

    to: LevelNumber
    text: Text
    effort: tuple[float, float]

    @model_validator(mode="after")
    def _effort_is_a_range(self) -> Self:
        if not 0 < self.effort[0] <= self.effort[1]:
            raise ValueError("effort must be two numbers of person-days, low then high, above 0")
        return self


class Reference(Part):
    """A paragraph of a law or standard by identifier, and the day it was checked against the text."""

    id: ShortText
    checked: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    source: ShortText


class Question(Part):
    """A ladder over the levels: one unit (the weakest critical workload), one axis, cumulative rungs.

    `title` names the subject in a few words, for lists and reports; `text` is what is asked.
    """

    id: QuestionId
    dimension: Id
    kind: Literal["ladder"] = "ladder"
    quick: bool = False
    title: ShortText
    text: Text
    why: Text
    find_out: tuple[Text, ...] = Field(min_length=1)
    evidence: tuple[Text, ...] = Field(min_length=1)
    rulings: tuple[Text, ...] = Field(min_length=1)
    weight: Literal[1, 2, 3]
    gate: bool = False
    proof: Tier
    may_not_apply: bool = False
    choices: tuple[Choice, ...] = Field(min_length=2)
    findings: tuple[Bearing, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    references: tuple[Reference, ...] = ()

    def choice(self, level: int) -> Choice | None:
        """Return the rung at `level`, or None where the ladder has no such rung."""
        return next((choice for choice in self.choices if choice.level == level), None)

    def remedy(self, to: int) -> Remedy | None:
        """Return the remedy that leads to level `to`, or None."""
        return next((remedy for remedy in self.remedies if remedy.to == to), None)


class Questionnaire(Part):
    """A whole questionnaire as its author wrote it, with its id and version."""

    id: Id
    version: Annotated[str, Field(pattern=r"^\d{4}\.\d{1,2}(\.\d+)?$")]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    title: ShortText
    introduction: Text
    inspired_by: Text | None = None
    scale: Scale
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    parties: tuple[Party, ...] = ()
    questions: tuple[Question, ...] = Field(min_length=1)

    def content_hash(self) -> str:
        """Return the sha256 of the canonical content; two files that say the same have the same hash.

        Defaults are left out, so that a stored hash still holds when a later version knows a further optional key.
        """
        return self._content_hash

    @cached_property
    def _content_hash(self) -> str:
        # Every score carries the hash, and hashing 80 kB takes longer than scoring it.
        return content_hash(self.model_dump(mode="json", exclude_defaults=True))

    def asked(self, scope: Literal["quick", "full"]) -> tuple[Question, ...]:
        """Return the questions of a scope, in the order they are asked."""
        return tuple(question for question in self.questions if scope == "full" or question.quick)

    def question(self, question_id: str) -> Question | None:
        """Return a question by id, or None."""
        return next((question for question in self.questions if question.id == question_id), None)

    def party(self, party_id: str) -> Party:
        """Return a party by id; the loader has checked that every id used exists."""
        return next(party for party in self.parties if party.id == party_id)
