"""For authors, without Django: check questionnaire files, or print the JSON Schema."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from assessor.errors import ContentErrors
from assessor.questionnaire.crosswalks import beside, lint_crosswalks
from assessor.questionnaire.lint import lint
from assessor.questionnaire.loader import json_schema, load_questionnaire
from assessor.questionnaire.overlay import faults as overlay_faults
from assessor.questionnaire.overlay import languages, load_overlay, skeleton


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every file is clean, 1 when one has faults, 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m assessor.questionnaire", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="questionnaire files to check")
    parser.add_argument("--missing", metavar="LANGUAGE", help="print what is not translated yet, as YAML to fill in")
    parser.add_argument("--prefix", default="", help="with --missing: only keys that begin so, such as questions.data")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of a questionnaire file")
    options = parser.parse_args(arguments)
    if options.schema:
        sys.stdout.write(schema_text())
        return 0
    if not options.files:
        parser.print_usage(sys.stderr)
        return 2
    if options.missing:
        return max([_missing(path, options.missing, options.prefix) for path in options.files])
    return max([_check(path) for path in options.files])


def schema_text() -> str:
    """Return the text of questionnaires/schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _missing(path: Path, language: str, prefix: str) -> int:
    try:
        questionnaire, overlay = load_questionnaire(path), load_overlay(path.parent, language)
    except ContentErrors as faults:
        sys.stderr.write(f"{faults}\n")
        return 1
    sys.stdout.write(skeleton(questionnaire, overlay, prefix))
    return 0


def _check(path: Path) -> int:
    try:
        questionnaire = load_questionnaire(path)
    except ContentErrors as faults:
        sys.stdout.write(f"{faults}\n")
        return 1
    found = [*lint(questionnaire), *lint_crosswalks(questionnaire, beside(path, questionnaire))]
    for fault in found:
        sys.stdout.write(f"{path}: {fault.sentence()} [{fault.rule}]\n")
    count, more = len(found), ""
    for language in languages(path.parent):
        try:
            gaps = overlay_faults(questionnaire, load_overlay(path.parent, language))
        except ContentErrors as faults:
            sys.stdout.write(f"{faults}\n")
            return 1
        wrong = [gap for gap in gaps if gap.kind != "missing"]
        for gap in wrong:
            sys.stdout.write(f"{path}: {gap.sentence()} [translation]\n")
        # A translation under way is no fault: what it lacks stays in the language of the author.
        count += len(wrong)
        more += f", {len(gaps) - len(wrong)} texts not in “{language}”" if len(gaps) > len(wrong) else ""
    asked = len(questionnaire.questions)
    said = f"{asked} questions, {count} to mend{more}, hash {questionnaire.content_hash()[:12]}"
    sys.stdout.write(f"{path}: {said}\n")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
