"""Which forms there are, what each is called on the wire, and how each is made in the language of its report."""

from collections.abc import Callable

from django.utils import translation

from assessor.reports.comparison import Comparison
from assessor.reports.forms import csv_form, html_form, tables
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


# The libraries for DOCX and workbooks are large and rarely asked for: they are loaded when a file is made, and not
# by every process at its start.
def _docx(model: ReportModel) -> bytes:
    from assessor.reports.forms.docx_form import docx_bytes

    return docx_bytes(model)


def _xlsx(model: ReportModel) -> bytes:
    from assessor.reports.forms.xlsx_form import xlsx_bytes

    return xlsx_bytes(model, model.input_hash, tables.tables(model))


def _compared(model: Comparison, form: str) -> bytes:
    from assessor.reports.forms import comparison_forms

    match form:
        case "html":
            return comparison_forms.comparison_html(model)
        case "docx":
            return comparison_forms.comparison_docx(model)
        case "xlsx":
            return comparison_forms.comparison_xlsx(model)
        case "zip":
            return csv_form.zip_bytes(comparison_forms.comparison_tables(model))
        case "json":
            return model.json_text().encode()
    raise KeyError(form)


_REPORT: dict[str, Callable[[ReportModel], bytes]] = {
    "html": html_form.html_bytes,
    "docx": _docx,
    "xlsx": _xlsx,
    "zip": lambda model: csv_form.zip_bytes(tables.tables(model)),
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


def table_as(table: tables.Table, form: str) -> bytes:
    """Return one table as CSV or as a workbook of one sheet, in the language that is active."""
    if form == "csv":
        return csv_form.csv_bytes(table)
    from assessor.reports.forms.xlsx_form import table_bytes

    return table_bytes(table)


def comparison_as(model: Comparison, form: str) -> bytes:
    """Return a compare report in one of its forms; raises KeyError for another."""
    with translation.override(model.language):
        return _compared(model, form)
