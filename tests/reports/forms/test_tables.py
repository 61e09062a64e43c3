"""Tables as CSV and workbook: whole, typed, and nothing in them computes."""

import csv
import io
import zipfile

import openpyxl
import pytest

from assessor.reports import viewmodel
from assessor.reports.forms.csv_form import csv_bytes, zip_bytes
from assessor.reports.forms.tables import NAMES, RISKY, harmless, tables
from assessor.reports.forms.xlsx_form import xlsx_bytes
from assessor.reports.shaped import LeftOut
from tests.reports import samples

FORMULAS = (
    '=HYPERLINK("http://127.0.0.1:9/"&A1)',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1+1",
    " =1+1",
    "＝1+1",
    "|cmd",
    "%0A=1",
)


def dangerous():
    """Return a report in which notes, names and places look like formulas."""
    made = samples.bad()
    answers = {
        name: samples.replace(one, note=FORMULAS[place % len(FORMULAS)], answered_by="=1+1")
        for place, (name, one) in enumerate(made.answers.items())
    }
    return viewmodel.build(samples.replace(made, answers=answers, title="=1+1", organisation="@evil", assessor="-x"))


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheets(model) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx_bytes(model, model.input_hash, tables(model))))


def test_every_answer_evidence_finding_and_move_is_a_row(bad):
    made = {one.name: one for one in tables(bad)}
    entries = [entry for one in bad.dimensions for entry in one.answers]
    assert [row[1] for row in made["answers"].rows] == [one.id for one in entries]
    assert [row[10] for row in made["answers"].rows if row[10]] == [
        one.answer for one in entries if one.state == "answered"
    ]
    assert len(made["evidence"].rows) == sum(len(one.evidence) for one in entries) > 0
    assert len(made["findings"].rows) == sum(len(one.findings) for one in entries) > 0
    assert len(made["disputes"].rows) == sum(len(one.disputes) for one in entries) > 0
    assert len(made["roadmap"].rows) == sum(len(plan.moves) for plan in bad.plans) > 0
    assert [row[0] for row in made["endpoints"].rows] == ["Claims gateway", "Spare"]
    assert len(made["requests"].rows) == 6
    assert set(made) == set(NAMES) - {"movement"}


def test_every_row_has_a_cell_for_every_column(model):
    for table in tables(model):
        assert {len(row) for row in table.rows} <= {len(table.columns)}, table.name


def test_a_section_left_out_takes_its_tables_with_it(bad):
    without = bad.model_copy(update={"left_out": (LeftOut(section="questions", title="Every question and answer"),)})
    assert not {"answers", "evidence", "findings", "disputes"} & {one.name for one in tables(without)}


def test_no_cell_of_a_table_begins_like_a_formula():
    for table in tables(dangerous()):
        rows = read(csv_bytes(table))
        assert len(rows) == len(table.rows) + 1
        for row in rows:
            assert not [cell for cell in row if cell.lstrip().startswith(RISKY) and not _number(cell)]


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_led_by_an_apostrophe_and_stays_whole(text):
    assert harmless(text) == f"'{text}"


def test_a_workbook_holds_text_as_text_and_numbers_as_numbers():
    book = sheets(dangerous())
    answers = book["Answers"]
    heads = {cell.value: cell.column for cell in answers[1]}
    notes = [answers.cell(row, heads["Note"]) for row in range(2, answers.max_row + 1)]
    assert {cell.value for cell in notes if cell.value} >= set(FORMULAS[:3])
    assert all(
        cell.data_type == "s"
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    )
    assert all(cell.quotePrefix for cell in notes if cell.value)
    assert isinstance(answers.cell(2, heads["Claimed"]).value, int)
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_a_workbook_has_a_sheet_for_each_table_with_a_header_row_that_stays(model):
    book = sheets(model)
    made = list(tables(model))
    assert book.sheetnames == ["About", *(one.title for one in made)]
    for one in made:
        sheet = book[one.title]
        assert sheet.freeze_panes == "A2"
        assert sheet.print_title_rows == "$1:$1"
        assert [cell.value for cell in sheet[1]] == [column.head for column in one.columns]
        assert sheet.max_row == max(2, len(one.rows) + 1)


def test_the_same_report_gives_the_same_bytes(bad):
    assert zip_bytes(tables(bad)) == zip_bytes(tables(bad))
    assert xlsx_bytes(bad, bad.input_hash, tables(bad)) == xlsx_bytes(bad, bad.input_hash, tables(bad))


def test_the_zip_holds_each_table_by_its_name_alone(hostile):
    with zipfile.ZipFile(io.BytesIO(zip_bytes(tables(hostile)))) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {f"{name}.csv" for name in NAMES if name != "movement"}
        rows = read(archive.read("answers.csv"))
    assert any("<script>alert(1)</script>" in cell for row in rows for cell in row)
