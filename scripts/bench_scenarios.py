"""Measures playing 25 scenarios on a large inventory (200 workloads, 500 components, 2,000 edges, 80 fallbacks).

Processor time, the best of several, beside a floor: the time that the same process needs for a fixed handful of what
Python does all the time (making tuples, looking them up). On a machine that others load both grow together.
"""

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assessor.scenarios.changes import best_single_change
from assessor.scenarios.loader import load_scenarios
from assessor.scenarios.plan import Plan
from assessor.scenarios.simulate import play_all
from tests.scenarios.builders import large

ROUNDS = 7


def figures() -> dict[str, float]:
    """Return milliseconds: making a plan and playing 25 scenarios, one search for the single change, and the floor."""
    inventory, scenarios = large(), load_scenarios(ROOT / "questionnaires" / "scenarios")[:25]
    assert (len(inventory.workloads), len(inventory.components), len(inventory.requires)) == (200, 500, 2000)
    times, searches, floors = [], [], []
    for number in range(ROUNDS):
        floors.append(_timed(_floor))
        plan = Plan(inventory, date(2026, 11, 21))
        times.append(_timed(lambda: play_all(Plan(inventory, date(2026, 11, 21)), scenarios)))
        searches.append(_timed(partial(best_single_change, plan, scenarios[number])))
        gc.collect()
    return {
        "scenarios_ms": min(times),
        "scenarios_median_ms": statistics.median(times),
        "single_change_median_ms": statistics.median(searches),
        "floor_ms": min(floors),
        "floor_median_ms": statistics.median(floors),
    }


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def _floor() -> int:
    known = {(number, number * 7 % 1000): number for number in range(60_000)}
    return sum(known[number, number * 7 % 1000] for number in range(60_000))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(figures()) + "\n")
