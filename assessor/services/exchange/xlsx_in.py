"""A filled-in workbook as the data of an answer file, each value with the sheet and the cell it came from.

A cell that computes is refused by its place: what it shows is not what somebody answered. An empty answer cell says
nothing; it takes no answer away.
"""

from datetime import date, timedelta
from typing import Any

from assessor.content import Document, Path_
from assessor.errors import N_, ContentError, ContentErrors
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.services.exchange import labels, xlsx_form
from assessor.services.exchange.blank_yaml import COUNTRY, ORGANISATION, WORKLOAD
from assessor.services.exchange.gather import NO_ANSWER, mark
from assessor.services.exchange.workbook import Cell, SheetOf, Workbook
from assessor.services.exchange.xlsx_form import ABOUT, ANSWERS, EVIDENCE, ITEM_MARK, META

FIRST_ROW = 4
_DAY_ZERO, _DAY_ZERO_1904 = date(1899, 12, 30), date(1904, 1, 1)
NOT_OURS = N_("Fill in a workbook that was exported here, and leave its hidden rows and columns as they are.")


def answers_in(book: Workbook, questionnaire: Questionnaire) -> Document:
    """Return what a workbook answers; raises `ContentErrors` with every cell at fault."""
    return _Reader(book, questionnaire).document()


class _Reader:
    """Goes through the sheets and gathers data, places and faults."""

    def __init__(self, book: Workbook, questionnaire: Questionnaire) -> None:
        self._book, self._questionnaire = book, questionnaire
        self._faults: list[ContentError] = []
        self._places: dict[Path_, str] = {}
        self._data: dict[str, Any] = {}

    def document(self) -> Document:
        """Return the data with the place of every part."""
        meta = self._sheets(META)
        if not meta:
            raise ContentError(
                N_("This workbook is not one that was made here."), source=self._book.source, remedy=NOT_OURS
            )
        facts = {self._text(meta[0], row, 1): self._text(meta[0], row, 2) for row in meta[0].rows()}
        for name in ("questionnaire", "questionnaire_version", "questionnaire_content", "scope"):
            self._data[name] = facts.get(name, "")
        document = Document(self._data, self._book.source, {}, self._places)
        if self._is_for_another():
            # Its ids mean other questions: what is in the cells cannot be judged.
            self._data |= {"organisation": {"name": "-", "home_jurisdictions": ["-"]}, "workload": {"name": "-"}}
            return document
        self._about()
        answers: dict[str, dict[str, Any]] = {}
        for sheet in self._sheets(ANSWERS):
            name = self._text(sheet, 2, 1)
            answers[name] = self._answers(sheet, self._at(name, list(answers)))
        self._evidence(answers)
        self._data["answers"] = answers.pop("", {})
        self._data["workloads"] = [{"name": name, "answers": given} for name, given in answers.items()]
        if self._faults:
            raise ContentErrors(self._faults)
        return document

    def _is_for_another(self) -> bool:
        own = (self._questionnaire.id, self._questionnaire.version, self._questionnaire.content_hash())
        said = tuple(self._data[name] for name in ("questionnaire", "questionnaire_version", "questionnaire_content"))
        return said != own

    def _sheets(self, what: str) -> list[SheetOf]:
        marked = xlsx_form.mark(what)
        return [sheet for sheet in self._book.sheets if sheet.cells.get((1, 1), Cell()).value == marked]

    @staticmethod
    def _at(workload: str, known: list[str]) -> Path_:
        """Return where the answers of a sheet will stand; `known` are the sheets before it."""
        return ("workloads", len([one for one in known if one]), "answers") if workload else ("answers",)

    def _fault(self, sheet: SheetOf, row: int, column: int, reason: str, remedy: str, **params: object) -> None:
        place = self._book.place(sheet.name, row, column)
        self._faults.append(ContentError(reason, source=place, remedy=remedy, **params))

    def _cell(self, sheet: SheetOf, row: int, column: int) -> Cell:
        """Return a cell that somebody filled in; one that computes is a fault and counts as empty."""
        cell = sheet.cells.get((row, column), Cell())
        if cell.formula or cell.error:
            self._fault(
                sheet,
                row,
                column,
                N_("The cell holds a formula, and formulas are not read."),
                N_("Type the answer itself."),
            )
            return Cell()
        return cell

    def _text(self, sheet: SheetOf, row: int, column: int) -> str:
        return self._raw(sheet, row, column).strip()

    def _raw(self, sheet: SheetOf, row: int, column: int) -> str:
        value = self._cell(sheet, row, column).value
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return f"{value:.15g}"
        return value

    def _columns(self, sheet: SheetOf) -> dict[str, int]:
        """Return where each column stands, by the hidden first row."""
        return {str(cell.value): column for (row, column), cell in sheet.cells.items() if row == 1 and column > 1}

    def _about(self) -> None:
        said: dict[str, tuple[str, str]] = {}
        for sheet in self._sheets(ABOUT)[:1]:
            for row in sheet.rows():
                key = self._text(sheet, row, 1)
                if row > 1 and key in xlsx_form.ABOUT_KEYS:
                    said[key] = (self._text(sheet, row, 3), self._book.place(sheet.name, row, 3))
        text = {key: value for key, (value, _place) in said.items()}
        homes = [part.strip() for part in text.get("home_jurisdictions", "").split(",") if part.strip()]
        self._data["title"] = text.get("title", "")
        self._data["organisation"] = {
            "name": text.get("organisation") or ORGANISATION,
            "home_jurisdictions": homes or [COUNTRY],
        }
        workload: dict[str, Any] = {"name": text.get("workload") or WORKLOAD, "owner": text.get("owner", "")}
        if criticality := text.get("criticality"):
            workload["criticality"] = labels.code_of(labels.criticalities, criticality) or criticality
        if hours := text.get("tolerance_hours"):
            workload["tolerance_hours"] = hours.replace(",", ".")
        self._data["workload"] = workload
        fields = {"organisation": ("organisation", "name"), "title": ("title",), "workload": ("workload", "name")}
        for key, (_value, place) in said.items():
            at = fields.get(key) or (("organisation", key) if key == "home_jurisdictions" else ("workload", key))
            self._places[at] = place

    def _answers(self, sheet: SheetOf, at: Path_) -> dict[str, Any]:
        """Return the answers of one sheet by question."""
        columns = self._columns(sheet)
        missing = {"id", "was", "answer", "note"} - set(columns)
        if missing:
            self._fault(sheet, 1, 1, N_("The hidden row with the names of the columns was changed."), NOT_OURS)
            return {}
        found: dict[str, dict[str, Any]] = {}
        items: dict[str, dict[str, tuple[str, int]]] = {}
        rows: dict[str, int] = {}
        for row in sheet.rows():
            name = self._text(sheet, row, columns["id"]) if row >= FIRST_ROW else ""
            said = self._text(sheet, row, columns["answer"]) if row >= FIRST_ROW else ""
            question, _mark, item = name.partition(ITEM_MARK)
            if not name and said:
                self._fault(sheet, row, columns["answer"], N_("This line belongs to no question."), NOT_OURS)
            elif name and self._questionnaire.question(question) is None:
                self._fault(sheet, row, columns["id"], N_("There is no question “{id}”."), NOT_OURS, id=question[:80])
            elif item:
                items.setdefault(question, {})[item] = (said, row)
            elif name in found:
                self._fault(sheet, row, columns["id"], N_("The question “{id}” stands here twice."), NOT_OURS, id=name)
            elif name:
                rows[name] = row
                found[name] = {"note": self._raw(sheet, row, columns["note"]), "said": said}
                found[name]["was"] = self._text(sheet, row, columns["was"])
                self._places[(*at, name)] = self._book.place(sheet.name, row, columns["answer"])
                self._places[(*at, name, "note")] = self._book.place(sheet.name, row, columns["note"])
        given = {}
        for name, one in found.items():
            asked = self._questionnaire.question(name)
            assert asked is not None  # noqa: S101 - looked up above
            answer = self._answer(sheet, asked, one, rows[name], columns["answer"], items.get(name, {}))
            if answer is not None:
                given[name] = answer
        return given

    def _answer(
        self,
        sheet: SheetOf,
        question: Question,
        one: dict[str, Any],
        row: int,
        column: int,
        items: dict[str, tuple[str, int]],
    ) -> dict[str, Any] | None:
        """Return an answer in the long form; None where the line says nothing."""
        said, note, was = one["said"], one["note"], one["was"]
        beside = {"note": note, "was": was if len(was) == 12 else ""}
        state = labels.code_of(labels.all_states, said) if said else None
        ticked = self._ticked(sheet, question, items, column)
        if state is not None and ticked and state != "not-asked":
            self._fault(
                sheet,
                row,
                column,
                N_("“{said}” is chosen, and lines below it are answered."),
                N_("Leave one of the two empty."),
                said=said,
            )
            return None
        if state is not None:
            return {"state": state, **beside}
        if ticked is not None:
            return {"value": ticked, **beside}
        if said:
            return self._value(sheet, question, said, row, column, beside)
        # A note without an answer is kept; a note that was taken out of an answered line with the answer is not.
        if note and was == mark(*NO_ANSWER):
            return {"state": "not-asked", **beside}
        return None

    def _ticked(
        self, sheet: SheetOf, question: Question, items: dict[str, tuple[str, int]], column: int
    ) -> list[str] | None:
        """Return the items that are so; None where no line of the checklist was answered."""
        sides: dict[str, str] = {}
        for item, (said, row) in items.items():
            if said and (side := self._side(sheet, row, column, said)) is not None:
                sides[item] = side
        known = {item.id for item in question.items}
        return [item for item, side in sides.items() if side == "yes" and item in known] if sides else None

    def _side(self, sheet: SheetOf, row: int, column: int, said: str) -> str | None:
        side = labels.code_of(labels.yes_no, said)
        if side is None:
            reason, remedy = N_("“{said}” is neither yes nor no."), N_("Choose one of the two.")
            self._fault(sheet, row, column, reason, remedy, said=said[:80])
        return side

    def _value(
        self, sheet: SheetOf, question: Question, said: str, row: int, column: int, beside: dict[str, Any]
    ) -> dict[str, Any] | None:
        if question.kind == "ladder":
            level = labels.level_of(said)
            if level is None:
                self._fault(
                    sheet,
                    row,
                    column,
                    N_("“{said}” is none of the lines one can choose."),
                    N_("Choose from the list of the cell, or type the number of the level."),
                    said=said[:80],
                )
                return None
            return {"level": level, **beside}
        if question.kind == "yes-no":
            side = self._side(sheet, row, column, said)
            return None if side is None else {"value": side, **beside}
        if question.kind == "checklist":
            self._fault(
                sheet, row, column, N_("A checklist is answered line by line."), N_("Say yes or no to each line below.")
            )
            return None
        return {"value": self._day(said) if question.kind == "date" else said, **beside}

    def _day(self, said: str) -> str:
        """Return a day as it is written; a spreadsheet keeps days as numbers."""
        try:
            number = float(said)
        except ValueError:
            return said
        if not 1 <= number < 200_000:
            return said
        start = _DAY_ZERO_1904 if self._book.from_1904 else _DAY_ZERO
        return (start + timedelta(days=int(number))).isoformat()

    def _evidence(self, answers: dict[str, dict[str, Any]]) -> None:
        for sheet in self._sheets(EVIDENCE):
            columns = self._columns(sheet)
            if not {"question", "kind", "description"} <= set(columns):
                self._fault(sheet, 1, 1, N_("The hidden row with the names of the columns was changed."), NOT_OURS)
                continue
            for row in sheet.rows():
                if row >= FIRST_ROW:
                    self._evidence_row(sheet, row, columns, answers)

    def _evidence_row(
        self, sheet: SheetOf, row: int, columns: dict[str, int], answers: dict[str, dict[str, Any]]
    ) -> None:
        said = {name: self._text(sheet, row, columns[name]) for name in xlsx_form.EVIDENCE_COLUMNS if name in columns}
        typed = {name: text for name, text in said.items() if text and name not in xlsx_form.SIDES}
        if not typed:
            return
        question, workload = said["question"].split(" ", 1)[0], said.get("workload", "")
        where = lambda name: (sheet, row, columns.get(name, 1))  # noqa: E731 - three words for one place
        if self._questionnaire.question(question) is None:
            self._fault(
                *where("question"),
                N_("Evidence stands behind a question, and “{id}” is none."),
                N_("Choose one from the list of the cell."),
                id=question[:80],
            )
            return
        given = answers.get(workload)
        if given is None:
            self._fault(
                *where("workload"),
                N_("There is no workload “{name}” in this file."),
                N_("Choose one from the list of the cell."),
                name=workload[:80],
            )
            return
        kind = labels.code_of(labels.kinds, said["kind"]) if said["kind"] else ""
        if not kind:
            self._fault(
                *where("kind"),
                N_("“{said}” is no kind of evidence."),
                N_("Choose one from the list of the cell."),
                said=said["kind"][:80],
            )
            return
        one = {name: text for name, text in said.items() if text and name not in {"question", "workload"}}
        one["kind"] = kind
        for name in xlsx_form.SIDES:
            one[name] = labels.code_of(labels.yes_no, said.get(name, "")) == "yes"
        for name in xlsx_form.DAYS:
            if name in one:
                one[name] = self._day(one[name])
        order = [name for name in answers if name]
        at: Path_ = ("workloads", order.index(workload), "answers") if workload else ("answers",)
        if question not in given:
            self._places[(*at, question)] = self._book.place(sheet.name, row, columns["question"])
        answer = given.setdefault(question, {"state": "not-asked"})
        rows = answer.setdefault("evidence", [])
        self._place_evidence((*at, question, "evidence", len(rows)), sheet, row, columns)
        rows.append(one)

    def _place_evidence(self, at: Path_, sheet: SheetOf, row: int, columns: dict[str, int]) -> None:
        self._places[at] = self._book.place(sheet.name, row, columns["description"])
        for name, column in columns.items():
            self._places[(*at, name)] = self._book.place(sheet.name, row, column)
