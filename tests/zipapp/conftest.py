"""The prober in one file, built once for all tests here."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def pyz(tmp_path_factory) -> Path:
    """The file as `make zipapp` builds it."""
    target = tmp_path_factory.mktemp("zipapp") / "assessor-probe.pyz"
    subprocess.run(
        [sys.executable, str(ROOT / "scripts/zipapp/build.py"), str(target)], check=True, capture_output=True
    )
    return target


@pytest.fixture
def in_closed_room(pyz, tmp_path):
    """Run the file by a bare Python: no site packages, no environment, a folder that holds nothing else."""

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        # The interpreter below the virtual environment, so that nothing of it can be found.
        python = Path(sys.executable).resolve()
        command = [str(python), "-I", "-S", str(pyz), *arguments]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    return run
