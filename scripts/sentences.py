"""Collects the sentences that are stored in English and told anew when they are read (`assessor/retelling.py`)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Whose sentences come into results, records and rows; what only pages and terminals say is translated at once.
SAID_IN = (
    "probes/*.py",
    "probes/collect/*.py",
    "probes/detectors/*.py",
    "probes/drills/*.py",
    "services/d[or]*.py",
    "services/endpoint_keys.py",
    "services/exercises.py",
    "services/importing.py",
    "services/jobs.py",
    "services/keyring.py",
    "services/names_records.py",
    "services/probing.py",
    "services/reporting.py",
    "services/secrets.py",
    "services/signing.py",
    "services/relocation/exports.py",
    "reports/attached.py",
    "reports/pdf.py",
    "reports/press.py",
)
SAID_AT_ONCE = re.compile(
    r"probes/(batch|cli|command|events|front|handing_in|listing|many|plan_file|render\w*|terminal|words|origin_words)\.py"
    r"|probes/collect/names\.py"
    r"|probes/drills/(cases|command\w*|render|terminal)\.py"
)
FIELD = re.compile(r"\{([a-z_]*)\}")
# Less than this of its own would fit somebody else's words.
LEAST_LETTERS = 4


def marked(path: Path) -> Iterator[str]:
    """Yield the messages of a file that are marked with N_()."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="N_"), args=[ast.Constant(value=str(text))]):
                yield text


def collected() -> dict[str, list[str]]:
    """Return the sentences that stand as they are, and those with fields."""
    package = ROOT / "assessor"
    names = {path for pattern in SAID_IN for path in package.glob(pattern)}
    found = {
        text
        for path in names
        if not SAID_AT_ONCE.fullmatch(path.relative_to(package).as_posix())
        for text in marked(path)
    }
    filled = {text for text in found if "{" in text}
    fit = {text for text in filled if sum(map(str.isalpha, FIELD.sub("", text))) >= LEAST_LETTERS}
    return {"whole": sorted(found - filled), "filled": sorted(fit)}
