"""From an inventory, and what a scenario does to it, to the map and to the same as an indented list. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.reports import scenario_words as words
from assessor.reports.dependency_map import draw
from assessor.reports.map_layout import MapEdge, MapNode
from assessor.reports.map_names import told_apart
from assessor.scenarios.graph import Component, Fallback, Hosting, Inventory, Kind, Requires
from assessor.scenarios.results import Availability, Horizon, Outcome, Simulation

DEEPEST = 6
_NOWHERE: Mapping[str, str] = MappingProxyType({})
OWN = frozenset({Hosting.OWN_PREMISES, Hosting.ISOLATED})
# One's own people, where nobody else is named.
PEOPLE = frozenset({Kind.TEAM, Kind.MANUAL_PROCEDURE})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the indented list. `again` where what it needs was listed before; `href` is the page of the thing."""

    depth: int
    name: str
    kind: str
    band: str
    edge: str
    mark: str
    mark_word: str
    again: bool
    children: tuple["Line", ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Map:
    """The drawing, the list that says the same, and whether there is anything to see."""

    svg: SafeString
    lines: tuple[Line, ...]
    components: int
    empty: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """What a drawing is made from."""

    nodes: tuple[MapNode, ...]
    edges: tuple[MapEdge, ...]


def graph_of(inventory: Inventory, workloads: Collection[str]) -> Graph:
    """Return some workloads and all that they need or fall back to."""
    return _graph(inventory, workloads, {}, frozenset(), frozenset(), frozenset(), {})


def band_of(component: Component) -> str:
    """Return who controls a component, as the name of its band on the map; "" where nobody knows.

    What runs on own premises is in one's own hands whoever made it: nobody outside can reach it.
    """
    party = component.parent or component.seller or component.maker
    if component.hosting in OWN or (party is None and component.kind in PEOPLE):
        return _("In your own hands")
    if party is None:
        return ""
    return f"{party} · {', '.join(component.countries)}" if component.countries else party


def of_inventory(
    inventory: Inventory, workloads: Collection[str] | None = None, pages: Mapping[str, str] = _NOWHERE
) -> Map:
    """Return the map of an inventory as it is on a good day; `pages` has the address of each thing that has one."""
    return _drawn(inventory, workloads, {}, frozenset(), frozenset(), _("Dependency map"), pages=pages)


def of_scenario(
    inventory: Inventory,
    simulation: Simulation,
    horizon: Horizon,
    workloads: Collection[str] | None = None,
    pages: Mapping[str, str] = _NOWHERE,
) -> Map:
    """Return the map with what a scenario does by `horizon`: states of workloads, what is hit, and the paths.

    `pages` is as in `of_inventory`.
    """
    outcomes = [
        one
        for one in simulation.outcomes
        if one.horizon is horizon and (workloads is None or one.workload in workloads)
    ]
    marks = {one.workload: (one.felt.word, _mark_words(one)) for one in outcomes}
    on_path = {step.id for one in outcomes if one.felt for step in one.path}
    on_path |= {one.workload for one in outcomes if one.felt}
    hit = frozenset(simulation.matched)
    title = _("Dependency map, %(when)s") % {"when": words.horizon_words(horizon)}
    perhaps = frozenset(simulation.perhaps)
    return _drawn(inventory, workloads, marks, hit, frozenset(on_path), title, perhaps, pages=pages)


def _mark_words(outcome: Outcome) -> str:
    return words.range_words(outcome.felt, min(outcome.best, outcome.felt))


def _drawn(
    inventory: Inventory,
    workloads: Collection[str] | None,
    marks: Mapping[str, tuple[str, str]],
    hit: frozenset[str],
    on_path: frozenset[str],
    title: str,
    perhaps: frozenset[str] = frozenset(),
    *,
    pages: Mapping[str, str],
) -> Map:
    graph = _graph(inventory, workloads, marks, hit, on_path, perhaps, pages)
    names = told_apart({one.id: one.name for one in graph.nodes})
    nodes = tuple(replace(one, name=names[one.id]) for one in graph.nodes)
    edges = graph.edges
    shown = [one.id for one in nodes if one.workload]
    svg = draw(
        nodes,
        edges,
        title=title,
        description=_(
            "Workloads on the left, what they need to the right, in one band for each party that controls it."
        ),
        ident="map",
        first_bands=(_("In your own hands"),),
    )
    named = {one.id: one for one in nodes}
    targets = _targets(inventory)
    lines = tuple(_line(one, "", 0, named, targets, set()) for one in shown)
    return Map(svg, lines, len(nodes) - len(shown), not nodes)


def _graph(
    inventory: Inventory,
    workloads: Collection[str] | None,
    marks: Mapping[str, tuple[str, str]],
    hit: frozenset[str],
    on_path: frozenset[str],
    perhaps: frozenset[str],
    pages: Mapping[str, str],
) -> Graph:
    shown = [one for one in inventory.workloads if workloads is None or one.id in workloads]
    needed = _reached({one.id for one in shown}, inventory) if workloads is not None else None
    parts = [one for one in inventory.components if needed is None or one.id in needed]
    state: dict[str, tuple[str, str]] = dict(marks)
    for one in parts:
        if one.id in hit:
            state[one.id] = (Availability.DARK.word, _("hit by the scenario"))
        elif one.id in perhaps:
            state[one.id] = ("perhaps", _("perhaps hit"))
    nodes = [
        MapNode(
            one.id,
            one.name,
            _(words.KINDS["workload"]),
            "",
            True,
            *state.get(one.id, ("", "")),
            href=pages.get(one.id, ""),
        )
        for one in shown
    ]
    nodes += [
        MapNode(
            one.id,
            one.name,
            _(words.KINDS[one.kind.value]),
            band_of(one),
            False,
            *state.get(one.id, ("", "")),
            one.id in hit,
            pages.get(one.id, ""),
        )
        for one in parts
    ]
    edges = [
        MapEdge(one.source, one.target, "requires", one.source in on_path and one.target in on_path)
        for one in inventory.requires
    ]
    edges += [
        MapEdge(one.source, one.target, "fallback", one.source in on_path and one.target in on_path)
        for one in inventory.fallbacks
    ]
    return Graph(tuple(nodes), tuple(edges))


def _reached(start: set[str], inventory: Inventory) -> set[str]:
    near: dict[str, list[str]] = defaultdict(list)
    edges: list[Requires | Fallback] = [*inventory.requires, *inventory.fallbacks]
    for one in edges:
        near[one.source].append(one.target)
    for way in inventory.fallbacks:
        near[way.source].extend(way.safety_path)
    seen, todo = set(start), list(start)
    while todo:
        for target in near[todo.pop()]:
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def _targets(inventory: Inventory) -> Mapping[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    needs, falls_back, checked = _("needs"), _("falls back to"), _("and then checks with")
    for one in inventory.requires:
        found[one.source].append((one.target, needs))
    for way in inventory.fallbacks:
        found[way.source].append((way.target, falls_back))
        found[way.source] += [(check, checked) for check in way.safety_path]
    return found


def _line(
    name: str,
    edge: str,
    depth: int,
    named: Mapping[str, MapNode],
    targets: Mapping[str, list[tuple[str, str]]],
    seen: set[str],
) -> Line:
    node = named[name]
    again = name in seen
    seen.add(name)
    below = [one for one in targets.get(name, ()) if one[0] in named]
    cut = again or depth >= DEEPEST
    children = () if cut else tuple(_line(to, how, depth + 1, named, targets, seen) for to, how in below)
    further = cut and bool(below)
    return Line(depth, node.name, node.kind, node.band, edge, node.mark, node.mark_word, further, children, node.href)
