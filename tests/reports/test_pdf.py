"""The file: tagged, whole, the same each time, readable by machines and people, and unmoved by hostile text."""

import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import page
import pytest

from assessor.errors import AssessorError
from assessor.reports import fonts, pdf, viewmodel
from assessor.reports.pdf import PdfFailed, PdfUnavailable
from tests.reports import samples
from tests.reports.made import made

HEADINGS = (
    "Document control",
    "For the board",
    "Scope",
    "Method and reading",
    "The scale",
    "Who can switch you off today",
    "Vendor lock-in and escape velocity:",
    "AI safety architecture:",
    "Air-gap readiness:",
    "Data residency and jurisdiction:",
    "Model control:",
    "Infrastructure and control plane:",
    "Governance, identity and audit:",
    "Roadmap: the fewest moves",
    "Evidence log",
    "Limits of this assessment",
    "Every question and answer",
    "Integrity",
)


# The validator looks for "endstream" inside compressed bytes; whether lengths are right is left to qpdf, below.
MISREAD = {"PDFA3A-STREAM-LENGTH-001"}


@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_it_keeps_the_standard(report, profile):
    found = page.validate_pdf_bytes(report.file, profile=profile)
    failed = [(one.rule_id, one.message) for one in found.failures if one.rule_id not in MISREAD]
    assert failed == []


def test_it_is_tagged_in_its_language_with_a_title(bad):
    root = bad.reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert bad.reader.metadata.title == "AI sovereignty of the claims desk · Nordwind Versicherung AG"


def test_it_carries_the_report_model_as_data(report):
    files = report.reader.attachments
    assert list(files) == ["report.json"]
    assert files["report.json"][0].decode() == report.model.json_text()
    associated = report.reader.trailer["/Root"]["/AF"]
    assert [one.get_object()["/AFRelationship"] for one in associated] == ["/Data"]


def test_no_font_is_left_out_of_the_file(report):
    names = set()
    for one in report.reader.pages:
        for font in one["/Resources"]["/Font"].values():
            for descendant in font.get_object()["/DescendantFonts"]:
                descriptor = descendant.get_object()["/FontDescriptor"]
                assert "/FontFile2" in descriptor
                names.add(str(descriptor["/FontName"]).split("+")[-1])
    assert names
    assert all(name.startswith(("Inter", "Noto-Sans-Arabic", "Noto-Emoji")) for name in names), names


def test_the_board_page_is_one_page_and_names_who_can_act(report):
    pages = [text for text in report.pages if text.startswith("For the board") and "Contents" not in text]
    assert len(pages) == 1
    assert "Decisions asked" in pages[0]
    after = report.pages[report.pages.index(pages[0]) + 1]
    assert after.startswith("Scope")
    for row in report.model.board.switches:
        assert row.party in pages[0]


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_section_is_there(report, heading):
    assert heading in report.text


def test_every_question_and_answer_of_the_assessment_is_printed(bad):
    for entry in (entry for one in bad.model.dimensions for entry in one.answers):
        assert " ".join(entry.text.split()) in bad.text
        assert " ".join(entry.answer.split()) in bad.text


def test_empty_parts_say_that_they_were_not_assessed():
    text = made("empty").text
    assert text.count("Not assessed: no question of this dimension has been answered") == 7
    for part in (
        "no endpoint was probed and no drill was held here",
        "no exit drill was held here",
        "there is nothing to report yet",
    ):
        assert part in text


def test_every_page_but_the_cover_says_page_of_pages_and_the_classification(report):
    count = len(report.pages)
    for number, text in enumerate(report.pages[1:], start=2):
        assert f"Page {number} of {count}" in text
        assert "Confidential" in text


def test_only_a_draft_says_so(bad):
    assert "Confidential · Draft" in bad.pages[1]
    assert all("DRAFT" not in text and "· Draft" not in text for text in made("good").pages)


@pytest.mark.parametrize("name", ["bad", "good", "empty"])
def test_no_page_is_blank(name):
    # A page with nothing but its footer has about 70 characters.
    assert min(len(text) for text in made(name).pages) > 120


def test_hostile_text_is_printed_as_text(hostile):
    assert "<script>alert(1)</script>" in hostile.text
    assert "{{ 7|add:7 }}" in hostile.text


def test_characters_without_a_glyph_are_printed_by_their_code_and_named_in_the_limits(hostile):
    assert "[U+4F60][U+597D]" in hostile.text
    assert "[U+202E]evil" in hostile.text
    assert "\u202e" not in hostile.text
    assert "U+202E, U+4F60, U+597D" in hostile.text


def test_nothing_is_fetched_whatever_people_wrote():
    sheet = pdf.sheet_of(viewmodel.build(samples.hostile()))
    assert pdf.printed(sheet).refused == ()


def test_a_report_that_asks_for_something_outside_is_refused():
    sheet = pdf.sheet_of(viewmodel.build(samples.empty()))
    planted = sheet.__class__(**{**vars(sheet), "css": sheet.css + "body{background:url(file:///etc/hostname)}"})
    with pytest.raises(PdfFailed, match="file:///etc/hostname"):
        pdf.printed(planted)


def test_a_second_process_makes_the_same_bytes(bad, tmp_path):
    script = (
        "import django; django.setup()\n"
        "from pathlib import Path\n"
        "from assessor.reports import pdf, viewmodel\n"
        "from tests.reports import samples\n"
        f"Path({str(tmp_path / 'again.pdf')!r}).write_bytes(pdf.make_pdf(viewmodel.build(samples.bad())))\n"
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "assessor.settings",
        "ASSESSOR_DATA": str(tmp_path / "data"),
        "PYTHONHASHSEED": "7",
    }
    subprocess.run([sys.executable, "-c", script], cwd=root, env=environment, check=True, timeout=90)
    assert (tmp_path / "again.pdf").read_bytes() == bad.file


def test_missing_pango_is_said_with_the_line_that_mends_it(monkeypatch):
    monkeypatch.setattr(pdf, "PANGO_NAMES", ("libpango-that-is-not-there.so",))
    problem = pdf.pdf_available()
    assert isinstance(problem, PdfUnavailable)
    assert "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0" in str(problem)
    with pytest.raises(PdfUnavailable):
        pdf.make_pdf(viewmodel.build(samples.empty()))


def test_missing_fonts_are_said_before_pango_meets_them(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "FONT_DIRECTORY", tmp_path)
    assert "fonts" in str(pdf.pdf_available())


def test_a_report_that_takes_too_long_is_given_up_with_a_reason(bad):
    with pytest.raises(AssessorError, match="not finished within"):
        pdf.make_pdf(bad.model, wall_seconds=0.05)


def test_a_report_past_all_measure_is_refused_before_it_is_set(monkeypatch, bad):
    monkeypatch.setattr(pdf, "MAX_HTML", 1000)
    with pytest.raises(PdfFailed, match="too long"):
        pdf.make_pdf(bad.model)


def test_qpdf_finds_no_fault(report, tmp_path):
    qpdf = shutil.which("qpdf")
    assert qpdf, "make test installs qpdf"
    file = tmp_path / "report.pdf"
    file.write_bytes(report.file)
    done = subprocess.run([qpdf, "--check", str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_object_is_where_the_file_says(report):
    """Some readers go by the number of the object, others by its place, as pdf.js in browsers does."""
    reader, orders = report.reader, {}
    for number, (stream, place) in reader.xref_objStm.items():
        if stream not in orders:
            packed = reader.get_object(stream)
            orders[stream] = [int(one) for one in packed.get_data()[: packed["/First"]].split()[::2]]
        assert orders[stream][place] == number
    assert len(reader.xref_objStm) > 1000


def test_the_input_hash_is_printed(report):
    assert report.model.input_hash in re.sub(r"\s", "", report.text)


def test_the_attached_json_reads_as_json(bad):
    data = json.loads(bad.reader.attachments["report.json"][0])
    assert data["input_hash"] == bad.model.input_hash


def test_the_fork_server_rests_when_nobody_prints_and_starts_again(bad):
    assert pdf.make_pdf(bad.model) == bad.file
    assert not pdf.rest_when_idle(600), "it was used a moment ago"
    assert pdf.rest_when_idle(0)
    assert not pdf.rest_when_idle(0), "it is at rest already"
    assert pdf.make_pdf(bad.model) == bad.file


def test_a_folder_for_temporary_files_with_too_long_a_path_is_named_as_the_reason(monkeypatch, tmp_path, bad):
    pdf.rest_when_idle(0)
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setitem(multiprocessing.current_process()._config, "tempdir", str(deep))
    with pytest.raises(PdfFailed, match="No process could be started") as refused:
        pdf.make_pdf(bad.model)
    assert "TMPDIR" in str(refused.value.remedy)
    monkeypatch.undo()
    assert pdf.make_pdf(bad.model) == bad.file
