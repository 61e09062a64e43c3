"""Making a backup: database, attachments and reports in one file, the keys in another, the last few before upgrades."""

import base64
import hashlib
import json
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from assessor.services import signing
from assessor.services.backups import databases
from assessor.services.backups.archive import FILES, Manifest, Writer, made_whole

# Of the data directory; static files and documents are made again, the database and the keys go their own ways.
FOLDERS = ("attachments", "reports", "imports", "fonts")
MADE_AGAIN = (("reports", "documents"), ("reports", "blank"))
KEYS = ("sealing-key", "signing-key", "secret-key")
KEYS_FORMAT = "sovereignty-assessor-keys-1"
KEPT = 5
# Tables that tell whether somebody has worked here, by the names they had in the first release.
FILLED = ("assessor_organisation", "assessor_user")


def folder() -> Path:
    """Return where backups are kept unless another place is named."""
    return Path(settings.DATA_DIR) / "backups"


def named(why: str) -> Path:
    """Return a new name in that folder, by reason and moment."""
    return folder() / f"{why}-{timezone.now():%Y%m%d-%H%M%S-%f}.zip"


def is_filled() -> bool:
    """Tell whether anybody has worked here; reads no column, so any release's database will do."""
    return databases.has_rows(*FILLED)


def applied() -> list[str]:
    """Return the migrations the database has."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def key_files() -> dict[str, bytes]:
    """Return the keys of this installation that lie in the data directory."""
    found = {name: Path(settings.DATA_DIR) / name for name in KEYS}
    return {name: file.read_bytes() for name, file in found.items() if file.is_file()}


def make(file: Path) -> Manifest:
    """Write a backup without the keys; raises `BackupRefused`. The product may run meanwhile."""
    signing.public_key()
    with made_whole(file) as stream, tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".backup-") as work:
        dump = Path(work) / databases.member()
        databases.dump(dump)
        writer = Writer(stream)
        writer.add(databases.member(), dump)
        # After the database: a file is written before the row that names it, so none it names is left out.
        for name, path in _data_files():
            writer.add(FILES + name, path)
        return writer.close(
            made_at=timezone.now().isoformat(timespec="seconds"),
            program=settings.VERSION,
            database=connection.vendor,
            migrations=applied(),
            keys={name: hashlib.sha256(content).hexdigest() for name, content in key_files().items()},
        )


def _data_files() -> list[tuple[str, Path]]:
    root = Path(settings.DATA_DIR)
    found = []
    for top in FOLDERS:
        for path in sorted((root / top).rglob("*")):
            parts = path.relative_to(root).parts
            if path.is_file() and not path.is_symlink() and path.suffix != ".part" and parts[:2] not in MADE_AGAIN:
                found.append(("/".join(parts), path))
    return found


def keep_keys(file: Path) -> list[str]:
    """Write the keys into a file of their own and return their names; raises `BackupRefused`."""
    keys = key_files()
    said = {"format": KEYS_FORMAT, "keys": {name: base64.b64encode(raw).decode() for name, raw in keys.items()}}
    with made_whole(file) as stream:
        stream.write(json.dumps(said, indent=1).encode())
    return list(keys)


def before_upgrade() -> Path | None:
    """Make a backup when migrations wait and somebody has worked here; the last five are kept. None: not needed."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()) or not is_filled():
        return None
    file = named("before-upgrade")
    make(file)
    _forget("before-upgrade")
    return file


def _forget(why: str) -> None:
    for old in sorted(folder().glob(f"{why}-*.zip"))[:-KEPT]:
        old.unlink(missing_ok=True)
