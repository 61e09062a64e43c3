"""Where things stand on the dependency map: workloads left, what they need to the right, in one band for each party.

Pure geometry in the units of the drawing. Nothing depends on the order in which rows come: ties are broken by name.
Work is bounded by (nodes + edges) times a small constant; loops are drawn, not followed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

COLUMNS = 4
SWEEPS = 4

NODE_WIDTH = 176.0
NODE_HEIGHT = 40.0
NODE_GAP = 12.0
COLUMN_GAP = 46.0
BAND_HEAD = 24.0
BAND_FOOT = 10.0
BAND_GAP = 8.0
TOP = 8.0
EDGE = 2.0

EdgeKind = Literal["requires", "fallback"]


@dataclass(frozen=True, slots=True)
class MapNode:
    """A workload or a component. `band` is who controls it, "" for a workload; `mark` names its state, "" for none.

    `mark_word` says the state in words, `hit` that the scenario takes this very thing away. `href` is the address of
    its page; "" where there is none, as on paper.
    """

    id: str
    name: str
    kind: str
    band: str = ""
    workload: bool = False
    mark: str = ""
    mark_word: str = ""
    hit: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class MapEdge:
    """What needs what. `marked` where it is part of the path that explains a result."""

    source: str
    target: str
    kind: EdgeKind = "requires"
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A node with the upper left corner of its box."""

    node: MapNode
    x: float
    y: float
    column: int

    @property
    def middle(self) -> float:
        """The height at which edges touch it."""
        return self.y + NODE_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Band:
    """The strip of one controlling party."""

    name: str
    y: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole map: size in units, bands from top to bottom, nodes by id, edges whose two ends are on it."""

    width: float
    height: float
    bands: tuple[Band, ...]
    placed: Mapping[str, Placed]
    edges: tuple[MapEdge, ...]


def left_of(column: int) -> float:
    """Return where a column begins."""
    return column * (NODE_WIDTH + COLUMN_GAP)


def lay_out(nodes: Sequence[MapNode], edges: Sequence[MapEdge], first_bands: Sequence[str] = ()) -> Layout:
    """Return the map of `nodes`; `first_bands` come on top in their order, then the fullest.

    An edge to something that is not on the map is left out.
    """
    known = {one.id: one for one in nodes}
    kept = tuple(sorted({one for one in edges if one.source in known and one.target in known}, key=_edge_key))
    columns = _columns(known, kept)
    near: dict[str, list[str]] = defaultdict(list)
    for one in kept:
        near[one.source].append(one.target)
        near[one.target].append(one.source)
    bands = _bands(known, first_bands)
    order = {one.id: float(at) for at, one in enumerate(sorted(nodes, key=_node_key))}
    for _sweep in range(SWEEPS):
        placed, strips, height = _place(known, columns, bands, order)
        for name, where in placed.items():
            others = [placed[other].middle for other in near[name]]
            order[name] = sum(others) / len(others) if others else where.middle
    placed, strips, height = _place(known, columns, bands, order)
    width = left_of(max(columns.values(), default=0)) + NODE_WIDTH
    # Room for edges that leave and come back on the right.
    return Layout(width + COLUMN_GAP / 2, height, strips, placed, kept)


def _edge_key(edge: MapEdge) -> tuple[str, str, str, bool]:
    return edge.source, edge.target, edge.kind, edge.marked


def _node_key(node: MapNode) -> tuple[str, str]:
    return node.name.casefold(), node.id


def _columns(known: Mapping[str, MapNode], edges: Sequence[MapEdge]) -> dict[str, int]:
    """Return the column of each node: one further right than what needs it, within the map."""
    column = {name: 0 if node.workload else 1 for name, node in known.items()}
    for _pass in range(COLUMNS):
        moved = False
        for one in edges:
            if known[one.target].workload:
                continue
            wanted = column[one.source] + (1 if one.kind == "requires" else 0)
            wanted = min(COLUMNS, wanted)
            if wanted > column[one.target]:
                column[one.target], moved = wanted, True
        if not moved:
            break
    return column


def _bands(known: Mapping[str, MapNode], first: Sequence[str]) -> list[str]:
    counts: dict[str, int] = defaultdict(int)
    for node in known.values():
        if not node.workload:
            counts[node.band] += 1
    front = [one for one in first if one in counts]
    return front + sorted((one for one in counts if one not in front), key=lambda one: (-counts[one], one.casefold()))


def _place(
    known: Mapping[str, MapNode], columns: Mapping[str, int], bands: Sequence[str], order: Mapping[str, float]
) -> tuple[dict[str, Placed], tuple[Band, ...], float]:
    cells: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name in sorted(known, key=lambda one: (order[one], _node_key(known[one]))):
        if not known[name].workload:
            cells[known[name].band, columns[name]].append(name)
    placed: dict[str, Placed] = {}
    strips, y = [], TOP
    for band in bands:
        rows = {column: names for (owner, column), names in cells.items() if owner == band}
        deepest = max((len(names) for names in rows.values()), default=0)
        height = BAND_HEAD + deepest * (NODE_HEIGHT + NODE_GAP) - NODE_GAP + BAND_FOOT
        for column, names in rows.items():
            for row, name in enumerate(names):
                at = y + BAND_HEAD + row * (NODE_HEIGHT + NODE_GAP)
                placed[name] = Placed(known[name], left_of(column), at, column)
        strips.append(Band(band, y, height, sum(len(names) for names in rows.values())))
        y += height + BAND_GAP
    workloads = sorted((one for one in known if known[one].workload), key=lambda one: (order[one], known[one].name))
    least = len(workloads) * (NODE_HEIGHT + NODE_GAP) - NODE_GAP
    whole = max(y - BAND_GAP - TOP, least, NODE_HEIGHT)
    pitch = max(NODE_HEIGHT + NODE_GAP, whole / max(len(workloads), 1))
    start = TOP + max(0.0, (whole - pitch * len(workloads)) / 2) + (pitch - NODE_HEIGHT) / 2
    for row, name in enumerate(workloads):
        # Not at the very edge: half of its line would be cut off.
        placed[name] = Placed(known[name], EDGE, start + row * pitch, 0)
    return placed, tuple(strips), TOP + whole + TOP
