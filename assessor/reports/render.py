"""From the report model to HTML: the same sections for the screen and for print."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from assessor.reports import clock, colour, logged, outline, printable, sentences
from assessor.reports.board import fitted
from assessor.reports.engine import engine_key
from assessor.reports.figures import figures
from assessor.reports.model import ReportBody, ReportModel, SwitchRow
from assessor.reports.shaped import SUMMARY
from assessor.reports.text import upright_data


def screen_context(model: ReportModel) -> dict[str, Any]:
    """Return what `reports/show.html` needs to show the report in a page."""
    return _context(model, model.input_hash, "screen")


def form_context(model: ReportModel) -> dict[str, Any]:
    """Return what a form that others open needs: the context of the screen, marks that turn text round written out."""
    body = ReportBody.model_validate(upright_data(_data(model)))
    return _context(body, model.input_hash, "screen")


def sections_html(model: ReportModel) -> str:
    """Return every section as HTML, as the screen shows it."""
    with reading(model):
        return render_to_string("reports/sections/_all.html", screen_context(model))


@contextmanager
def reading(model: ReportBody) -> Iterator[None]:
    """Speak the report's language and write days as it does for the time of the block."""
    with translation.override(model.language), clock.reading(model.dates):
        yield


def pdf_html(model: ReportModel, *, board_only: bool = False) -> str:
    """Return the document for the PDF, or its board page alone; characters without a glyph become [U+XXXX]."""
    missing: set[str] = set()
    body = ReportBody.model_validate(printable.printable_data(unpictured(_data(model)), missing))
    body = body.model_copy(update={"board": fitted(body.board)})
    with reading(model):
        if missing:
            line = _("Characters that the fonts of this report do not hold are printed by their code: {codes}.")
            body = body.model_copy(update={"limits": (*body.limits, line.format(codes=printable.code_points(missing)))})
        page = "reports/board.html" if board_only else "reports/pdf.html"
        html = render_to_string(page, _context(body, model.input_hash, "print") | {"engine": engine_key()})
    return colour.recoloured(html, colour.accent_of(model.brand.accent))


def _data(model: ReportModel) -> dict[str, Any]:
    return model.plain(exclude={"input_hash"})


def unpictured(data: dict[str, Any]) -> dict[str, Any]:
    """Leave the bytes of pictures out: print loads them by address, and nobody looks through them for characters."""
    for name in ("logo", "consultancy_logo"):
        picture = data.get("brand", {}).get(name)
        if picture:
            picture["data"] = ""
    return data


def _context(body: ReportBody, input_hash: str, medium: str) -> dict[str, Any]:
    headings, log = contents(body), logged.log(body)
    shown = {anchor for anchor, _heading in outline.kept(headings, body.left_out)}
    return {
        "report": body,
        "input_hash": input_hash,
        "medium": medium,
        "contents": outline.kept(headings, body.left_out),
        "headings": dict(headings),
        "shown": shown,
        "words": {one.part: one for one in body.words},
        "chapters": [one for one in body.chapters if f"{outline.DIMENSION}{one.id}" in shown],
        "other_dimensions": [one for one in body.other_dimensions if f"{outline.DIMENSION}{one.id}" in shown],
        "parties": _parties(body),
        "log": log,
        "places": logged.places(log),
        **figures(body, on_pages=medium == "print"),
    }


def _parties(body: ReportBody) -> dict[str, list[SwitchRow]]:
    """Return who can act, each party once with its acts."""
    found: dict[str, list[SwitchRow]] = {}
    for row in body.switches:
        found.setdefault(row.party, []).append(row)
    return found


def _roadmap_heading(body: ReportBody) -> str:
    if any(one.target is not None for one in body.targets.rows):
        return _("Roadmap: the fewest moves to the next level, then to the target")
    return _("Roadmap: the fewest moves to the next level")


def _frameworks_heading(body: ReportBody) -> str:
    if body.frameworks:
        return _("Other frameworks: what the answers already say")
    return _("Other frameworks: not assessed")


def shown_contents(body: ReportBody) -> list[tuple[str, str]]:
    """Return the anchor and heading of every section that is not left out, in the language that is active."""
    return outline.kept(contents(body), body.left_out)


def contents(body: ReportBody) -> list[tuple[str, str]]:
    """Return the anchor and heading of every section, those that are left out too, in the order of the report."""
    return [
        ("board", _("For the board")),
        *([("summary", _("Summary"))] if any(one.part == SUMMARY for one in body.words) else []),
        ("scope", _("Scope")),
        ("method", _("Method and reading")),
        ("results", body.results.headline),
        *((f"dimension-{one.id}", one.headline) for one in (*body.chapters, *body.other_dimensions)),
        ("switches", sentences.switches_heading(len({one.party for one in body.switches}), bool(body.board.held_by))),
        ("contradictions", sentences.contradictions_heading(len(body.contradictions), body.probed)),
        ("roadmap", _roadmap_heading(body)),
        (
            "evidence",
            sentences.log_heading(len(body.endpoints), sum(one.probed for one in body.endpoints), body.drills),
        ),
        ("frameworks", _frameworks_heading(body)),
        ("limits", _("Limits of this assessment")),
        ("questions", _("Every question and answer")),
        ("glossary", _("Glossary")),
        ("integrity", _("Integrity")),
    ]
