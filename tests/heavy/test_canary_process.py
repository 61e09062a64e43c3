"""The canary as a process of its own beside a disconnection drill in another: two records, joined by a third."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.heavy.serving import wait_for
from tests.probes.drills.model import Model, served

ROOT = Path(__file__).parents[2]
NAME = "d1d1d1"
PATIENCE_S = 180


@pytest.fixture
def prober(tmp_path):
    """Start `assessor-probe drill …` as it is installed; what still lives afterwards is ended."""
    living: list[subprocess.Popen[str]] = []

    def started(*words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "assessor.probes", "drill", *words]
        log = (tmp_path / f"log-{len(living)}").open("w+")
        one = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True)
        log.close()
        living.append(one)
        return one

    yield started
    for one in living:
        if one.poll() is None:
            one.kill()
        one.wait(10)


def test_a_canary_beside_the_drill_shows_the_closing_or_the_leak(prober, tmp_path):
    shut, leaky, dead, drill = (tmp_path / f"{name}.json" for name in ("shut", "leaky", "dead", "drill"))

    def canary(outside: str, out: Path) -> "subprocess.Popen[str]":
        return prober("canary", outside, "--minutes", "10", "--every", "1", "--drill", NAME, "--out", str(out))

    with served(Model()) as model:
        with served(Model()) as away:
            watching, other, lost = canary(away.url, shut), canary(model.url, leaky), canary(away.url, dead)
            assert wait_for(lambda: away.gets.count("/") > 3 and "/" in model.gets, 60)
        # Out of that block nothing answers there any more: the way out is closed. Records tell times to the second, so
        # the drill begins in a later one than the last answer from outside.
        time.sleep(2)
        words = ["--minutes", "1", "--every", "5", "--pass-mark", "100", "--share", "100", "--cold-start", "none"]
        held = prober("disconnect", model.url, *words, "--drill", NAME, "--yes", "--out", str(drill))
        assert wait_for(lambda: len(model.asked) > 3, PATIENCE_S)
        lost.kill()
        assert held.wait(PATIENCE_S) == 0
        for one in (watching, other):
            assert one.poll() is None
            # Stopped by hand it says so, and keeps what it saw.
            one.send_signal(signal.SIGINT)
            assert one.wait(20) == 1
    alone = json.loads(drill.read_text())
    assert (alone["passed"], alone["qualifies"], alone["answered"]) == (True, False, 12)
    assert [one["code"] for one in alone["findings"]] == ["drill.disconnect.answered"]

    def joined(file: Path) -> tuple[int, dict]:
        out = tmp_path / f"joined-{file.name}"
        code = prober("join", str(drill), "--canary", str(file), "--out", str(out)).wait(PATIENCE_S)
        return code, json.loads(out.read_text()) if out.exists() else {}

    code, record = joined(shut)
    assert (code, record["qualifies"], record["joined_from"]) == (0, True, alone["sha256"])
    assert record["proofs"][0]["params"]["before"] == "yes"
    assert "drill.disconnect.passed.short" in str(record["findings"])
    code, record = joined(leaky)
    assert (code, record["qualifies"], record["passed"]) == (1, False, False)
    assert "drill.disconnect.leak" in str(record["findings"])
    # One that was killed left nothing, and so shows nothing.
    assert joined(dead) == (2, {})
