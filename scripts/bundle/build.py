"""Puts everything an installation needs into one file, for rooms without a way out: wheels, project, checksums.

`scripts/bundle/build.py FOLDER` downloads the locked wheels for the running Python on this kind of machine, each held
to its hash in the lock files, and lays the tracked files of the project, the prober in one file and the install script
beside them.
"""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements-build.txt", "requirements.txt")
# What only those need who work on the product.
LEFT_OUT = ("tests/", ".ci", "scripts/bench", "scripts/look", ".dockerignore", "Dockerfile", "compose.yaml")
SUMS = "SHA256SUMS"
WHEELS = ROOT / "build" / "bundle" / "wheels"


def version() -> str:
    """Return the version of the product."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def wheels() -> list[Path]:
    """Download the locked wheels, those that are there already not again, and return exactly them."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    for lock in LOCKS:
        # The lock files are complete, so nothing is resolved; every file is held to its hash.
        command = ["download", "-q", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
        words = [*command, "--only-binary", ":all:", "--dest", str(WHEELS), "-r", str(ROOT / lock)]
        subprocess.run([sys.executable, "-m", "pip", *words], check=True)
    hashes = "".join((ROOT / lock).read_text("utf-8") for lock in LOCKS)
    return [one for one in sorted(WHEELS.glob("*.whl")) if hashlib.sha256(one.read_bytes()).hexdigest() in hashes]


def project() -> list[Path]:
    """Return the tracked files that an installation needs, and the prober in one file where it was built."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [ROOT / name for name in listed.splitlines() if not name.startswith(LEFT_OUT)]
    prober = ROOT / "dist" / "assessor-probe.pyz"
    return [one for one in [*found, prober] if one.is_file()]


def main(folder: Path) -> None:
    """Write the bundle, named by what it is for, and its own checksum beside it."""
    machine, python = platform.machine(), f"{sys.version_info[0]}.{sys.version_info[1]}"
    out = folder / f"sovereignty-assessor-{version()}-python{python}-linux-{machine}.tar"
    top = f"sovereignty-assessor-{version()}"
    members = {f"wheels/{one.name}": one for one in wheels()}
    members |= {f"project/{one.relative_to(ROOT)}": one for one in project()}
    members["install"] = ROOT / "scripts" / "bundle" / "install"
    facts = f"python={python}\nmachine={machine}\n"
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in members.items())
    sums += f"{hashlib.sha256(facts.encode()).hexdigest()}  built-for\n"
    folder.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    with tarfile.open(part, "w") as archive:
        for name, content in (("built-for", facts), (SUMS, sums)):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mode = len(content.encode()), 0o644
            archive.addfile(entry, io.BytesIO(content.encode()))
        for name, path in members.items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mode = path.stat().st_size, 0o755 if os.access(path, os.X_OK) else 0o644
            with path.open("rb") as stream:
                archive.addfile(entry, stream)
    shutil.move(part, out)
    with out.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    out.with_name(f"{out.name}.sha256").write_text(f"{digest}  {out.name}\n")
    megabytes = out.stat().st_size / 1_000_000
    print(f"{out}: {megabytes:.0f} MB, {len(members)} files, sha256 {digest}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
