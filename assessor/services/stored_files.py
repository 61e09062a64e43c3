"""The files that rows name: found before the rows go, removed after."""

from collections.abc import Iterable
from pathlib import Path
from shutil import rmtree

from django.conf import settings
from django.db.models import Model, QuerySet

from assessor.models import (
    Assessment,
    Attachment,
    Document,
    Organisation,
    PendingImport,
    Report,
)


def _data() -> Path:
    return Path(settings.DATA_DIR)


def _named(rows: "QuerySet[Model]", folder: Path, *columns: str) -> list[Path]:
    return [folder / name for row in rows.values_list(*columns) for name in row if name]


def of_assessment(assessment: Assessment) -> list[Path]:
    """Return every file that belongs to one assessment; four queries."""
    reports = Path(settings.REPORTS_DIR)
    return [
        *_named(Attachment.objects.filter(evidence__answer__assessment=assessment), _data() / "attachments", "file"),
        *_named(Report.objects.filter(assessment=assessment), reports, "file", "board_file"),
        *_named(Document.objects.filter(assessment=assessment), reports, "file"),
        *_named(PendingImport.objects.filter(assessment=assessment), _data() / "imports", "file", "plan"),
    ]


def of_organisation(organisation: Organisation) -> list[Path]:
    """Return every file that rows of an organisation name, and the folders that are its alone."""
    reports = Path(settings.REPORTS_DIR)
    return [
        *_named(Document.objects.filter(organisation=organisation), reports, "file"),
        *(_data() / top / str(organisation.pk) for top in ("attachments", "imports", "exports")),
        reports / str(organisation.pk),
    ]


def unlink(paths: Iterable[Path]) -> None:
    """Remove files and folders; what is gone already is no matter."""
    for path in paths:
        if path.is_dir():
            rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
