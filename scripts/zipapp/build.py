"""Builds the prober as one file of pure Python: `make zipapp`, the same bytes for the same sources every time.

Carried: `assessor/probes` with the few modules beside it, the catalogue checked and compiled to JSON, the translations,
the pure parts of four libraries with their licences, and the stand-in for pydantic (`standins/`).
"""

import ast
import importlib
import json
import pkgutil
import re
import stat
import subprocess
import sys
import zipfile
from importlib.metadata import PackagePath, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pydantic import BaseModel

import assessor.probes
from assessor.content import read_yaml_file
from assessor.probes.result import PROBER_VERSION

CARRIED = ("h11", "httpcore2", "pyyaml", "truststore")
BESIDE = ("__init__.py", "errors.py", "evidence.py", "content.py", "retelling.py", "sentences.json")
# Zip files know no time before this one; a file of the build machine's clock would differ each time.
MOMENT = (1980, 1, 1, 0, 0, 0)
COMPILED = re.compile(r"\.(so|pyd|dylib|dll)$")
START = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("assessor-probe needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])

from assessor.probes.cli import main

sys.exit(main())
"""


def own_files() -> dict[str, bytes]:
    """Return the prober's own files by their name in the archive; YAML becomes JSON."""
    found: dict[str, bytes] = {"__main__.py": START.encode()}
    package = ROOT / "assessor"
    paths = [package / name for name in BESIDE]
    paths += [path for path in (package / "probes").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    paths += sorted((package / "locale").glob("*/LC_MESSAGES/django.mo"))
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".yaml":
            found[name.removesuffix(".yaml") + ".json"] = _json(read_yaml_file(path).data)
        else:
            found[name] = path.read_bytes()
    found["assessor/probes/schemas.json"] = _json(schemas())
    found["pydantic.py"] = (Path(__file__).parent / "standins" / "pydantic.py").read_bytes()
    found["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    return found


def _json(data: object) -> bytes:
    # Keys keep their order: findings name signs in the order in which the catalogue does.
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def schemas() -> dict[str, object]:
    """Return the JSON Schema of every record of the prober, which the stand-in cannot make by itself."""
    for module in pkgutil.walk_packages(assessor.probes.__path__, "assessor.probes."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, object] = {}
    waiting = list(BaseModel.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("assessor.probes.") and one.__name__ not in {"Facts", "Row"}:
            found[f"{one.__module__}.{one.__qualname__}"] = one.model_json_schema()
    return found


def carried_files() -> dict[str, bytes]:
    """Return the pure files of the libraries that are carried, with their licences and what names their version."""
    found: dict[str, bytes] = {}
    for name in CARRIED:
        for file in distribution(name).files or ():
            if _is_wanted(file):
                found[file.as_posix()] = Path(str(file.locate())).read_bytes()
    return found


def _is_wanted(file: PackagePath) -> bool:
    if ".." in file.parts or "__pycache__" in file.parts or file.parts[0] == "_yaml" or COMPILED.search(file.name):
        return False
    in_metadata = file.parts[0].endswith(".dist-info")
    return file.name == "METADATA" or "licen" in file.as_posix().lower() if in_metadata else file.suffix == ".py"


def check(files: dict[str, bytes]) -> None:
    """End the build when a file of ours imports what is not carried."""
    carried = {name.partition("/")[0].removesuffix(".py") for name in files}
    for name, raw in files.items():
        if not name.startswith("assessor/") or not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(raw)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for imported in names:
                top = imported.partition(".")[0]
                if top not in carried and top not in sys.stdlib_module_names:
                    raise SystemExit(f"{name} imports {imported}, which the prober in one file does not carry.")
                if top == "assessor" and not _is_carried(imported, files):
                    raise SystemExit(f"{name} imports {imported}, which is no part of the prober.")


def _is_carried(module: str, files: dict[str, bytes]) -> bool:
    path = module.replace(".", "/")
    return f"{path}.py" in files or f"{path}/__init__.py" in files


def build(target: Path) -> None:
    """Write the file: a first line that names Python, then the archive, its names in order and its times fixed."""
    files = own_files() | carried_files()
    check(files)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as handle:
        handle.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(handle, "w") as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, MOMENT)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (stat.S_IFREG | 0o644) << 16
                entry.create_system = 3
                archive.writestr(entry, files[name], compresslevel=9)
    target.chmod(0o755)


def use_every_record(target: Path) -> None:
    """Have the built file make the checks of all its records: what the stand-in does not know ends the build."""
    code = (
        "import sys, pkgutil, importlib; sys.path.insert(0, sys.argv[1]); import assessor.probes, pydantic;"
        "found = pkgutil.walk_packages(assessor.probes.__path__, 'assessor.probes.');"
        "[importlib.import_module(one.name) for one in found if not one.name.endswith('__main__')];"
        "print(len(pydantic.every_record()))"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code, str(target)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Build into the file that is named, `dist/assessor-probe.pyz` by default."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "assessor-probe.pyz")
    build(target)
    use_every_record(target)
    sys.stdout.write(
        json.dumps({"file": str(target), "bytes": target.stat().st_size, "version": PROBER_VERSION}) + "\n"
    )


if __name__ == "__main__":
    main()
