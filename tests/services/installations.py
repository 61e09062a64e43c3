"""Installations of their own, on SQLite and on PostgreSQL, driven by the commands an operator types."""

import os
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dj_database_url
import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL", "")


@dataclass
class Installation:
    """One data directory with its database."""

    data: Path
    database: str

    def run(self, *words, code=0):
        """Run a command of manage.py and return what it said."""
        unset = ("SECRET_KEY", "TEST_DATABASE_URL", "DATABASE_URL")
        place = {name: value for name, value in os.environ.items() if name not in unset}
        place |= {"ASSESSOR_DATA": str(self.data), "DATABASE_URL": self.database}
        done = subprocess.run(
            [sys.executable, "-W", "error", "manage.py", *map(str, words)],
            cwd=ROOT,
            env=place,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, name, *words, module="tests.services.backups.inside"):
        """Run a function of a module in this installation and return what it printed."""
        line = f"import importlib; importlib.import_module({module!r}).{name}(*{[str(word) for word in words]!r})"
        return self.run("shell", "--no-imports", "-c", line).strip()


@contextmanager
def maker(folder):
    """Yield what makes a new empty installation below a folder, by its name and the kind of its database."""
    made = []
    server = dj_database_url.parse(SERVER) if SERVER.startswith("postgres") else None
    admin = {}
    if server is not None:
        admin = {"host": server["HOST"], "port": server["PORT"] or 5432, "user": server["USER"]}
        admin |= {"password": server["PASSWORD"] or None, "dbname": "postgres", "autocommit": True}

    def new(name, kind):
        data = folder / name
        if kind == "sqlite":
            return Installation(data, f"sqlite:///{data / 'assessor.sqlite3'}")
        if server is None:
            pytest.skip("no PostgreSQL: set TEST_DATABASE_URL")
        database = f"scratch_{uuid.uuid4().hex[:16]}"
        with psycopg.connect(**admin) as connection:
            connection.execute(f"CREATE DATABASE {database}")
        made.append(database)
        login = server["USER"] + (f":{server['PASSWORD']}" if server["PASSWORD"] else "")
        return Installation(data, f"postgresql://{login}@{admin['host']}:{admin['port']}/{database}")

    yield new
    for database in made:
        with psycopg.connect(**admin) as connection:
            connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
