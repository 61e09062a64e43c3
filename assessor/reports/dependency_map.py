"""The dependency map as SVG: who controls what your workloads need, and what a scenario does to it.

Every state is a shape and a word before it is a colour; the same map is offered as an indented list beside it.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.reports.drawing import ACCENT, INK, LINE, MUTED, PAPER, drawing, rect, tag, text
from assessor.reports.map_layout import (
    BAND_HEAD,
    BAND_INSET,
    BAND_STEP,
    COLUMN_GAP,
    INSET,
    KIND_SIZE,
    MARK_ROOM,
    NAME_STEP,
    UNDER_STEP,
    Band,
    Layout,
    MapEdge,
    MapNode,
    Placed,
    lay_out,
)
from assessor.reports.map_names import NAME_SIZE, NAME_WEIGHT
from assessor.reports.widths import width

TINT = "#f2f5f6"
BAD = "#9b1c1c"
# A cut between two bands tears less than one through a band: it may lie so much further from where it was wanted.
BAND_WORTH = 60.0

# A piece of the drawing with its upper and lower end.
Piece = tuple[float, float, SafeString]


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
    plan = lay_out(nodes, edges, first_bands, _("Not known who controls it"))
    return drawing(
        plan.width,
        plan.height,
        [part for _top, _foot, part in _pieces(plan)],
        title=title,
        description=description,
        ident=ident,
        kind="chart-map",
        # What is one picture to a reader of screens has no links in it.
        role="group" if any(one.href for one in nodes) else "img",
    )


def draw_in_strips(
    nodes: Sequence[MapNode],
    edges: Sequence[MapEdge],
    *,
    title: str,
    description: str,
    ident: str,
    first_bands: Sequence[str] = (),
    tallest: float,
) -> list[SafeString]:
    """Return the map cut across into strips that make it whole when they stand one under the other without a gap.

    A page can end between two of them and be used to its foot. A strip is about `tallest` times as high as wide; no
    box is cut.
    """
    plan = lay_out(nodes, edges, first_bands, _("Not known who controls it"))
    marks = [0.0, *_cut_at(plan, tallest * plan.width), plan.height]
    pieces = _pieces(plan)
    strips = list(pairwise(marks))
    found = []
    for number, (top, foot) in enumerate(strips, 1):
        told = {"title": title, "number": number, "total": len(strips)}
        found.append(
            drawing(
                plan.width,
                foot - top,
                [part for high, low, part in pieces if high < foot and low > top],
                title=title if len(strips) == 1 else _("%(title)s, %(number)d of %(total)d") % told,
                description=description,
                ident=ident if number == 1 else f"{ident}-{number}",
                kind="chart-map",
                top=top,
            )
        )
    return found


def _cut_at(plan: Layout, tallest: float) -> list[float]:
    """Return where to cut a map, from the top: into as few strips of about one height as `tallest` asks for."""
    count = max(1, math.ceil(plan.height / tallest))
    found: list[float] = []
    for number in range(1, count):
        wanted = plan.height * number / count
        left = [one for one in plan.cuts() if one[0] > (found[-1] if found else 0.0)]
        if left:
            found.append(min(left, key=lambda one: abs(one[0] - wanted) - (BAND_WORTH if one[1] else 0.0))[0])
    return found


def _pieces(plan: Layout) -> list[Piece]:
    """Return all of a map in the order in which it is drawn."""
    start = plan.bands_from
    room = plan.width - start
    pieces = [_band(one, start, room) for one in plan.bands]
    # What explains the result is drawn last, so that nothing covers it.
    pieces += [_edge(plan, one) for one in sorted(plan.edges, key=lambda one: one.marked)]
    pieces += [_band_name(one, start) for one in plan.bands]
    pieces += [_node(one, plan.node_width) for one in plan.placed.values()]
    return pieces


def _piece(top: float, foot: float, parts: Sequence[SafeString]) -> Piece:
    return top, foot, SafeString("".join(parts))


def _band(band: Band, x: float, wide: float) -> Piece:
    ground = rect(x, band.y, wide, band.height, fill=TINT, stroke="none", stroke_width=0, kind="chart-band")
    return _piece(band.y, band.y + band.height, [ground])


def _band_name(band: Band, x: float) -> Piece:
    """Return the name of a band on a ground of its own: lines on their way to other bands do not cross it."""
    long = max(width(line, NAME_SIZE, NAME_WEIGHT) for line in band.title)
    high = BAND_HEAD - 7 + (len(band.title) - 1) * BAND_STEP
    x += BAND_INSET - 2
    parts = [rect(x, band.y + 4, long + 4, high, fill=TINT, stroke="none", stroke_width=0, kind="chart-band")]
    for number, line in enumerate(band.title):
        y = band.y + BAND_HEAD - 8 + number * BAND_STEP
        parts.append(text(x + 2, y, line, size=NAME_SIZE, weight=NAME_WEIGHT))
    return _piece(band.y, band.y + high + 4, parts)


def _node(placed: Placed, wide: float) -> Piece:
    node, x, y = placed.node, placed.x, placed.y
    left = x + INSET + (MARK_ROOM if node.mark else 0.0)
    said = f"{node.name}: {node.kind}" + (f", {node.mark_word}" if node.mark_word else "")
    box = tag(
        "rect",
        kind="chart-node" + (" chart-node-hit" if node.hit else " chart-node-workload" if node.workload else ""),
        x=x,
        y=y,
        width=wide,
        height=placed.height,
        rx=12 if node.workload else 2,
        fill=PAPER,
        stroke=BAD if node.hit else (INK if node.workload else LINE),
        stroke_width=2.25 if node.hit else 1,
        stroke_dasharray="5 3" if node.hit else "",
    )
    stated = bool(node.mark_word)
    parts = [tag("title", escape(said)), box]
    if node.mark:
        parts.append(mark(node.mark, x + INSET, placed.middle - 7))
    base = y + 17
    for line in placed.label.name:
        parts.append(text(left, base, line, size=NAME_SIZE, weight=NAME_WEIGHT, kind="chart-ink chart-name"))
        base += NAME_STEP
    base += 1
    for line in placed.label.under:
        parts.append(
            text(
                left,
                base,
                line,
                size=KIND_SIZE,
                weight=500 if stated else 400,
                fill=INK if stated else MUTED,
                kind="chart-ink" if stated else "chart-muted",
            )
        )
        base += UNDER_STEP
    inner = "".join(parts)
    return y, y + placed.height, tag("a", inner, kind="chart-link", href=node.href) if node.href else tag("g", inner)


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


def _edge(plan: Layout, edge: MapEdge) -> Piece:
    source, target = plan.placed[edge.source], plan.placed[edge.target]
    x1, y1, y2 = source.x + plan.node_width, source.middle, target.middle
    if target.column > source.column:
        x2, way = target.x, -1
        bend = max(18.0, (x2 - x1) / 2)
        path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    else:
        # Sideways or back: out on the right and in again on the right.
        x2, way = target.x + plan.node_width, 1
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
    ends = tag("path", kind="chart-tip chart-tip-marked" if edge.marked else "chart-tip", d=tip, fill=colour)
    return _piece(min(y1, y2) - 3, max(y1, y2) + 3, [drawn, ends])
