"""Sets up a throw-away installation and serves it on a free loopback port, for screenshots and benchmarks."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


@dataclass(frozen=True)
class Stage:
    """A running installation: where it answers, where its data lie, the supervisor's process id."""

    url: str
    data: Path
    pid: int


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def manage(data: Path, *words: str) -> str:
    """Run a management command on the installation in `data` and return what it printed."""
    environment = os.environ | {"ASSESSOR_DATA": str(data)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return done.stdout


@contextmanager
def measured() -> Iterator[None]:
    """Have this process work on an installation with the demo, for the time of the block; Django is set up in it."""
    with tempfile.TemporaryDirectory(prefix="assessor-bench-") as folder:
        os.environ["ASSESSOR_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "assessor.settings"
        manage(Path(folder), "prepare")
        manage(Path(folder), "demo")
        import django

        django.setup()
        from django.db import connection

        try:
            yield
        finally:
            connection.close()


@contextmanager
def stage(*, demo: bool) -> Iterator[Stage]:
    """Serve an installation for the time of the block, with the demo organisation or empty."""
    with tempfile.TemporaryDirectory(prefix="assessor-stage-") as folder:
        data = Path(folder)
        manage(data, "prepare")
        if demo:
            manage(data, "demo")
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(port)],
            env=os.environ | {"ASSESSOR_DATA": folder},
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
            cwd=ROOT,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url, server)
            yield Stage(url, data, server.pid)
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"The server ended with code {server.returncode}.")
        try:
            with urllib.request.urlopen(f"{url}/about/", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("The server did not answer in time.")
