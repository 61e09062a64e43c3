"""Probing again by itself: by consent, until its day, once each time, and what changed against the last good run."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django_scopes import scopes_disabled
from django_tasks_db.models import DBTaskResult

from assessor import queries, tasks
from assessor.models import JobStatus, ProbeRun, ProbeSchedule
from assessor.probes import patience
from assessor.probes.collect.guard import PolicyRefusal
from assessor.services import endpoints, heard, jobs, probing, schedules
from assessor.services.endpoints import EndpointFacts
from assessor.services.policy import probe_policy
from assessor.services.schedules import ScheduleRefused
from assessor.services.secrets import SecretUnreadable
from tests.probes.replay import Recording, ReplayServer

NOWHERE = "http://127.0.0.1:9999"
DAY, WEEK = 24, 168


def soon(days: int = 30) -> date:
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """Tries follow each other at once here."""
    real = patience.run
    monkeypatch.setattr(patience, "run", lambda *args, **facts: real(*args, **({"pauses": (0.0,)} | facts)))


@pytest.fixture
def agree(owner):
    def agreed(role, **facts) -> ProbeSchedule:
        return schedules.agree(
            role.endpoint, owner, **({"authority": True, "every_hours": DAY, "ends_on": soon()} | facts)
        )

    return agreed


def due(schedule: ProbeSchedule, ago: timedelta = timedelta(minutes=1)) -> None:
    ProbeSchedule.objects.filter(pk=schedule.pk).update(next_at=timezone.now() - ago)


def carried_out() -> list[ProbeRun]:
    """Start what is due, carry it out, return the runs."""
    ids = schedules.start_due()
    for run in ids:
        probing.carry_out(run)
    return list(ProbeRun.objects.filter(pk__in=ids))


def test_what_is_due_is_probed_once_by_the_consent_of_who_gave_it(inside, register, agree, owner):
    with ReplayServer("llama_server") as server:
        schedule = agree(register(server.url))
        assert schedules.start_due() == []
        due(schedule)
        [run] = carried_out()
        assert schedules.start_due() == []
    assert (run.status, run.schedule, run.requested_by, run.authority) == ("done", schedule, owner, schedule.authority)
    schedule.refresh_from_db()
    assert timedelta(hours=23) < schedule.next_at - timezone.now() < timedelta(hours=24)
    assert queries.probed_endpoints(inside)[0].findings


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"authority": False}, "Confirm that you may test"),
        ({"ends_on": None}, "needs a last day"),
        ({"ends_on": date(2020, 1, 1)}, "needs a last day"),
        ({"ends_on": soon(0)}, "needs a last day"),
        ({"ends_on": soon(367)}, "at most a year ahead"),
        ({"every_hours": 1}, "every day, every week"),
    ],
)
def test_a_consent_without_its_parts_is_none(register, agree, facts, word):
    with pytest.raises(ScheduleRefused, match=word):
        agree(register(NOWHERE), **facts)
    assert not ProbeSchedule.objects.exists()


def test_a_key_must_be_there_when_nobody_is(register, agree, monkeypatch):
    with pytest.raises(ScheduleRefused, match="asked for at each run"):
        agree(register(NOWHERE, key_mode="once"))
    referring = register(NOWHERE + "/a", key_mode="reference", key_reference="ASSESSOR_KEY_NIGHT")
    with pytest.raises(SecretUnreadable):
        agree(referring)
    monkeypatch.setenv("ASSESSOR_KEY_NIGHT", "sk-canary-night")
    assert agree(referring).pk


def test_the_policy_and_a_removal_count(register, agree, owner, settings):
    role = register(NOWHERE)
    endpoints.remove_endpoint(role, "replaced", owner)
    with pytest.raises(ScheduleRefused, match="taken out"):
        agree(role)
    other = register(NOWHERE + "/b")
    settings.PROBE_DENY_CIDRS = ["127.0.0.0/8"]
    probe_policy.cache_clear()
    with pytest.raises(PolicyRefusal):
        agree(other)


def test_a_new_consent_takes_the_place_of_the_one_before_and_it_can_be_ended(register, agree):
    role = register(NOWHERE)
    first, second = agree(role), agree(role, every_hours=WEEK)
    first.refresh_from_db()
    assert first.ended_because == "Another consent took its place."
    schedules.end(role.endpoint)
    second.refresh_from_db()
    assert second.ended_because == "It was ended by hand."
    due(second)
    assert schedules.start_due() == []


def test_a_consent_ends_with_its_day(register, agree):
    schedule = agree(register(NOWHERE))
    ProbeSchedule.objects.update(ends_on=timezone.localdate() - timedelta(days=1))
    due(schedule)
    assert schedules.start_due() == []
    schedule.refresh_from_db()
    assert schedule.ended_because == "Its last day is past."


def test_a_consent_ends_with_the_address_it_was_given_for(register, agree, owner):
    role = register(NOWHERE)
    schedule = agree(role)
    endpoints.change_endpoint(role, EndpointFacts(name="Ward", url=NOWHERE + "/moved", part="model"))
    due(schedule)
    assert schedules.start_due() == []
    schedule.refresh_from_db()
    assert "address of the endpoint was changed" in schedule.ended_because
    wider = register(NOWHERE + "/wider")
    third = agree(wider)
    endpoints.change_endpoint(wider, EndpointFacts(name="Ward", url=NOWHERE + "/wider", part="model", allow_chat=True))
    due(third)
    assert schedules.start_due() == []
    third.refresh_from_db()
    assert "no longer what was agreed to" in third.ended_because
    gone = register(NOWHERE + "/gone")
    other = agree(gone)
    endpoints.remove_endpoint(gone, "replaced", owner)
    due(other)
    assert schedules.start_due() == []
    other.refresh_from_db()
    assert "taken out" in other.ended_because


def test_what_was_missed_is_made_up_for_once(register, agree):
    schedule = agree(register(NOWHERE))
    due(schedule, timedelta(days=9, hours=2))
    assert len(schedules.start_due()) == 1
    schedule.refresh_from_db()
    assert timedelta(hours=21) < schedule.next_at - timezone.now() < timedelta(hours=24)


def test_a_run_that_is_under_way_is_not_doubled(register, agree, owner):
    role = register(NOWHERE)
    schedule = agree(role)
    probing.request_run(role.endpoint, owner, authority=True)
    due(schedule)
    assert schedules.start_due() == []
    assert ProbeRun.objects.count() == 1
    schedule.refresh_from_db()
    assert schedule.next_at > timezone.now()


def test_an_endpoint_that_is_not_reached_is_put_off_twice_before_it_could_not_be_tested(inside, register, agree):
    with ReplayServer("llama_server") as server:
        role = register(server.url)
        schedule = agree(role)
        due(schedule)
        [good] = carried_out()
    due(schedule)
    [run] = schedules.start_due()
    for minutes in probing.LATER:
        probing.carry_out(run)
        row = ProbeRun.objects.get(pk=run)
        assert row.status == JobStatus.QUEUED
        assert timedelta(minutes=minutes - 1) < row.lease_until - timezone.now() <= timedelta(minutes=minutes)
        # Nobody takes it before its time.
        assert probing.release_expired() == []
        ProbeRun.objects.filter(pk=run).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert probing.release_expired() == [run]
    probing.carry_out(run)
    row = ProbeRun.objects.get(pk=run)
    assert (row.status, row.outcome, row.put_off, row.changes) == ("failed", "unreachable", 2, None)
    assert row.result["tries"] == 1 + patience.RETRIES
    # The last good one stays in force.
    assert queries.last_good_runs([role.endpoint])[role.endpoint.pk] == good
    assert queries.probed_endpoints(inside)[0].findings


def test_being_put_off_uses_up_no_attempt(register, agree, settings):
    schedule = agree(register(NOWHERE))
    due(schedule)
    [run] = schedules.start_due()
    for _time in probing.LATER:
        probing.carry_out(run)
        ProbeRun.objects.filter(pk=run).update(lease_until=timezone.now() - timedelta(seconds=1))
    # Two workers die at it after that: there is still a third attempt.
    for _death in range(settings.JOB_ATTEMPTS - 1):
        jobs.claim(ProbeRun, run)
        ProbeRun.objects.filter(pk=run).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert probing.release_expired() == [run]
    jobs.claim(ProbeRun, run)
    ProbeRun.objects.filter(pk=run).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert probing.release_expired() == []
    assert ProbeRun.objects.get(pk=run).status == JobStatus.FAILED


def test_each_run_is_compared_with_the_last_good_one(inside, register, agree):
    with ReplayServer("llama_server") as server:
        schedule = agree(register(server.url))
        runs = []
        for recording in ("llama_server", "llama_server", "litellm_proxy"):
            server.recording.exchanges[:] = Recording.load(recording).exchanges
            due(schedule)
            runs += carried_out()
    assert runs[0].changes is None
    assert (runs[1].changes["changes"], runs[1].compared_with) == ([], runs[0])
    assert runs[2].compared_with == runs[1]
    assert runs[2].changes["changes"][0]["code"] == "identity"
    roles = queries.roles_in_force(inside)
    assert list(heard.runs_with_changes([one.endpoint_id for one in roles])) == [runs[2]]


def test_old_runs_that_saw_nothing_new_are_thinned_out_and_no_others(register, agree):
    with ReplayServer("llama_server") as server:
        schedule = agree(register(server.url))
        runs = []
        for recording in ("llama_server", "llama_server", "litellm_proxy", "litellm_proxy", "litellm_proxy"):
            server.recording.exchanges[:] = Recording.load(recording).exchanges
            due(schedule)
            runs += carried_out()
    long_ago = timezone.now() - timedelta(days=40)
    ProbeRun.objects.exclude(pk=runs[-1].pk).update(finished_at=long_ago)
    assert schedules.thin_out() == 2
    assert set(ProbeRun.objects.values_list("pk", flat=True)) == {runs[0].pk, runs[2].pk, runs[4].pk}
    # The last of an endpoint stays however old it is.
    ProbeRun.objects.update(finished_at=long_ago)
    assert schedules.thin_out() == 0


def test_the_worker_starts_and_enqueues_what_is_due(register, agree):
    schedule = agree(register(NOWHERE))
    due(schedule)
    before = DBTaskResult.objects.count()
    with scopes_disabled():
        assert tasks.enqueue_due() == 1
        assert tasks.enqueue_due() == 0
    assert DBTaskResult.objects.count() == before + 1
    with scopes_disabled():
        assert tasks.tidy() == 0
