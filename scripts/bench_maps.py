"""Measures the pages of a large inventory; run by bench.py in a process of its own, prints one JSON object.

200 workloads, 500 components, 2,000 edges, 80 fallbacks, imported from a file as a person would; every shipped scenario
played and stored. Processor time of this process, median, so that a busy machine does not count.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
from stage import measured

ROUNDS = 5


def median_ms(call: Callable[[], object]) -> float:
    """Return the median processor time of `call` in milliseconds after one to warm up."""
    call()
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        call()
        times.append((time.process_time() - begun) * 1000)
    return statistics.median(times)


def stocked() -> tuple[Any, Any]:
    """Return an assessment with the large inventory in its scope, everything played, and that inventory."""
    from django_scopes import scope, scopes_disabled

    from assessor.models import Assessment
    from assessor.services import simulating
    from assessor.services.inventory.files import read_file, write_yaml
    from assessor.services.inventory.plan import standing
    from assessor.services.inventory.taking_over import apply
    from tests.scenarios.builders import large

    inventory = large()
    with scopes_disabled():
        assessment = Assessment.objects.select_related("organisation", "created_by").get()
    organisation = assessment.organisation
    with scope(organisation=organisation):
        raw = write_yaml(inventory.model_dump(mode="json", exclude={"home"}))
        apply(organisation, read_file(raw, "large.yaml", standing(organisation)), assessment.created_by)
        assessment.workloads.set(organisation.workloads.all())
        simulating.compute(assessment)
    return assessment, inventory


def figures() -> dict[str, float]:
    """Return the milliseconds of drawing the map, of its page, and of the matrix page from what is stored."""
    with measured():
        from django.test import Client
        from django.urls import reverse

        from assessor.reports import scenario_map

        assessment, inventory = stocked()
        client = Client(SERVER_NAME="localhost")

        def read(name: str) -> Callable[[], None]:
            def page() -> None:
                assert client.get(address).status_code == 200

            address = reverse(name, args=[assessment.organisation_id, assessment.pk])
            return page

        found = {
            "map_ms": median_ms(lambda: scenario_map.of_inventory(inventory)),
            "map_page_ms": median_ms(read("map")),
            "matrix_page_ms": median_ms(read("scenarios")),
        }
        if "--profile" in sys.argv:
            import cProfile

            cProfile.runctx("for _ in range(5): call()", {}, {"call": read("scenarios")}, sort="tottime")
            cProfile.runctx("call()", {}, {"call": read("map")}, sort="tottime")
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(figures()) + "\n")
