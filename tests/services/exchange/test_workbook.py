"""A client fills the workbook in with their own program and sends it back: the same answers, each fault at its cell."""

import io
from datetime import date, datetime

import openpyxl
import pytest
from django.utils.translation import override
from django_scopes import scope

from assessor.errors import ContentErrors
from assessor.models import Answer, Evidence, Workload
from assessor.services import answers, workloads
from assessor.services.exchange import bringing_in, sending_out
from assessor.services.questionnaires import questionnaire_of, shipped
from tests.services.exchange.filled import by_kind, empty
from tests.services.exchange.test_round_trip import out, read

# Workbooks: the same on either database.
pytestmark = pytest.mark.once

ANSWER, NOTE = "answer", "note"


class Form:
    """The workbook as a client sees it: open, type into cells, save."""

    def __init__(self, raw: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(raw))
        self.sheet = self.book.worksheets[1]

    def columns(self, sheet=None):
        return {cell.value: cell.column for cell in (sheet or self.sheet)[1] if cell.value}

    def cell(self, name, column=ANSWER):
        at = self.columns()
        row = next(
            cell.row for (cell,) in self.sheet.iter_rows(min_col=at["id"], max_col=at["id"]) if cell.value == name
        )
        return self.sheet.cell(row, at[column])

    def say(self, name, value, note=None):
        self.cell(name).value = value
        if note is not None:
            self.cell(name, NOTE).value = note

    def add_evidence(self, **facts):
        sheet = next(one for one in self.book if str(one["A1"].value).endswith(":evidence"))
        at = self.columns(sheet)
        row = next(number for number in range(4, 99) if not sheet.cell(number, at["description"]).value)
        for name, value in facts.items():
            sheet.cell(row, at[name]).value = value
        return sheet, row

    def raw(self) -> bytes:
        stream = io.BytesIO()
        self.book.save(stream)
        return stream.getvalue()


@pytest.fixture
def form():
    return Form(sending_out.blank(shipped("ai-sovereignty"), "full", "xlsx"))


@pytest.fixture
def here(owner):
    found = empty(owner)
    with scope(organisation=found.organisation):
        yield found


def test_a_workload_about_which_nothing_was_answered_is_no_obstacle(here):
    workloads.add_workload(here, Workload(name="Night", owner="Ward", criticality="important"))
    workbook = io.BytesIO()
    sending_out.write(here, "xlsx", workbook)
    assert openpyxl.load_workbook(workbook).sheetnames


def bring(form, here, owner, **more):
    return bringing_in.apply(here, read(form.raw(), "form.xlsx"), owner, **more)


def test_every_kind_of_answer_comes_back(here, owner, form):
    ladder, checklist, fact = by_kind("ladder"), by_kind("checklist"), by_kind("yes-no")
    other = [one for one in shipped("ai-sovereignty").questions if one.kind == "ladder"][1]
    listed = form.cell(ladder.id)
    rules = [rule for rule in form.sheet.data_validations.dataValidation if listed.coordinate in rule]
    assert len(rules) == 1
    source = rules[0].formula1
    name, _mark, area = source.partition("!")
    chosen = [row[0].value for row in form.book[name][area.replace("$", "")]]
    form.say(ladder.id, chosen[2], "why so")
    for number, item in enumerate(checklist.items):
        form.say(f"{checklist.id}#{item.id}", "Yes" if number == 1 else "No")
    form.say(fact.id, "No")
    form.say(by_kind("number").id, 3)
    form.say(by_kind("date").id, datetime(2026, 5, 4))
    form.say(by_kind("text").id, "Letters")
    form.say(other.id, "I don't know", "asked")
    form.add_evidence(
        question=ladder.id,
        kind="Signed contract or clause",
        description="Order form",
        place="Register 7",
        version=3,
        taken_on=date(2026, 11, 1),
        read="Yes",
    )
    bring(form, here, owner)
    said = {row.question: row for row in Answer.objects.filter(assessment=here)}
    assert (said[ladder.id].level, said[ladder.id].note) == (int(chosen[2][0]), "why so")
    assert said[checklist.id].value == [checklist.items[1].id]
    assert said[fact.id].value == "no"
    assert said[by_kind("number").id].value == 3
    assert said[by_kind("date").id].value == "2026-05-04"
    assert said[by_kind("text").id].value == "Letters"
    assert (said[other.id].state, said[other.id].note) == ("unknown", "asked")
    assert len(said) == 7
    row = Evidence.objects.get()
    assert (row.kind, row.description, row.document_version, row.taken_on, row.read) == (
        "contract",
        "Order form",
        "3",
        date(2026, 11, 1),
        True,
    )


def test_a_form_filled_in_in_german_is_understood(here, owner):
    with override("de"):
        german = questionnaire_of(shipped("ai-sovereignty").content_hash())
        form = Form(sending_out.blank(german, "full", "xlsx"))
        ladder, fact = by_kind("ladder"), by_kind("yes-no")
        form.say(fact.id, "Ja")
    form.say(ladder.id, "3")
    bring(form, here, owner)
    assert Answer.objects.get(question=fact.id).value == "yes"
    assert Answer.objects.get(question=ladder.id).level == 3


FAULTS = [
    (
        "a formula",
        lambda form, q: form.say(q.id, "=1+1"),
        "holds a formula, and formulas are not read. Type the answer",
    ),
    ("an error", lambda form, q: form.say(q.id, "#REF!"), "holds a formula"),
    ("another word", lambda form, q: form.say(q.id, "good"), "“good” is none of the lines one can choose"),
    ("a level that is none", lambda form, q: form.say(q.id, 9), "no choice at level 9"),
]


@pytest.mark.parametrize(("name", "change", "words"), FAULTS)
def test_a_fault_is_named_by_sheet_and_cell_and_nothing_changes(here, owner, form, name, change, words):
    ladder, fact = by_kind("ladder"), by_kind("yes-no")
    form.say(fact.id, "Yes")
    change(form, ladder)
    with pytest.raises(ContentErrors) as caught:
        bring(form, here, owner)
    said = str(caught.value)
    assert said.startswith(f"form.xlsx, sheet Answers, cell {form.cell(ladder.id).coordinate}: ")
    assert words in said
    assert not Answer.objects.exists()


def test_every_fault_of_a_form_is_named_at_once(here, owner, form):
    checklist, number = by_kind("checklist"), by_kind("number")
    form.say(f"{checklist.id}#{checklist.items[0].id}", "perhaps")
    form.say(checklist.id, "=A1")
    form.cell(number.id, NOTE).value = "=cmd|' /C calc'!A0"
    sheet, row = form.add_evidence(question="data.nothing", kind="Log extract", description="d")
    _sheet, other = form.add_evidence(question=by_kind("ladder").id, kind="rumour", description="d")
    with pytest.raises(ContentErrors) as caught:
        bring(form, here, owner)
    said = str(caught.value)
    for cell, words in (
        (form.cell(f"{checklist.id}#{checklist.items[0].id}").coordinate, "“perhaps” is neither yes nor no"),
        (form.cell(checklist.id).coordinate, "holds a formula"),
        (form.cell(number.id, NOTE).coordinate, "holds a formula"),
    ):
        assert f"sheet Answers, cell {cell}: " in said
        assert words in said
    at = form.columns(sheet)
    assert f"sheet Evidence, cell {sheet.cell(row, at['question']).coordinate}: " in said
    assert f"sheet Evidence, cell {sheet.cell(other, at['kind']).coordinate}: “rumour” is no kind" in said


def test_a_number_out_of_range_and_too_long_a_note_are_named_by_their_cell(here, owner, form):
    number, ladder = by_kind("number"), by_kind("ladder")
    form.say(number.id, -99999)
    with pytest.raises(ContentErrors, match=f"cell {form.cell(number.id).coordinate}: "):
        bring(form, here, owner)
    form.say(number.id, None)
    form.say(ladder.id, "1", "x" * 5000)
    with pytest.raises(ContentErrors, match=f"cell {form.cell(ladder.id, NOTE).coordinate}: "):
        bring(form, here, owner)


def test_a_form_for_another_version_is_refused(here, owner, form):
    meta = form.book["_meta"]
    next(row[1] for row in meta.iter_rows() if row[0].value == "questionnaire_version").value = "2025.1"
    with pytest.raises(ContentErrors, match=r"form.xlsx: This file answers version 2025\.1"):
        bring(form, here, owner)


def test_hidden_columns_that_were_changed_are_named(here, owner, form):
    form.sheet.cell(1, form.columns()["was"]).value = "something"
    with pytest.raises(ContentErrors, match="The hidden row with the names of the columns was changed"):
        bring(form, here, owner)


def test_a_cell_left_empty_takes_no_answer_away(here, owner, form):
    ladder = by_kind("ladder")
    answers.save_answer(here, ladder.id, "answered", 2, "kept", owner)
    out_form = Form(out(here, "xlsx"))
    out_form.say(ladder.id, None, "")
    assert not bring(out_form, here, owner).changes_something
    assert Answer.objects.get().level == 2


def test_only_the_cells_to_fill_in_are_open_and_ids_are_hidden(form):
    assert form.sheet.protection.sheet
    assert form.sheet.freeze_panes is not None
    at = form.columns()
    ladder = form.cell(by_kind("ladder").id)
    assert not ladder.protection.locked
    assert not form.sheet.cell(ladder.row, at[NOTE]).protection.locked
    assert form.sheet.cell(ladder.row, at["text"]).protection.locked
    assert form.sheet.cell(ladder.row, at["text"]).alignment.wrap_text
    hidden = form.sheet.column_dimensions["A"]
    assert hidden.hidden
    assert (hidden.min, hidden.max) == (1, 3)
    assert form.sheet.cell(ladder.row, at["id"]).value == by_kind("ladder").id
    assert form.book["_lists"].sheet_state == "veryHidden"
