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


@register()
def networks_can_be_read(**_kwargs: Any) -> list[CheckMessage]:
    """A table of networks that the operator names must be one; the shipped one is not read here."""
    if settings.PROBE_NETWORKS is None:
        return []
    from assessor.errors import ContentError
    from assessor.probes.networks import network_table

    try:
        network_table(settings.PROBE_NETWORKS)
    except ContentError as fault:
        hint = "Correct the file named by ASSESSOR_NETWORKS, or unset it: a table ships with the program."
        return [Error(fault.sentence(), hint=hint, id="assessor.E002")]
    return []


@register("pdf")
def pdf_can_be_made(**_kwargs: Any) -> list[CheckMessage]:
    """Without Pango everything works but the PDF."""
    from assessor.reports.pdf import pdf_available

    problem = pdf_available()
    return [Warning(str(problem), id="assessor.W001")] if problem else []


@register("pdf")
def added_fonts_can_be_read(**_kwargs: Any) -> list[CheckMessage]:
    """A file among the operator's fonts that is no font would be passed over in silence."""
    from assessor.reports import fonts

    found = fonts.unreadable()
    if not found:
        return []
    hint = "Put OpenType or TrueType files there (.ttf, .otf, .ttc), or take these away."
    return [
        Warning(f"Not read as fonts in {fonts.added_directory()}: {', '.join(found)}.", hint=hint, id="assessor.W002")
    ]
