"""Tables as a workbook: a sheet each, header rows that stay, filters, text that stays text."""

import io
from collections.abc import Iterable
from datetime import datetime

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format

from assessor.reports.forms.tables import Cell, Table, harmless
from assessor.reports.model import ReportBody

INK, SOFT, LINE, HEAD, SIZE = "#14191b", "#5f6b70", "#c9d1d3", "#0e626e", 10
MOST_TEXT = 32_000
MOST_LINES = 12
_EPOCH = datetime(2026, 1, 1)
# Characters that no sheet's name may hold.
_NOT_IN_NAMES = dict.fromkeys(map(ord, "[]:*?/\\'"), " ")


def xlsx_bytes(report: ReportBody, input_hash: str, tables: Iterable[Table]) -> bytes:
    """Return the workbook of a report: what it is about, then a sheet for each table; the same bytes each time."""
    stream = io.BytesIO()
    # Text stays text: nothing a user wrote becomes a formula, a number or a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        title = f"{report.cover.title} · {report.cover.organisation}"
        book.set_properties({"title": title[:250], "author": "Sovereignty Assessor", "created": _EPOCH})
        pen = Pen(book)
        _about(pen, report, input_hash)
        for table in tables:
            sheet_of(pen, table)
    return stream.getvalue()


def table_bytes(table: Table) -> bytes:
    """Return a workbook of one table; the same bytes for the same rows."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": table.title[:250], "author": "Sovereignty Assessor", "created": _EPOCH})
        sheet_of(Pen(book), table)
    return stream.getvalue()


class Pen:
    """Writes cells; each format is made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}

    def style(self, **wanted: object) -> Format:
        wanted = {"font_name": "Calibri", "font_size": SIZE, "font_color": INK, "valign": "top", **wanted}
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(wanted)
        return self._formats[key]

    def put(self, sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, **wanted: object) -> None:
        """Write one cell; text that a spreadsheet could compute once it is opened is marked as text."""
        if isinstance(cell, str):
            wanted.pop("share", None)
            if harmless(cell) != cell:
                wanted["quote_prefix"] = True
            style = self.style(**{"text_wrap": True, **wanted})
            sheet.write_string(row, column, cell.replace("\r\n", "\n")[:MOST_TEXT], style)
        elif cell is not None:
            share = wanted.pop("share", False)
            shown = "0 %" if isinstance(cell, float) and share else "General"
            sheet.write_number(row, column, cell, self.style(num_format=shown, align="left", **wanted))


def _about(pen: Pen, report: ReportBody, input_hash: str) -> None:
    sheet = pen.book.add_worksheet(_("About"))
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    sheet.hide_gridlines(2)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    pen.put(sheet, 0, 0, report.cover.title, bold=True, font_size=15, text_wrap=False)
    sheet.set_row(0, 24)
    rows = [(one.label, one.value) for one in (*report.control, *report.scope)]
    rows.append((_("Verdict"), report.board.verdict))
    rows += [(_("Limits"), line) for line in report.limits]
    rows += [(one.label, one.value) for one in report.integrity]
    rows.append((_("Report input (sha256)"), input_hash))
    for number, (label, value) in enumerate(rows, 2):
        pen.put(sheet, number, 0, label, font_color=SOFT)
        pen.put(sheet, number, 1, value)
        sheet.set_row(number, _height([(value, 90)]))


def sheet_of(pen: Pen, table: Table) -> None:
    sheet = pen.book.add_worksheet(table.title.translate(_NOT_IN_NAMES)[:31].strip())
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 0)
    for number, column in enumerate(table.columns):
        sheet.set_column(number, number, column.width)
        pen.put(sheet, 0, number, column.head, bold=True, font_color="#ffffff", bg_color=HEAD, valign="vcenter")
    sheet.set_row(0, 30)
    share = table.name == "levels"
    for place, row in enumerate(table.rows, 1):
        for number, cell in enumerate(row):
            pen.put(sheet, place, number, cell, bottom=1, bottom_color=LINE, **({"share": True} if share else {}))
        texts = [(cell, table.columns[number].width) for number, cell in enumerate(row) if isinstance(cell, str)]
        sheet.set_row(place, _height(texts))
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    else:
        pen.put(sheet, 1, 0, _("Nothing: not assessed, or nothing there."), font_color=SOFT, text_wrap=False)


def _height(texts: Iterable[tuple[str, int]]) -> float:
    """Return the height of a row in points: only one spreadsheet fits rows to their text by itself."""
    lines = max(
        (sum(1 + len(line) // max(1, width) for line in text.split("\n")) for text, width in texts if text), default=1
    )
    return 14.0 * min(lines, MOST_LINES) + 3
