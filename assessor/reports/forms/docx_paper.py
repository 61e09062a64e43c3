"""Paper of a word processor: paragraphs, lists, tables, links and fields, written element by element.

python-docx makes the package, its styles and its pictures; its tables look every cell up anew, which takes minutes for
a report, so rows are written here.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docx.document import Document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

from assessor.reports.printable import is_leftward

# What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The earliest day a ZIP can name: the same report gives the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
TWIPS_A_MM = 56.7
# Of a page of A4 between its margins, in millimetres.
TEXT_WIDTH = 170.0
BOOKMARK = "place{number}"
OUTWARD = ("https://", "http://", "mailto:")


def safe(text: str) -> str:
    """Return text that XML can hold."""
    return _NOT_XML.sub("\ufffd", text)


@dataclass(frozen=True)
class Piece:
    """A stretch of text in one manner; `link` is `#place` or an address, `picture` a drawing instead of text."""

    text: str = ""
    bold: bool = False
    italic: bool = False
    struck: bool = False
    mono: bool = False
    small: bool = False
    link: str = ""
    lang: str = ""
    colour: str = ""


BREAK = Piece("\n")


@dataclass(frozen=True)
class TableCell:
    """A cell: its paragraphs as pieces, whether it heads a row, how it is aligned and shaded, what leads to it."""

    paragraphs: tuple[tuple[Piece, ...], ...]
    head: bool = False
    align: str = ""
    fill: str = ""
    colour: str = ""
    span: int = 1
    places: tuple[str, ...] = ()


def element(name: str, children: Iterable[Any] = (), **attributes: object) -> Any:
    """Return a WordprocessingML element; `w_val=1` becomes the attribute w:val."""
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(key.replace("_", ":", 1)), str(value))
    made.extend(children)
    return made


class Paper:
    """Writes to the end of a document, or into any element that takes paragraphs."""

    def __init__(self, document: Document, places: Iterable[str]) -> None:
        self.document = document
        self.body = document.element.body
        self._end = self.body.sectPr
        self._places = {place: number for number, place in enumerate(places, 1)}
        self._numbering = document.part.numbering_part.element

    def paragraph(
        self, pieces: Sequence[Piece], style: str = "Normal", *, places: Sequence[str] = (), **more: Any
    ) -> Any:
        """Add a paragraph to the end; `places` are what links of this document lead to."""
        made = self.made_paragraph(pieces, style, **more)
        self._mark(made, places)
        self._end.addprevious(made)
        return made

    def _mark(self, made: Any, places: Sequence[str]) -> None:
        for place in places:
            if (number := self._places.get(place)) is not None:
                at = 1 if made.pPr is not None else 0
                made.insert(at, element("w:bookmarkEnd", w_id=number))
                made.insert(at, element("w:bookmarkStart", w_id=number, w_name=BOOKMARK.format(number=number)))

    def made_paragraph(
        self, pieces: Sequence[Piece], style: str = "Normal", *, number: int | None = None, align: str = ""
    ) -> Any:
        """Return a paragraph that stands nowhere yet; `number` is the list it belongs to."""
        properties = [element("w:pStyle", w_val=self._style_id(style))]
        if number is not None:
            properties.append(element("w:numPr", [element("w:ilvl", w_val=0), element("w:numId", w_val=number)]))
        if is_leftward("".join(piece.text for piece in pieces)):
            properties.append(element("w:bidi"))
        if align:
            properties.append(element("w:jc", w_val=align))
        return element("w:p", [element("w:pPr", properties), *self._runs(pieces)])

    def bookmark(self, place: str) -> str:
        """Return the name by which fields know a place."""
        return BOOKMARK.format(number=self._places[place])

    def _style_id(self, name: str) -> str:
        return str(self.document.styles[name].style_id)

    def _runs(self, pieces: Sequence[Piece]) -> list[Any]:
        made: list[Any] = []
        for piece in pieces:
            run = _run(piece)
            made.append(self._linked(piece.link, run) if piece.link else run)
        return made

    def _linked(self, link: str, run: Any) -> Any:
        if link.startswith("#"):
            number = self._places.get(link[1:])
            if number is None:
                return run
            return element("w:hyperlink", [run], w_anchor=BOOKMARK.format(number=number), w_history=1)
        if not link.startswith(OUTWARD):
            return run
        relation = self.document.part.relate_to(safe(link), RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        return element("w:hyperlink", [run], r_id=relation, w_history=1)

    def picture(self, content: bytes, width: float, words: str) -> None:
        """Add a picture, so many millimetres wide, that stays with what follows; `words` are its alternative text."""
        self.pictures(((content, width, words),))

    def pictures(self, row: Sequence[tuple[bytes, float, str]]) -> None:
        """Add up to two pictures side by side, the second at the right edge of the text; each as in `picture`."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        if len(row) > 1:
            paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT)
        for number, (content, width, words) in enumerate(row):
            run = paragraph.add_run()
            if number:
                run.add_tab()
            drawn = run.add_picture(io.BytesIO(content), width=Mm(width))
            drawn._inline.docPr.set("descr", safe(words)[:2000])
            for side in ("distT", "distB", "distL", "distR"):
                # Some word processors keep text off a picture that does not say how close it may come.
                drawn._inline.set(side, "0")

    def numbered(self) -> int:
        """Return a new numbered list that begins at one."""
        style = self.document.styles["List Number"].element
        kept = style.find(f".//{qn('w:numId')}").get(qn("w:val"))
        abstract = next(
            one.find(qn("w:abstractNumId")).get(qn("w:val"))
            for one in self._numbering.findall(qn("w:num"))
            if one.get(qn("w:numId")) == kept
        )
        number = 1 + max(int(one.get(qn("w:numId"))) for one in self._numbering.findall(qn("w:num")))
        start = element("w:lvlOverride", [element("w:startOverride", w_val=1)], w_ilvl=0)
        self._numbering.append(element("w:num", [element("w:abstractNumId", w_val=abstract), start], w_numId=number))
        return number

    def table(
        self,
        rows: Sequence[Sequence[TableCell]],
        widths: Sequence[float],
        *,
        heads: int = 0,
        title: str = "",
        style: str = "Report table",
    ) -> None:
        """Add a table; `widths` are millimetres, the first `heads` rows repeat, `title` is its alternative text."""
        twips = [round(width * TWIPS_A_MM) for width in widths]
        look = element("w:tblLook", w_firstRow=int(heads > 0), w_firstColumn=1, w_noHBand=1, w_noVBand=1)
        properties = element(
            "w:tblPr",
            [
                element("w:tblStyle", w_val=self._style_id(style)),
                element("w:tblW", w_w=sum(twips), w_type="dxa"),
                element("w:tblLayout", w_type="fixed"),
                look,
                *([element("w:tblCaption", w_val=safe(title)[:250])] if title else []),
            ],
        )
        grid = element("w:tblGrid", [element("w:gridCol", w_w=width) for width in twips])
        made = element("w:tbl", [properties, grid])
        for number, row in enumerate(rows):
            made.append(self._row(row, twips, head=number < heads))
        self._end.addprevious(made)
        # Two tables that touch would become one.
        self._end.addprevious(self.made_paragraph((), "Table end"))

    def _row(self, cells: Sequence[TableCell], twips: Sequence[int], *, head: bool) -> Any:
        properties = [element("w:cantSplit"), *([element("w:tblHeader")] if head else [])]
        row = element("w:tr", [element("w:trPr", properties)])
        at = 0
        for cell in cells:
            width = sum(twips[at : at + cell.span])
            at += cell.span
            row.append(self._cell(cell, width, head=head))
        return row

    def _cell(self, cell: TableCell, width: int, *, head: bool) -> Any:
        properties = [element("w:tcW", w_w=width, w_type="dxa")]
        if cell.span > 1:
            properties.append(element("w:gridSpan", w_val=cell.span))
        if cell.fill:
            properties.append(element("w:shd", w_val="clear", w_color="auto", w_fill=cell.fill))
        made = element("w:tc", [element("w:tcPr", properties)])
        style = "Table head" if head else "Table text"
        for pieces in cell.paragraphs or ((),):
            dressed = [replace(one, bold=one.bold or cell.head, colour=one.colour or cell.colour) for one in pieces]
            made.append(self.made_paragraph(dressed, style, align=cell.align))
        self._mark(made.find(qn("w:p")), cell.places)
        return made


def _run(piece: Piece) -> Any:
    run = element("w:r")
    properties = []
    if piece.link:
        properties.append(element("w:rStyle", w_val="Link"))
    if piece.mono:
        properties.append(element("w:rFonts", w_ascii="Consolas", w_hAnsi="Consolas", w_cs="Consolas"))
    if piece.bold:
        properties += [element("w:b"), element("w:bCs")]
    if piece.italic:
        properties += [element("w:i"), element("w:iCs")]
    if piece.struck:
        properties.append(element("w:strike"))
    if piece.colour:
        properties.append(element("w:color", w_val=piece.colour))
    if piece.small:
        properties += [element("w:sz", w_val=15), element("w:szCs", w_val=15)]
    if is_leftward(piece.text):
        # Otherwise a full stop at the end is put on the right, as if the words before it ran to the right.
        properties.append(element("w:rtl"))
    if piece.lang:
        properties.append(element("w:lang", w_val=piece.lang))
    if properties:
        run.append(element("w:rPr", properties))
    for number, line in enumerate(safe(piece.text).split("\n")):
        if number:
            run.append(element("w:br"))
        if line:
            text = element("w:t", **{"xml_space": "preserve"})
            text.text = line
            run.append(text)
    return run


def field(instruction: str, shown: Sequence[Any], *, dirty: bool = False) -> list[Any]:
    """Return the runs of a field: what it computes, and what stands there until it is computed."""
    begin = element("w:fldChar", w_fldCharType="begin", **({"w_dirty": "true"} if dirty else {}))
    code = element("w:instrText", xml_space="preserve")
    code.text = f" {instruction} "
    return [
        element("w:r", [begin]),
        element("w:r", [code]),
        element("w:r", [element("w:fldChar", w_fldCharType="separate")]),
        *shown,
        element("w:r", [element("w:fldChar", w_fldCharType="end")]),
    ]


def saved(document: Document) -> bytes:
    """Return the document as a file whose members carry no time: the same content gives the same bytes."""
    stream, out = io.BytesIO(), io.BytesIO()
    document.save(stream)
    with zipfile.ZipFile(stream) as whole, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            member = zipfile.ZipInfo(name, EPOCH)
            member.external_attr = 0o600 << 16
            archive.writestr(member, whole.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
