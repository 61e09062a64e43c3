"""Sample reports, each set once for all tests that read its PDF."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO

import pypdf

from assessor.reports import pdf, viewmodel
from assessor.reports.model import ReportModel
from tests.reports.samples import SAMPLES


@dataclass(frozen=True)
class Report:
    """A sample with its model, its PDF and the text of each page, white space made single."""

    name: str
    model: ReportModel
    file: bytes
    pages: tuple[str, ...]

    @property
    def reader(self) -> pypdf.PdfReader:
        """A fresh reader of the PDF."""
        return pypdf.PdfReader(BytesIO(self.file))

    @property
    def text(self) -> str:
        """The text of all pages."""
        return " ".join(self.pages)


@cache
def made(name: str) -> Report:
    """Return a sample report, set once."""
    model = viewmodel.build(SAMPLES[name]())
    file = pdf.make_pdf(model)
    pages = tuple(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(BytesIO(file)).pages)
    return Report(name, model, file, pages)
