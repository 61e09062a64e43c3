"""The smaller papers, compare report and portfolio, on the press and in the other forms of the report."""

from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from assessor.reports import charts, colour, dress, printable
from assessor.reports.charts import Moved
from assessor.reports.comparison import Comparison, ComparisonBody
from assessor.reports.pdf import STYLE
from assessor.reports.portfolio import Portfolio, PortfolioBody
from assessor.reports.render import unpictured
from assessor.reports.sheet import Sheet

PAPER_STYLE = Path(__file__).resolve().parents[2] / "templates" / "reports" / "papers" / "paper.css"


def comparison_context(body: ComparisonBody, input_hash: str) -> dict[str, Any]:
    """Return what the templates of a compare report need."""
    with translation.override(body.language):
        drawn = {
            f"{reading}_chart": _moved(body, reading, title)
            for reading, title in (
                ("claimed", _("Claimed level of each dimension, before and now")),
                ("verified", _("Verified level of each dimension, before and now")),
            )
        }
    return {"paper": body, "movement": body.movement, "input_hash": input_hash, **drawn}


def _moved(body: ComparisonBody, reading: str, title: str) -> str:
    rows = [(one.title, one.short, getattr(one, reading)) for one in body.movement.dimensions]
    return charts.movement(
        [Moved(short, change.before, change.after) for _title, short, change in rows],
        body.top,
        title=title,
        description="; ".join(f"{name}: {change.sentence}" for name, _short, change in rows),
        ident=f"moved-{reading}",
    )


def portfolio_context(body: PortfolioBody, input_hash: str) -> dict[str, Any]:
    """Return what the templates of a portfolio need."""
    return {"paper": body, "input_hash": input_hash}


def comparison_sheet(model: Comparison) -> Sheet:
    """Return everything the press needs for a compare report."""
    body = ComparisonBody.model_validate(_printable(model))
    return _sheet("comparison", comparison_context(body, model.input_hash), model, "comparison.json")


def portfolio_sheet(model: Portfolio) -> Sheet:
    """Return everything the press needs for a portfolio."""
    body = PortfolioBody.model_validate(_printable(model))
    return _sheet("portfolio", portfolio_context(body, model.input_hash), model, "portfolio.json")


def _printable(model: Comparison | Portfolio) -> Any:
    return printable.printable_data(unpictured(model.plain(exclude={"input_hash"})), set())


def _sheet(kind: str, context: dict[str, Any], model: Comparison | Portfolio, name: str) -> Sheet:
    with translation.override(model.language):
        html = render_to_string(f"reports/papers/{kind}_pdf.html", context)
    return Sheet(
        html=colour.recoloured(html, colour.accent_of(model.brand.accent)),
        css=dress.dressed(STYLE.read_text("utf-8"), model.brand) + PAPER_STYLE.read_text("utf-8"),
        attachment=model.json_text(),
        made_at=model.made_at,
        name=name,
        assets=dress.assets(model.brand),
    )
