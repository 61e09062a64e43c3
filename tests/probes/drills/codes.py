"""Every code that a drill can emit, read from the modules that judge, so that a new one is not overlooked."""

import ast
from itertools import product
from pathlib import Path

from assessor.probes import drills
from assessor.probes.drills.features import FEATURES

# What the parts of a code that are worked out can be, by how they are written.
PARTS = {"row.feature": tuple(one.id for one in FEATURES), "length_word(record)": ("short", "hour", "day")}
JUDGES = {"exit_judge": "drill.exit.", "disconnect_judge": "drill.disconnect.", "command_names": ""}


def drill_codes() -> set[str]:
    """Return every code that a finding of a drill can have."""
    found: set[str] = set()
    for name, before in JUDGES.items():
        tree = ast.parse((Path(drills.__file__).parent / f"{name}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "add" and before and node.args:
                    found |= {before + code for code in _spelled(node.args[0])}
                elif node.func.id == "Finding":
                    literal = [word.value for word in node.keywords if word.arg == "code"]
                    found |= {code for value in literal if isinstance(value, ast.Constant) for code in _spelled(value)}
    return found


def _spelled(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    assert isinstance(node, ast.JoinedStr), ast.unparse(node)
    parts = [
        PARTS[ast.unparse(part.value)] if isinstance(part, ast.FormattedValue) else (str(part.value),)  # type: ignore[attr-defined]
        for part in node.values
    ]
    return {"".join(one) for one in product(*parts)}
