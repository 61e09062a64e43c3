"""Where things stand on the dependency map: workloads left, what they need to the right, in one band for each party.

Pure geometry in the units of the drawing. Nothing depends on the order in which rows come: ties are broken by name.
Work is bounded by (nodes + edges) times a small constant; loops are drawn, not followed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assessor.reports.map_names import lines_of

COLUMNS = 4
SWEEPS = 4

# By the number of columns: on paper, where a map is as wide as the text, its words must not become too small to read.
NODE_WIDTHS = (176.0, 176.0, 176.0, 150.0, 128.0)
# A box with one line of name; each further line takes so much more.
NODE_HEIGHT = 40.0
NAME_STEP = 13.0
NODE_GAP = 12.0
INSET = 8.0
MARK_ROOM = 22.0
KIND_SIZE = 9.5
UNDER_STEP = 11.5
UNDER_LINES = 2
COLUMN_GAP = 46.0
BAND_HEAD = 24.0
BAND_STEP = 14.0
BAND_LINES = 3
BAND_INSET = 12.0
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
class Label:
    """What stands in a box: its name, and under it its kind or its state, both in lines."""

    name: tuple[str, ...]
    under: tuple[str, ...]

    @property
    def height(self) -> float:
        """The height of the box that holds it."""
        return NODE_HEIGHT + (len(self.name) - 1) * NAME_STEP + (len(self.under) - 1) * UNDER_STEP


@dataclass(frozen=True, slots=True)
class Placed:
    """A node with the upper left corner of its box, and what stands in it."""

    node: MapNode
    x: float
    y: float
    column: int
    label: Label

    @property
    def height(self) -> float:
        """The height of its box."""
        return self.label.height

    @property
    def middle(self) -> float:
        """The height at which edges touch it."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Band:
    """The strip of one controlling party; `title` is its name in lines."""

    name: str
    y: float
    height: float
    count: int
    title: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole map: size in units, bands from top to bottom, nodes by id, edges whose two ends are on it."""

    width: float
    height: float
    node_width: float
    bands: tuple[Band, ...]
    placed: Mapping[str, Placed]
    edges: tuple[MapEdge, ...]

    @property
    def bands_from(self) -> float:
        """Where the strips begin on the left."""
        return left_of(1, self.node_width) - COLUMN_GAP / 2

    def cuts(self) -> list[tuple[float, bool]]:
        """Return the heights at which the map can be cut and no box is, from the top; True where a band ends there."""
        ends = {one.y + one.height + BAND_GAP / 2 for one in self.bands[:-1]}
        under = {one.y + one.height + NODE_GAP / 2 for one in self.placed.values() if not one.node.workload}
        boxes = [(one.y - EDGE, one.y + one.height + EDGE) for one in self.placed.values()]
        heads = [(one.y - EDGE, one.y + _head(one.title)) for one in self.bands]
        kept = (at for at in sorted(ends | under) if not any(top < at < foot for top, foot in (*boxes, *heads)))
        return [(at, at in ends) for at in kept if at < self.height - NODE_HEIGHT]


def left_of(column: int, node_width: float) -> float:
    """Return where a column begins."""
    return column * (node_width + COLUMN_GAP)


def lay_out(
    nodes: Sequence[MapNode], edges: Sequence[MapEdge], first_bands: Sequence[str] = (), unknown: str = ""
) -> Layout:
    """Return the map of `nodes`; `first_bands` come on top in their order, then the fullest.

    `unknown` names the band of what nobody is known to control. An edge to something that is not on the map is left
    out.
    """
    known = {one.id: one for one in nodes}
    kept = tuple(sorted({one for one in edges if one.source in known and one.target in known}, key=_edge_key))
    columns = _columns(known, kept)
    near: dict[str, list[str]] = defaultdict(list)
    for one in kept:
        near[one.source].append(one.target)
        near[one.target].append(one.source)
    deepest = max(columns.values(), default=0)
    wide = NODE_WIDTHS[min(deepest, len(NODE_WIDTHS) - 1)]
    labels = {one.id: _label(one, wide) for one in nodes}
    width = left_of(deepest, wide) + wide
    # The strips begin half a gap before the first column of what is needed, and end half a gap after the last.
    titles = {
        one: lines_of(
            one or unknown, max(width - left_of(1, wide) + COLUMN_GAP, wide) - 2 * BAND_INSET, most=BAND_LINES
        )
        for one in _bands(known, first_bands)
    }
    space = _Space(known, columns, titles, labels, wide)
    order = {one.id: float(at) for at, one in enumerate(sorted(nodes, key=_node_key))}
    for _sweep in range(SWEEPS):
        placed, strips, height = _place(space, order)
        for name, where in placed.items():
            others = [placed[other].middle for other in near[name]]
            order[name] = sum(others) / len(others) if others else where.middle
    placed, strips, height = _place(space, order)
    # Room for edges that leave and come back on the right.
    return Layout(width + COLUMN_GAP / 2, height, wide, strips, placed, kept)


@dataclass(frozen=True, slots=True)
class _Space:
    """What does not change while an order is sought: nodes, their columns and labels, titles of bands from the top."""

    known: Mapping[str, MapNode]
    columns: Mapping[str, int]
    titles: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Label]
    wide: float


def _label(node: MapNode, wide: float) -> Label:
    room = wide - 2 * INSET - (MARK_ROOM if node.mark else 0.0)
    under = lines_of(
        node.mark_word or node.kind, room, size=KIND_SIZE, weight=500 if node.mark_word else 400, most=UNDER_LINES
    )
    return Label(lines_of(node.name, room) or ("",), under or ("",))


def _head(title: tuple[str, ...]) -> float:
    """Return how far below its upper edge the first row of a band begins."""
    return BAND_HEAD + max(0, len(title) - 1) * BAND_STEP


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


def _place(space: _Space, order: Mapping[str, float]) -> tuple[dict[str, Placed], tuple[Band, ...], float]:
    known, labels = space.known, space.labels
    cells: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name in sorted(known, key=lambda one: (order[one], _node_key(known[one]))):
        if not known[name].workload:
            cells[known[name].band, space.columns[name]].append(name)
    placed: dict[str, Placed] = {}
    strips, y = [], TOP
    for band, title in space.titles.items():
        rows = {column: names for (owner, column), names in cells.items() if owner == band}
        at = y + _head(title)
        for row in range(max((len(names) for names in rows.values()), default=0)):
            here = [(column, names[row]) for column, names in rows.items() if row < len(names)]
            for column, name in here:
                placed[name] = Placed(known[name], left_of(column, space.wide), at, column, labels[name])
            # Boxes of a row stand on one line, so that the next row begins under the tallest.
            at += max(labels[name].height for _column, name in here) + NODE_GAP
        height = at - NODE_GAP + BAND_FOOT - y
        strips.append(Band(band, y, height, sum(len(names) for names in rows.values()), title))
        y += height + BAND_GAP
    workloads = sorted((one for one in known if known[one].workload), key=lambda one: (order[one], known[one].name))
    tall = sum(labels[one].height + NODE_GAP for one in workloads)
    whole = max(y - BAND_GAP - TOP, tall - NODE_GAP, NODE_HEIGHT)
    # What is left over is shared out between them; where nothing is they stand as close as all other boxes.
    share = max(0.0, whole - tall) / max(len(workloads), 1)
    at = TOP + (share + NODE_GAP if share else 0.0) / 2
    for name in workloads:
        # Not at the very edge: half of its line would be cut off.
        placed[name] = Placed(known[name], EDGE, at, 0, labels[name])
        at += labels[name].height + share + NODE_GAP
    return placed, tuple(strips), TOP + whole + TOP
