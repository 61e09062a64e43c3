"""Reports read back from where they were kept: whole and printable, or refused in words."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from assessor.content import content_hash
from assessor.errors import N_, AssessorError
from assessor.reports.model import ReportModel


class ReportChanged(AssessorError):
    """What was stored does not fit its own hash."""


class ReportOutdated(AssessorError):
    """What was stored has a shape that this version cannot print."""


def seal_fits(content: Mapping[str, Any]) -> bool:
    """Return whether `input_hash` is the sha256 of the canonical JSON of everything beside it."""
    rest = {key: value for key, value in content.items() if key != "input_hash"}
    return content.get("input_hash") == content_hash(rest)


def read(content: Mapping[str, Any]) -> ReportModel:
    """Return a stored report; raises `ReportChanged` or `ReportOutdated`.

    The seal is checked on what was stored, whatever version wrote it; what a later version added takes its default.
    """
    if not seal_fits(content):
        raise ReportChanged(
            N_("The stored report does not fit its hash: it was changed after it was frozen."),
            remedy=N_("Make a new report, or restore the database from a backup."),
        )
    try:
        return ReportModel.model_validate(content)
    except ValidationError as error:
        raise ReportOutdated(
            N_("This report was frozen in version {version} of the report model, which this release cannot print."),
            remedy=N_("Make a new report; one that was printed before stays as it is."),
            version=str(content.get("schema_version", ""))[:20] or "?",
        ) from error
