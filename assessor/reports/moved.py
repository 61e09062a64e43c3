"""The part of the report model that says what moved since an earlier reading, and who moved it."""

from typing import Literal

from assessor.reports.part import AboutQuestion, Part
from assessor.scoring.scorecard import Reading

# Who moved a level: you (answers, evidence, disputes, scope), the questionnaire or the method, a probe, or time.
Mover = Literal["you", "questionnaire", "probe", "age"]


class LevelChange(Part):
    """A level then and now (None: none was shown); `movers` only where it moved, `sentence` says all of it."""

    reading: Reading
    before: int | None
    after: int | None
    before_label: str
    after_label: str
    movers: tuple[Mover, ...]
    sentence: str


class DimensionChange(Part):
    """Both readings of a dimension then and now."""

    dimension: str
    title: str
    short: str
    claimed: LevelChange
    verified: LevelChange


class QuestionChange(AboutQuestion):
    """A question that something happened to: what, by whom, and its levels then and now ("–": none)."""

    presence: Literal["both", "new", "gone"]
    moved: bool
    movers: tuple[Mover, ...]
    because: tuple[str, ...]
    claimed: tuple[int | None, int | None]
    verified: tuple[int | None, int | None]
    claimed_label: str
    verified_label: str
    movers_label: str = ""


class MoverCount(Part):
    """How many questions one of the four moved; `label` says it in words."""

    mover: Mover
    label: str
    count: int


class Movement(Part):
    """What moved since an earlier reading: an issued report, or an earlier assessment of the same organisation.

    Times are ISO 8601 in UTC. Every dimension of either side has a row, `changes` are all questions that something
    happened to, those whose level or state moved first.
    """

    headline: str
    before: str
    before_at: str
    after: str
    after_at: str
    claimed: LevelChange
    verified: LevelChange
    dimensions: tuple[DimensionChange, ...]
    movers: tuple[MoverCount, ...]
    changes: tuple[QuestionChange, ...]
