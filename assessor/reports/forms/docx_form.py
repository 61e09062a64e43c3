"""The report for those who must edit it: DOCX with real headings, contents, repeated header rows and language set."""

import base64
from datetime import datetime
from typing import Any

import docx
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from assessor.reports import labels
from assessor.reports.forms.docx_paper import TEXT_WIDTH, Paper, Piece, TableCell, element, field, safe, saved
from assessor.reports.forms.docx_sections import Sections, parsed, places_of
from assessor.reports.model import ReportBody, ReportModel
from assessor.reports.render import form_context, reading
from assessor.reports.shaped import Brand
from assessor.reports.text import shorten

FONT = "Arial"
SOFT, CAUTION, LINE = "444F54", "7D5200", "C9D1D3"
# Style, its base, size in points, bold, colour, space before and after in points.
PARAGRAPHS = (
    ("Verdict", "Normal", 13.0, True, "14191B", 0, 6),
    ("Key figure", "Normal", 11.0, True, "14191B", 0, 4),
    ("Lead", "Normal", 10.5, False, SOFT, 0, 6),
    ("Not assessed", "Normal", 9.5, True, CAUTION, 0, 4),
    ("Quoted", "Normal", 9.0, False, "14191B", 0, 4),
    ("Small text", "Normal", 8.5, False, SOFT, 0, 3),
    ("Table text", "Normal", 8.0, False, "14191B", 1, 1),
    ("Table head", "Table text", 7.5, True, "14191B", 1, 1),
    ("Table end", "Normal", 4.0, False, SOFT, 0, 4),
    ("Contents 1", "Normal", 9.5, False, "14191B", 0, 2),
    ("Contents heading", "Normal", 15.0, True, "14191B", 18, 6),
    ("Cover kind", "Normal", 11.0, True, SOFT, 0, 120),
    ("Cover line", "Normal", 11.0, False, "14191B", 0, 3),
)


def docx_bytes(model: ReportModel) -> bytes:
    """Return the whole report as DOCX; the same bytes for the same report."""
    with reading(model):
        context = form_context(model)
        body: ReportBody = context["report"]
        cover = body.cover
        root = parsed(render_to_string("reports/sections/_all.html", context))
        document = blank(
            title=f"{cover.title} · {cover.organisation}",
            author=cover.assessor,
            subject=_("Sovereignty report"),
            language=model.language,
            made_at=cover.made_at,
            accent=body.brand.accent,
        )
        paper = Paper(document, places_of(root))
        footer(document, cover.organisation, cover.classification + (f" · {_('Draft')}" if cover.draft else ""))
        _cover(paper, body)
        facts = [
            (TableCell(((Piece(one.label),),), head=True), TableCell(((Piece(one.value),),))) for one in body.control
        ]
        paper.paragraph([Piece(_("Document control"))], "Contents heading")
        paper.table(facts, (52, 118), title=_("About this document"))
        mark = paper.paragraph([Piece(_("Contents"))], "Contents heading")
        sections = Sections(paper, model.language)
        sections.write(root)
        _contents(paper, mark, sections.headings)
        return saved(document)


def blank(*, title: str, author: str, subject: str, language: str, made_at: str, accent: str) -> Document:
    """Return an empty document on A4 with our styles, its language and what it says about itself."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin, section.bottom_margin = Mm(20), Mm(22)
    section.different_first_page_header_footer = True
    _styles(document, accent.lstrip("#").upper())
    tag = {"en": "en-GB", "de": "de-DE"}.get(language, language)
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    defaults.append(element("w:lang", w_val=tag, w_eastAsia=tag))
    about = document.core_properties
    made = datetime.fromisoformat(made_at).replace(tzinfo=None)
    about.title, about.author, about.subject = safe(title)[:250], safe(author)[:250], safe(subject)
    about.language, about.created, about.modified, about.last_modified_by = tag, made, made, safe(author)[:250]
    about.comments = ""
    return document


def _styles(document: Document, accent: str) -> None:
    styles = document.styles
    _dress(styles["Normal"], 9.5, False, "14191B", 0, 5)
    styles["Normal"].paragraph_format.line_spacing = 1.15
    for name, size, before, after in (
        ("Heading 1", 15.0, 22, 6),
        ("Heading 2", 11.5, 14, 4),
        ("Heading 3", 10.0, 10, 3),
    ):
        _dress(styles[name], size, True, accent if name == "Heading 1" else "14191B", before, after)
    _dress(styles["Title"], 28.0, True, "14191B", 0, 12)
    _dress(styles["Subtitle"], 15.0, False, "14191B", 0, 24)
    _dress(styles["Caption"], 8.0, True, SOFT, 6, 3)
    styles["Caption"].paragraph_format.keep_with_next = True
    for border in styles["Title"].element.iter(qn("w:pBdr")):
        border.getparent().remove(border)
        break
    for name in ("List Bullet", "List Number"):
        _dress(styles[name], 9.5, False, "14191B", 0, 3)
    for name, base, size, bold, colour, before, after in PARAGRAPHS:
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles[base]
        _dress(style, size, bold, colour, before, after)
    styles["Quoted"].paragraph_format.left_indent = Mm(5)
    styles["Table head"].paragraph_format.keep_with_next = True
    styles["Contents 1"].paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT)
    link = styles.add_style("Link", WD_STYLE_TYPE.CHARACTER)
    link.font.color.rgb = RGBColor.from_string(accent)
    table = styles.add_style("Report table", WD_STYLE_TYPE.TABLE)
    table.element.append(_hairlines())


def _dress(style: Any, size: float, bold: bool, colour: str, before: float, after: float) -> None:
    font = style.font
    font.name, font.size, font.bold, font.italic = FONT, Pt(size), bold, False
    font.color.rgb = RGBColor.from_string(colour)
    # The same for scripts that run to the left: a word processor keeps their size and weight apart.
    look = style.element.rPr
    for name in ("w:bCs", "w:iCs", "w:szCs"):
        for node in look.findall(qn(name)):
            look.remove(node)
    look.find(qn("w:b")).addnext(element("w:bCs", w_val=int(bold)))
    look.find(qn("w:sz")).addnext(element("w:szCs", w_val=round(size * 2)))
    fonts = look.rFonts
    for name in [name for name in fonts.attrib if name.endswith("Theme")]:
        del fonts.attrib[name]
    for name in ("w:eastAsia", "w:cs"):
        fonts.set(qn(name), FONT)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)


def _hairlines() -> Any:
    borders = [
        element(f"w:{side}", w_val="single", w_sz=4, w_space=0, w_color=LINE) for side in ("top", "bottom", "insideH")
    ]
    margins = [element(f"w:{side}", w_w=width, w_type="dxa") for side, width in (("left", 30), ("right", 70))]
    return element("w:tblPr", [element("w:tblBorders", borders), element("w:tblCellMar", margins)])


def footer(document: Document, organisation: str, classification: str) -> None:
    """Write organisation, classification and “page x of y” at the foot of every page but the first."""
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.style = document.styles["Small text"]
    stops = paragraph.paragraph_format.tab_stops
    stops.add_tab_stop(Mm(85), WD_TAB_ALIGNMENT.CENTER)
    stops.add_tab_stop(Mm(TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT)
    short = organisation if len(organisation) <= 40 else organisation[:39] + "…"
    paragraph.add_run(safe(f"{short}\t{classification}\t{_('Page')} "))
    node = paragraph._p
    node.extend(field("PAGE", [_shown("1")]))
    paragraph.add_run(f" {_('of')} ")
    node.extend(field("NUMPAGES", [_shown("1")]))


def _shown(text: str) -> Any:
    node = element("w:t")
    node.text = text
    return element("w:r", [node])


def _cover(paper: Paper, body: ReportBody) -> None:
    cover, brand = body.cover, body.brand
    logos(paper, brand)
    paper.paragraph([Piece(_("Sovereignty report"))], "Cover kind")
    paper.paragraph([Piece(shorten(cover.title, 96))], "Title")
    paper.paragraph([Piece(shorten(cover.organisation, 96))], "Subtitle")
    lines = [
        _("Draft, not signed off") if cover.draft else "",
        cover.edition,
        _("Made by {name}").format(name=cover.assessor) if cover.assessor else "",
        labels.moment_words(cover.made_at),
        _("Version {number}").format(number=cover.version),
        cover.classification,
        brand.consultancy,
        *brand.name_block,
        *brand.disclaimer,
        cover.inspired_by,
    ]
    for line in filter(None, lines):
        paper.paragraph([Piece(line)], "Cover line")
    last = paper.paragraph((), "Cover line")
    last.append(element("w:r", [element("w:br", w_type="page")]))


def logos(paper: Paper, brand: Brand) -> None:
    """Add the logos of a brand side by side, each at most 70 by 25 mm, with what it shows as alternative text."""
    row = []
    for logo in filter(None, (brand.logo, brand.consultancy_logo)):
        scale = min(70 / max(1, logo.width), 25 / max(1, logo.height))
        row.append((base64.b64decode(logo.data), logo.width * scale, logo.alt))
    if row:
        paper.pictures(row)


def _contents(paper: Paper, mark: Any, headings: list[tuple[int, str, str]]) -> None:
    """Write the contents after its heading: a field that a word processor renews, filled in already."""
    top = [(text, place) for level, text, place in headings if level == 1]
    rows = [paper.made_paragraph([Piece(text, link=f"#{place}")], "Contents 1") for text, place in top]
    for row, (_words, place) in zip(rows, top, strict=True):
        row.append(element("w:r", [element("w:tab")]))
        row.extend(field(f"PAGEREF {paper.bookmark(place)} \\h", [_shown(" ")], dirty=True))
    if rows:
        begin = field('TOC \\o "1-1" \\h \\z \\u', (), dirty=True)
        for number, run in enumerate(begin[:-1]):
            rows[0].insert(1 + number, run)
        rows[-1].append(begin[-1])
    after = paper.made_paragraph((), "Table end")
    after.append(element("w:r", [element("w:br", w_type="page")]))
    for row in reversed([*rows, after]):
        mark.addnext(row)
