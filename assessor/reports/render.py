"""From the report model to HTML: the same sections for the screen and for print."""

from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from assessor.reports import charts, fonts, sentences
from assessor.reports.board import fitted
from assessor.reports.model import ReportBody, ReportModel


def screen_context(model: ReportModel) -> dict[str, Any]:
    """Return what `reports/show.html` needs to show the report in a page."""
    return _context(model, model.input_hash, "screen")


def sections_html(model: ReportModel) -> str:
    """Return every section as HTML, as the screen shows it."""
    with translation.override(model.language):
        return render_to_string("reports/sections/_all.html", screen_context(model))


def pdf_html(model: ReportModel) -> str:
    """Return the whole document for the PDF; characters without a glyph are written as [U+XXXX]."""
    missing: set[str] = set()
    body = ReportBody.model_validate(fonts.printable_data(_data(model), missing))
    body = body.model_copy(update={"board": fitted(body.board)})
    with translation.override(model.language):
        if missing:
            line = _("Characters that the fonts of this report do not hold are printed by their code: {codes}.")
            body = body.model_copy(update={"limits": (*body.limits, line.format(codes=fonts.code_points(missing)))})
        return render_to_string("reports/pdf.html", _context(body, model.input_hash, "print"))


def _data(model: ReportModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude={"input_hash"})


def _context(body: ReportBody, input_hash: str, medium: str) -> dict[str, Any]:
    top = body.method.scale[-1].level
    headings = contents(body)
    return {
        "report": body,
        "input_hash": input_hash,
        "medium": medium,
        "contents": headings,
        "headings": dict(headings),
        "profile_chart": charts.profile(
            body.dimensions,
            top,
            title=body.results.chart_title,
            description=body.results.chart_description,
            ident="profile",
        ),
        "claimed_ladder": charts.ladder(body.board.claimed, top, title=_("Claimed level"), ident="claimed"),
        "verified_ladder": charts.ladder(body.board.verified, top, title=_("Verified level"), ident="verified"),
    }


def _roadmap_heading(body: ReportBody) -> str:
    if any(one.target is not None for one in body.targets.rows):
        return _("Roadmap: the fewest moves to the next level, then to the target")
    return _("Roadmap: the fewest moves to the next level")


def contents(body: ReportBody) -> list[tuple[str, str]]:
    """Return the anchor and heading of every section, in the order of the report."""
    return [
        ("board", _("For the board")),
        ("scope", _("Scope")),
        ("method", _("Method and reading")),
        ("results", body.results.headline),
        ("switches", sentences.switches_heading(len({one.party for one in body.switches}), bool(body.board.held_by))),
        *((f"dimension-{one.id}", one.headline) for one in (*body.chapters, *body.other_dimensions)),
        ("contradictions", sentences.contradictions_heading(len(body.contradictions), body.probed)),
        ("roadmap", _roadmap_heading(body)),
        *([("frameworks", _("Other frameworks: what the answers already say"))] if body.frameworks else []),
        ("evidence", sentences.evidence_heading(len(body.endpoints), sum(one.probed for one in body.endpoints))),
        ("limits", _("Limits of this assessment")),
        ("questions", _("Every question and answer")),
        ("integrity", _("Integrity")),
    ]
