"""A part of every kind of test once more in a network that has nothing but loopback: nothing it does needs more.

The canary (tests/conftest.py) stops Python from reaching out. Here the kernel does, for whatever runs: the browser, the
database's client, the prober in one file.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PART = (
    "tests/probes/test_engine.py",
    "tests/probes/test_http_tls.py",
    "tests/probes/test_dns.py",
    "tests/zipapp/test_zipapp.py",
    "tests/web/test_probe_pages.py",
    "tests/browser/test_crosswalk.py",
)
# Brings loopback up (the flags of an interface are a short behind its name of 16 bytes), shows that there is no way
# out, and becomes the tests.
ENTER = """
import errno, fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
    assert sock.connect_ex(("192.0.2.1", 53)) == errno.ENETUNREACH, "there is a way out"
os.execv(sys.executable, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *sys.argv[1:]])
"""
DEADLINE_S = 900


def closed(*command: str) -> list[str]:
    """Return a command that runs another in a network of its own."""
    tool = shutil.which("unshare")
    assert tool, "unshare is missing: it is part of util-linux"
    own_user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return [tool, "--net", *own_user, "--", *command]


def is_allowed() -> bool:
    return subprocess.run(closed("true"), capture_output=True, check=False).returncode == 0


def test_a_part_of_every_kind_of_test_passes_where_nothing_but_loopback_is(tmp_path):
    if not is_allowed():
        assert os.environ.get("REQUIRE_ALL") != "1", "this computer forbids a network of one's own (unshare --net)"
        pytest.skip("this computer forbids a network of one's own (unshare --net)")
    # The canary of this run would stop the look for a way out before the kernel can; the tests inside set their own.
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "DATABASE_URL"}}
    environment["ASSESSOR_DATA"] = str(tmp_path)
    done = subprocess.run(
        closed(sys.executable, "-c", ENTER, "-m", "not heavy and not live", *PART),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
