"""What a questionnaire is: scale, dimensions, questions, profiles, words. Unknown keys are refused everywhere."""

from collections.abc import Sequence
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

    @cached_property
    def top(self) -> int:
        """The highest level."""
        return self.levels[-1].level

    @model_validator(mode="after")
    def _levels_count_up_from_zero(self) -> Self:
        if [level.level for level in self.levels] != list(range(len(self.levels))):
            raise ValueError("levels must count up from 0 without a gap")
        return self


Chapter = Literal["leaving", "closed-link", "checks"]
# What a question tells a chapter of the report, whatever dimension it belongs to.
Topic = Literal[
    "second-source", "notice", "runs-out", "reaches-out", "checked", "check-lost", "left-behind", "last-closing"
]


class Dimension(Part):
    """One of the things asked about. `chapter` dimensions get a chapter of their own in the report.

    A named chapter tells more than its questions: `leaving` (dialects, second source, terms, exit drills),
    `closed-link` (what breaks and when, disconnection drills), `checks` (what is checked where, what is left without).

    `levels` says what each level of the scale means here, from 0 upward. `weight` is the share of the dimension in
    the index, in any unit. `minimum` is the level below which this dimension is said to miss what is asked of it.
    """

    id: Id
    title: ShortText
    short: Annotated[str, Field(min_length=1, max_length=24)]
    asks: Text
    chapter: bool | Chapter = False
    levels: tuple[Text, ...] = ()
    weight: float = Field(default=1, gt=0, le=100)
    minimum: LevelNumber | None = None


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


class Item(Part):
    """One line of a checklist: a state that is so or not, and the level it takes part in.

    `controlled_by` names who can act as long as the line is not so.
    """

    id: Id
    level: LevelNumber
    text: Text
    controlled_by: tuple[Control, ...] = ()


class Condition(Part):
    """When a question is asked: only while a fact that carries no score is as said here, or is not known.

    Either an unscored question with one of `is` (yes or no), `at_least`, `at_most`; or the profile of the organisation.
    """

    question: QuestionId | None = None
    equals: Literal["yes", "no"] | None = Field(default=None, alias="is")
    at_least: float | None = None
    at_most: float | None = None
    profile: tuple[Id, ...] = ()

    model_config = ConfigDict(serialize_by_alias=True)


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


Kind = Literal["ladder", "checklist", "yes-no", "text", "number", "date"]


class Question(Part):
    """One thing asked about the weakest critical workload, on one axis.

    `title` names the subject in a few words, for lists and reports; `text` is what is asked. A `ladder` has `choices`,
    cumulative rungs; a `checklist` has `items`, and its level is the highest at which every item up to it is so; a
    `yes-no` has `if_yes` and `if_no` with their levels. A `text`, `number` (from `least` to `most`, in `unit`), `date`,
    or a `yes-no` without levels is a fact: it carries no score, and only facts decide what else is asked (`show_if`).
    `proof` is the tier that fully proves it; `proves` names kinds of evidence that count as tested here and nowhere
    else, up to the level `proves_up_to`: a table-top shows who decides, so only a question about that may list it.
    `topic` names what it tells a chapter of the report.
    """

    id: QuestionId
    dimension: Id
    kind: Kind = "ladder"
    quick: bool = False
    title: ShortText
    text: Text
    why: Text
    find_out: tuple[Text, ...] = ()
    evidence: tuple[Text, ...] = ()
    rulings: tuple[Text, ...] = ()
    weight: Literal[0, 1, 2, 3] = 0
    gate: bool = False
    proof: Tier = Tier.DECLARED
    proves: tuple[Literal["table-top"], ...] = ()
    proves_up_to: int | None = None
    may_not_apply: bool = False
    show_if: Condition | None = None
    choices: tuple[Choice, ...] = ()
    items: tuple[Item, ...] = ()
    if_yes: Choice | None = None
    if_no: Choice | None = None
    unit: Annotated[str, Field(max_length=40)] = ""
    least: float | None = None
    most: float | None = None
    findings: tuple[Bearing, ...] = ()
    topic: Topic | None = None
    remedies: tuple[Remedy, ...] = ()
    references: tuple[Reference, ...] = ()

    def proves_at(self, level: int) -> tuple[str, ...]:
        """Return the kinds of evidence that count as tested for an answer of this level, and nowhere else."""
        return self.proves if self.proves_up_to is None or level <= self.proves_up_to else ()

    @cached_property
    def scored(self) -> bool:
        """Whether an answer has a level; the others are facts."""
        return bool(self.levels)

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """The levels that an answer can have, ascending; () for a fact."""
        if self.kind == "ladder":
            return tuple(choice.level for choice in self.choices)
        if self.kind == "checklist":
            return tuple(sorted({0, *(item.level for item in self.items)}))
        return tuple(sorted({choice.level for choice in (self.if_no, self.if_yes) if choice is not None}))

    @cached_property
    def top(self) -> int:
        """The highest level an answer can have; 0 for a fact."""
        return self.levels[-1] if self.levels else 0

    def choice(self, level: int) -> Choice | None:
        """Return the rung (of a ladder) or the side (of a yes-no) at `level`, or None where there is none."""
        return self._choice_at.get(level)

    @cached_property
    def _choice_at(self) -> dict[int, Choice]:
        sides = [side for side in (self.if_yes, self.if_no) if side is not None]
        # The first of two at one level counts, and "no" before "yes".
        return {choice.level: choice for choice in (*sides, *reversed(self.choices))}

    def level_of(self, value: object) -> int | None:
        """Return the level of an answer: the ids of ticked items, or “yes” or “no”; None for a fact."""
        if self.kind == "checklist":
            ticked = value if isinstance(value, list | tuple) else ()
            missing = [item.level for item in self.items if item.id not in ticked]
            return max(level for level in self.levels if level < min(missing, default=level + 1))
        side = {"yes": self.if_yes, "no": self.if_no}.get(value) if isinstance(value, str) else None
        return side.level if side is not None else None

    def controls(self, level: int, ticked: Sequence[str] = ()) -> tuple[Control, ...]:
        """Return who can act at an answer: what the rung names, or every item of a checklist that is not so."""
        if self.kind == "checklist":
            return tuple(control for item in self.items if item.id not in ticked for control in item.controlled_by)
        choice = self.choice(level)
        return choice.controlled_by if choice is not None else ()

    def remedy(self, to: int) -> Remedy | None:
        """Return the remedy that leads to level `to`, or None."""
        return next((remedy for remedy in self.remedies if remedy.to == to), None)


class Profile(Part):
    """A kind of organisation, and the level it should reach in each dimension, with the reason."""

    id: Id
    name: ShortText
    because: Text
    targets: dict[Id, LevelNumber]


class Term(Part):
    """A word of the glossary."""

    term: ShortText
    means: Text


class CrosswalkRow(Part):
    """What a question of another questionnaire says on this scale: `levels[n]` is what its level n amounts to here.

    `up_to[n]` is the most it may amount to, where what would decide is not asked over there; without it, exactly
    `levels[n]`. `about` are the questions of this questionnaire that the row speaks about. The last level of either
    list stands for all above.
    """

    question: QuestionId
    levels: tuple[LevelNumber, ...] = Field(min_length=2, max_length=10)
    up_to: tuple[LevelNumber, ...] = Field(default=(), max_length=10)
    says: Text
    about: tuple[QuestionId, ...] = ()

    def amounts_to(self, level: int) -> int:
        """Return the level on this scale that `level` of the other questionnaire amounts to at least."""
        return self.levels[min(level, len(self.levels) - 1)]

    def reaches(self, level: int) -> int:
        """Return the level on this scale that `level` of the other questionnaire may amount to at most."""
        most = self.up_to or self.levels
        return most[min(level, len(most) - 1)]


class Crosswalk(Part):
    """What an assessment by `questionnaire` already says about one dimension of this one; always marked as derived."""

    dimension: Id
    questionnaire: Id
    rows: tuple[CrosswalkRow, ...] = Field(min_length=1)


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
    profiles: tuple[Profile, ...] = ()
    glossary: tuple[Term, ...] = ()
    crosswalk: tuple[Crosswalk, ...] = ()
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

    def in_place_of(self, source: "Questionnaire", foreign: frozenset[str]) -> "Questionnaire":
        """Return this translation as the same questionnaire as `source`, which it is: with the hash of the source.

        `foreign` are the ids of the questions that stayed in the language of the source.
        """
        self.__dict__["_content_hash"] = source.content_hash()
        self.__dict__["foreign"] = dict.fromkeys(foreign, source.language)
        return self

    @cached_property
    def foreign(self) -> dict[str, str]:
        """The questions that a translation lacks, each with the language it is in; {} where nothing was translated."""
        return {}

    @property
    def weighted(self) -> bool:
        """Whether its dimensions count differently in the index, which is then a figure of its own."""
        return len({dimension.weight for dimension in self.dimensions}) > 1

    def asked(self, scope: Literal["quick", "full"]) -> tuple[Question, ...]:
        """Return the questions of a scope, in the order they are asked."""
        return tuple(question for question in self.questions if scope == "full" or question.quick)

    def question(self, question_id: str) -> Question | None:
        """Return a question by id, or None."""
        return self._by_id.get(question_id)

    @cached_property
    def _by_id(self) -> dict[str, Question]:
        return {question.id: question for question in self.questions}

    def profile(self, profile_id: str) -> Profile | None:
        """Return a profile by id, or None."""
        return next((profile for profile in self.profiles if profile.id == profile_id), None)

    def rows_from(self, questionnaire_id: str, dimension: str = "") -> tuple[CrosswalkRow, ...]:
        """Return what another questionnaire already says here, about one dimension or about all; () for nothing."""
        return tuple(
            row
            for one in self.crosswalk
            if one.questionnaire == questionnaire_id and dimension in ("", one.dimension)
            for row in one.rows
        )

    def party(self, party_id: str) -> Party:
        """Return a party by id; the loader has checked that every id used exists."""
        return next(party for party in self.parties if party.id == party_id)
