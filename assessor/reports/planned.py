"""The part of the report model that tells the way to the target: moves, plans, and where dimensions should stand."""

from typing import Literal

from assessor.reports.part import AboutQuestion, Part
from assessor.scoring.scorecard import Reading


class MoveRow(AboutQuestion):
    """One move of the roadmap: which question, from where to where, how, with which evidence and effort.

    `gain` says which level it lets its dimension reach, `repeats` that the same steps stand in the claimed plan.
    `owner`, `due_on` (ISO 8601) and `state` are what was said of who sees to it; empty where nobody said so.
    """

    reading: Reading
    current: int
    to: int
    actions: tuple[str, ...]
    proof: str
    lift: tuple[str, ...]
    effort_days: tuple[float, float]
    effort: str
    gain: str = ""
    repeats: bool = False
    owner: str = ""
    due_on: str = ""
    state: Literal["", "planned", "started", "done"] = ""
    state_label: str = ""


class Plan(Part):
    """The fewest moves of one reading: to the overall level `to` (`next`), then on to every target (`target`).

    `least_effort` names the moves that take less effort, where the fewest are not the easiest.
    """

    reading: Reading
    kind: Literal["next", "target"] = "next"
    to: int
    headline: str
    moves: tuple[MoveRow, ...]
    effort_days: tuple[float, float]
    effort: str
    least_effort: str = ""


class TargetRow(Part):
    """Where a dimension stands and should stand; `reached` compares the claimed level, None without a target."""

    dimension: str
    title: str
    claimed_label: str
    verified_label: str
    target: int | None
    target_label: str
    reached: bool | None


class Targets(Part):
    """The target of the assessment: the profile it comes from ("" for none), why, and each dimension."""

    profile: str = ""
    because: str = ""
    headline: str = ""
    rows: tuple[TargetRow, ...] = ()
