"""XLSX read with care: cells as text, numbers and truth values; formulas, macros, entities and bombs are refused.

Nothing of a workbook is computed, fetched or run. Only what a filled-in form needs is read: sheets, cells, shared
texts; styles, drawings and links are never opened.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from assessor.errors import N_, ContentError
from assessor.services.exchange.safe_zip import MEGABYTE, Archive, Limits

LIMITS = Limits(members=500, member_bytes=24 * MEGABYTE, total_bytes=48 * MEGABYTE)
MOST_CELLS = 200_000
MOST_ELEMENTS = 1_500_000
MOST_TEXT = 32_767
MOST_ROWS, MOST_COLUMNS = 20_000, 200
AGAIN = N_("Save it again as XLSX, or fill in a fresh one.")
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_TARGET = re.compile(r"/?(?:xl/)?(worksheets/[A-Za-z0-9_.-]{1,80}\.xml)")
Value = str | float | bool


@dataclass(frozen=True)
class Cell:
    """What a cell holds; `formula` and `error` say that it computes, or failed to."""

    value: Value = ""
    formula: bool = False
    error: bool = False


@dataclass
class SheetOf:
    """One sheet: its name as the tab shows it, and its cells by (row, column), both from 1."""

    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)

    def rows(self) -> list[int]:
        """Return the numbers of the rows that hold something."""
        return sorted({row for row, _column in self.cells})


@dataclass(frozen=True)
class Workbook:
    """The sheets in the order of their tabs; `from_1904` tells from where its day numbers count."""

    source: str
    sheets: tuple[SheetOf, ...]
    from_1904: bool = False

    def place(self, sheet: str, row: int, column: int) -> str:
        """Return how a cell is named in messages."""
        return f"{self.source}, sheet {sheet}, cell {letters(column)}{row}"


def letters(column: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def read_workbook(stream: BinaryIO, source: str) -> Workbook:
    """Read every sheet; raises `ContentError` for anything but a harmless, whole XLSX."""
    archive = Archive(stream, source, LIMITS, AGAIN)
    if "xl/workbook.xml" not in archive:
        raise ContentError(N_("This is an archive, but no XLSX workbook."), source=source, remedy=AGAIN)
    if any(name.lower().endswith(("vbaproject.bin", ".xlsb")) for name in archive.names):
        raise ContentError(
            N_("The workbook holds macros."), source=source, remedy=N_("Save it as XLSX without macros.")
        )
    book = _Book()
    _parse(archive, "xl/workbook.xml", book.start, None)
    links = _Links()
    _parse(archive, "xl/_rels/workbook.xml.rels", links.start, None)
    texts = _Texts()
    if "xl/sharedStrings.xml" in archive:
        _parse(archive, "xl/sharedStrings.xml", texts.start, texts.end, texts.text)
    left = MOST_CELLS
    sheets = []
    for name, link in book.sheets:
        target = _TARGET.fullmatch(links.targets.get(link, ""))
        if target is None:
            # A chart sheet, or something else that holds no cells.
            continue
        reader = _Cells(name, texts.found, left)
        _parse(archive, f"xl/{target[1]}", reader.start, reader.end, reader.text)
        left -= len(reader.sheet.cells)
        sheets.append(reader.sheet)
    return Workbook(source, tuple(sheets), book.from_1904)


class _TooMuch(Exception):
    """A sheet has more than can be meant; the words say of what."""


class _Unreadable(Exception):
    """The XML is none that a spreadsheet writes."""


Start = Callable[[str, dict[str, str]], None]


def _parse(
    archive: Archive,
    member: str,
    start: Start,
    end: Callable[[str], None] | None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Walk through a member's XML; entities, document types and more elements than can be meant end it."""
    parser = expat.ParserCreate(namespace_separator="\n")
    parser.buffer_text = True
    elements = 0

    def begun(name: str, attributes: dict[str, str]) -> None:
        nonlocal elements
        elements += 1
        if elements > MOST_ELEMENTS:
            raise _TooMuch("elements")
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    def declared(*_words: object) -> None:
        raise _Unreadable("it declares a document type")

    parser.StartElementHandler = begun
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    if end is not None:
        finish = end
        parser.EndElementHandler = lambda name: finish(_local(name))
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        for piece in archive.chunks(member):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except _TooMuch as error:
        raise archive.fault(
            member,
            N_("The workbook has more {what} than a filled-in form can have."),
            N_("Delete sheets, rows and columns that do not belong, and save it again."),
            what=error,
        ) from error
    except (expat.ExpatError, _Unreadable, ValueError, IndexError) as error:
        raise archive.fault(member, N_("The workbook is damaged: {why}."), AGAIN, why=error) from error


def _local(name: str) -> str:
    return name.rpartition("\n")[2]


class _Book:
    """Names of the sheets with the ids of their links."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            self.sheets.append((attributes.get("name", "")[:60], attributes.get("id", "")))
            if len(self.sheets) > 200:
                raise _TooMuch("sheets")
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904", "0") in ("1", "true")


class _Links:
    """Where each link of the workbook leads; only links inside the archive count."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


class _Texts:
    """The shared texts, without the reading aids some languages put beside them."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] | None = None
        self._inside, self._aside = False, 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._aside += 1
        self._inside = name == "t" and not self._aside

    def text(self, text: str) -> None:
        if self._inside and self._parts is not None:
            self._parts.append(text)

    def end(self, name: str) -> None:
        self._inside = False
        if name == "rPh":
            self._aside -= 1
        if name == "si" and self._parts is not None:
            self.found.append(_unescaped("".join(self._parts)))
            self._parts = None


class _Cells:
    """The cells of one sheet."""

    def __init__(self, name: str, texts: list[str], most: int) -> None:
        self.sheet = SheetOf(name)
        self._texts, self._most = texts, most
        self._row = self._column = 0
        self._kind = ""
        self._formula = False
        self._value: list[str] = []
        self._inside = ""
        self._aside = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside = ""
        if name == "row":
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
            if self._row > MOST_ROWS * 60:
                raise _TooMuch("rows")
        elif name == "c":
            self._begin_cell(attributes)
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._aside += 1
        elif name in ("v", "t") and not self._aside:
            self._inside = name

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place = _PLACE.fullmatch(attributes.get("r", ""))
        if place is not None:
            self._column = 0
            for letter in place[1]:
                self._column = self._column * 26 + ord(letter) - 64
            self._row = int(place[2])
        else:
            self._column += 1
        self._kind, self._formula, self._value = attributes.get("t", "n"), False, []

    def text(self, text: str) -> None:
        if self._inside:
            self._value.append(text)

    def end(self, name: str) -> None:
        self._inside = ""
        if name == "rPh":
            self._aside -= 1
        if name != "c":
            return
        cell = self._cell("".join(self._value))
        if cell == Cell() or self._row > MOST_ROWS or self._column > MOST_COLUMNS:
            return
        if len(self.sheet.cells) >= self._most:
            raise _TooMuch("cells")
        self.sheet.cells[(self._row, self._column)] = cell

    def _cell(self, raw: str) -> Cell:
        if self._kind == "s":
            value: Value = self._texts[int(raw)] if raw else ""
        elif self._kind == "b":
            value = raw.strip() == "1"
        elif self._kind == "n":
            value = float(raw) if raw.strip() else ""
        else:
            value = _unescaped(raw)
        return Cell(value, self._formula, self._kind == "e")


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
    """Return text with its escaped marks (`_x000D_`) as what they stand for; a workbook writes breaks as CR LF too."""
    text = _ESCAPED.sub(lambda found: _char(int(found[1], 16)), text)
    return text[:MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n")


def _char(code: int) -> str:
    # Halves of a pair and marks no text holds stay out.
    return chr(code) if code in (9, 10, 13) or (code >= 32 and not 0xD800 <= code <= 0xDFFF) else ""
