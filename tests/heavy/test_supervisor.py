"""`manage.py serve` as a real process: it keeps its children alive, ends without leftovers, refuses with a sentence."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.heavy.conftest import start, temporary
from tests.heavy.serving import START_S, Served, children_of, unused_port, wait_for


def test_a_killed_web_server_and_a_killed_worker_are_started_again(served):
    first = children_of(served.process.pid)
    for killed in first:
        time.sleep(5.2)  # a child that dies sooner counts as one that cannot start
        os.kill(killed, signal.SIGKILL)
        # The killed child is listed until the supervisor has looked at it, so "two children" alone proves nothing.
        assert wait_for(lambda gone=killed: whole_again(served, gone), 15), served.output()
        assert wait_for(lambda: served.status() == 200, 15), served.output()
    assert not set(first) & set(children_of(served.process.pid))
    for child in ("web server", "worker"):
        said = f"The {child} ended; starting it again."
        assert wait_for(lambda text=said: text in served.output(), 5), served.output()


def whole_again(served: Served, killed: int) -> bool:
    children = children_of(served.process.pid)
    return len(children) == 2 and killed not in children


def put_aside_by(served: Served) -> Path:
    """Return the folder for temporary files of a served installation, as its children were told."""
    folders = [path for path in temporary(served.data).glob("assessor-*") if path.name.count("-") == 1]
    assert len(folders) == 1, "no folder of its own for temporary files"
    return folders[0]


def test_it_ends_on_request_leaves_no_process_and_starts_again_on_the_same_data(served, installation):
    assert len(served.group()) >= 3
    aside = put_aside_by(served)
    os.kill(served.process.pid, signal.SIGTERM)
    assert served.process.wait(20) == 0, served.output()
    assert wait_for(lambda: not served.group(), 5)
    assert served.status() == 0
    assert not aside.exists(), "something was left in the folder for temporary files"
    assert "Traceback" not in served.output()
    again = Served(start(*installation, "serve", "--port", str(served.port)), served.port, served.data)
    try:
        assert wait_for(lambda: again.status() == 200, START_S), again.output()
    finally:
        os.kill(again.process.pid, signal.SIGTERM)
        assert again.process.wait(20) == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl+C", "terminal closed"])
def test_what_the_terminal_tells_every_process_ends_all_of_them(served, how):
    os.killpg(served.process.pid, how)
    assert served.process.wait(20) == 0, served.output()
    assert wait_for(lambda: not served.group(), 5)
    assert "Traceback" not in served.output()


def refused(data: Path, database: str, *arguments: str, **environment: str) -> str:
    """Return what `manage.py` said when it refused to start: exit code 1, no traceback, nothing left."""
    log = data / "output.txt"
    process = start(data, database, *arguments, **environment)
    assert process.wait(START_S) == 1, log.read_text()
    said = log.read_text()
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) <= 8, said
    return said


def test_a_port_in_use_is_refused_with_another_to_choose(installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(*installation, "serve", "--port", str(port))
    assert f"Port {port} is in use by another program" in said
    assert f"make run PORT={port + 1}" in said


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999"])
def test_what_is_no_port_is_refused(installation, port):
    assert f"{port} is not a port" in refused(*installation, "serve", f"--port={port}")


def a_file(data: Path) -> Path:
    """A file where the directory should be."""
    place = data / "file"
    place.write_text("not a directory")
    return place


PLACES = {
    "a file": a_file,
    "below a file": lambda data: a_file(data) / "below",
    # Even root cannot write there.
    "read-only": lambda data: Path("/proc/sys/kernel"),
    "below a read-only place": lambda data: Path("/proc/nowhere/at-all"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_data_directory_that_cannot_be_written_is_refused(installation, place):
    data, database = installation
    if database.startswith("sqlite"):
        database = ""
    said = refused(data, database, "serve", "--port", str(unused_port()), ASSESSOR_DATA=str(PLACES[place](data)))
    assert "Set ASSESSOR_DATA to a directory that this user may write." in said


def test_a_database_that_cannot_be_opened_is_refused_with_its_place(installation):
    data, _database = installation
    (data / "assessor.sqlite3").mkdir()
    said = refused(data, "", "serve", "--port", str(unused_port()))
    assert "The database cannot be opened or upgraded" in said
    assert str(data) in said


def test_a_postgresql_that_is_not_there_is_refused(installation):
    nobody = f"postgresql://nobody@127.0.0.1:{unused_port()}/nowhere"
    said = refused(installation[0], nobody, "serve", "--port", str(unused_port()))
    assert "The database cannot be opened or upgraded" in said
    assert "Check DATABASE_URL" in said


def test_static_files_that_cannot_be_copied_are_refused(installation):
    data, database = installation
    (data / "static").write_text("a file in the way")
    said = refused(data, database, "serve", "--port", str(unused_port()))
    assert "Static files cannot be copied" in said


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("ASSESSOR_MODE", "served", "ASSESSOR_MODE=served needs ALLOWED_HOSTS"),
        ("ASSESSOR_MODE", "cloud", "is not known"),
        ("ASSESSOR_DEBUG", "perhaps", "is neither yes nor no"),
        ("SECRET_KEY", "short", "is shorter than 40 characters"),
        ("DATABASE_URL", "mysql://root@127.0.0.1/x", "must name PostgreSQL or SQLite"),
        ("DATABASE_URL", "nonsense", "is not a database address"),
    ],
)
def test_nonsense_in_the_environment_is_refused(installation, variable, value, sentence):
    assert sentence in refused(*installation, "serve", "--port", str(unused_port()), **{variable: value})
