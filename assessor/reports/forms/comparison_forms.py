"""The compare report in other forms: one file of HTML, DOCX, a workbook, tables."""

import io
from collections.abc import Iterator
from datetime import datetime

import xlsxwriter
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from assessor.reports.comparison import Comparison, ComparisonBody
from assessor.reports.forms import docx_form, html_form
from assessor.reports.forms.docx_paper import Paper, Piece, saved
from assessor.reports.forms.docx_sections import Sections, parsed, places_of
from assessor.reports.forms.tables import PLANS, Cell, Column, Table, moved_rows
from assessor.reports.forms.xlsx_form import Pen, sheet_of
from assessor.reports.labels import moment_words
from assessor.reports.moved import LevelChange
from assessor.reports.papers import comparison_context
from assessor.reports.text import upright_data


def _upright(model: Comparison) -> ComparisonBody:
    return ComparisonBody.model_validate(upright_data(model.plain(exclude={"input_hash"})))


def comparison_html(model: Comparison) -> bytes:
    """Return the compare report as one file of HTML."""
    body = _upright(model)
    context = comparison_context(body, model.input_hash)
    return html_form.one_file("reports/papers/one_file.html", context, model.language, body.brand)


def comparison_docx(model: Comparison) -> bytes:
    """Return the compare report as DOCX."""
    with translation.override(model.language):
        body = _upright(model)
        root = parsed(render_to_string("reports/papers/_comparison.html", comparison_context(body, model.input_hash)))
        document = docx_form.blank(
            title=f"{body.title} · {body.organisation}",
            author="Sovereignty Assessor",
            subject=_("Compare report"),
            language=body.language,
            made_at=body.made_at,
            accent=body.brand.accent,
        )
        document.sections[0].different_first_page_header_footer = False
        docx_form.footer(document, body.organisation, body.classification)
        paper = Paper(document, places_of(root))
        docx_form.logos(paper, body.brand)
        paper.paragraph([Piece(" · ".join(filter(None, (_("Compare report"), body.brand.consultancy))))], "Small text")
        paper.paragraph([Piece(body.title)], "Title")
        paper.paragraph([Piece(f"{body.organisation} · {moment_words(body.made_at)}")], "Lead")
        Sections(paper, body.language).write(root)
        return saved(document)


def comparison_tables(model: Comparison) -> Iterator[Table]:
    """Yield the tables of a compare report: levels then and now, and every question something happened to."""
    moved = model.movement
    heads = (
        (_("Dimension"), 34),
        (_("Claimed, then"), 12),
        (_("Claimed, now"), 12),
        (_("Verified, then"), 12),
        (_("Verified, now"), 12),
        (_("What moved it"), 80),
    )
    rows: list[tuple[Cell, ...]] = [_levels(_("Overall"), moved.claimed, moved.verified)]
    rows += [_levels(one.title, one.claimed, one.verified) for one in moved.dimensions]
    yield Table("levels", _("Levels"), tuple(Column(*head) for head in heads), tuple(rows))
    plan = PLANS["movement"]
    columns = tuple(Column(_(head), width) for head, width in plan.heads)
    yield Table("movement", _(plan.title), columns, tuple(moved_rows(moved)))


def _levels(title: str, claimed: LevelChange, verified: LevelChange) -> tuple[Cell, ...]:
    pairs = (claimed.before, claimed.after, verified.before, verified.after)
    return title, *pairs, f"{claimed.sentence} {verified.sentence}"


def comparison_xlsx(model: Comparison) -> bytes:
    """Return the compare report as a workbook."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with translation.override(model.language), xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": model.title[:250], "author": "Sovereignty Assessor", "created": _EPOCH})
        pen = Pen(book)
        for table in (_about(model), *comparison_tables(model)):
            sheet_of(pen, table)
    return stream.getvalue()


_EPOCH = datetime(2026, 1, 1)


def _about(model: Comparison) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (_("Compare report"), model.title, ""),
        (_("Organisation"), model.organisation, ""),
        (_("What moved"), model.movement.headline, ""),
    ]
    rows += [(before.label, before.value, after.value) for before, after in model.pairs]
    rows.append((_("Input (sha256)"), model.input_hash, ""))
    heads = (Column(_("About"), 34), Column(_("Before"), 60), Column(_("Now"), 60))
    return Table("about", _("About"), heads, tuple(rows))
