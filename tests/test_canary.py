"""The canary sings: whatever reaches out of this computer, in this process or in a child, is refused and written down."""

import ast
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canary.sitecustomize import LOG, is_here

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = {
    "a connection": lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    "a connection over IPv6": lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)),
    "a connection to a private network": lambda: socket.socket().connect_ex(("10.255.255.1", 80)),
    "a datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    "a look-up": lambda: socket.getaddrinfo("models.example", 443),
    "an older look-up": lambda: socket.gethostbyname("models.example"),
}


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A log of this test's own, so that its breaches are nobody else's."""
    file = tmp_path / "breaches"
    file.touch()
    monkeypatch.setenv(LOG, str(file))
    return file


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", OUTSIDE)
def test_reaching_out_is_refused_and_written_down(name, log):
    with pytest.raises(PermissionError, match="out of this computer"):
        OUTSIDE[name]()
    assert len(log.read_text().splitlines()) == 1


def test_a_child_is_watched_too_even_when_it_says_nothing(log):
    script = (
        "import socket\ntry: socket.create_connection(('192.0.2.1', 80), timeout=1)\nexcept OSError: pass\n"
        "import subprocess, sys\nif len(sys.argv) < 2: subprocess.run([sys.executable, '-c', sys.argv0, 'again'])"
    ).replace("sys.argv0", "open('/proc/self/cmdline').read().split(chr(0))[2]")
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert log.read_text().count("192.0.2.1:80") == 2


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST.", "", None, "::ffff:127.0.0.1"]
)
def test_this_computer_is_not_outside(host):
    assert is_here(host)


@pytest.mark.parametrize("host", ["128.0.0.1", "10.0.0.1", "::2", "localhost.example", "::ffff:10.0.0.1", "fe80::1%lo"])
def test_anything_else_is(host):
    assert not is_here(host)


# Who may open sockets, and why none of them goes where a person says.
DOORS = {
    "assessor/probes/collect": "the one door: everything that a person can influence goes through its guard",
    "assessor/management/commands/serve.py": "tries whether its own port is free",
}
NETWORK = ("socket", "ssl", "asyncio", "http.client", "urllib.request", "smtplib", "ftplib", "imaplib", "xmlrpc.client")
NETWORK += ("httpcore2", "httpx", "httpx2", "requests", "aiohttp", "urllib3", "h11", "dns")


def imports(file):
    """Return what a module imports, in whatever place of it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_but_the_door_can_reach_anybody():
    found = {}
    for file in sorted((ROOT / "assessor").rglob("*.py")):
        place = str(file.relative_to(ROOT))
        if not place.startswith(tuple(DOORS)):
            used = {name for name in imports(file) if any(name == one or name.startswith(f"{one}.") for one in NETWORK)}
            if used:
                found[place] = used
    assert found == {}
