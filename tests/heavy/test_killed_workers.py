"""Workers killed at random points of probes and reports: in the end all is done, each thing once."""

import hashlib
import random
import signal
import time
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from assessor import tasks
from assessor.models import JobStatus, ProbeRun, ProbeSchedule, Report
from assessor.probes.integrity import first_change
from assessor.probes.result import ProbeResult, verify
from assessor.services import endpoints, probing, reporting, schedules
from assessor.services.endpoints import EndpointFacts
from tests.heavy.serving import wait_for
from tests.heavy.slow import SlowServer
from tests.heavy.worker_settings import JOB_LEASE_SECONDS

# Killed in so many probes, in so many reports, and so often while something was due: 20 and more points in all.
KILLS_EACH, KILLS_DUE = 9, 4
PATIENCE_S = 400
SEED = 20261121
Place = tuple[str, UUID, int]


def ask_for_work(assessment, servers, round_: int) -> None:
    """One probe of each server by hand and one by a schedule that is due, a draft and an issued report."""
    user = assessment.created_by
    for number, server in enumerate(servers):
        facts = EndpointFacts(name=f"{round_}-{number}", url=server.url, part="model", key_mode="once")
        role = endpoints.register_endpoint(assessment, facts, beside=True)
        tasks.enqueue_probe(probing.request_run(role.endpoint, user, authority=True, key="sk-canary-heavy"))
        facts = EndpointFacts(name=f"{round_}-{number} by itself", url=server.url, part="model")
        role = endpoints.register_endpoint(assessment, facts, beside=True)
        last = timezone.localdate() + timedelta(days=9)
        schedule = schedules.agree(role.endpoint, user, authority=True, every_hours=24, ends_on=last)
        # They fall due one after another while the workers die.
        schedule.next_at = timezone.now() + timedelta(seconds=12 * round_ + 5 * number)
        schedule.save(update_fields=["next_at"])
    for kind in (Report.Kind.DRAFT, Report.Kind.ISSUED):
        tasks.enqueue_report(reporting.request_report(assessment, user, kind))


def left() -> int:
    waiting = ProbeSchedule.objects.filter(runs=None).count()
    return waiting + sum(model.objects.exclude(status=JobStatus.DONE).count() for model in (ProbeRun, Report))


def busy_with(killed: Collection[Place]) -> Place | None:
    """Return a job that a worker has under way and was not killed in before, of a kind not killed in often enough."""
    often = Counter(kind for kind, _id, _attempt in killed)
    due = ProbeSchedule.objects.filter(next_at__lte=timezone.now()).values_list("pk", flat=True).first()
    if due and often["ProbeSchedule"] < KILLS_DUE and ("ProbeSchedule", due, often["ProbeSchedule"]) not in killed:
        # Between the date and the run, or between the run and the queue: wherever the dice say.
        return ("ProbeSchedule", due, often["ProbeSchedule"])
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
    often = Counter(kind for kind, _id, _attempt in killed)
    assert often == {"ProbeRun": KILLS_EACH, "Report": KILLS_EACH, "ProbeSchedule": KILLS_DUE}
    assert len(killed) >= 20
    assert model.hazards + gateway.hazards == []
    assert_all_done_once(tmp_path)


def assert_all_done_once(data) -> None:
    """Every job is done with a whole result, and there is nothing beside what was asked for."""
    runs, reports = list(ProbeRun.objects.all()), list(Report.objects.all())
    assert {run.status for run in runs} == {report.status for report in reports} == {JobStatus.DONE}
    assert (len(runs), len(reports)) == (12, 6)
    # Every schedule fell due once, and made one run.
    assert [schedule.runs.count() for schedule in ProbeSchedule.objects.all()] == [1] * 6
    assert not ProbeSchedule.objects.filter(next_at__lte=timezone.now()).exists()
    assert max(job.attempt for job in [*runs, *reports]) > 1
    for run in runs:
        assert verify(ProbeResult.model_validate(run.result))
        assert (run.outcome, run.sealed_key, run.error) == ("completed", "", "")
        assert len({row["id"] for row in run.result["requests"]}) == len(run.result["requests"])
        assert first_change(run.result) is None
    assert sorted((report.kind, report.version) for report in reports) == [
        (kind, version) for kind in ("draft", "issued") for version in (1, 2, 3)
    ]
    for report in reports:
        assert hashlib.sha256(reporting.read_file(report)).hexdigest() == report.file_sha256
    files = [file.name for file in (data / "reports").rglob("*") if file.is_file()]
    kept = [name for report in reports for name in (report.file, report.board_file) if name]
    assert sorted(files) == sorted(name.rsplit("/", 1)[-1] for name in kept)
    assert (data / "sealing-key").read_text().count(":") == 1


def test_a_worker_that_wakes_up_late_writes_into_nobodys_run(committed, new_worker, settings):
    """Stopped in the middle of a probe, past its lease; another finishes the run; then it is let go on."""
    settings.JOB_LEASE_SECONDS = JOB_LEASE_SECONDS
    user = committed.created_by
    with SlowServer("llama_server", 0.3, 3) as server:
        role = endpoints.register_endpoint(committed, EndpointFacts(name="Late", url=server.url, part="model"))
        run = probing.request_run(role.endpoint, user, authority=True)
        late = new_worker()
        tasks.enqueue_probe(run)
        assert wait_for(lambda: ProbeRun.objects.filter(pk=run.pk, progress__done__gte=3).exists(), 30)
        late.send_signal(signal.SIGSTOP)
        try:
            new_worker()
            assert wait_for(lambda: ProbeRun.objects.get(pk=run.pk).is_over, 60)
            finished = ProbeRun.objects.get(pk=run.pk)
        finally:
            late.send_signal(signal.SIGCONT)
        # Long enough for the first to come to the end of its own run.
        time.sleep(12)
    after = ProbeRun.objects.get(pk=run.pk)
    assert (finished.status, finished.attempt) == (JobStatus.DONE, 2)
    assert (after.result_sha256, after.finished_at, after.attempt) == (
        finished.result_sha256,
        finished.finished_at,
        finished.attempt,
    )
    assert ProbeRun.objects.count() == 1
    assert late.poll() is None
