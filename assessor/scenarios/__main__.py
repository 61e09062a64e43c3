"""For authors, without Django: check a folder of scenarios, or print what is not translated yet."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assessor.errors import ContentErrors
from assessor.questionnaire.overlay import languages, load_overlay, source_hash
from assessor.scenarios.lint import lint
from assessor.scenarios.loader import load_scenarios, overlay_faults, texts


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every scenario is clean, 1 when one has faults."""
    parser = argparse.ArgumentParser(prog="python -m assessor.scenarios", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of scenario files")
    parser.add_argument("--missing", metavar="LANGUAGE", help="print what is not translated yet, as YAML to fill in")
    options = parser.parse_args(arguments)
    try:
        scenarios = load_scenarios(options.folder)
        wanted = [options.missing] if options.missing else languages(options.folder)
        overlays = [load_overlay(options.folder, language) for language in wanted]
    except ContentErrors as faults:
        sys.stderr.write(f"{faults}\n")
        return 1
    if options.missing:
        source = {key: text for scenario in scenarios for key, text in texts(scenario).items()}
        for gap in overlay_faults(scenarios, overlays[0]):
            if gap.kind != "unknown":
                english = " ".join(source[gap.key].split())
                sys.stdout.write(f'# {english}\n{gap.key}: {{of: "{source_hash(source[gap.key])}", text: ""}}\n\n')
        return 0
    said = [fault.sentence() for scenario in scenarios for fault in lint(scenario)]
    said += [gap.sentence() for overlay in overlays for gap in overlay_faults(scenarios, overlay)]
    for sentence in said:
        sys.stdout.write(f"{options.folder}: {sentence}\n")
    sys.stdout.write(f"{options.folder}: {len(scenarios)} scenarios, {len(said)} to mend\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
