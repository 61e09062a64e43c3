"""From what scenarios gave to the chapter of the report: bounded, cleaned, in the language of the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.reports import map_names
from assessor.reports.dependency_map import draw, draw_in_strips
from assessor.reports.map_layout import MapEdge, MapNode
from assessor.reports.scenario_map import Graph, graph_of
from assessor.reports.scenario_matrix import Matrix
from assessor.reports.scenario_part import (
    CellPart,
    EdgePart,
    EntryFacts,
    ExerciseEntryPart,
    ExerciseFacts,
    ExercisePart,
    LotPart,
    MapPart,
    MomentPart,
    NodePart,
    ScenarioChapter,
    ScenarioRow,
    ShareRow,
    StoryPart,
    TurnPart,
)
from assessor.reports.scenario_story import Lot, Story
from assessor.reports.scenario_words import STATES, horizon_words
from assessor.reports.text import LINE_LENGTH, NAME_LENGTH, clean, clean_lines, moment
from assessor.scenarios.graph import Inventory

# What a page of print can hold.
MOST_COLUMNS = 7
MOST_NODES = 22
MOST_MAPS = 3
# The part of its width that a strip of a map is high: a third of a page of A4, so that no more of one stays empty.
TALLEST_STRIP = 0.45
MOST_SHARES = 5
MOST_ENTRIES = 60


class EntryRecord(EntryFacts):
    """What was written down at one step, and when (UTC)."""

    noted_at: datetime


class ExerciseRecord(ExerciseFacts):
    """A table-top exercise that is over. Times are UTC."""

    begun_at: datetime
    ended_at: datetime | None
    passed: bool | None
    conclusion: str
    entries: tuple[EntryRecord, ...]


@dataclass(frozen=True)
class ScenariosPlayed:
    """Everything that the chapter is made from; `shares` are rows of concentration that are in words already."""

    inventory: Inventory
    workloads: frozenset[str]
    matrix: Matrix
    computed_at: datetime | None
    concentration_headline: str
    shares: tuple[ShareRow, ...]
    stories: tuple[Story, ...]
    exercises: tuple[ExerciseRecord, ...] = ()


def chapter(played: ScenariosPlayed) -> ScenarioChapter:
    """Return the chapter."""
    matrix = played.matrix
    order = {"critical": 0, "important": 1, "supporting": 2}
    columns = sorted(range(len(matrix.columns)), key=lambda at: (order[matrix.columns[at].criticality], at))
    shown = sorted(columns[:MOST_COLUMNS])
    return ScenarioChapter(
        headline=matrix.headline,
        when=horizon_words(matrix.horizon),
        computed_at=moment(played.computed_at),
        workloads=tuple(clean(matrix.columns[at].name, NAME_LENGTH) for at in shown),
        more=len(columns) - len(shown),
        rows=tuple(
            ScenarioRow(
                id=row.id,
                title=clean(row.title, NAME_LENGTH),
                causes=row.causes,
                cells=tuple(_cell(*row.cells[at]) for at in shown),
            )
            for row in matrix.rows
        ),
        maps=tuple(_maps(played)),
        concentration_headline=clean(played.concentration_headline),
        shares=played.shares,
        stories=tuple(_story(one) for one in played.stories),
        exercises=tuple(_exercise(one) for one in played.exercises),
    )


def _cell(worst: str, best: str, late: bool) -> CellPart:
    said = _(STATES[worst])
    if best != worst:
        said = _("%(best)s to %(worst)s") % {"best": _(STATES[best]), "worst": said}
    return CellPart.model_validate({"state": worst, "words": said, "late": late})


def _maps(played: ScenariosPlayed) -> list[MapPart]:
    """Return maps of a readable size: workloads together as long as what they need fits."""
    whole = graph_of(played.inventory, played.workloads)
    groups: list[list[str]] = []
    for workload in (node.id for node in whole.nodes if node.workload):
        last = [*groups[-1], workload] if groups else [workload]
        if groups and len(graph_of(played.inventory, last).nodes) <= MOST_NODES:
            groups[-1] = last
        else:
            groups.append([workload])
    found = []
    for number, group in enumerate(groups[:MOST_MAPS], 1):
        graph = graph_of(played.inventory, group)
        title = _("Dependency map")
        if len(groups) > 1:
            told = {"title": title, "number": number, "total": len(groups)}
            title = _("%(title)s, %(number)d of %(total)d") % told
        if number == MOST_MAPS < len(groups):
            title = _("%(title)s (the others are shown in the product only)") % {"title": title}
        found.append(_map(title, graph))
    return found


def _map(title: str, graph: Graph) -> MapPart:
    nodes = tuple(
        NodePart(
            id=one.id,
            name=clean(one.name, NAME_LENGTH),
            kind=one.kind,
            band=clean(one.band, NAME_LENGTH),
            workload=one.workload,
            mark=one.mark,
            mark_word=one.mark_word,
            hit=one.hit,
        )
        for one in graph.nodes[: 2 * MOST_NODES]
    )
    kept = {one.id for one in nodes}
    edges = tuple(
        EdgePart(source=one.source, target=one.target, kind=one.kind, marked=one.marked)
        for one in graph.edges
        if one.source in kept and one.target in kept
    )
    return MapPart(title=title, own=_("In your own hands"), nodes=nodes, edges=edges)


def drawn(part: MapPart, ident: str) -> SafeString:
    """Return a map of the chapter as SVG."""
    nodes, edges = _graph(part)
    return draw(nodes, edges, title=part.title, description=_described(), ident=ident, first_bands=(part.own,))


def drawn_for_print(part: MapPart, ident: str) -> SafeString:
    """Return the same in strips, between which a page can end."""
    nodes, edges = _graph(part)
    strips = draw_in_strips(
        nodes,
        edges,
        title=part.title,
        description=_described(),
        ident=ident,
        first_bands=(part.own,),
        tallest=TALLEST_STRIP,
    )
    return SafeString("".join(strips))


def _graph(part: MapPart) -> tuple[list[MapNode], list[MapEdge]]:
    nodes = [
        MapNode(one.id, one.name, one.kind, one.band, one.workload, one.mark, one.mark_word, one.hit)
        for one in part.nodes
    ]
    return nodes, [MapEdge(one.source, one.target, one.kind, one.marked) for one in part.edges]


def _described() -> str:
    return _("Workloads on the left, what they need to the right, in one band for each party that controls it.")


def told_apart(parts: Sequence[MapPart]) -> tuple[MapPart, ...]:
    """Return maps in which no two names look alike, whichever of the maps they stand on."""
    names = map_names.told_apart({node.id: node.name for part in parts for node in part.nodes})
    return tuple(
        part.model_copy(
            update={"nodes": tuple(node.model_copy(update={"name": names[node.id]}) for node in part.nodes)}
        )
        for part in parts
    )


def needs(part: MapPart) -> list[tuple[str, str, str, str]]:
    """Return the same as rows of a table: name, kind, who controls it, and what needs it or falls back to it."""
    names = {one.id: one.name for one in part.nodes}
    found = []
    for one in part.nodes:
        if one.workload:
            continue
        by = [names[edge.source] for edge in part.edges if edge.target == one.id and edge.kind == "requires"]
        stands = [names[edge.source] for edge in part.edges if edge.target == one.id and edge.kind == "fallback"]
        said = [_("needed by %(names)s") % {"names": ", ".join(by)}] if by else []
        said += [_("stands in for %(names)s") % {"names": ", ".join(stands)}] if stands else []
        found.append((one.name, one.kind, one.band or _("not known"), "; ".join(said)))
    return sorted(found, key=lambda row: (row[2].casefold(), row[0].casefold()))


def _story(story: Story) -> StoryPart:
    scenario = story.scenario
    title = f"{scenario.title}: {story.picked}" if story.picked else scenario.title
    return StoryPart(
        title=clean(title, NAME_LENGTH),
        begins=clean(story.begins),
        text=clean_lines(scenario.story),
        source="; ".join(clean(f"{one.name}, {one.dated}") for one in scenario.sources),
        headline=story.headline,
        moments=tuple(
            MomentPart(
                when=one.when,
                told=tuple(clean_lines(text) for text in one.told),
                turns=tuple(
                    TurnPart.model_validate(
                        {"name": clean(it.name, NAME_LENGTH), "state": it.state, "words": it.words}
                        | {"why": clean(it.why, 2 * LINE_LENGTH)}
                    )
                    for it in one.turns
                ),
            )
            for one in story.moments
            if one.told or one.turns
        ),
        lots=tuple(LotPart(name=clean(one.name, NAME_LENGTH), sentences=_sentences(one)) for one in story.lots),
        shared=tuple(clean(one) for one in story.shared),
        unknowns=tuple(clean(one) for one in story.unknowns[:12]),
        change=clean(story.change),
    )


def _sentences(lot: Lot) -> tuple[str, ...]:
    said: Sequence[str] = (lot.why, lot.tolerance, lot.room, lot.restart, lot.forced_off, lot.ends)
    found = [clean(one, 2 * LINE_LENGTH) for one in said if one]
    if lot.compelled:
        found.append(_("Could be ordered out: %(what)s.") % {"what": clean("; ".join(lot.compelled), LINE_LENGTH)})
    return tuple(found) or (_("Nothing it needs is hit."),)


def _exercise(one: ExerciseRecord) -> ExercisePart:
    outcome = {True: _("passed"), False: _("not passed"), None: _("not judged")}[one.passed]
    return ExercisePart(
        id=one.id,
        title=clean(one.title, NAME_LENGTH),
        facilitator=clean(one.facilitator, NAME_LENGTH),
        participants=tuple(clean(it, NAME_LENGTH) for it in one.participants[:20]),
        runbook=clean(one.runbook),
        pass_mark=clean(one.pass_mark),
        begun_at=moment(one.begun_at),
        ended_at=moment(one.ended_at),
        outcome=outcome,
        conclusion=clean_lines(one.conclusion),
        entries=tuple(
            ExerciseEntryPart(
                when=it.when,
                kind=it.kind,
                text=clean_lines(it.text, 1000),
                decided_by=clean(it.decided_by, NAME_LENGTH),
                runbook=clean(it.runbook),
                workload=clean(it.workload, NAME_LENGTH),
                noted_at=moment(it.noted_at),
            )
            for it in one.entries[:MOST_ENTRIES]
        ),
    )
