"""DOCX as a person edits it: real headings, contents, repeated header rows, its language, and text that stays text."""

import base64
import io
import re
import zipfile
from itertools import pairwise

import docx
import pytest
from docx.oxml.ns import qn
from lxml import etree
from PIL import Image

from assessor.reports import viewmodel
from assessor.reports.dependency_map import mark
from assessor.reports.forms.docx_chart import UnknownShape, png
from assessor.reports.forms.docx_form import docx_bytes, logos
from assessor.reports.forms.docx_paper import Paper, Piece
from assessor.reports.forms.docx_sections import HEAT, parsed
from assessor.reports.render import _parties, contents, sections_html
from assessor.reports.shaped import Brand, Picture
from tests.reports import samples
from tests.reports.forms.conftest import built


def opened(model):
    return docx.Document(io.BytesIO(docx_bytes(model)))


def words(document) -> str:
    text = " ".join(
        "".join(node.text or "" for node in one.iter(qn("w:t"))) for one in document.element.body.iter(qn("w:p"))
    )
    return " ".join(text.split())


def instructions(document) -> list[str]:
    return [node.text.strip() for node in document.element.body.iter(qn("w:instrText"))]


def test_every_section_is_a_heading_in_the_order_of_the_report(model):
    document = opened(model)
    headings = [one.text for one in document.paragraphs if one.style.name == "Heading 1"]
    assert headings == [heading for _anchor, heading in contents(model)]


def test_headings_do_not_jump(model):
    levels = [int(one.style.name[-1]) for one in opened(model).paragraphs if one.style.name.startswith("Heading")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_contents_are_a_field_that_is_filled_in_with_links_to_places_that_exist(bad):
    document = opened(bad)
    assert 'TOC \\o "1-1" \\h \\z \\u' in instructions(document)
    rows = [one for one in document.paragraphs if one.style.name == "Contents 1"]
    assert ["".join(node.text for node in row._p.iter(qn("w:t"))).strip() for row in rows] == [
        heading for _anchor, heading in contents(bad)
    ]
    names = {one.get(qn("w:name")) for one in document.element.body.iter(qn("w:bookmarkStart"))}
    links = {one.get(qn("w:anchor")) for one in document.element.body.iter(qn("w:hyperlink"))}
    assert links <= names
    assert len(links) > 20
    kinds = [one.get(qn("w:fldCharType")) for one in document.element.body.iter(qn("w:fldChar"))]
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end") > len(rows)


def test_every_question_answer_finding_and_piece_of_evidence_is_there(bad):
    text = words(opened(bad))
    for entry in (entry for one in bad.dimensions for entry in one.answers):
        for said in (entry.text, entry.answer, entry.because, *(row.description for row in entry.evidence)):
            assert " ".join(said.split()) in text
        assert all(row.title in text for row in entry.findings)
    assert bad.input_hash in text


def test_tables_with_a_head_repeat_it_rows_are_not_split_and_captions_are_alternative_texts(bad):
    document = opened(bad)
    assert len(document.tables) > 20
    captions = [one for one in document.paragraphs if one.style.name == "Caption"]
    assert captions
    named = 0
    for table in document.tables:
        rows = table._tbl.tr_lst
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
        caption = table._tbl.tblPr.find(qn("w:tblCaption"))
        named += caption is not None
        heads = [row for row in rows if row.trPr.find(qn("w:tblHeader")) is not None]
        assert heads == rows[: len(heads)]
        grid = [int(one.get(qn("w:w"))) for one in table._tbl.tblGrid]
        assert sum(grid) == pytest.approx(170 * 56.7, abs=12)
        assert {sum(1 for _cell in row.tc_lst) for row in rows} == {len(grid)}
    assert named == len(document.tables)


def test_levels_are_shaded_cells_with_their_number(bad):
    document = opened(bad)
    cells = [
        (cell.tcPr.find(qn("w:shd")).get(qn("w:fill")), "".join(node.text for node in cell.iter(qn("w:t"))))
        for cell in document.element.body.iter(qn("w:tc"))
        if cell.tcPr.find(qn("w:shd")) is not None
    ]
    shades = {str(level): fill for level, (fill, _ink) in HEAT.items()}
    levels = [(fill, text) for fill, text in cells if text in shades]
    assert len(levels) >= 7
    assert all(shades[text] == fill for fill, text in levels)
    shares = [(fill, text) for fill, text in cells if text.endswith("%")]
    assert ("0D2F35", "100 %") in [(fill, text.replace("\xa0", " ")) for fill, text in shares]
    assert all(not text.startswith("0") for _fill, text in shares)


def test_the_lines_of_a_cell_are_lines(bad):
    cells = ["\n".join(one.text for one in cell.paragraphs) for table in opened(bad).tables for cell in table._cells]
    party = next(rows for rows in _parties(bad).values() if len(rows) > 1)
    lines = [f"{row.by} ({row.source})" for row in party]
    assert "\n".join(lines) in cells


@pytest.mark.parametrize(("language", "tag"), [("en", "en-GB"), ("de", "de-DE")])
def test_the_language_is_set_for_reader_and_speller(language, tag):
    document = opened(viewmodel.build(samples.replace(samples.bad(), language=language)))
    assert document.core_properties.language == tag
    assert [one.get(qn("w:val")) for one in document.styles.element.iter(qn("w:lang"))] == [tag]


def test_the_foot_of_a_page_names_the_classification_and_counts_pages(bad):
    section = opened(bad).sections[0]
    assert "Confidential · Draft" in section.footer.paragraphs[0].text
    assert [node.text.strip() for node in section.footer._element.iter(qn("w:instrText"))] == ["PAGE", "NUMPAGES"]
    assert (section.page_width.mm, section.page_height.mm) == pytest.approx((210, 297), abs=0.1)


def test_what_people_wrote_is_text_and_no_field_link_or_part(hostile):
    file = docx_bytes(hostile)
    document = docx.Document(io.BytesIO(file))
    text = words(document)
    assert "<script>alert(1)</script>" in text
    assert "{{ 7|add:7 }}" in text
    assert "[U+202E]evil" in text
    assert {one.split()[0] for one in instructions(document)} <= {"TOC", "PAGEREF", "SEQ"}
    assert not [one for one in document.part.rels.values() if one.is_external]
    with zipfile.ZipFile(io.BytesIO(file)) as whole:
        assert whole.testzip() is None
        for name in whole.namelist():
            assert ".." not in name
            if name.endswith((".xml", ".rels")):
                etree.fromstring(whole.read(name), etree.XMLParser(resolve_entities=False))


def test_characters_that_xml_cannot_hold_do_not_stop_it():
    odd = samples.replace(samples.bad(), title="A\ufffe\uffffB\ud800", organisation="\x00\x0bO")
    assert "A��B?" in words(opened(viewmodel.build(odd)))


def logo(width: int, height: int, alt: str) -> Picture:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "#0e626e").save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    return Picture(media_type="image/png", width=width, height=height, sha256="0" * 64, alt=alt, data=data)


def test_a_logo_is_a_picture_with_what_it_shows_as_alternative_text(bad):
    document = opened(
        bad.model_copy(update={"brand": Brand(logo=logo(300, 100, "Nordwind, a wave"), accent="#7a1f5c")})
    )
    shape = document.inline_shapes[0]
    assert shape._inline.docPr.get("descr") == "Nordwind, a wave"
    assert (shape.width.mm, shape.height.mm) == pytest.approx((70, 70 / 3), abs=0.5)
    assert str(document.styles["Heading 1"].font.color.rgb) == "7A1F5C"


def test_two_logos_stand_side_by_side_the_second_at_the_right_edge():
    document = docx.Document()
    both = Brand(logo=logo(300, 100, "Nordwind, a wave"), consultancy_logo=logo(100, 100, "Kessler"))
    logos(Paper(document, ()), both)
    (first,) = document.paragraphs
    assert [one.get("descr") for one in first._p.iter(qn("wp:docPr"))] == ["Nordwind, a wave", "Kessler"]
    stops = [(round(one.position.mm), one.alignment.name) for one in first.paragraph_format.tab_stops]
    assert stops == [(170, "RIGHT")]
    assert sum(one.width.mm for one in document.inline_shapes) < 170


@pytest.mark.parametrize("style", ["Normal", "List Bullet", "List Number"])
def test_text_from_right_to_left_begins_on_the_right_in_lists_as_in_paragraphs(style):
    document = docx.Document()
    paper = Paper(document, ())
    for text in ("يقرر شخص ما.", "עברית: החלטה (2026).", "Somebody decides: مستشفى"):
        paper.paragraph([Piece(text, bold=True)], style)
    turned = [one._p.find(f"{qn('w:pPr')}/{qn('w:bidi')}") is not None for one in document.paragraphs]
    set_so = [one._p.find(f"{qn('w:r')}/{qn('w:rPr')}/{qn('w:rtl')}") is not None for one in document.paragraphs]
    assert turned == set_so == [True, True, False]


def test_numbered_lists_begin_at_one_each(bad):
    document = opened(bad)
    used = {one.get(qn("w:val")) for one in document.element.body.iter(qn("w:numId"))}
    lists = {one.get(qn("w:numId")): one for one in document.part.numbering_part.element.findall(qn("w:num"))}
    assert len(used) > 1
    assert all(lists[number].find(f".//{qn('w:startOverride')}").get(qn("w:val")) == "1" for number in used)


def test_the_same_report_gives_the_same_bytes_and_says_when_it_was_made():
    file = docx_bytes(built("bad"))
    assert file == docx_bytes(built("bad"))
    about = docx.Document(io.BytesIO(file)).core_properties
    assert about.created.isoformat().startswith("2026-11-21T09:30")
    assert about.title == "AI sovereignty of the claims desk · Nordwind Versicherung AG"


def test_every_chart_of_the_report_is_a_picture_with_its_words(model):
    document = opened(model)
    markup = sections_html(model)
    charts = re.findall(r"<figure.*?</figure>", markup, flags=re.DOTALL)
    pictures = document.inline_shapes
    assert len(pictures) == sum(chart.count("<svg") for chart in charts)
    assert len(pictures) >= 1
    for shape in pictures:
        assert len(shape._inline.docPr.get("descr")) > 20
        assert shape.width.mm <= 170.5


def test_a_chart_is_drawn_as_its_shapes_say():
    chart = parsed(
        '<svg viewBox="0 0 40 20" width="40" height="20"><title>t</title><desc>d</desc>'
        '<rect x="0" y="0" width="10" height="20" fill="#ff0000"/><g transform="translate(20 0)">'
        '<circle cx="5" cy="10" r="5" fill="#0000ff"/></g><path d="M32 0H40V20H32Z" fill="#00ff00"/></svg>'
    )[0]
    image = Image.open(io.BytesIO(png(chart))).convert("RGB")
    assert image.size == (120, 60)
    assert [image.getpixel((x, 30)) for x in (15, 45, 75, 108)] == [
        (255, 0, 0),
        (255, 255, 255),
        (0, 0, 255),
        (0, 255, 0),
    ]


@pytest.mark.parametrize(
    "inside",
    ["<image href='x'/>", "<path d='M0 0A1 2 0 0 1 2 2'/>", "<path d='M0 0Q1 1 2 2'/>", "<g transform='rotate(3)'/>"],
)
def test_a_shape_that_is_not_known_is_named_and_not_drawn_wrongly(inside):
    with pytest.raises(UnknownShape):
        png(parsed(f'<svg viewBox="0 0 40 20">{inside}</svg>')[0])


def test_an_arc_bulges_to_the_side_its_flags_name():
    half = '<svg viewBox="0 0 20 20"><path d="M10 0A10 10 0 0 {sweep} 10 20Z" fill="#0000ff"/></svg>'
    for sweep, filled, empty in ((1, 15, 5), (0, 5, 15)):
        image = Image.open(io.BytesIO(png(parsed(half.format(sweep=sweep))[0]))).convert("RGB")
        assert image.getpixel((filled * 3, 30)) == (0, 0, 255)
        assert image.getpixel((empty * 3, 30)) == (255, 255, 255)


@pytest.mark.parametrize("state", ["dark", "unprotected", "unaudited", "degraded", "perhaps", "unaffected"])
def test_the_marks_of_scenarios_are_drawn_each_unlike_the_others(state):
    def drawn(name: str) -> bytes:
        return png(parsed(f'<svg viewBox="0 0 18 18">{mark(name, 2, 2)}</svg>')[0])

    others = {"dark", "unprotected", "unaudited", "degraded", "perhaps", "unaffected"} - {state}
    assert all(drawn(state) != drawn(other) for other in others)


def test_a_dashed_line_has_gaps():
    chart = parsed(
        '<svg viewBox="0 0 30 4"><path d="M0 2H30" stroke="#000000" stroke-width="2" stroke-dasharray="5 5"/></svg>'
    )
    image = Image.open(io.BytesIO(png(chart[0]))).convert("RGB")
    assert [image.getpixel((x * 3, 6)) for x in (2, 7, 12, 17)] == [(0, 0, 0), (255, 255, 255)] * 2
