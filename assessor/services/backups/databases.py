"""The database of a backup: SQLite through its backup API while others write, PostgreSQL through its own tools."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from django.db import connection

from assessor.services.backups.archive import BackupRefused

# A restore that waits for a running product gives up after this long.
LOCK_TIMEOUT = "30s"
# Tables that a later release added are not in the dump, and nothing of it may go without them: all go first.
EMPTIED = """
DO $$ DECLARE one text; BEGIN
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', one);
  END LOOP;
END $$;
DROP FUNCTION IF EXISTS assessor_audit_stays();
DROP FUNCTION IF EXISTS assessor_audit_stays_unless_ended();
"""
_SSL = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
}


def member() -> str:
    """Return what the database is called in a backup."""
    return "database.sqlite3" if connection.vendor == "sqlite" else "database.dump"


def has_rows(*tables: str) -> bool:
    """Tell whether any of these tables exists and has a row; works whatever migrations were applied."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table in tables:
            if table in there:
                cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608 - our names
                if cursor.fetchone() is not None:
                    return True
    return False


def dump(file: Path) -> None:
    """Write the database as it is at one moment; raises `BackupRefused`."""
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        try:
            with closing(sqlite3.connect(name, timeout=20)) as source, closing(sqlite3.connect(file)) as target:
                source.backup(target)
                # One file, without a write-ahead log beside it.
                target.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise BackupRefused(
                "The database cannot be copied: {why}.",
                remedy="Check the free space and run manage.py doctor.",
                why=error,
            ) from error
    else:
        _postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")


def check(file: Path) -> None:
    """Raise `BackupRefused` unless the dump can be read whole."""
    if connection.vendor == "sqlite":
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source:
                found = source.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.Error as error:
            found = str(error)
        if found != "ok":
            raise BackupRefused(
                "The database in the backup is damaged: {why}.", remedy="Use another backup.", why=found
            )
    else:
        _postgres("pg_restore", "--list", str(file), connects=False)


def load(file: Path) -> None:
    """Put a dump in the place of the database, whole or not at all; raises `BackupRefused`."""
    connection.close()
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        try:
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(name, timeout=20)) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            raise BackupRefused(
                "The database cannot be replaced: {why}.", remedy="Stop the product, then try again.", why=error
            ) from error
    else:
        with tempfile.TemporaryDirectory(prefix="assessor-restore-") as folder:
            script, before = Path(folder) / "script.sql", Path(folder) / "before.sql"
            _postgres("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file), connects=False)
            before.write_text(EMPTIED, "utf-8")
            _postgres(
                "psql",
                "--quiet",
                "--no-psqlrc",
                "--single-transaction",
                "--set=ON_ERROR_STOP=1",
                f"--file={before}",
                f"--file={script}",
            )


def _postgres(tool: str, *options: str, connects: bool = True) -> None:
    """Run one of PostgreSQL's tools; the password goes through the environment and never into a list of processes."""
    path = shutil.which(tool)
    if path is None:
        raise BackupRefused(
            "The program {tool} is missing on this computer.",
            remedy="Install PostgreSQL's client programs (Debian: postgresql-client), not older than the server.",
            tool=tool,
        )
    said = connection.settings_dict
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
    place = {variable: str(said[name]) for name, variable in names.items() if said.get(name)}
    place |= {
        variable: str(said["OPTIONS"][name]) for name, variable in _SSL.items() if name in said.get("OPTIONS", {})
    }
    place["PGOPTIONS"] = f"-c lock_timeout={LOCK_TIMEOUT}"
    done = subprocess.run(
        [path, *options], env=os.environ | (place if connects else {}), capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise BackupRefused(
            "{tool} failed: {why}.",
            remedy="Nothing was changed. Stop the product before a restore; no tool may be older than the server.",
            tool=tool,
            why=(lines[0] if lines else f"exit code {done.returncode}").rstrip("."),
        )
