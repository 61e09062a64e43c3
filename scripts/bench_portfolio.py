"""Measures the portfolio over 10,000 assessments in 500 organisations on PostgreSQL, and one page beside so many.

Makes a database of its own beside the one that DATABASE_URL names and removes it again. Prints {} where no PostgreSQL
answers there.
"""

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
import psycopg
from stage import manage

ORGANISATIONS, EACH, ANSWERS = 500, 20, 8
ROUNDS, WARM_UP, BATCH = 30, 5, 5000
HERE = "postgresql://root@127.0.0.1:5432/postgres"
LISTS = {
    "first page": "",
    "page 100": "?page=100&rounds=all",
    "search": "?search=client+42",
    "level, by coverage": "?level=2&sort=-coverage",
    "stale evidence, by level": "?evidence=stale&sort=level",
    "held by, submitted": "?weakest=data&status=submitted&sort=-changed",
}


@contextmanager
def database() -> Iterator[str]:
    """Make a database for the time of the block and return its address."""
    address = os.environ.get("DATABASE_URL") or HERE
    name = f"assessor_bench_{os.getpid()}"
    with psycopg.connect(address, autocommit=True, connect_timeout=3) as door:
        door.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
        finally:
            door.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def median_ms(call: Callable[[], object]) -> float:
    """Return the median wall time of a call in milliseconds, after a warm-up."""
    times = []
    for number in range(WARM_UP + ROUNDS):
        begun = time.perf_counter()
        call()
        if number >= WARM_UP:
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def fill(user: Any, version: Any) -> None:
    """Add the organisations with their assessments, answers and evidence, summed up as a save would leave them."""
    from django.utils import timezone
    from django_scopes import scopes_disabled

    from assessor import models
    from assessor.services.questionnaires import questionnaire_of

    chance = random.Random(2026)
    questionnaire = questionnaire_of(version.content_hash)
    dimensions = [one.id for one in questionnaire.dimensions]
    ladders = [one.id for one in questionnaire.asked("quick")][:ANSWERS]
    now, today = timezone.now(), timezone.localdate()
    made = [
        models.Organisation(name=f"Client {number:03}", home_jurisdictions=["EU"]) for number in range(ORGANISATIONS)
    ]
    with scopes_disabled():
        models.Organisation.objects.bulk_create(made)
        models.Membership.objects.bulk_create(
            models.Membership(organisation=one, user=user, role=models.Role.OWNER) for one in made
        )
        workloads = [models.Workload(organisation=one, name="Chat", slug="chat") for one in made]
        models.Workload.objects.bulk_create(workloads)
        links, assessments = models.Assessment.workloads.through, []
        for workload in workloads:
            before = None
            for number in range(EACH):
                levels = {dimension: chance.randint(0, 5) for dimension in dimensions}
                lowest = min(levels.values())
                held = ",".join(one for one in dimensions if levels[one] == lowest)
                before = models.Assessment(
                    organisation=workload.organisation,
                    questionnaire_version=version,
                    title=f"Round {number}",
                    scope="quick",
                    # Every second one repeats the one before it.
                    predecessor=before if number % 2 else None,
                    status=chance.choice(["draft", "submitted", "signed"]),
                    level=lowest,
                    verified_level=max(0, lowest - 1),
                    weakest=f",{held},",
                    dimension_levels=levels,
                    coverage=chance.randint(0, 100),
                    stale=chance.choice([0, 0, 1, 4]),
                    due=chance.choice([0, 0, 2]),
                    summed_on=today,
                    summed_until=today + timedelta(days=chance.randint(1, 90)),
                    created_by=user,
                )
                assessments.append(before)
        models.Assessment.objects.bulk_create(assessments, batch_size=BATCH)
        links.objects.bulk_create(
            (links(assessment=one, workload=workloads[at // EACH]) for at, one in enumerate(assessments)),
            batch_size=BATCH,
        )
        answers = [
            models.Answer(
                organisation=one.organisation,
                assessment=one,
                question=question,
                state="answered",
                level=chance.randint(0, 3),
                answered_by=user,
                answered_at=now,
            )
            for one in assessments
            for question in ladders
        ]
        models.Answer.objects.bulk_create(answers, batch_size=BATCH)
        models.Evidence.objects.bulk_create(
            (
                models.Evidence(
                    organisation=one.organisation,
                    answer=one,
                    level=one.level,
                    kind="contract",
                    description="Contract",
                    added_by=user,
                )
                for one in answers[::4]
            ),
            batch_size=BATCH,
        )


def figures() -> dict[str, float]:
    """Return medians of list, filters and benchmark, their queries, and the growth of a page beside so many rows."""
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django_scopes import scopes_disabled

    from assessor.middleware import local_user
    from assessor.models import Assessment

    client = Client(SERVER_NAME="localhost")
    with scopes_disabled():
        own = Assessment.objects.select_related("questionnaire_version").get()

    def get(path: str) -> None:
        response = client.get(path)
        assert response.status_code == 200, path
        response.content  # noqa: B018 - rendered, as it would be sent

    page = f"/o/{own.organisation_id}/a/{own.pk}/questions/data/"
    alone = median_ms(lambda: get(page))
    fill(local_user(), own.questionnaire_version)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    found = {"portfolio_page": median_ms(lambda: get(page)) / alone}
    times, queries = {}, 0
    for name, asked in LISTS.items():
        times[name] = median_ms(lambda asked=asked: get(f"/portfolio/{asked}"))  # type: ignore[misc]
        with CaptureQueriesContext(connection) as spent:
            get(f"/portfolio/{asked}")
        queries = max(queries, len(spent))
    slowest = max(times, key=lambda name: times[name])
    sys.stderr.write("".join(f"portfolio, {name}: {value:.1f} ms\n" for name, value in times.items()))
    found |= {"portfolio_ms": times[slowest], "portfolio_queries": float(queries)}
    found["benchmark_ms"] = median_ms(lambda: get("/portfolio/benchmark/"))
    connection.close()
    return found


def main() -> int:
    """Print the figures as JSON."""
    try:
        with database() as address, tempfile.TemporaryDirectory(prefix="assessor-bench-") as folder:
            os.environ |= {
                "DATABASE_URL": address,
                "ASSESSOR_DATA": folder,
                "DJANGO_SETTINGS_MODULE": "assessor.settings",
            }
            manage(Path(folder), "prepare", "--no-backup")
            manage(Path(folder), "demo")
            found = figures()
    except psycopg.OperationalError as problem:
        sys.stderr.write(f"The portfolio was not measured: {problem}\n")
        found = {}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
