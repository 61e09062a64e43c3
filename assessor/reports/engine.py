"""What makes the same model the same file: the release, the engine, the templates and the fonts, as one hash."""

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings

from assessor.content import content_hash
from assessor.reports import fonts
from assessor.reports.model import ReportModel

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("weasyprint", "pydyf", "fonttools")
LENGTH = 16


def engine_key() -> str:
    """Return a short hash of everything beside the model that the pages depend on."""
    return content_hash([_code(), [list(one) for one in fonts.marks()]])[:LENGTH]


def content_key(model: ReportModel) -> str:
    """Return a hash of what a report says and how it is set, whenever and as whichever version it is made.

    Two drafts with the same key differ in nothing but their number and the moment they were made.
    """
    data = model.plain(exclude={"input_hash", "control"})
    data["cover"] |= {"made_at": "", "version": 0}
    if data.get("movement"):
        data["movement"]["after_at"] = ""
    return content_hash([engine_key(), data])


@lru_cache(maxsize=1)
def _code() -> str:
    """Return a hash of the release and of every file that shapes the pages; they do not change while it runs."""
    digest = hashlib.sha256(settings.VERSION.encode())
    for package in PACKAGES:
        digest.update(f"{package} {_version(package)}".encode())
    for folder, pattern in (("assessor/reports", "*.py"), ("templates/reports", "**/*.*")):
        for file in sorted((ROOT / folder).glob(pattern)):
            digest.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
