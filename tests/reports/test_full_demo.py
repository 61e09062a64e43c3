"""The whole report of the demo in both languages: standards, every word of it, nothing over anything else."""

import io
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache

import page
import pypdf
import pytest

from assessor.reports import pdf, viewmodel
from tests.reports.demo import full_demo

WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">')
WIDTH, HEIGHT, EDGE = 595.3, 841.9, 20.0


@cache
def made(language: str):
    """Return the model and what came of setting it, once for each language."""
    model = viewmodel.build(full_demo(language))
    return model, pdf.printed(pdf.sheet_of(model))


@pytest.fixture(params=["en", "de"])
def report(request):
    return made(request.param)


def squeezed(text: str) -> str:
    """Return `text` without the spaces and marks that lines put in, or take out: a hyphen at the end of one."""
    return re.sub(r"[-\s\u200b\u00ad\u2060]", "", text)


def test_it_keeps_both_standards_and_asks_for_nothing(report, tmp_path):
    model, printed = report
    assert printed.refused == ()
    assert printed.undrawn == ()
    assert printed.pages >= 32
    for profile in ("ua1", "3a"):
        found = page.validate_pdf_bytes(printed.pdf, profile=profile)
        assert [(one.rule_id, one.message) for one in found.failures if "STREAM-LENGTH" not in one.rule_id] == []
    (tmp_path / "report.pdf").write_bytes(printed.pdf)
    tool = shutil.which("qpdf")
    assert tool, "make test installs qpdf"
    checked = subprocess.run(
        [tool, "--check", str(tmp_path / "report.pdf")], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert pypdf.PdfReader(io.BytesIO(printed.pdf)).trailer["/Root"]["/Lang"] == model.language
    fonts = subprocess.run(["pdffonts", str(tmp_path / "report.pdf")], capture_output=True, text=True, check=True)
    listed = [line.split() for line in fonts.stdout.splitlines()[2:]]
    assert len(listed) >= 4
    assert [line for line in listed if line[-5] != "yes"] == [], "every font is embedded"


def test_its_questionnaire_speaks_its_language(report):
    model, _printed = report
    said = {"en": "Who can read or keep your content", "de": "Wer Ihre Inhalte lesen oder behalten kann"}
    titles = [entry.title for one in model.dimensions for entry in one.answers]
    assert titles[0] == said[model.language]


def test_a_finding_in_the_evidence_log_leads_to_its_questions_and_back(report):
    model, printed = report
    names = pypdf.PdfReader(io.BytesIO(printed.pdf)).named_destinations
    html = pdf.pdf_html(model)
    log = html[html.index('id="evidence"') : html.index('id="limits"')]
    rows = dict(re.findall(r'<tr id="(seen-[^"]+)">(.*?)</tr>', log, re.DOTALL))
    bearing = 0
    for place, row in rows.items():
        for question in re.findall(r'href="#q-([^"]+)"', row):
            bearing += 1
            assert {place, f"q-{question}"} <= set(names)
            entry = html[html.index(f'id="q-{question}"') :].partition('id="q-')[2].partition('<div class="entry')[0]
            assert f'href="#{place}"' in entry
    assert bearing >= 10


def test_every_question_answer_note_and_finding_is_in_its_text(report, tmp_path):
    model, printed = report
    # In a tenth of the time that pypdf takes. Without head and foot, so that an answer goes on from page to page.
    text = squeezed(_told(printed.pdf, tmp_path, *"-x 0 -y 40 -W 596 -H 742".split()))
    entries = [entry for one in model.dimensions for entry in one.answers]
    assert len(entries) >= 54
    missing = []
    for entry in entries:
        said = [entry.title, entry.text, entry.answer, *entry.note.splitlines(), *(one.title for one in entry.findings)]
        missing += [words for words in said if squeezed(words) not in text]
    for endpoint in model.endpoints:
        missing += [row.title for row in endpoint.seen if squeezed(row.title) not in text]
    assert missing == []


def test_no_word_lies_over_another_nor_off_the_page(report, tmp_path):
    _model, printed = report
    boxes = _told(printed.pdf, tmp_path, "-bbox")
    faults = []
    for number, content in enumerate(boxes.split("<page ")[1:], start=1):
        words = sorted(tuple(float(one) for one in found) for found in WORD.findall(content))
        faults += [(number, word) for word in words if word[0] < EDGE or word[2] > WIDTH - EDGE]
        faults += [(number, word) for word in words if word[1] < EDGE or word[3] > HEIGHT - EDGE]
        faults += [(number, *pair) for pair in _overlapping(words)]
    assert faults == []


def _told(content: bytes, folder, *options: str) -> str:
    """Return what pdftotext reads out of a PDF."""
    tool = shutil.which("pdftotext")
    assert tool, "make test installs poppler-utils"
    (folder / "report.pdf").write_bytes(content)
    command = [tool, *options, str(folder / "report.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_board_page_alone_is_one_page(report):
    model, _printed = report
    assert pdf.printed(pdf.sheet_of(model, board_only=True)).pages == 1


@pytest.mark.parametrize(
    "name", ["W" * 300, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"]
)
def test_the_board_page_stays_one_page_whatever_the_names(name):
    model = viewmodel.build(replace(full_demo("de"), organisation=name, workload=name))
    assert pdf.printed(pdf.sheet_of(model, board_only=True)).pages == 1


def test_captions_are_numbered_in_the_language_of_the_report(report, tmp_path):
    model, printed = report
    text = _told(printed.pdf, tmp_path)
    numbered = {word for word in ("Table", "Figure", "Tabelle", "Abbildung") if re.search(rf"\b{word} 1\.", text)}
    assert numbered == ({"Tabelle", "Abbildung"} if model.language == "de" else {"Table", "Figure"})


def _overlapping(words):
    """Yield pairs of words whose middles share ink: lines may touch in their ascents, letters may not."""
    for place, (left, top, right, bottom) in enumerate(words):
        for other in words[place + 1 :]:
            if other[0] > right - 1:
                break
            inset, inset_other = 0.3 * (bottom - top), 0.3 * (other[3] - other[1])
            if min(bottom - inset, other[3] - inset_other) - max(top + inset, other[1] + inset_other) > 0.5:
                yield (left, top, right, bottom), other
