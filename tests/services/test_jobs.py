"""Background work: claimed once, fenced against late workers, given on when a worker dies, ended after three tries."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_scopes import scopes_disabled
from django_tasks_db.models import DBTaskResult

from assessor import tasks
from assessor.models import JobStatus, ProbeRun, Report
from assessor.services import jobs, probing

NOWHERE = "http://127.0.0.1:9999"


@pytest.fixture
def run(register, owner) -> ProbeRun:
    """A run that waits for a worker; nothing listens at its endpoint."""
    role = register(NOWHERE, key_mode="once")
    return probing.request_run(role.endpoint, owner, authority=True, key="sk-canary-4711")


def let_expire(run: ProbeRun) -> None:
    ProbeRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def now_in(run: ProbeRun) -> ProbeRun:
    run.refresh_from_db()
    return run


def test_a_job_is_claimed_once(run):
    first = jobs.claim(ProbeRun, run.pk)
    assert (first.status, first.attempt) == (JobStatus.RUNNING, 1)
    assert first.started_at is not None
    assert jobs.claim(ProbeRun, run.pk) is None


def test_an_expired_job_can_be_claimed_without_waiting_for_anybody_to_put_it_back(run):
    jobs.claim(ProbeRun, run.pk)
    let_expire(run)
    assert jobs.claim(ProbeRun, run.pk).attempt == 2


@pytest.mark.parametrize("over", [JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED])
def test_what_is_over_is_neither_claimed_nor_put_back_nor_cancelled(run, over):
    ProbeRun.objects.filter(pk=run.pk).update(status=over, lease_until=timezone.now() - timedelta(days=1))
    assert jobs.claim(ProbeRun, run.pk) is None
    assert jobs.release_expired(ProbeRun) == []
    jobs.cancel(run)
    assert now_in(run).status == over
    assert run.is_over


def test_progress_extends_the_lease(run):
    mine = jobs.claim(ProbeRun, run.pk)
    let_expire(run)
    assert jobs.report_progress(mine, done=3, total=14)
    assert now_in(run).progress == {"done": 3, "total": 14}
    assert run.lease_until > timezone.now() + timedelta(seconds=20)
    assert jobs.release_expired(ProbeRun) == []


def test_a_worker_that_comes_too_late_writes_nothing(run):
    late = jobs.claim(ProbeRun, run.pk)
    let_expire(run)
    assert jobs.release_expired(ProbeRun) == [run.pk]
    assert not jobs.report_progress(late, done=9, total=14)
    second = jobs.claim(ProbeRun, run.pk)
    assert not jobs.report_progress(late, done=9, total=14)
    assert not jobs.finish(late, JobStatus.DONE, outcome="completed")
    assert jobs.finish(second, JobStatus.DONE, outcome="partly")
    assert not jobs.finish(late, JobStatus.FAILED, error="too late")
    assert (now_in(run).status, run.outcome, run.error, run.progress) == ("done", "partly", "", {})


def test_a_job_is_put_back_with_a_new_lease_so_that_it_is_put_back_once(run):
    jobs.claim(ProbeRun, run.pk)
    let_expire(run)
    assert jobs.release_expired(ProbeRun) == [run.pk]
    assert jobs.release_expired(ProbeRun) == []
    assert now_in(run).status == JobStatus.QUEUED


def test_a_job_whose_queue_entry_was_lost_is_put_back(run):
    ProbeRun.objects.filter(pk=run.pk).update(lease_until=None, created_at=timezone.now() - timedelta(seconds=61))
    assert jobs.release_expired(ProbeRun) == [run.pk]


def test_after_three_dead_workers_the_job_fails_with_a_sentence_and_its_key_is_gone(run):
    for attempt in (1, 2, 3):
        assert jobs.claim(ProbeRun, run.pk).attempt == attempt
        let_expire(run)
        assert probing.release_expired() == ([run.pk] if attempt < 3 else [])
    assert now_in(run).status == JobStatus.FAILED
    assert "The worker stopped several times" in run.error
    assert run.sealed_key == ""
    assert run.finished_at is not None


def test_cancelling_ends_the_job_for_the_worker_that_is_at_it_and_forgets_the_key(run):
    mine = jobs.claim(ProbeRun, run.pk)
    probing.stop_run(run)
    assert not jobs.report_progress(mine, done=1, total=14)
    assert not jobs.finish(mine, JobStatus.DONE)
    assert (now_in(run).status, run.sealed_key) == (JobStatus.CANCELLED, "")


def test_a_job_that_waits_can_be_cancelled_before_any_worker_sees_it(run):
    probing.stop_run(run)
    probing.carry_out(run.pk)
    assert (now_in(run).status, run.attempt, run.result) == (JobStatus.CANCELLED, 0, None)


@pytest.mark.django_db
def test_a_job_that_is_no_more_is_no_error():
    with scopes_disabled():
        assert jobs.claim(Report, "00000000-0000-0000-0000-000000000000") is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_claim_at_once_one_wins(run):
    start, won = threading.Barrier(6), []

    def claim() -> None:
        start.wait(5)
        try:
            won.append(jobs.claim(ProbeRun, run.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(won) == 6
    assert [one.attempt for one in won if one is not None] == [1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_put_back_at_once_do_it_once(run):
    jobs.claim(ProbeRun, run.pk)
    let_expire(run)
    start, put_back = threading.Barrier(4), []

    def release() -> None:
        start.wait(5)
        try:
            put_back.extend(jobs.release_expired(ProbeRun))
        finally:
            connection.close()

    threads = [threading.Thread(target=release) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert put_back == [run.pk]


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_kept_alive_while_something_long_goes_on(run, settings):
    settings.JOB_LEASE_SECONDS = 0.6
    mine = jobs.claim(ProbeRun, run.pk)
    with jobs.kept_alive(mine):
        time.sleep(1.2)
        assert jobs.release_expired(ProbeRun) == []
    assert not [one for one in threading.enumerate() if one.name == f"lease-{run.pk}"]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_beat_does_not_end_the_lease(run, settings, monkeypatch, caplog):
    settings.JOB_LEASE_SECONDS = 0.3
    mine = jobs.claim(ProbeRun, run.pk)
    real, calls = jobs.write, []

    def write(*args, **fields):
        calls.append(fields)
        if len(calls) == 1:
            raise OperationalError("server closed the connection")
        return real(*args, **fields)

    monkeypatch.setattr(jobs, "write", write)
    with jobs.kept_alive(mine):
        time.sleep(0.5)
    assert len(calls) >= 3
    assert "was not extended" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_left_over_jobs_are_enqueued_anew(run):
    jobs.claim(ProbeRun, run.pk)
    let_expire(run)
    assert tasks.enqueue_expired() == 1
    assert [entry.args_kwargs["args"] for entry in DBTaskResult.objects.all()] == [[str(run.pk)]]
    assert tasks.enqueue_expired() == 0


def test_a_run_is_enqueued_only_when_its_row_is_committed(run, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        tasks.enqueue_probe(run)
        assert not DBTaskResult.objects.exists()
    assert len(callbacks) == 1
