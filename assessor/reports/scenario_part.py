"""The part of the report model that scenarios fill: the matrix, the map, concentration, stories, exercises."""

from typing import Literal

from assessor.reports.part import Part

State = Literal["unaffected", "degraded", "unaudited", "unprotected", "dark"]


class CellPart(Part):
    """How one workload stands in one scenario: worst case, in words with its range; `late` where dark for too long."""

    state: State
    words: str
    late: bool


class ScenarioRow(Part):
    """One scenario: `causes` in words, a cell for each workload of the chapter."""

    id: str
    title: str
    causes: str
    cells: tuple[CellPart, ...]


class NodePart(Part):
    """A workload or component on a map; `band` is who controls it."""

    id: str
    name: str
    kind: str
    band: str
    workload: bool
    mark: str
    mark_word: str
    hit: bool


class EdgePart(Part):
    """What needs what, or falls back to what."""

    source: str
    target: str
    kind: Literal["requires", "fallback"]
    marked: bool


class MapPart(Part):
    """One map, small enough to be read on a page. `own` names the band of what is in one's own hands."""

    title: str
    own: str
    nodes: tuple[NodePart, ...]
    edges: tuple[EdgePart, ...]


class ShareRow(Part):
    """A party, country, sign-in, cloud or site: critical workloads it stands behind, and how many of them it stops."""

    group: str
    name: str
    behind: int
    total: int
    stops: int
    workloads: str


class TurnPart(Part):
    """A workload that changes its state, and why."""

    name: str
    state: State
    words: str
    why: str


class MomentPart(Part):
    """One moment of a story."""

    when: str
    told: tuple[str, ...]
    turns: tuple[TurnPart, ...]


class LotPart(Part):
    """What becomes of a workload in a story; empty sentences are not printed."""

    name: str
    sentences: tuple[str, ...]


class StoryPart(Part):
    """One scenario told. `change` is the single change that would shrink it most."""

    title: str
    begins: str
    text: str
    source: str
    headline: str
    moments: tuple[MomentPart, ...]
    lots: tuple[LotPart, ...]
    shared: tuple[str, ...]
    unknowns: tuple[str, ...]
    change: str


class EntryFacts(Part):
    """What was written down at one step of an exercise; `when` is the step in words."""

    when: str
    kind: str
    text: str
    decided_by: str
    runbook: str
    workload: str


class ExerciseEntryPart(EntryFacts):
    """What was written down at a step. `noted_at` is ISO 8601 in UTC."""

    noted_at: str


class ExerciseFacts(Part):
    """What a table-top exercise was about, and who held it."""

    id: str
    title: str
    facilitator: str
    participants: tuple[str, ...]
    runbook: str
    pass_mark: str


class ExercisePart(ExerciseFacts):
    """The record of a table-top exercise. Times are ISO 8601 in UTC."""

    begun_at: str
    ended_at: str
    outcome: str
    conclusion: str
    entries: tuple[ExerciseEntryPart, ...]


class ScenarioChapter(Part):
    """What scenarios do to the workloads in scope. `more` counts the workloads that have no column here."""

    headline: str
    when: str
    computed_at: str
    workloads: tuple[str, ...]
    more: int
    rows: tuple[ScenarioRow, ...]
    maps: tuple[MapPart, ...]
    concentration_headline: str
    shares: tuple[ShareRow, ...]
    stories: tuple[StoryPart, ...]
    exercises: tuple[ExercisePart, ...] = ()
