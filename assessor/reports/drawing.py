"""What every chart is drawn with: text, lines, marks and cells as SVG with presentation attributes only.

WeasyPrint does not show an inline SVG the style sheet of its page, and the policy of the web pages forbids a style of
its own, so every shape carries its attributes. The classes beside them let a page recolour a chart for dark. Marks
differ in shape and every cell carries its number or word, so each chart can be read in grey.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString

from assessor.reports.widths import width as text_width

FONT = "Inter, sans-serif"
INK = "#17212b"
MUTED = "#4b5660"
LINE = "#c9d0d6"
ACCENT = "#0f5c6e"
PAPER = "#ffffff"
# From nothing to everything: (fill, ink on it). Each is clearly darker than the one before when printed in grey.
SHADES = (
    (PAPER, INK),
    ("#d6e6e9", INK),
    ("#a5ccd3", INK),
    ("#519aa7", INK),
    ("#0e626e", PAPER),
    ("#0d2f35", PAPER),
)
WIDTH = 640
LINE_HEIGHT = 1.32
# More ticks than this run into one another.
MOST_TICKS = 12

Attribute = str | float | int
Mark = Callable[[float, float], SafeString]


def tag(name: str, content: str = "", /, **attributes: Attribute) -> SafeString:
    """Return an element; `content` is markup made here, `_` in the name of an attribute stands for a hyphen.

    `kind` becomes its class. Everything in an attribute is escaped.
    """
    written = "".join(
        f' {"class" if key == "kind" else key.replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value != ""
    )
    return SafeString(f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>")


def _value(value: Attribute) -> str:
    return escape(value) if isinstance(value, str) else f"{value:g}"


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    size: float = 11,
    weight: int = 400,
    fill: str = INK,
    kind: str = "chart-ink",
) -> SafeString:
    """Return words with their base line at `y`."""
    return tag(
        "text",
        escape(words),
        kind=kind,
        x=x,
        y=y,
        font_family=FONT,
        font_size=size,
        font_weight=weight,
        fill=fill,
        text_anchor=anchor,
    )


def paragraph(
    x: float, y: float, lines: Sequence[str], *, size: float = 10, weight: int = 400, anchor: str = "start"
) -> list[SafeString]:
    """Return lines that were wrapped before, the first with its base line at `y`."""
    return [
        text(x, y + number * size * LINE_HEIGHT, line, size=size, weight=weight, anchor=anchor)
        for number, line in enumerate(lines)
    ]


def line(
    x1: float, y1: float, x2: float, y2: float, *, colour: str = LINE, width: float = 0.75, kind: str = "chart-grid"
) -> SafeString:
    """Return a straight line."""
    return tag("line", kind=kind, x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width)


def rect(
    x: float, y: float, width: float, height: float, *, fill: str, stroke: str = LINE, stroke_width: float = 0.75,
    kind: str = "chart-cell", rx: float = 0,
) -> SafeString:  # fmt: skip
    """Return a rectangle."""
    return tag(
        "rect", kind=kind, x=x, y=y, width=width, height=height, rx=rx, fill=fill, stroke=stroke,
        stroke_width=stroke_width,
    )  # fmt: skip


def ring(x: float, y: float) -> SafeString:
    """Return the mark of what is claimed."""
    return tag("circle", kind="chart-claimed", cx=x, cy=y, r=6.5, fill=PAPER, stroke=INK, stroke_width=1.5)


def dot(x: float, y: float) -> SafeString:
    """Return the mark of what is verified."""
    return tag("circle", kind="chart-verified", cx=x, cy=y, r=3.8, fill=ACCENT)


def flag(x: float, y: float) -> SafeString:
    """Return the mark of a target: a triangle that stands on its tip, above a ring of the same place."""
    points = f"{x - 5:g},{y - 13:g} {x + 5:g},{y - 13:g} {x:g},{y - 6.5:g}"
    return tag("polygon", kind="chart-target", points=points, fill=INK)


def diamond(x: float, y: float) -> SafeString:
    """Return the mark of what was before."""
    points = f"{x:g},{y - 5.5:g} {x + 5.5:g},{y:g} {x:g},{y + 5.5:g} {x - 5.5:g},{y:g}"
    return tag("polygon", kind="chart-claimed", points=points, fill=PAPER, stroke=MUTED, stroke_width=1.25)


def arrow(x1: float, x2: float, y: float) -> SafeString:
    """Return a level arrow from `x1` to `x2`."""
    back = -5 if x2 > x1 else 5
    path = f"M{x1:g} {y:g}H{x2:g}M{x2 + back:g} {y - 3.5:g}L{x2:g} {y:g}L{x2 + back:g} {y + 3.5:g}"
    return tag("path", kind="chart-stem", d=path, fill="none", stroke=INK, stroke_width=1.5)


def shade_of(share: float) -> int:
    """Return the step of the shades for a share from 0 to 1: nothing and everything have one of their own."""
    if share <= 0:
        return 0
    return min(len(SHADES) - 1, 1 + int(share * (len(SHADES) - 2) + 1e-9))


def cell(
    x: float, y: float, width: float, height: float, words: str, shade: int, *, size: float = 10, held: bool = False
) -> list[SafeString]:
    """Return a shaded cell with its number or word; `held` gives it a strong border."""
    fill, ink = SHADES[shade]
    inset = 1 if held else 0
    return [
        rect(
            x + inset, y + inset, width - 2 * inset, height - 2 * inset, fill=fill, stroke=INK if held else LINE,
            stroke_width=2 if held else 0.75,
        ),
        text(
            x + width / 2, y + height / 2 + size * 0.36, words, anchor="middle", size=size, weight=600 if held else 500,
            fill=ink, kind="chart-on-cell",
        ),
    ]  # fmt: skip


def legend(x: float, y: float, entries: Sequence[tuple[Mark, str]], size: float = 10) -> list[SafeString]:
    """Return the marks of a chart with their words, side by side from `x` on, as far apart as the words are wide."""
    parts = []
    for mark, words in entries:
        parts += [mark(x, y - 4), text(x + 12, y, words, size=size)]
        x += 12 + text_width(words, size) + 16
    return parts


@dataclass(frozen=True)
class Days:
    """An axis of days: from `first` at `left` to `last` at `right`."""

    first: date
    last: date
    left: float
    right: float

    def at(self, day: date) -> float:
        """Return where a day lies; one outside the axis lies at its end."""
        whole = max(1, (self.last - self.first).days)
        share = min(1.0, max(0.0, (day - self.first).days / whole))
        return self.left + share * (self.right - self.left)

    def ticks(self) -> list[tuple[float, str]]:
        """Return firsts of months with their names, as many as there is room for."""
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        every = next((step for step in (1, 2, 3, 6, 12, 24, 60) if months / step <= MOST_TICKS), 120)
        found = []
        start = self.first.year * 12 + self.first.month - 1
        for number in range(start, start + months):
            day = date(number // 12, number % 12 + 1, 1)
            if number % every == 0 and self.first <= day <= self.last:
                found.append((self.at(day), date_format(day, "M Y" if every > 1 or day.month == 1 else "M")))
        return found


def drawing(
    width: float,
    height: float,
    parts: Sequence[str],
    *,
    title: str,
    description: str,
    ident: str,
    kind: str,
    role: str = "img",
    top: float = 0.0,
) -> SafeString:
    """Return a chart with its name and what it shows in words; `ident` must be unlike any other of the page.

    `top` is where the stretch that is seen begins, of a chart that goes on in another drawing.
    """
    named = tag("title", escape(title), id=f"{ident}-title") + tag("desc", escape(description), id=f"{ident}-desc")
    return tag(
        "svg",
        named + "".join(parts),
        xmlns="http://www.w3.org/2000/svg",
        kind=f"chart {kind}",
        role=role,
        aria_labelledby=f"{ident}-title {ident}-desc",
        viewBox=f"0 {top:g} {width:g} {height:g}",
        width=width,
        height=height,
    )
