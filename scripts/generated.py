"""Writes the generated files, or with --check says which are stale."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sentences import collected as stored_sentences

from assessor.probes.drift import schema as changes_schema
from assessor.probes.drills.records import schema as drill_schema
from assessor.probes.plan_file import schema as plan_schema
from assessor.probes.result import schema as probe_schema
from assessor.questionnaire.loader import json_schema as questionnaire_schema
from assessor.reports.comparison import json_schema as comparison_schema
from assessor.reports.model import json_schema as report_schema
from assessor.reports.portfolio import json_schema as portfolio_schema
from assessor.reports.widths import measured as font_widths
from assessor.scenarios.graph import json_schema as inventory_schema
from assessor.scenarios.loader import json_schema as scenario_schema

FILES = {
    "questionnaires/schema.json": questionnaire_schema,
    "questionnaires/scenarios/schema.json": scenario_schema,
    "docs/inventory-schema.json": inventory_schema,
    "docs/report-schema.json": report_schema,
    "docs/comparison-schema.json": comparison_schema,
    "docs/portfolio-schema.json": portfolio_schema,
    "static/fonts/inter-widths.json": font_widths,
    "docs/probe-result-schema.json": probe_schema,
    "docs/drill-record-schema.json": drill_schema,
    "docs/probe-changes-schema.json": changes_schema,
    "docs/probe-plan-schema.json": plan_schema,
    "assessor/sentences.json": stored_sentences,
}


def main() -> int:
    """Return 1 when --check finds a stale file."""
    stale = []
    for name, make in FILES.items():
        path = ROOT / name
        text = json.dumps(make(), indent=2, ensure_ascii=False) + "\n"
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    for name in stale:
        sys.stderr.write(f"{name} is stale: run make schemas\n")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
