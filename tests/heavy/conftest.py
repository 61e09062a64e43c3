"""Real processes on real databases: an environment for `manage.py` apart from the one the tests run in."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django_scopes import scope
from psycopg import sql

from assessor.services.answers import save_answer
from tests.heavy.serving import START_S, Served, children_of, unused_port, wait_for

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items):
    """Everything in this folder is heavy."""
    for item in items:
        if "tests/heavy" in str(item.fspath):
            item.add_marker(pytest.mark.heavy)


def database_url(name: str) -> str:
    """Return the address of the database `name` (a file or a PostgreSQL database) where the tests have theirs."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    facts = django_settings.DATABASES["default"]
    password = f":{facts['PASSWORD']}" if facts["PASSWORD"] else ""
    return f"postgresql://{facts['USER']}{password}@{facts['HOST']}:{facts['PORT'] or 5432}/{name}"


@contextmanager
def scratch_database() -> Iterator[str]:
    """A new PostgreSQL database, dropped afterwards; yields its name."""
    name = f"scratch_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(database_url("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def temporary(data: Path) -> Path:
    """Return where an installation puts its temporary files: apart from those of tests that run beside it."""
    # A short path: sockets lie there, and the system allows them about 100 characters.
    return Path(tempfile.gettempdir()) / f"t-{zlib.crc32(str(data).encode()):08x}"


def start(data: Path, database: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """Start `manage.py` with a clean environment; its output goes to a file in `data`."""
    kept = ("PATH", "HOME", "LANG", "PYTHONPATH", "ASSESSOR_TEST_CANARY")
    clean = {name: os.environ[name] for name in kept if name in os.environ}
    clean |= {"ASSESSOR_DATA": str(data), "DATABASE_URL": database, "PYTHONUNBUFFERED": "1"} | environment
    clean["TMPDIR"] = str(temporary(data))
    temporary(data).mkdir(exist_ok=True)
    with (data / "output.txt").open("a") as output:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env=clean,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@pytest.fixture
def installation(tmp_path) -> Iterator[tuple[Path, str]]:
    """An empty data directory and the address of an empty database, on the kind of database the tests run on."""
    data = tmp_path / "data"
    data.mkdir()
    if connection.vendor == "sqlite":
        yield data, database_url(str(data / "assessor.sqlite3"))
    else:
        with scratch_database() as name:
            yield data, database_url(name)
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(temporary(data), ignore_errors=True)


@pytest.fixture
def served(installation) -> Iterator[Served]:
    """A served installation whose first page answers; ended afterwards, whatever became of it."""
    data, database = installation
    port = unused_port()
    one = Served(start(data, database, "serve", "--port", str(port)), port, data)
    try:
        assert wait_for(lambda: one.status() == 200 and len(children_of(one.process.pid)) == 2, START_S), one.output()
        yield one
    finally:
        for pid in one.group():
            os.kill(pid, signal.SIGKILL)
        one.process.wait(10)


@pytest.fixture
def committed(transactional_db, quick):
    """The quick scan with an answer, committed so that other processes see it."""
    with scope(organisation=quick.organisation):
        save_answer(quick, "data.readers", "answered", 2, "", quick.created_by)
        yield quick


@pytest.fixture
def new_worker(tmp_path):
    """Start a real worker on the database of this test; those that still live afterwards are ended."""
    workers: list[subprocess.Popen[str]] = []

    def started() -> "subprocess.Popen[str]":
        database = database_url(str(connection.settings_dict["NAME"]))
        worker = start(tmp_path, database, "worker", DJANGO_SETTINGS_MODULE="tests.heavy.worker_settings")
        workers.append(worker)
        return worker

    yield started
    for worker in workers:
        if worker.poll() is None:
            worker.kill()
        worker.wait(10)
    shutil.rmtree(temporary(tmp_path), ignore_errors=True)
