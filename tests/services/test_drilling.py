"""Drills in the worker: plan before run, steps that hold up nobody, workers that die, records that never change."""

import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from assessor import queries, tasks
from assessor.evidence import Tier
from assessor.management import background
from assessor.models import DrillPlan, DrillRun, Endpoint, JobStatus
from assessor.probes.drills import exit_run
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.join import JoinRefused
from assessor.probes.drills.records import ExitRecord
from assessor.retelling import is_ours
from assessor.scoring.tiers import EvidenceKind
from assessor.services import drill_evidence, drill_plans, drilling, jobs
from assessor.services.answers import save_answer
from assessor.services.drill_plans import DisconnectWishes, ExitWishes
from assessor.services.evidence import EvidenceRefused
from tests.probes.drills.holding import probed_before
from tests.probes.drills.model import Model, served
from tests.services.canary import CANARY, everything_stored

CASES = b"id,prompt,contains,real\n" + b"".join(b"c%d,Say word%d.,word%d,yes\n" % (n, n, n) for n in range(5))


@pytest.fixture
def pair(register):
    """Two servers, registered and probed: models and their roles."""
    with served(Model()) as a, served(Model()) as b:
        roles = register(a.url), register(b.url, name="Spare", part="fallback")
        for model, role in zip((a, b), roles, strict=True):
            probed_before(role, model)
        yield a, b, *roles


def exit_plan(role, candidate, owner, **wishes) -> DrillPlan:
    return drill_plans.plan_exit(role, candidate.endpoint, ExitWishes(**wishes), owner)


def disconnect_plan(role, owner, **short) -> DrillPlan:
    """Return a plan with rounds a fraction of a second apart, as no form would let anybody make."""
    made = drill_plans.plan_disconnect(role, DisconnectWishes(minutes=1, pass_mark=100, **short), owner)
    made.plan |= {"minutes": 0.03, "every": 0.3}
    made.save(update_fields=["plan"])
    return made


def held(plan, owner, **keys) -> DrillRun:
    """Ask for a run and carry it out to its end, as the worker would."""
    run = drilling.request_run(plan, owner, authority=True, **keys)
    following = drilling.carry_out(run.pk)
    while following:
        due, turn = following
        time.sleep(max(0.0, (due - timezone.now()).total_seconds()))
        following = drilling.carry_out(run.pk, turn)
    run.refresh_from_db()
    return run


def test_an_exit_drill_leaves_its_record_and_its_findings_count(inside, pair, owner):
    a, _b, role, spare = pair
    run = held(exit_plan(role, spare, owner), owner)
    assert (run.status, run.outcome, run.passed, run.qualifies) == ("done", "completed", None, False)
    record = drilling.record_of(run)
    assert isinstance(record, ExitRecord)
    assert record.is_whole
    assert record.planned <= record.started
    found = {one.id: {finding.code for finding in one.findings} for one in queries.probed_endpoints(inside)}
    assert "drill.exit.works.tools" in found[str(role.endpoint_id)]
    assert "drill.exit.works.tools" not in found[str(spare.endpoint_id)]
    Endpoint.objects.filter(pk=role.endpoint_id).update(url=a.url + "/other")
    assert not any(
        "drill" in code for one in queries.probed_endpoints(inside) for code in {f.code for f in one.findings}
    )


def test_without_a_drill_no_query_more_is_made(inside, pair, owner, django_assert_num_queries):
    queries.probed_endpoints(inside)
    with django_assert_num_queries(2):
        queries.probed_endpoints(inside)
    held(exit_plan(pair[2], pair[3], owner), owner)
    queries.probed_endpoints(inside)
    with django_assert_num_queries(3):
        queries.probed_endpoints(inside)


def test_a_plan_needs_a_probe_and_runs_once_with_consent(inside, register, pair, owner):
    _a, _b, role, spare = pair
    with served(Model()) as other, pytest.raises(DrillRefused, match="Probe it first"):
        exit_plan(role, register(other.url, name="New"), owner)
    plan = exit_plan(role, spare, owner)
    with pytest.raises(DrillRefused, match=r"Nothing was sent\."):
        drilling.request_run(plan, owner, authority=False)
    first = drilling.request_run(plan, owner, authority=True)
    with pytest.raises(DrillRefused, match="run already"):
        drilling.request_run(plan, owner, authority=True)
    with pytest.raises(DrillRefused, match="already under way"):
        drilling.request_run(exit_plan(role, spare, owner), owner, authority=True)
    drilling.stop_run(first)
    assert drilling.request_run(exit_plan(role, spare, owner), owner, authority=True).status == JobStatus.QUEUED


def test_an_address_that_changed_after_the_plan_is_not_drilled(pair, owner):
    _a, _b, role, spare = pair
    plan = exit_plan(role, spare, owner)
    Endpoint.objects.filter(pk=spare.endpoint_id).update(url="http://127.0.0.1:9999")
    plan = DrillPlan.objects.get(pk=plan.pk)
    with pytest.raises(DrillRefused, match="was changed after the plan was made"):
        drilling.request_run(plan, owner, authority=True)


def test_the_keys_lie_sealed_go_to_their_own_side_and_are_erased(register, probe, owner):
    with served(Model()) as a, served(Model()) as b:
        role = register(a.url, key_mode="once")
        spare = register(b.url, name="Spare", key_mode="once")
        for one in (role, spare):
            probe(one, key=CANARY)
        a.keys.clear()
        plan = exit_plan(role, spare, owner)
        with pytest.raises(DrillRefused, match="“Spare” wants a key"):
            drilling.request_run(plan, owner, authority=True, key=CANARY)
        run = drilling.request_run(plan, owner, authority=True, key=CANARY, candidate_key="sk-other-side")
        assert run.sealed_key.startswith("v1:")
        assert CANARY not in everything_stored()
        drilling.carry_out(run.pk)
    run.refresh_from_db()
    assert set(a.keys) == {f"Bearer {CANARY}"}
    assert set(b.keys) == {"Bearer sk-other-side"}
    assert (run.status, run.sealed_key, run.sealed_candidate_key) == ("done", "", "")
    assert CANARY not in everything_stored()
    assert "sk-other-side" not in everything_stored()


def test_a_worker_that_dies_in_an_exit_drill_loses_nothing_and_asks_nothing_twice(pair, owner, monkeypatch):
    a, b, role, spare = pair
    run = drilling.request_run(exit_plan(role, spare, owner), owner, authority=True)
    real = exit_run.judged
    count = 0

    def dies(*args):
        nonlocal count
        count += 1
        if count == 6:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(exit_run, "judged", dies)
    with pytest.raises(KeyboardInterrupt):
        drilling.carry_out(run.pk)
    monkeypatch.setattr(exit_run, "judged", real)
    asked = len(a.asked) + len(b.asked)
    DrillRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert drilling.release_expired() == [run.pk]
    drilling.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.status, run.attempt, run.outcome) == ("done", 2, "completed")
    # The reply that died with the worker is the only one asked again.
    assert len(a.asked) + len(b.asked) == 14 + 1
    assert asked == 6


def test_a_disconnection_drill_is_held_in_steps_that_survive_a_dead_worker(pair, owner):
    a, _b, role, _spare = pair
    plan = disconnect_plan(role, owner)
    run = drilling.request_run(plan, owner, authority=True)
    due, turn = drilling.carry_out(run.pk)
    run.refresh_from_db()
    assert run.status == "running"
    assert run.lease_until > due
    time.sleep(max(0.0, (due - timezone.now()).total_seconds()))
    # A queue entry that is delivered twice is carried out once.
    before = len(a.asked)
    following = drilling.carry_out(run.pk, turn)
    assert drilling.carry_out(run.pk, turn) is None
    assert len(a.asked) == before + 1
    # The worker dies; another takes over, and what was left in the queue finds nothing to take.
    DrillRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert drilling.release_expired() == [run.pk]
    again = drilling.carry_out(run.pk)
    assert drilling.carry_out(run.pk, following[1]) is None
    while again:
        time.sleep(max(0.0, (again[0] - timezone.now()).total_seconds()))
        again = drilling.carry_out(run.pk, again[1])
    run.refresh_from_db()
    assert (run.status, run.outcome, run.attempt) == ("done", "completed", 2)
    times = [one["at"] for one in run.result["rounds"]]
    assert times == sorted(set(times))
    assert len(a.prompts()) == len(set(a.prompts()))


@pytest.mark.django_db(transaction=True)
def test_the_worker_comes_back_for_each_step(pair, owner):
    run = drilling.request_run(disconnect_plan(pair[2], owner), owner, authority=True)
    tasks.enqueue_drill(run)
    end = time.monotonic() + 20
    while time.monotonic() < end and run.status != "done":
        background.work(until_empty=True)
        run.refresh_from_db()
        time.sleep(0.1)
    assert run.outcome == "completed"


def test_a_stop_is_noticed_within_two_seconds_and_keeps_what_was_seen(pair, owner, monkeypatch):
    a, b, role, spare = pair
    run = drilling.request_run(exit_plan(role, spare, owner), owner, authority=True)
    real, stopped_at = jobs.write, []

    def write(job, **fields):
        done = real(job, **fields)
        if len(fields.get("state", {}).get("replies", ())) == 3:
            # Somebody clicks “Stop” while the next request waits for a silent server.
            a.delay_s = b.delay_s = 5
            threading.Timer(0.2, lambda: stopped_at.append(time.monotonic())).start()
            monkeypatch.setattr(jobs, "write", real)
        return done

    def lost(watch):
        if stopped_at and not watch.lost:
            drilling.stop_run(DrillRun.objects.get(pk=run.pk))
        return look(watch)

    look = drilling._Watch.__call__
    monkeypatch.setattr(drilling._Watch, "__call__", lost)
    monkeypatch.setattr(jobs, "write", write)
    drilling.carry_out(run.pk)
    assert time.monotonic() - stopped_at[0] < 2
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert run.result["outcome"] == "stopped"
    assert run.result["features"][0]["verdict"] == "same"
    assert (run.sealed_key, run.sealed_candidate_key) == ("", "")


def test_own_cases_with_a_share_count_as_tested_and_without_as_observed(inside, pair, owner):
    _a, _b, role, spare = pair
    question = "lock-in.leaving"
    save_answer(inside, question, "answered", 3, "", owner)
    today = timezone.localdate()
    wishes = {"pass_mark": 90, "file": ("cases.csv", CASES)}
    seen = held(exit_plan(role, spare, owner, **wishes), owner)
    row = drill_evidence.attach(seen, inside, question, owner)
    assert (row.kind, row.observed_only, row.tier(today)) == (EvidenceKind.DRILL, True, Tier.OBSERVED)
    tested = held(exit_plan(role, spare, owner, **wishes, share_of_load=10, share_source="gateway log"), owner)
    row = drill_evidence.attach(tested, inside, question, owner)
    assert (row.kind, row.share_of_load, row.passed) == (EvidenceKind.SWITCH, 10, True)
    assert row.tier(today) == Tier.TESTED
    planned = drilling.record_of(tested).planned
    # Stored as every language reads it, and told anew where it is shown.
    assert row.pass_mark == f"90 per cent of 5 own cases, set {planned[:10]} {planned[11:16]} UTC"
    assert all(is_ours(text) for text in (row.description, row.pass_mark, row.result))
    assert row.document_version == f"sha256 {tested.result_sha256}"
    # The score reads the same tier as the row.
    answer = next(one for one in queries.scored_answers(inside) if one.question == question)
    assert sorted(one.facts.observed_only for one in answer.attached) == [False, True]
    with pytest.raises(DrillRefused, match="attached to that answer already"):
        drill_evidence.attach(tested, inside, question, owner)
    with pytest.raises(EvidenceRefused, match="Choose a level first"):
        drill_evidence.attach(tested, inside, "air-gap.drill", owner)


def test_a_disconnection_drill_is_observed_until_its_closing_is_shown(inside, pair, owner):
    _a, _b, role, _spare = pair
    run = held(disconnect_plan(role, owner, share_of_load=100, cold_start="none"), owner)
    today = timezone.localdate()
    save_answer(inside, "air-gap.drill", "answered", 3, "", owner)
    assert drill_evidence.attach(run, inside, "air-gap.drill", owner).tier(today) != Tier.TESTED
    before = run.result
    record = drilling.record_of(run)
    said = {"rule": "nft", "read_by": "network team", "read_before": record.started, "read_after": record.finished}
    joined = drill_evidence.join_counters(run, owner, before=5, after=5, **said)
    assert (joined.joins, joined.qualifies, joined.passed) == (run, True, True)
    run.refresh_from_db()
    assert run.result == before
    with pytest.raises(JoinRefused, match="only grows"):
        drill_evidence.join_counters(run, owner, before=5, after=4, **said)


def test_a_record_once_there_is_changed_by_nothing(pair, owner):
    run = held(exit_plan(pair[2], pair[3], owner), owner)
    before = (run.result, run.result_sha256, run.finished_at)
    assert drilling.carry_out(run.pk) is None
    drilling.stop_run(run)
    assert drilling.release_expired() == []
    assert not jobs.finish(run, JobStatus.FAILED, error="x")
    run.refresh_from_db()
    assert (run.result, run.result_sha256, run.finished_at) == before


def test_a_drill_that_is_given_up_keeps_what_was_seen(pair, owner, settings):
    run = drilling.request_run(disconnect_plan(pair[2], owner), owner, authority=True)
    drilling.carry_out(run.pk)
    gone = timezone.now() - timedelta(seconds=1)
    DrillRun.objects.filter(pk=run.pk).update(attempt=settings.JOB_ATTEMPTS, lease_until=gone)
    assert drilling.release_expired() == []
    run.refresh_from_db()
    assert (run.status, run.outcome, run.passed) == ("failed", "stopped", False)
    assert run.result["rounds"]
    assert "drill" not in str(queries.drill_findings(run.endpoint))


def test_an_endpoint_that_died_since_its_probe_is_no_result(pair, owner):
    a, b, role, spare = pair
    plan = exit_plan(role, spare, owner)
    a.alive = b.alive = False
    run = held(plan, owner)
    assert (run.status, run.error) == ("failed", "Neither endpoint answered.")
    with pytest.raises(DrillRefused, match="no result"):
        drill_evidence.attach(run, role.assessment, "lock-in.leaving", owner)


def requests_under_way() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name == "drill-request"]


def test_a_stop_leaves_no_request_behind(pair, owner, monkeypatch):
    a, _b, role, spare = pair
    a.delay_s = 30
    run = drilling.request_run(exit_plan(role, spare, owner), owner, authority=True)
    threading.Timer(0.5, lambda: setattr(drilling._Watch, "__call__", lambda watch: True)).start()
    monkeypatch.setattr(drilling._Watch, "__call__", drilling._Watch.__call__)
    drilling.carry_out(run.pk)
    assert len(a.asked) == 1
    end = time.monotonic() + 3
    while requests_under_way() and time.monotonic() < end:
        time.sleep(0.05)
    assert requests_under_way() == []
