"""The empty questionnaire as PDF, set once for each content and language and kept beside the reports."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Literal

from django.conf import settings

from assessor.questionnaire.schema import Questionnaire
from assessor.reports.blank import blank_sheet
from assessor.reports.pdf import pdf_available, printed
from assessor.services.exchange.blank_yaml import blank_file

# More are only kept by somebody who tries; the oldest go.
MOST_KEPT = 60


def blank_pdf(questionnaire: Questionnaire, scope: Literal["quick", "full"], language: str) -> bytes:
    """Return the PDF; raises `PdfUnavailable` where it cannot be set here, `PdfFailed` when it takes too long."""
    problem = pdf_available()
    if problem is not None:
        raise problem
    sheet = blank_sheet(questionnaire, scope, language.partition("-")[0], blank_file(questionnaire, scope))
    # Named by all that is in it: other words, another style or another version make another file.
    name = sha256("\0".join((settings.VERSION, sheet.html, sheet.css, sheet.attachment)).encode()).hexdigest()
    kept = Path(settings.REPORTS_DIR) / "blank" / f"{name}.pdf"
    try:
        return kept.read_bytes()
    except OSError:
        content = printed(sheet).pdf
        _keep(kept, content)
        return content


def _keep(path: Path, content: bytes) -> None:
    """Keep a file for the next time; where the disc refuses, the next time takes as long as this one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(part).replace(path)
        kept = sorted(path.parent.glob("*.pdf"), key=lambda one: one.stat().st_mtime)
        for old in kept[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
