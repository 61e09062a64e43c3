"""A workbook to fill in and send back: lists to choose from, locked but for the answers, readable on paper."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from assessor.questionnaire.schema import Question, Questionnaire
from assessor.services.exchange import labels, xlsx_form
from assessor.services.exchange.gather import NO_ANSWER, mark
from assessor.services.exchange.xlsx_form import ABOUT, ANSWERS, EVIDENCE, ITEM_MARK, META

EMPTY_ROWS = 30
HEADER_ROW = 2
INK, SOFT, LINE, WASH, FILL = "#14191b", "#5f6b70", "#c9d1d3", "#eef4f5", "#fffdf2"
# What a spreadsheet would compute if somebody opened the cell and left it again.
RISKY = ("=", "+", "-", "@", "\t", "\r")
MOST_TEXT = 32_000
WIDTHS = {"number": 4, "title": 16, "text": 34, "choices": 50, "answer": 24, "note": 28}
EVIDENCE_WIDTHS = {
    "question": 30,
    "kind": 24,
    "description": 34,
    "place": 26,
    "result": 32,
    "link": 26,
    "pass_mark": 24,
    "witness": 16,
}
EVIDENCE_WIDTH = 13
# Points of a line, and the most a row can be high; spreadsheets other than one do not fit rows to their text.
SIZE, SMALL, HIGHEST = 11, 9, 409


def write_xlsx(data: Mapping[str, Any], questionnaire: Questionnaire, *, names: Sequence[str] = ()) -> bytes:
    """Return the workbook of an answer file's data; `names` are the further workloads that get a sheet of their own.

    Words are those of today's reader; what comes back is understood in every language.
    """
    stream = io.BytesIO()
    # Text stays text: nothing a user wrote becomes a formula, a number or a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": questionnaire.title, "author": "Sovereignty Assessor", "created": _EPOCH})
        _Writer(book, data, questionnaire, names).write()
    return stream.getvalue()


_EPOCH = datetime(2026, 1, 1)


class _Writer:
    """Writes the sheets one after another; the lists to choose from gather on a hidden sheet."""

    def __init__(
        self, book: xlsxwriter.Workbook, data: Mapping[str, Any], questionnaire: Questionnaire, names: Sequence[str]
    ) -> None:
        self._book, self._data, self._questionnaire, self._names = book, data, questionnaire, names
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._lists: list[list[str]] = []
        asked = "full" if data["scope"] == "full" else "quick"
        answered = {one for part in (data, *data.get("workloads", ())) for one in part.get("answers", ())}
        self._asked = [
            one for one in questionnaire.questions if one in questionnaire.asked(asked) or one.id in answered
        ]

    def write(self) -> None:
        """Write every sheet."""
        self._about()
        self._answers(_("Answers"), "", self._data["answers"])
        own = {one["name"]: one.get("answers", {}) for one in self._data.get("workloads", ())}
        for number, name in enumerate(self._names, 2):
            self._answers(_("Answers %(number)s") % {"number": number}, name, own.get(name, {}))
        self._evidence()
        self._hidden()

    def _format(self, text: str = "", **wanted: Any) -> Format:
        """Return a format; for text that a spreadsheet could compute, one that keeps it text."""
        wanted = {"font_name": "Calibri", "font_size": SIZE, "font_color": INK, "valign": "top", **wanted}
        if text.startswith(RISKY):
            wanted["quote_prefix"] = True
        if wanted.get("text_wrap"):
            # A little air between one column's text and the next.
            wanted.setdefault("indent", 1)
            wanted.setdefault("align", "left")
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(wanted)
        return self._formats[key]

    def _open(self, text: str = "", **wanted: Any) -> Format:
        """Return the format of a cell that is there to be filled in."""
        return self._format(text, locked=False, bg_color=FILL, border=1, border_color=LINE, text_wrap=True, **wanted)

    def _put(self, sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
        if text:
            sheet.write_string(row, column, text.replace("\r\n", "\n")[:MOST_TEXT], style)
        else:
            sheet.write_blank(row, column, None, style)

    def _sheet(self, name: str, what: str, columns: Sequence[str] = ()) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.write_string(0, 0, xlsx_form.mark(what))
        for number, column in enumerate(columns):
            sheet.write_string(0, number + 1, column)
        sheet.set_row(0, None, None, {"hidden": True})
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&8&A&R&8&P / &N")
        sheet.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})
        return sheet

    def _about(self) -> None:
        sheet = self._sheet(_("About"), ABOUT)
        sheet.set_portrait()
        sheet.set_column(0, 0, None, None, {"hidden": True})
        sheet.set_column(1, 1, 30)
        sheet.set_column(2, 2, 64)
        questionnaire = self._questionnaire
        self._put(sheet, 1, 1, questionnaire.title, self._format(bold=True, font_size=16))
        sheet.set_row(1, 24)
        version = _("Version %(version)s, %(count)s questions") % {
            "version": questionnaire.version,
            "count": len(self._asked),
        }
        self._put(sheet, 2, 1, version, self._format(font_color=SOFT))
        how = (
            _("Fill in the light yellow cells only: choose from the list, or type where there is none."),
            _("“I don't know” is an answer. “Not applicable” needs a reason in the note."),
            _("An answer cell left empty changes nothing. Formulas are not read: type what is so."),
            _("Send the whole file back. Nothing is taken over before somebody has seen what would change."),
        )
        for number, line in enumerate(how):
            sheet.merge_range(4 + number, 1, 4 + number, 2, line, self._format(text_wrap=True))
        row = 10
        for key, label, value in self._facts():
            sheet.write_string(row, 0, key)
            self._put(sheet, row, 1, label, self._format(font_color=SOFT))
            self._put(sheet, row, 2, value, self._open(value))
            sheet.set_row(row, _height([(value, 64, SIZE)]) + 4)
            if key == "criticality":
                self._choose(sheet, row, 2, list(labels.criticalities().values()))
            row += 1
        sheet.print_area(0, 0, row, 2)

    def _facts(self) -> list[tuple[str, str, str]]:
        organisation, workload = self._data["organisation"], self._data["workload"]
        hours = workload["tolerance_hours"]
        criticality = labels.criticalities().get(workload["criticality"], "")
        words = (
            (_("Organisation"), organisation["name"]),
            (_("Home jurisdiction"), ", ".join(organisation["home_jurisdictions"])),
            (_("Title"), self._data["title"]),
            (_("Most critical AI workload"), workload["name"]),
            (_("Owner of the workload"), workload["owner"]),
            (_("Criticality"), criticality),
            (_("Tolerance in hours"), "" if hours is None else f"{hours:g}"),
        )
        return [(key, label, value) for key, (label, value) in zip(xlsx_form.ABOUT_KEYS, words, strict=True)]

    def _answers(self, name: str, workload: str, answers: Mapping[str, Any]) -> None:
        sheet = self._sheet(name, ANSWERS, xlsx_form.ANSWER_COLUMNS)
        sheet.set_column(0, 2, None, None, {"hidden": True})
        for number, column in enumerate(xlsx_form.ANSWER_COLUMNS):
            if column in WIDTHS:
                sheet.set_column(number + 1, number + 1, WIDTHS[column])
        about = workload or _("All workloads in scope; where they differ, the weakest critical one")
        sheet.write_string(1, 0, workload)
        self._put(sheet, 1, 3, f"{self._questionnaire.title} · {about}", self._format(about, bold=True, font_size=13))
        sheet.set_row(1, 22)
        sheet.set_row(HEADER_ROW, 20)
        heads = ("", _("Subject"), _("Question"), _("What can be answered"), _("Answer"), _("Note"))
        for number, head in enumerate(heads):
            self._put(sheet, HEADER_ROW, 3 + number, head, self._head())
        sheet.freeze_panes(HEADER_ROW + 1, 5)
        sheet.repeat_rows(HEADER_ROW)
        row = HEADER_ROW + 1
        number = 0
        for dimension in self._questionnaire.dimensions:
            asked = [one for one in self._asked if one.dimension == dimension.id]
            if asked:
                band = self._format(bold=True, bg_color=WASH, top=1, top_color=INK)
                for column in range(3, 9):
                    self._put(sheet, row, column, dimension.title if column == 3 else "", band)
                sheet.set_row(row, 20)
                row += 1
            for question in asked:
                number += 1
                row = self._question(sheet, row, number, question, answers.get(question.id, {}))
        sheet.print_area(0, 3, row - 1, 8)

    def _head(self) -> Format:
        return self._format(bold=True, font_color="#ffffff", bg_color="#0e626e", text_wrap=True, valign="vcenter")

    def _question(self, sheet: Worksheet, row: int, number: int, question: Question, answer: Mapping[str, Any]) -> int:
        """Write a question, below it the items of a checklist; returns the next row."""
        line = {"text_wrap": True, "bottom": 1, "bottom_color": LINE}
        sheet.write_string(row, 1, question.id)
        sheet.write_string(row, 2, answer.get("was") or mark(*NO_ANSWER))
        texts = (f"{number}", question.title, question.text, _choices_text(question))
        sizes = (SIZE, SIZE, SIZE, SMALL)
        for column, (text, size) in enumerate(zip(texts, sizes, strict=True)):
            style = self._format(text, bold=column == 1, font_size=size, **line)
            self._put(sheet, row, 3 + column, text, style)
        shown = _shown(question, answer)
        if isinstance(shown, date):
            sheet.write_datetime(row, 7, shown, self._open(num_format="yyyy-mm-dd", align="left"))
        elif isinstance(shown, float | int):
            sheet.write_number(row, 7, shown, self._open(align="left"))
        else:
            style = {"num_format": "yyyy-mm-dd", "align": "left"} if question.kind == "date" else {}
            self._put(sheet, row, 7, shown, self._open(shown, **style))
        self._put(sheet, row, 8, answer.get("note", ""), self._open(answer.get("note", "")))
        self._choose(sheet, row, 7, labels.offered(question))
        cells = zip((*texts, str(shown), answer.get("note", "")), WIDTHS.values(), (*sizes, SIZE, SIZE), strict=True)
        sheet.set_row(row, _height(cells))
        row += 1
        ticked = answer.get("value") if question.kind == "checklist" else None
        for item in question.items:
            sheet.write_string(row, 1, f"{question.id}{ITEM_MARK}{item.id}")
            self._put(sheet, row, 3, "", self._format(**line))
            self._put(sheet, row, 4, "", self._format(**line))
            hint = _("Yes or no; it takes part from level %(level)s.") % {"level": item.level}
            self._put(sheet, row, 5, hint, self._format(font_size=SMALL, font_color=SOFT, **line))
            self._put(sheet, row, 6, item.text, self._format(item.text, font_size=SMALL, **line))
            said = "" if ticked is None else labels.yes_no()["yes" if item.id in ticked else "no"]
            self._put(sheet, row, 7, said, self._open())
            self._put(sheet, row, 8, "", self._format(**line))
            self._choose(sheet, row, 7, list(labels.yes_no().values()))
            sheet.set_row(row, _height([(hint, WIDTHS["text"], SMALL), (item.text, WIDTHS["choices"], SMALL)]))
            row += 1
        return row

    def _choose(self, sheet: Worksheet, row: int, column: int, lines: Sequence[str]) -> None:
        """Let a cell be chosen from a list; the list is kept on the hidden sheet, once for each."""
        if not lines:
            return
        self._choose_from(sheet, row, column, row, self._list(lines))

    def _list(self, lines: Sequence[str]) -> str:
        kept = list(lines)
        if kept not in self._lists:
            self._lists.append(kept)
        column = xlsxwriter.utility.xl_col_to_name(self._lists.index(kept))
        return f"=_lists!${column}$1:${column}${len(kept)}"

    def _choose_from(self, sheet: Worksheet, row: int, column: int, last: int, source: str) -> None:
        sheet.data_validation(
            row,
            column,
            last,
            column,
            {
                "validate": "list",
                "source": source,
                "error_title": _("Not in the list"),
                "error_message": _("Choose one of the list, or leave the cell empty."),
            },
        )

    def _evidence(self) -> None:
        columns = xlsx_form.EVIDENCE_COLUMNS
        sheet = self._sheet(_("Evidence"), EVIDENCE, columns)
        sheet.set_column(0, 2, None, None, {"hidden": True})
        heads = _evidence_heads()
        for number, column in enumerate(columns):
            if column in heads:
                hidden = {"hidden": True} if column == "workload" and not self._names else {}
                sheet.set_column(number + 1, number + 1, EVIDENCE_WIDTHS.get(column, EVIDENCE_WIDTH), None, hidden)
                self._put(sheet, HEADER_ROW, number + 1, heads[column], self._head())
        note = _("Which tier a piece of evidence earns follows from these facts. One line each.")
        self._put(sheet, 1, 4, note, self._format(font_color=SOFT))
        sheet.set_row(HEADER_ROW, _height([(head, EVIDENCE_WIDTH, SIZE) for head in heads.values()]))
        sheet.freeze_panes(HEADER_ROW + 1, 5)
        sheet.repeat_rows(HEADER_ROW)
        # Two pages wide, the question at the left of both: on one page nobody could read it.
        sheet.repeat_columns(4, 4)
        sheet.fit_to_pages(2, 0)
        rows = self._evidence_rows()
        for number, one in enumerate(rows + [{}] * EMPTY_ROWS):
            self._evidence_row(sheet, HEADER_ROW + 1 + number, one)
        last = HEADER_ROW + len(rows) + EMPTY_ROWS
        lists = {
            "question": [f"{one.id} · {one.title}"[: labels.LONGEST] for one in self._asked if one.scored],
            "kind": list(labels.kinds().values()),
            **{side: list(labels.yes_no().values()) for side in xlsx_form.SIDES},
        }
        if self._names:
            lists["workload"] = list(self._names)
        for column, lines in lists.items():
            place = columns.index(column) + 1
            self._choose_from(sheet, HEADER_ROW + 1, place, last, self._list(lines))
        sheet.print_area(0, 3, last, len(columns))

    def _evidence_rows(self) -> list[dict[str, Any]]:
        titles = {one.id: one.title for one in self._asked}
        parts = [("", self._data["answers"])]
        parts += [(one["name"], one.get("answers", {})) for one in self._data.get("workloads", ())]
        return [
            {**one, "workload": workload, "question": f"{question} · {titles[question]}"[: labels.LONGEST]}
            for workload, answers in parts
            for question, answer in answers.items()
            for one in answer.get("evidence", ())
        ]

    def _evidence_row(self, sheet: Worksheet, row: int, one: Mapping[str, Any]) -> None:
        for number, column in enumerate(xlsx_form.EVIDENCE_COLUMNS):
            place, value = number + 1, one.get(column, "")
            if column in xlsx_form.DAYS:
                style = self._open(num_format="yyyy-mm-dd", align="left")
                if value:
                    sheet.write_datetime(row, place, date.fromisoformat(value), style)
                else:
                    sheet.write_blank(row, place, None, style)
            elif column in xlsx_form.NUMBERS and value != "":
                sheet.write_number(row, place, value, self._open(align="left"))
            elif column in xlsx_form.SIDES:
                said = "" if not one else labels.yes_no()["yes" if value else "no"]
                self._put(sheet, row, place, said, self._open())
            else:
                text = labels.kinds().get(value, "") if column == "kind" else str(value)
                self._put(sheet, row, place, text, self._open(text))
        texts = [
            (str(one.get(name, "")), EVIDENCE_WIDTHS.get(name, EVIDENCE_WIDTH), SIZE) for name in _evidence_heads()
        ]
        sheet.set_row(row, _height(texts))

    def _hidden(self) -> None:
        lists = self._book.add_worksheet("_lists")
        for column, lines in enumerate(self._lists):
            for row, line in enumerate(lines):
                lists.write_string(row, column, line)
        lists.very_hidden()
        meta = self._book.add_worksheet("_meta")
        facts = {
            xlsx_form.mark(META): "",
            "questionnaire": self._data["questionnaire"],
            "questionnaire_version": self._data["questionnaire_version"],
            "questionnaire_content": self._data["questionnaire_content"],
            "scope": self._data["scope"],
            "language": get_language() or "",
        }
        for row, (name, value) in enumerate(facts.items()):
            meta.write_string(row, 0, name)
            meta.write_string(row, 1, value)
        meta.very_hidden()


def _height(cells: Iterable[tuple[str, float, int]]) -> float:
    """Return the points that the longest of some cells (text, width in characters, size) needs."""
    most = 0.0
    for text, width, size in cells:
        fits = max(1, int(width * SIZE / size * 1.15) - 2)
        lines = sum(max(1, -(-len(line) // fits)) for line in text.split("\n"))
        most = max(most, lines * size * 1.32)
    return min(HIGHEST, most + 5)


def _choices_text(question: Question) -> str:
    """Return what can be answered, in full: lists show only the beginning of a long line."""
    if question.kind == "ladder":
        return "\n".join(f"{one.level} · {one.text}" for one in question.choices)
    if question.kind == "yes-no":
        sides = ((_("Yes"), question.if_yes), (_("No"), question.if_no))
        return "\n".join(f"{word} · {side.text}" if side else word for word, side in sides)
    if question.kind == "checklist":
        return _("Yes or no to each line below. Here only: I don't know, or not applicable.")
    if question.kind == "number":
        return _("A number (%(unit)s)") % {"unit": question.unit} if question.unit else _("A number")
    return _("A day, written 2026-11-21") if question.kind == "date" else _("A few words")


def _shown(question: Question, answer: Mapping[str, Any]) -> str | float | date:
    """Return what stands in the answer cell."""
    state = answer.get("state")
    if state is not None:
        # A note alone is kept only where the cell says so: an empty one says nothing.
        return "" if state == "not-asked" and not answer.get("note") else labels.all_states()[state]
    if "level" in answer and question.kind == "ladder":
        choice = question.choice(answer["level"])
        return labels.rung(answer["level"], choice.text if choice else "")
    value = answer.get("value")
    if value is None or question.kind == "checklist":
        return ""
    if question.kind == "yes-no":
        return labels.yes_no()[value]
    if question.kind == "date":
        return date.fromisoformat(value)
    return value if isinstance(value, float | int) else str(value)


def _evidence_heads() -> dict[str, str]:
    return {
        "workload": _("Workload"),
        "question": _("Question"),
        "kind": _("Kind"),
        "description": _("What it shows"),
        "place": _("Where it lies"),
        "version": _("Version"),
        "taken_on": _("Date"),
        "expires_on": _("Ends on"),
        "read": _("Somebody read it"),
        "pass_mark": _("Pass mark set beforehand"),
        "minutes": _("Length in minutes"),
        "share_of_load": _("Share of real requests, in per cent"),
        "passed": _("It reached its pass mark"),
        "result": _("Result"),
        "observed_only": _("Counts as observed only"),
        "witness": _("Who looked"),
        "link": _("Link"),
    }
