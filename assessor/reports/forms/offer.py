"""Which forms there are, what each is called on the wire, and how each is made in the language of its report."""

from collections.abc import Callable

from django.utils import translation

from assessor.reports.comparison import Comparison
from assessor.reports.forms import comparison_forms, csv_form, docx_form, html_form, tables, xlsx_form
from assessor.reports.model import ReportModel

MEDIA = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
}
# Made while somebody waits; DOCX and PDF are left to the worker.
QUICK = ("html", "xlsx", "zip", "json")
_REPORT: dict[str, Callable[[ReportModel], bytes]] = {
    "html": html_form.html_bytes,
    "docx": docx_form.docx_bytes,
    "xlsx": lambda model: xlsx_form.xlsx_bytes(model, model.input_hash, tables.tables(model)),
    "zip": lambda model: csv_form.zip_bytes(tables.tables(model)),
    "json": lambda model: model.json_text().encode(),
}
_COMPARISON: dict[str, Callable[[Comparison], bytes]] = {
    "html": comparison_forms.comparison_html,
    "docx": comparison_forms.comparison_docx,
    "xlsx": comparison_forms.comparison_xlsx,
    "zip": lambda model: csv_form.zip_bytes(comparison_forms.comparison_tables(model)),
    "json": lambda model: model.json_text().encode(),
}


def report_as(model: ReportModel, form: str) -> bytes:
    """Return a report in one of its forms; raises KeyError for another."""
    with translation.override(model.language):
        return _REPORT[form](model)


def report_table(model: ReportModel, name: str) -> bytes | None:
    """Return one table of a report as CSV; None where the report leaves its section out."""
    with translation.override(model.language):
        return next((csv_form.csv_bytes(one) for one in tables.tables(model, (name,))), None)


def comparison_as(model: Comparison, form: str) -> bytes:
    """Return a compare report in one of its forms; raises KeyError for another."""
    with translation.override(model.language):
        return _COMPARISON[form](model)
