"""From the sections that screen and print share to paper of a word processor: the same words in the same order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from lxml import html

from assessor.reports.forms.docx_chart import UnknownShape, png
from assessor.reports.forms.docx_paper import BREAK, TEXT_WIDTH, Paper, Piece, TableCell, element, field, safe
from assessor.reports.pdf import STYLE

PAGE_HEIGHT = 220.0
# Charts are at most as wide as the text: 640 points of theirs fill it.
MM_A_POINT = TEXT_WIDTH / 640
BLOCKS = {"p", "ul", "ol", "div", "section", "table", "figure", "dl", "h2", "h3", "h4", "article", "nav", "header"}
HEADINGS = {"h2": "Heading 1", "h3": "Heading 2", "h4": "Heading 3"}
# Classes of paragraphs that look otherwise, by the style they get; the first that fits.
STYLES = {
    "verdict": "Verdict",
    "not-assessed": "Not assessed",
    "entry-note": "Quoted",
    "entry-evidence": "Small text",
    "entry-line": "Small text",
    "entry-who": "Small text",
    "entry-event": "Small text",
    "because": "Small text",
    "endpoint-line": "Small text",
    "tile-label": "Small text",
    "tile-level": "Key figure",
    "hash": "Small text",
    "more": "Small text",
    "small": "Small text",
    "asks": "Lead",
}
INK, PAPER = "14191B", "FFFFFF"
# The shades of a level and the ink on them, as in print.css.
HEAT = {0: ("FFFFFF", INK), 1: ("519AA7", INK), 2: ("2A7D8A", PAPER), 3: ("0E626E", PAPER), 4: ("0A4851", PAPER)}
HEAT[5] = ("0D2F35", PAPER)
# Those of the heat map and of what becomes of a workload.
FILLS = {
    "shade-1": ("D6E6E9", INK),
    "shade-2": ("A5CCD3", INK),
    "shade-3": ("519AA7", INK),
    "shade-4": ("0E626E", PAPER),
    "shade-5": ("0D2F35", PAPER),
    "state-degraded": ("EAEEEF", INK),
    "state-unaudited": ("EAEEEF", INK),
    "state-unprotected": ("CCD5D8", INK),
    "state-dark": ("4A5A61", PAPER),
}
IN_CELLS = frozenset({"p", "li", "dt", "dd", "div", "ul", "ol", "dl"})
_SPACE = re.compile(r"[ \t\n\r\f]+")
_WIDTH = re.compile(r"\.(col-[a-z]+) \{ width: (\d+(?:\.\d+)?)mm; \}")


@lru_cache(maxsize=1)
def _column_widths() -> dict[str, float]:
    """Return the widths in millimetres that print gives to its columns."""
    return {name: float(width) for name, width in _WIDTH.findall(STYLE.read_text("utf-8"))}


class Sections:
    """Writes parsed sections on paper; counts tables and figures as it goes, and collects the headings."""

    def __init__(self, paper: Paper, language: str) -> None:
        self.paper, self.language = paper, language
        self.headings: list[tuple[int, str, str]] = []
        self._lang = ""

    def write(self, root: Any) -> None:
        """Write everything below an element."""
        self._children(root, ())

    def _children(self, parent: Any, places: Sequence[str]) -> None:
        """Write the children of an element; `places` wait for the first paragraph that can carry them."""
        waiting = [*places]
        inline: list[Piece] = list(_own_text(parent.text))
        for child in parent:
            if not isinstance(child.tag, str):
                continue
            if child.tag in BLOCKS:
                self._flush(inline, waiting)
                self._block(child, waiting)
            else:
                inline += _pieces(child, Piece(lang=self._lang))
            inline += _own_text(child.tail)
        self._flush(inline, waiting)

    def _flush(self, inline: list[Piece], waiting: list[str]) -> None:
        if pieces := _tidy(inline):
            self.paper.paragraph(pieces, places=waiting)
            waiting.clear()
        inline.clear()

    def _block(self, one: Any, waiting: list[str]) -> None:
        classes = one.get("class", "").split()
        if one.get("id"):
            waiting.append(one.get("id"))
        before, self._lang = self._lang, self._lang if not one.get("lang") else _foreign(one.get("lang"), self.language)
        match one.tag:
            case "h2" | "h3" | "h4":
                self._heading(one, waiting)
            case "p":
                style = next((STYLES[name] for name in classes if name in STYLES), "Normal")
                if pieces := _tidy(_inside(one, Piece(lang=self._lang))):
                    self.paper.paragraph(pieces, style, places=waiting)
                    waiting.clear()
            case "ul" | "ol":
                self._list(one, waiting)
            case "table":
                self._table(one)
            case "figure":
                self._figure(one)
            case "dl":
                self._definitions(one)
            case _:
                self._children(one, waiting)
                waiting.clear()
        self._lang = before

    def _heading(self, one: Any, waiting: list[str]) -> None:
        pieces = _tidy(_inside(one, Piece(lang=self._lang)))
        if not pieces:
            return
        style = HEADINGS[one.tag]
        place = waiting[0] if waiting else ""
        self.paper.paragraph([replace(piece, bold=False, link="") for piece in pieces], style, places=waiting)
        if place:
            self.headings.append((int(style[-1]), "".join(piece.text for piece in pieces), place))
        waiting.clear()

    def _list(self, one: Any, waiting: list[str]) -> None:
        number = self.paper.numbered() if one.tag == "ol" else None
        for item in one.findall("li"):
            if item.get("id"):
                waiting.append(item.get("id"))
            nested = [child for child in item if child.tag in {"ul", "ol"}]
            for child in nested:
                item.remove(child)
            style = "List Bullet" if number is None else "List Number"
            self.paper.paragraph(_tidy(_inside(item, Piece(lang=self._lang))), style, number=number, places=waiting)
            waiting.clear()
            for child in nested:
                self._list(child, waiting)

    def _figure(self, one: Any) -> None:
        """Write a chart as a picture with what it shows as alternative text; the same numbers stand in a table near."""
        caption = one.find(".//figcaption")
        words = " ".join(caption.text_content().split()) if caption is not None else ""
        for chart in (node for node in one.iter() if _name(node) == "svg"):
            said = [" ".join(node.text_content().split()) for node in chart if _name(node) in {"title", "desc"}]
            try:
                self.paper.picture(png(chart), _printed_width(chart), ". ".join(said))
            except UnknownShape:
                # Said in words: nothing is lost, and a test asserts that all charts of ours are known.
                self.paper.paragraph([Piece(said[-1] if said else words)], "Small text")
        if words:
            self._caption(words, "Figure", _("Figure"))
        for table in one.iter("table"):
            self._table(table)

    def _caption(self, words: str, kind: str, label: str) -> None:
        made = self.paper.paragraph((), "Caption")
        number = field(f"SEQ {kind} \\* ARABIC", [_text(self._next(kind))])
        made.extend([_text(f"{label} "), *number, _text(f". {words}")])

    def _next(self, kind: str) -> str:
        self._counts = getattr(self, "_counts", {})
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return str(self._counts[kind])

    def _definitions(self, one: Any) -> None:
        rows, head = [], None
        for child in one.iter("dt", "dd"):
            cell = TableCell((tuple(_tidy(_inside(child, Piece(lang=self._lang)))),), head=child.tag == "dt")
            if child.tag == "dt":
                head = cell
            elif head is not None:
                rows.append((head, cell))
                head = None
        if rows:
            self.paper.table(rows, (52, TEXT_WIDTH - 52))

    def _table(self, one: Any) -> None:
        rows = [list(self._row(row)) for row in one.iter("tr")]
        if not rows:
            return
        count = max(sum(cell.span for cell in row) for row in rows)
        caption = one.find("caption")
        words = " ".join(caption.text_content().split()) if caption is not None else ""
        if words and "visually-hidden" not in caption.get("class", ""):
            self._caption(words, "Table", _("Table"))
        heads = len(one.findall("thead/tr"))
        even = [row + [TableCell(((),))] * (count - sum(cell.span for cell in row)) for row in rows]
        self.paper.table(even, _widths(one, count), heads=heads, title=words)

    def _row(self, row: Any) -> Iterator[TableCell]:
        places = (row.get("id"),) if row.get("id") else ()
        for cell in row:
            if cell.tag not in {"th", "td"}:
                continue
            classes = cell.get("class", "").split()
            heat = next((HEAT[level] for level in HEAT if f"heat-{level}" in classes), None)
            middle = heat or "level-none" in classes or "shade" in classes
            fill, colour = heat or next((FILLS[name] for name in classes if name in FILLS), ("", ""))
            yield TableCell(
                tuple(_paragraphs(cell, Piece(lang=self._lang))) or ((),),
                head=cell.tag == "th" or heat is not None,
                align="center" if middle else "right" if "number" in classes else "",
                fill=fill,
                colour=colour,
                span=int(cell.get("colspan", "1")) if cell.get("colspan", "1").isdigit() else 1,
                places=places,
            )
            places = ()


def _printed_width(chart: Any) -> float:
    """Return how wide a chart is printed, in millimetres: as drawn, but never past the text or the foot of a page."""
    width, height = float(chart.get("width", "640")), max(1.0, float(chart.get("height", "1")))
    return min(width * MM_A_POINT, TEXT_WIDTH, PAGE_HEIGHT * width / height)


def _foreign(language: str, own: str) -> str:
    return "" if language == own else safe(language)[:20]


def _name(node: Any) -> str:
    return str(node.tag).rsplit("}", 1)[-1]


def _text(words: str) -> Any:
    node = element("w:t", xml_space="preserve")
    node.text = safe(words)
    return element("w:r", [node])


def _own_text(text: str | None, manner: Piece | None = None) -> list[Piece]:
    return [replace(manner or Piece(), text=text)] if text else []


def _pieces(one: Any, manner: Piece) -> list[Piece]:
    """Return the pieces of an inline element."""
    match one.tag:
        case "br":
            return [BREAK]
        case "strong" | "b":
            manner = replace(manner, bold=True)
        case "em" | "i":
            manner = replace(manner, italic=True)
        case "s" | "del":
            manner = replace(manner, struck=True)
        case "code" | "kbd" | "samp":
            manner = replace(manner, mono=True)
        case "small":
            manner = replace(manner, small=True)
        case "a" if one.get("href"):
            manner = replace(manner, link=one.get("href"))
        case tag if not isinstance(tag, str) or _name(one) in {"svg", "style", "script"}:
            return []
    if "visually-hidden" in one.get("class", ""):
        return []
    return _inside(one, manner)


def _inside(one: Any, manner: Piece) -> list[Piece]:
    pieces = _own_text(one.text, manner)
    for child in one:
        pieces += _pieces(child, manner)
        pieces += _own_text(child.tail, manner)
    return pieces


def _paragraphs(cell: Any, manner: Piece) -> Iterator[tuple[Piece, ...]]:
    """Yield the paragraphs of a cell: its blocks, whatever they stand in, and the text between them."""
    inline = _own_text(cell.text, manner)
    for child in cell:
        if child.tag in IN_CELLS and "visually-hidden" not in child.get("class", ""):
            if pieces := _tidy(inline):
                yield tuple(pieces)
            yield from _paragraphs(child, manner)
            inline = []
        else:
            inline += _pieces(child, manner)
        inline += _own_text(child.tail, manner)
    if pieces := _tidy(inline):
        yield tuple(pieces)


def _tidy(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces with white space as a browser shows it: one space at most, none at the ends of lines."""
    tidy: list[Piece] = []
    after_space = True
    for piece in pieces:
        if piece is BREAK:
            if tidy:
                tidy[-1] = replace(tidy[-1], text=tidy[-1].text.rstrip(" "))
                tidy.append(BREAK)
            after_space = True
            continue
        text = _SPACE.sub(" ", piece.text)
        if after_space:
            text = text.removeprefix(" ")
        if text:
            tidy.append(replace(piece, text=text))
            after_space = text.endswith(" ")
    while tidy and not tidy[-1].text.strip():
        tidy.pop()
    if tidy:
        tidy[-1] = replace(tidy[-1], text=tidy[-1].text.rstrip())
    return tidy


def _widths(table: Any, count: int) -> list[float]:
    """Return the width of each column in millimetres: as print has it, the rest shared."""
    known = _column_widths()
    given: list[float | None] = []
    for column in table.findall("colgroup/col"):
        names = column.get("class", "").split()
        given.append(next((known[name] for name in names if name in known), None))
    given = (given + [None] * count)[:count]
    fixed = sum(width for width in given if width is not None)
    free = given.count(None)
    share = max(14.0, (TEXT_WIDTH - fixed) / free) if free else 0.0
    widths = [share if width is None else width for width in given]
    scale = TEXT_WIDTH / sum(widths)
    return [width * scale for width in widths]


def parsed(markup: str) -> Any:
    """Return the tree of a piece of HTML that our own templates made."""
    return html.fragment_fromstring(markup, create_parent="div")


def places_of(root: Any) -> list[str]:
    """Return every place that a link can lead to, in order."""
    return list(dict.fromkeys(one.get("id") for one in root.iter() if isinstance(one.tag, str) and one.get("id")))
