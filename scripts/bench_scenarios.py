"""Measures playing 25 scenarios on a large inventory (200 workloads, 500 components, 2,000 edges, 80 fallbacks).

Processor time, so that a busy machine does not count.
"""

import json
import statistics
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assessor.scenarios.changes import best_single_change
from assessor.scenarios.loader import load_scenarios
from assessor.scenarios.plan import Plan
from assessor.scenarios.simulate import play_all
from tests.scenarios.builders import large

ROUNDS = 3


def figures() -> dict[str, float]:
    """Return the milliseconds of making a plan and playing 25 scenarios, and of one search for the single change."""
    inventory, scenarios = large(), load_scenarios(ROOT / "questionnaires" / "scenarios")[:25]
    assert (len(inventory.workloads), len(inventory.components), len(inventory.requires)) == (200, 500, 2000)
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        plan = Plan(inventory, date(2026, 11, 21))
        play_all(plan, scenarios)
        times.append((time.process_time() - begun) * 1000)
    begun = time.process_time()
    best_single_change(plan, scenarios[0])
    return {"scenarios_ms": statistics.median(times), "single_change_ms": (time.process_time() - begun) * 1000}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(figures()) + "\n")
