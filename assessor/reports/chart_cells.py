"""Charts of cells: a heat map, a matrix, a strip of times; the number or word stands in every cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from assessor.reports.drawing import WIDTH, cell, drawing, paragraph
from assessor.reports.widths import clipped, wrapped
from assessor.reports.widths import width as width_of

NAMES_ROOM = 190
HEAD_SIZE = 9.5
CELL_SIZE = 10
# Words of a row are set smaller, all of them alike, before any is cut.
LEAST_SIZE = 8
ROW_HEIGHT = 24


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, its step among the shades (0 to 5), and whether it has a strong border."""

    words: str
    shade: int = 0
    held: bool = False


@dataclass(frozen=True)
class Row:
    """A row of cells with its name."""

    name: str
    cells: tuple[Cell, ...]


def grid(
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    title: str,
    description: str,
    ident: str,
    names_room: float = NAMES_ROOM,
    kind: str = "chart-profile",
) -> SafeString:
    """Return a grid of named rows under named columns. Words that do not fit a cell are cut: the table holds them."""
    width = (WIDTH - names_room) / max(1, len(columns))
    heads = [wrapped(one, width - 6, HEAD_SIZE, 3, 500) for one in columns]
    top = 8 + 13 * max((len(one) for one in heads), default=1)
    parts: list[SafeString] = []
    for number, lines in enumerate(heads):
        first = top - 7 - 12.6 * (len(lines) - 1)
        parts += paragraph(
            names_room + (number + 0.5) * width, first, lines, size=HEAD_SIZE, weight=500, anchor="middle"
        )
    y = float(top)
    for row in rows:
        lines = wrapped(row.name, names_room - 12, CELL_SIZE, 2, 500)
        height = max(ROW_HEIGHT, 8 + 13.2 * len(lines))
        first = y + height / 2 + 3.6 - 6.6 * (len(lines) - 1)
        parts += paragraph(0, first, lines, size=CELL_SIZE, weight=500)
        size = _size(row, width - 4)
        for number, one in enumerate(row.cells):
            words = clipped(one.words, width - 4, size, 600)
            parts += cell(names_room + number * width, y, width, height, words, one.shade, size=size, held=one.held)
        y += height
    return drawing(WIDTH, y + 2, parts, title=title, description=description, ident=ident, kind=kind)


def _size(row: Row, room: float) -> float:
    """Return the size at which the widest word of a row fits its cell, between the usual and the least."""
    widest = max((width_of(one.words, CELL_SIZE, 600) for one in row.cells), default=0.0)
    return CELL_SIZE if widest <= room else max(LEAST_SIZE, round(CELL_SIZE * room / widest - 0.05, 1))
