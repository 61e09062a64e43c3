"""Which packages this installation runs on, and whether they are those that the release was tested with."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from django.conf import settings

_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Package:
    """A package by its name: what the release locks, and what is installed."""

    name: str
    locked: str
    installed: str


def lock_file() -> Path:
    """Return where the list lies that the release was tested with, of a checkout and of a bundle alike."""
    return Path(settings.BASE_DIR) / "requirements.txt"


def locked() -> Mapping[str, str]:
    """Return the version of every package that the release locks; raises OSError where the list is not there."""
    return dict(_LOCKED.findall(lock_file().read_text("utf-8")))


def packages() -> list[Package]:
    """Return every locked package that is installed; raises OSError where the list is not there.

    The list names some for other systems and other Pythons too, which are not installed here.
    """
    found = []
    for name, version in locked().items():
        with suppress(metadata.PackageNotFoundError):
            found.append(Package(name, version, metadata.version(name)))
    return found
