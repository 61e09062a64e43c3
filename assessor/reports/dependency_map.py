"""The dependency map as SVG: who controls what your workloads need, and what a scenario does to it.

Every state is a shape and a word before it is a colour; the same map is offered as an indented list beside it.
"""

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.reports.drawing import ACCENT, INK, LINE, MUTED, PAPER, drawing, rect, tag, text
from assessor.reports.map_layout import (
    BAND_HEAD,
    COLUMN_GAP,
    NODE_HEIGHT,
    NODE_WIDTH,
    Band,
    Layout,
    MapEdge,
    MapNode,
    Placed,
    lay_out,
    left_of,
)
from assessor.reports.widths import clipped, width

TINT = "#f2f5f6"
BAD = "#9b1c1c"
NAME_SIZE = 11.0
KIND_SIZE = 9.5
INSET = 8.0
MARK_ROOM = 22.0


def draw(
    nodes: Sequence[MapNode],
    edges: Sequence[MapEdge],
    *,
    title: str,
    description: str,
    ident: str,
    first_bands: Sequence[str] = (),
) -> SafeString:
    """Return the map; `ident` makes its ids unique on a page."""
    plan = lay_out(nodes, edges, first_bands)
    start = left_of(1) - COLUMN_GAP / 2
    room = plan.width - start
    parts = [_band(one, start, room) for one in plan.bands]
    # What explains the result is drawn last, so that nothing covers it.
    parts += [part for one in sorted(plan.edges, key=lambda one: one.marked) for part in _edge(plan, one)]
    parts += [part for one in plan.bands for part in _band_name(one, start, room)]
    parts += [_node(one) for one in plan.placed.values()]
    return drawing(
        plan.width,
        plan.height,
        parts,
        title=title,
        description=description,
        ident=ident,
        kind="chart-map",
        # What is one picture to a reader of screens has no links in it.
        role="group" if any(one.href for one in nodes) else "img",
    )


def _band(band: Band, x: float, wide: float) -> SafeString:
    return rect(x, band.y, wide, band.height, fill=TINT, stroke="none", stroke_width=0, kind="chart-band")


def _band_name(band: Band, x: float, wide: float) -> list[SafeString]:
    """Return the name of a band on a ground of its own: lines on their way to other bands do not cross it."""
    label = clipped(band.name or _("Not known who controls it"), wide - 24, NAME_SIZE, 600)
    long = width(label, NAME_SIZE, 600)
    return [
        rect(x + 10, band.y + 4, long + 4, BAND_HEAD - 7, fill=TINT, stroke="none", stroke_width=0, kind="chart-band"),
        text(x + 12, band.y + BAND_HEAD - 8, label, size=NAME_SIZE, weight=600),
    ]


def _node(placed: Placed) -> SafeString:
    node, x, y = placed.node, placed.x, placed.y
    aside = MARK_ROOM if node.mark else 0.0
    room, left = NODE_WIDTH - 2 * INSET - aside, x + INSET + aside
    said = f"{node.name}: {node.kind}" + (f", {node.mark_word}" if node.mark_word else "")
    box = tag(
        "rect",
        kind="chart-node" + (" chart-node-hit" if node.hit else " chart-node-workload" if node.workload else ""),
        x=x,
        y=y,
        width=NODE_WIDTH,
        height=NODE_HEIGHT,
        rx=12 if node.workload else 2,
        fill=PAPER,
        stroke=BAD if node.hit else (INK if node.workload else LINE),
        stroke_width=2.25 if node.hit else 1,
        stroke_dasharray="5 3" if node.hit else "",
    )
    stated = bool(node.mark_word)
    parts = [
        tag("title", escape(said)),
        box,
        mark(node.mark, x + INSET, y + NODE_HEIGHT / 2 - 7) if node.mark else "",
        text(left, y + 17, clipped(node.name, room, NAME_SIZE, 600), size=NAME_SIZE, weight=600),
        text(
            left,
            y + 31,
            clipped(node.mark_word or node.kind, room, KIND_SIZE, 500 if stated else 400),
            size=KIND_SIZE,
            weight=500 if stated else 400,
            fill=INK if stated else MUTED,
            kind="chart-ink" if stated else "chart-muted",
        ),
    ]
    return tag("a", "".join(parts), kind="chart-link", href=node.href) if node.href else tag("g", "".join(parts))


def mark(state: str, x: float, y: float) -> SafeString:
    """Return the sign of a state in a square of 14: each differs in shape, so that it reads in grey.

    Besides the states there is "perhaps": hit or not, because something about it is not known.
    """
    circle = tag("circle", kind="chart-mark-line", cx=7, cy=7, r=6, fill="none", stroke=INK, stroke_width=2)
    if state == "dark":
        inner = tag("rect", kind="chart-mark", x=0, y=0, width=14, height=14, fill=INK) + _cut(
            "M3.5 3.5L10.5 10.5M10.5 3.5L3.5 10.5", 2
        )
    elif state == "unprotected":
        inner = tag("path", kind="chart-mark", d="M7 0L14 13H0Z", fill=INK) + _cut("M7 4.5V9M7 10.3V11.8", 1.6)
    elif state == "unaudited":
        slash = tag("path", kind="chart-mark-line", d="M3 11L11 3", stroke=INK, stroke_width=2)
        inner = circle + slash
    elif state == "degraded":
        inner = circle + tag("path", kind="chart-mark", d="M7 1A6 6 0 0 1 7 13Z", fill=INK)
    elif state == "perhaps":
        inner = circle + tag(
            "path",
            kind="chart-mark-line",
            d="M5 5.6A2 2 0 1 1 7 7.4V8.2M7 9.4V10.8",
            fill="none",
            stroke=INK,
            stroke_width=1.5,
        )
    else:
        inner = tag(
            "path",
            kind="chart-mark-good",
            d="M1.5 7.5L5.5 11.5L12.5 3",
            fill="none",
            stroke=ACCENT,
            stroke_width=2.25,
        )
    return tag("g", inner, transform=f"translate({x:g} {y:g})")


def _cut(path: str, width: float) -> SafeString:
    return tag("path", kind="chart-mark-cut", d=path, stroke=PAPER, stroke_width=width)


def _edge(plan: Layout, edge: MapEdge) -> list[SafeString]:
    source, target = plan.placed[edge.source], plan.placed[edge.target]
    x1, y1, y2 = source.x + NODE_WIDTH, source.middle, target.middle
    if target.column > source.column:
        x2, way = target.x, -1
        bend = max(18.0, (x2 - x1) / 2)
        path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    else:
        # Sideways or back: out on the right and in again on the right.
        x2, way = target.x + NODE_WIDTH, 1
        out = max(x1, x2) + COLUMN_GAP * 0.45
        path = f"M{x1:g} {y1:g}C{out:g} {y1:g} {out:g} {y2:g} {x2:g} {y2:g}"
    colour = INK if edge.marked else MUTED
    drawn = tag(
        "path",
        kind="chart-edge chart-edge-marked" if edge.marked else "chart-edge",
        d=path,
        fill="none",
        stroke=colour,
        stroke_width=1.75 if edge.marked else 0.75,
        stroke_dasharray="4 3" if edge.kind == "fallback" else "",
    )
    tip = f"M{x2:g} {y2:g}L{x2 + way * 6:g} {y2 - 3:g}V{y2 + 3:g}Z"
    return [drawn, tag("path", kind="chart-tip chart-tip-marked" if edge.marked else "chart-tip", d=tip, fill=colour)]
