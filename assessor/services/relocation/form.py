"""The form of the archive: a ZIP whose signed manifest names every member with its hash."""

from dataclasses import dataclass, field

from django.db.migrations.loader import MigrationLoader

from assessor.errors import N_, AssessorError
from assessor.services.exchange.safe_zip import MEGABYTE, Limits

FORMAT = "sovereignty-assessor-organisation-1"
MANIFEST, SIGNATURE, PEOPLE = "manifest.json", "manifest.signature", "people.json"
TABLES, ATTACHMENTS, REPORTS = "tables/", "files/attachments/", "files/reports/"
ENDING = ".sovorg"
# A ZIP without the extension for giants: more than that is for a backup.
MOST_MEMBERS = 60_000
MAX_MEMBER = 2000 * MEGABYTE
MAX_TOTAL = 4000 * MEGABYTE
MAX_ROW = 32 * MEGABYTE
MAX_MANIFEST = 16 * MEGABYTE
AGAIN = N_("Export the organisation again; do not change what is in the archive.")


class ArchiveRefused(AssessorError):
    """An organisation cannot be carried out or brought in."""


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself.

    `members` gives the sha256 of each, `tables` the number of rows, `missing` the files whose content was not there any
    more when it was made.
    """

    format: str
    made_at: str
    program: str
    migrations: list[str]
    installation: str
    organisation: dict[str, str]
    tables: dict[str, int]
    members: dict[str, str]
    missing: list[str] = field(default_factory=list)


def files(manifest: Manifest) -> list[str]:
    """Return the members that are files of people and not rows."""
    return [name for name in manifest.members if name.startswith((ATTACHMENTS, REPORTS))]


def migrations() -> list[str]:
    """Return the steps of our own tables that this release knows."""
    return sorted(name for app, name in MigrationLoader(None).disk_migrations if app == "assessor")


def limits(total: int) -> Limits:
    """Return what an archive may be at most where `total` bytes are taken in, unpacked."""
    return Limits(MOST_MEMBERS, min(MAX_MEMBER, total), min(MAX_TOTAL, total))
