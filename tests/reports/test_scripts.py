"""Names and notes in other scripts: drawn with a glyph or listed by code, in an order that a reader can follow."""

import hashlib
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import page
import pypdf
import pytest
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

from assessor import checks
from assessor.reports import fonts, pdf, printable, viewmodel
from assessor.reports.sheet import Sheet
from tests.reports import samples

ARABIC = "وزارة الصحة الرقمية"
HEBREW = "משרד הבריאות"
EMOJI = "🔒🚑 ❤️ 👩🏽‍⚕️"
CHINESE = "数据主权"
COMBINING = "Ne\u0301o\u0308 a\u0323\u0302\u0301 Z\u0351\u036b\u0343\u036a\u0302 क्षि"
NOTE = (
    f"{ARABIC} (12) 2026\n{HEBREW}, 4 hours\n{EMOJI}\n{CHINESE}\n{COMBINING}\nنستخدم GPT-4 منذ 2024 في {ARABIC} كل يوم.\n"
    "Persian with a joiner: می\u200cخواهم; a word joiner: a\u2060b; a joiner in Latin: a\u200db; turned: \u202eevil"
)


@pytest.fixture(scope="module")
def made():
    """A report whose names and notes are in many scripts."""
    source = samples.bad()
    answers = {name: replace(one, note=NOTE, answered_by=HEBREW) for name, one in source.answers.items()}
    spoken = replace(
        source,
        organisation=ARABIC,
        title=f"{HEBREW} {EMOJI}",
        workload=f"{ARABIC} 3",
        assessor=CHINESE,
        answers=answers,
    )
    return pdf.printed(pdf.sheet_of(viewmodel.build(spoken))).pdf


def drawn_by_glyph_0(file: bytes) -> list[str]:
    """Return the fonts and pages where glyph 0, .notdef, is drawn; our fonts all have codes of two bytes."""
    found = []
    for number, one in enumerate(pypdf.PdfReader(io.BytesIO(file)).pages, start=1):
        content = one.get_contents().get_data()
        font = b""
        for name, array in re.findall(rb"/(\S+) [\d.]+ Tf|\[((?:<[0-9a-f]*>|[-\d. ])*)\] ?TJ", content):
            font = name or font
            codes = b"".join(re.findall(rb"<([0-9a-f]*)>", array))
            if any(codes[at : at + 4] == b"0000" for at in range(0, len(codes), 4)):
                found.append(f"page {number}, font {font.decode()}")
    return found


def test_no_character_is_drawn_as_a_missing_glyph(made):
    assert drawn_by_glyph_0(made) == []


@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_the_standard_holds_with_every_script(made, profile):
    found = page.validate_pdf_bytes(made, profile=profile)
    assert [(one.rule_id, one.message) for one in found.failures if "STREAM-LENGTH" not in one.rule_id] == []


def test_names_in_a_chart_are_set_like_the_same_names_in_a_line():
    """Joined, in their order and with their marks on their letters: the same glyphs one after another."""
    names = (ARABIC, HEBREW, "👩🏽\u200d⚕️", "Z\u0351\u036b")
    text = '<svg viewBox="0 0 300 20"><text x="0" y="15" font-family="Inter, sans-serif" font-size="9">{}</text></svg>'
    glyphs = []
    for line in ("<p>{}</p>", text):
        body = "".join(line.format(name) for name in names)
        html = f"<html lang='en'><title>x</title><body style='font: 9pt Inter'>{body}"
        sheet = Sheet(html=html, css="", attachment="{}", made_at="2026-11-21T09:30:00Z", name="x")
        content = pypdf.PdfReader(io.BytesIO(pdf.printed(sheet).pdf)).pages[0].get_contents().get_data()
        glyphs.append(b"".join(re.findall(rb"<([0-9a-f]*)>", content)))
    assert glyphs[0] == glyphs[1]
    assert glyphs[0]


def test_arabic_hebrew_and_emoji_are_set_in_fonts_of_ours(made, tmp_path):
    listed = _run("pdffonts", made, tmp_path)
    for family in ("Noto-Sans-Arabic", "Noto-Sans-Hebrew", "Noto-Emoji", "Inter"):
        assert family in listed
    assert {line.split()[-5] for line in listed.splitlines()[2:]} == {"yes"}, "every font is embedded"


def test_what_no_font_holds_is_printed_by_its_code_and_listed(made):
    text = _text(made)
    assert "[U+6570][U+636E][U+4E3B][U+6743]" in text.replace(" ", "")
    assert "are printed by their code: U+0915" in text.replace("\u200b", "")


def test_marks_that_hide_or_turn_are_printed_and_those_that_spelling_needs_are_not():
    missing: set[str] = set()
    shown = printable.printable(NOTE, missing)
    for code in ("a[U+2060]b", "a[U+200D]b", "[U+202E]evil"):
        assert code in shown
    assert "می\u200cخواهم" in shown
    assert "❤️" in shown
    assert "👩🏽\u200d⚕️" in shown


def test_digits_after_a_name_that_runs_to_the_left_stay_after_it(made, tmp_path):
    """The number follows the name on the page, where it stood in what was typed."""
    words = _words(made, tmp_path, "4 hours")
    assert words
    line = " ".join(word for _x, word in sorted(words))
    assert line.endswith("4 hours")


def _words(file: bytes, folder: Path, ending: str) -> list[tuple[float, str]]:
    """Return left edge and text of the words of one line that ends so."""
    out = _run("pdftotext", file, folder, "-bbox-layout", "-")
    for line in re.findall(r"<line[^>]*>(.*?)</line>", out, re.DOTALL):
        words = re.findall(r'<word xMin="([\d.]+)"[^>]*>([^<]*)</word>', line)
        if " ".join(word for _x, word in words).endswith(ending) and len(words) > 2:
            return [(float(x), word) for x, word in words]
    return []


def test_a_font_that_an_operator_adds_is_used_and_a_file_that_is_none_is_named(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    folder = fonts.added_directory()
    folder.mkdir()
    assert 0x10330 not in fonts.covered()
    _gothic(folder / "added.ttf")
    (folder / "not-a-font.otf").write_bytes(b"none")
    assert 0x10330 in fonts.covered()
    assert "not-a-font.otf" in str(checks.added_fonts_can_be_read()[0])
    spoken = replace(samples.empty(), organisation="\U00010330\U00010331")
    assert "Gothic-Test" in _run("pdffonts", pdf.make_pdf(viewmodel.build(spoken)), tmp_path)


def _gothic(path: Path) -> None:
    """Write a font that draws two Gothic letters, which no font of ours holds."""
    font = TTFont(fonts.FONT_DIRECTORY / "NotoSansHebrew-Regular.ttf")
    wide = CmapSubtable.newSubtable(12)
    wide.platformID, wide.platEncID, wide.language = 3, 10, 0
    shapes = font.getBestCmap()
    wide.cmap = {0x10330: shapes[0x5D0], 0x10331: shapes[0x5D1]}
    font["cmap"].tables = [wide]
    for number, name in ((1, "Gothic Test"), (4, "Gothic Test"), (6, "Gothic-Test")):
        font["name"].setName(name, number, 3, 1, 0x409)
    font.save(path)


def _run(tool: str, file: bytes, folder: Path, *words: str) -> str:
    path = shutil.which(tool)
    assert path, "make test installs poppler-utils"
    (folder / "report.pdf").write_bytes(file)
    command = [
        path,
        *(word for word in words if word != "-"),
        str(folder / "report.pdf"),
        *(["-"] if "-" in words else []),
    ]
    # Poppler 22 writes an emoji of the title as two halves, which is no UTF-8.
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=True)
    return done.stdout


def _text(file: bytes) -> str:
    return " ".join(" ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(file)).pages).split())


def test_every_font_is_the_one_its_source_gave():
    rows = json.loads((fonts.FONT_DIRECTORY.parent / "sources.json").read_text("utf-8"))
    kept = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in fonts.font_files()}
    assert {name: digest for row in rows for name, digest in row["files"].items()} == kept
    for row in rows:
        assert "SIL OPEN FONT LICENSE" in (fonts.FONT_DIRECTORY / row["licence"]).read_text("utf-8")
