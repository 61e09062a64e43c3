"""A served installation as its processes show it."""

import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

START_S = 60


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(what: Callable[[], object], seconds: float) -> bool:
    """Return whether `what` became true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return False


def stat_of(pid: int) -> list[str]:
    """Return state, parent and group of a process; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return []


def children_of(pid: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return sorted(one for one in pids if (stat := stat_of(one)) and stat[1] == str(pid) and stat[0] != "Z")


@dataclass
class Served:
    """A served installation."""

    process: "subprocess.Popen[str]"
    port: int
    data: Path

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def status(self) -> int:
        """Return the status of the first page, 0 when nobody answers."""
        try:
            with urlopen(f"{self.url}/", timeout=5) as response:
                return response.status
        except (URLError, OSError):
            return 0

    def output(self) -> str:
        """Return all it said."""
        return (self.data / "output.txt").read_text()

    def group(self) -> list[int]:
        """Return every living process of its session."""
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [one for one in pids if (stat := stat_of(one)) and stat[2] == str(self.process.pid) and stat[0] != "Z"]
