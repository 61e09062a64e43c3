"""For authors, without Django: check questionnaire files, or print the JSON Schema."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from assessor.errors import ContentErrors
from assessor.questionnaire.lint import lint
from assessor.questionnaire.loader import json_schema, load_questionnaire


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every file is clean, 1 when one has faults, 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m assessor.questionnaire", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="questionnaire files to check")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of a questionnaire file")
    options = parser.parse_args(arguments)
    if options.schema:
        sys.stdout.write(schema_text())
        return 0
    if not options.files:
        parser.print_usage(sys.stderr)
        return 2
    return max([_check(path) for path in options.files])


def schema_text() -> str:
    """Return the text of questionnaires/schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _check(path: Path) -> int:
    try:
        questionnaire = load_questionnaire(path)
    except ContentErrors as faults:
        sys.stdout.write(f"{faults}\n")
        return 1
    found = lint(questionnaire)
    for fault in found:
        sys.stdout.write(f"{path}: {fault.sentence()} [{fault.rule}]\n")
    asked = len(questionnaire.questions)
    sys.stdout.write(f"{path}: {asked} questions, {len(found)} to mend, hash {questionnaire.content_hash()[:12]}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
