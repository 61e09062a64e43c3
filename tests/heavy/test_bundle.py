"""The bundle installs and runs in a network that has nothing but loopback, from an empty environment."""

import os
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.heavy.test_closed_room import closed, is_allowed

ROOT = Path(__file__).parents[2]
DEADLINE_S = 600
# Brings loopback up, shows that there is no way out, and becomes the shell script it is given.
ENTER = """
import errno, fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
    assert sock.connect_ex(("192.0.2.1", 53)) == errno.ENETUNREACH, "there is a way out"
os.execv("/bin/sh", ["/bin/sh", "-euc", sys.argv[1]])
"""
# Install, work, serve, look at a page, make a PDF; the port is nobody else's in this network.
WORK = """
"$BUNDLE/install" "$TARGET"
cd "$TARGET"
scripts/entry prepare
scripts/entry demo | tee demo.txt
assessment=$(sed -n 's:.*/a/\\([0-9a-f-]*\\)/.*:\\1:p' demo.txt)
scripts/entry report write "$assessment" out.pdf
scripts/entry web --port 8765 > serve.txt 2>&1 &
server=$!
for second in $(seq 90); do
  .venv/bin/python -c 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:8765/", timeout=5).status)' > page.txt 2>/dev/null && break
  sleep 1
done
kill -TERM $server
wait $server || true
cat page.txt
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The bundle as `make bundle` writes it, unpacked; it may fetch what this computer does not have yet."""
    if not is_allowed():
        assert os.environ.get("REQUIRE_ALL") != "1", "this computer forbids a network of one's own (unshare --net)"
        pytest.skip("this computer forbids a network of one's own (unshare --net)")
    folder = tmp_path_factory.mktemp("bundle")
    # The canary of this run would stop the package manager, which is meant to fetch here.
    place = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "scripts/bundle/build.py", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=place, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    archive = next(folder.glob("*.tar"))
    with tarfile.open(archive) as members:
        assert all(one.isfile() and not one.name.startswith(("/", "..")) for one in members)
        members.extractall(folder, filter="data")
    return next(one for one in folder.iterdir() if one.is_dir())


def install(bundle, target, **more):
    place = {"PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/local/bin:/usr/bin:/bin", "HOME": str(target.parent)}
    place |= {"BUNDLE": str(bundle), "TARGET": str(target), "ASSESSOR_DATA": str(target.parent / "data"), **more}
    process = subprocess.Popen(
        closed(sys.executable, "-c", ENTER, WORK),
        env=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _nothing = process.communicate(timeout=DEADLINE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, said


def test_it_installs_serves_a_page_and_makes_a_pdf_without_a_way_out(bundle, tmp_path):
    code, said = install(bundle, tmp_path / "installed")
    assert code == 0, said[-4000:]
    assert said.rstrip().endswith("200")
    assert (tmp_path / "installed" / "out.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "data" / "assessor.sqlite3").is_file()
    assert (tmp_path / "installed" / "dist" / "assessor-probe.pyz").is_file() or not (ROOT / "dist").exists()


def test_a_changed_bundle_and_a_full_folder_are_refused_in_a_sentence(bundle, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(bundle, changed)
    (changed / "project" / "manage.py").write_text("print(1)\n")
    code, said = install(changed, tmp_path / "new")
    assert code != 0
    assert "the bundle is damaged or was changed" in said
    assert not (tmp_path / "new").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    code, said = install(bundle, tmp_path / "full")
    assert code != 0
    assert "is not empty" in said
    other = tmp_path / "bin"
    other.mkdir()
    (other / "python3").write_text("#!/bin/sh\necho 3.99\n")
    (other / "python3").chmod(0o755)
    code, said = install(bundle, tmp_path / "other", PYTHON=str(other / "python3"))
    assert code != 0
    assert "is 3.99" in said
