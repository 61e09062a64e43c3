"""Workers killed at random points of probes and reports: in the end all is done, each thing once."""

import hashlib
import random
import subprocess
import time
from collections import Counter
from collections.abc import Collection
from uuid import UUID

import pytest
from django.db import connection
from django_scopes import scope

from assessor import tasks
from assessor.models import JobStatus, ProbeRun, Report
from assessor.probes.result import ProbeResult, verify
from assessor.services import endpoints, probing, reporting, secrets
from assessor.services.answers import save_answer
from assessor.services.endpoints import EndpointFacts
from tests.heavy.conftest import database_url, start
from tests.heavy.slow import SlowServer
from tests.heavy.worker_settings import JOB_LEASE_SECONDS

KILLS_EACH = 5
PATIENCE_S = 150
SEED = 20261121
Place = tuple[str, UUID, int]


@pytest.fixture
def committed(transactional_db, quick):
    """The quick scan with an answer, committed so that other processes see it."""
    with scope(organisation=quick.organisation):
        save_answer(quick, "data.readers", "answered", 2, "", quick.created_by)
        yield quick


@pytest.fixture
def new_worker(tmp_path):
    """Start a real worker on the database of this test; those that still live afterwards are ended."""
    workers: list[subprocess.Popen[str]] = []

    def started() -> "subprocess.Popen[str]":
        database = database_url(str(connection.settings_dict["NAME"]))
        worker = start(tmp_path, database, "worker", DJANGO_SETTINGS_MODULE="tests.heavy.worker_settings")
        workers.append(worker)
        return worker

    yield started
    for worker in workers:
        if worker.poll() is None:
            worker.kill()
        worker.wait(10)


def ask_for_work(assessment, servers, round_: int) -> None:
    """One probe of each server, a draft and an issued report."""
    user = assessment.created_by
    for number, server in enumerate(servers):
        facts = EndpointFacts(name=f"{round_}-{number}", url=server.url, part="model", key_mode="once")
        role = endpoints.register_endpoint(assessment, facts)
        tasks.enqueue_probe(probing.request_run(role.endpoint, user, authority=True, key="sk-canary-heavy"))
    for kind in (Report.Kind.DRAFT, Report.Kind.ISSUED):
        tasks.enqueue_report(reporting.request_report(assessment, user, kind))


def left() -> int:
    return sum(model.objects.exclude(status=JobStatus.DONE).count() for model in (ProbeRun, Report))


def busy_with(killed: Collection[Place]) -> Place | None:
    """Return a job that a worker has under way and was not killed in before, of a kind not killed in often enough."""
    often = Counter(kind for kind, _id, _attempt in killed)
    for model in (ProbeRun, Report):
        running = model.objects.filter(status=JobStatus.RUNNING).values_list("pk", "attempt").first()
        if running and often[model.__name__] < KILLS_EACH:
            place = (model.__name__, *running)
            return None if place in killed else place
    return None


def test_a_worker_killed_at_random_points_loses_and_doubles_nothing(committed, new_worker, tmp_path, settings):
    settings.JOB_LEASE_SECONDS = JOB_LEASE_SECONDS
    dice, killed = random.Random(SEED), []
    with SlowServer("llama_server", 0.12, 1) as model, SlowServer("litellm_proxy", 0.12, 2) as gateway:
        for round_ in range(3):
            ask_for_work(committed, (model, gateway), round_)
        worker, begun = new_worker(), time.monotonic()
        while left() and time.monotonic() - begun < PATIENCE_S:
            if place := busy_with(killed):
                time.sleep(dice.random() * 1.2)
                worker.kill()
                worker.wait(10)
                killed.append(place)
                worker = new_worker()
            time.sleep(0.03)
        worker.terminate()
        worker.wait(15)
    assert Counter(kind for kind, _id, _attempt in killed) == {"ProbeRun": KILLS_EACH, "Report": KILLS_EACH}
    assert model.hazards + gateway.hazards == []
    assert_all_done_once(tmp_path)


def assert_all_done_once(data) -> None:
    """Every job is done with a whole result, and there is nothing beside what was asked for."""
    runs, reports = list(ProbeRun.objects.all()), list(Report.objects.all())
    assert {run.status for run in runs} == {report.status for report in reports} == {JobStatus.DONE}
    assert (len(runs), len(reports)) == (6, 6)
    assert max(job.attempt for job in [*runs, *reports]) > 1
    for run in runs:
        assert verify(ProbeResult.model_validate(run.result))
        assert (run.outcome, run.sealed_key, run.error) == ("completed", "", "")
        assert len({row["id"] for row in run.result["requests"]}) == len(run.result["requests"])
    assert sorted((report.kind, report.version) for report in reports) == [
        (kind, version) for kind in ("draft", "issued") for version in (1, 2, 3)
    ]
    for report in reports:
        assert hashlib.sha256(reporting.read_file(report)).hexdigest() == report.file_sha256
    files = [file.name for file in (data / "reports").rglob("*") if file.is_file()]
    assert sorted(files) == sorted(report.file.rsplit("/", 1)[-1] for report in reports)
    assert len((data / "sealing-key").read_bytes()) == secrets.KEY_BYTES
