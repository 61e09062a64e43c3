"""System checks: what would go wrong later, said at start with what to do about it."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def data_directory_is_writable(**_kwargs: Any) -> list[CheckMessage]:
    """The data directory holds the database, keys and reports."""
    if os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"The data directory {settings.DATA_DIR} cannot be written.",
            hint="Set ASSESSOR_DATA to a directory that this user may write, or correct its permissions.",
            id="assessor.E001",
        )
    ]


@register("pdf")
def pdf_can_be_made(**_kwargs: Any) -> list[CheckMessage]:
    """Without Pango everything works but the PDF."""
    from assessor.reports.pdf import pdf_available

    problem = pdf_available()
    return [Warning(str(problem), id="assessor.W001")] if problem else []
