"""Workers killed in the middle of drills: each is held to its end, nothing is lost, and nothing is asked twice."""

import random
import time
from collections import Counter

import pytest

from assessor import queries, tasks
from assessor.models import DrillRun, JobStatus
from assessor.probes.drills.records import DisconnectRecord, ExitRecord
from assessor.services import drill_evidence, drill_plans, drilling, endpoints
from assessor.services.answers import save_answer
from assessor.services.drill_plans import DisconnectWishes, ExitWishes
from assessor.services.endpoints import EndpointFacts
from tests.heavy.worker_settings import JOB_LEASE_SECONDS
from tests.probes.drills.holding import probed_before
from tests.probes.drills.model import Model, features_of, prompt_of, served

KILLS = 4
PATIENCE_S = 240
SEED = 20261121
KEY = "sk-canary-heavy"
CASES = b"id,prompt,contains,real\n" + b"".join(b"c%d,Say word%d.,word%d,yes\n" % (n, n, n) for n in range(6))


@pytest.fixture
def pair(committed, settings):
    """Two servers that take their time, registered and probed; the first wants a key."""
    settings.JOB_LEASE_SECONDS = JOB_LEASE_SECONDS
    with served(Model(delay_s=0.15)) as a, served(Model(delay_s=0.15)) as b:
        roles = []
        for model, name, mode in ((a, "Ward", "once"), (b, "Spare", "none")):
            facts = EndpointFacts(name=name, url=model.url, part="model", key_mode=mode)
            roles.append(endpoints.register_endpoint(committed, facts))
            probed_before(roles[-1], model)
        yield a, b, *roles


def held_while_workers_die(run, new_worker, places: range) -> DrillRun:
    """Hold a drill while its workers are killed whenever it has come some steps further, at a point that dice choose."""
    dice, kills, last = random.Random(SEED), 0, places.start - 1
    tasks.enqueue_drill(run)
    worker, begun = new_worker(), time.monotonic()
    while time.monotonic() - begun < PATIENCE_S:
        run = DrillRun.objects.get(pk=run.pk)
        if run.is_over:
            break
        done = len(run.state.get("replies", run.state.get("rounds", ())))
        if kills < KILLS and last < done < places.stop and run.status == JobStatus.RUNNING:
            time.sleep(dice.random() * 0.6)
            worker.kill()
            worker.wait(10)
            kills, last = kills + 1, done + 1
            worker = new_worker()
        time.sleep(0.03)
    worker.terminate()
    worker.wait(15)
    assert kills == KILLS
    return run


def test_an_exit_drill_outlives_its_workers_and_asks_nothing_twice(committed, pair, new_worker):
    a, b, role, spare = pair
    user = committed.created_by
    wishes = ExitWishes(pass_mark=90, share_of_load=10, share_source="gateway log", file=("cases.csv", CASES))
    plan = drill_plans.plan_exit(role, spare.endpoint, wishes, user)
    run = drilling.request_run(plan, user, authority=True, key=KEY)
    run = held_while_workers_die(run, new_worker, range(2, 22))
    record = ExitRecord.model_validate(run.result)
    assert (run.status, run.outcome, run.sealed_key) == ("done", "completed", "")
    # It counts the attempts that were made of it; the reply that a worker died with is the only one asked again.
    assert 1 < run.attempt <= KILLS + 1
    assert record.is_whole
    assert record.sha256 == run.result_sha256
    assert (record.passed, record.qualifies) == (True, True)
    # No embedding model is listed, so none was asked for.
    assert {row.verdict for row in record.features if row.feature != "embeddings"} == {"same"}
    assert sorted(row.case for row in record.cases) == [f"c{n}" for n in range(6)]
    asked = Counter(
        (side, prompt_of(body), *sorted(features_of(body)))
        for side, model in (("a", a), ("b", b))
        for body in model.asked
    )
    assert len(asked) == record.requests
    assert sum(asked.values()) - len(asked) <= KILLS
    assert set(a.keys) == {f"Bearer {KEY}"}
    assert_counts_once(committed, run, "lock-in.leaving", user)


def test_a_disconnection_drill_outlives_its_workers_and_holds_no_round_twice(committed, pair, new_worker):
    a, _b, role, _spare = pair
    user = committed.created_by
    plan = drill_plans.plan_disconnect(role, DisconnectWishes(minutes=1, pass_mark=50, share_of_load=100), user)
    plan.plan |= {"minutes": 0.6, "every": 1.0}
    # Most of a second is spent asking, so that most workers die in the middle of a round.
    a.delay_s = 0.6
    plan.save(update_fields=["plan"])
    run = drilling.request_run(plan, user, authority=True, key=KEY)
    run = held_while_workers_die(run, new_worker, range(2, 12))
    record = DisconnectRecord.model_validate(run.result)
    assert (run.status, run.outcome, run.sealed_key) == ("done", "completed", "")
    # One that dies between two rounds leaves nothing to be given to another: the next round is in the queue.
    assert 1 <= run.attempt <= KILLS + 1
    assert record.is_whole
    # Every round that was written stands, in order, one in each second; those that fell away are told as such.
    places = [int(one.at // record.every) for one in record.rounds if one.at >= 0]
    assert places == sorted(set(places))
    assert all(one.ok for one in record.rounds)
    assert record.missed == 36 - len(places) > 0
    assert "drill.disconnect.passed" not in str(run.findings)
    # A prompt that a worker died with may have been asked; none was asked twice.
    assert len(a.prompts()) == len(set(a.prompts()))
    assert 0 <= len(a.prompts()) - len(record.rounds) <= KILLS
    assert set(a.keys) == {f"Bearer {KEY}"}
    assert_counts_once(committed, run, "air-gap.drill", user)


def assert_counts_once(assessment, run, question, user) -> None:
    """One run, whose findings are there once; attached once, it stands behind one answer."""
    assert DrillRun.objects.count() == 1
    codes = [one.code for one in queries.drill_findings(run.endpoint)]
    assert codes == [row["code"] for row in run.findings]
    assert len(codes) == len(set(codes))
    save_answer(assessment, question, "answered", 3, "", user)
    drill_evidence.attach(run, assessment, question, user)
    assert run.result == DrillRun.objects.get(pk=run.pk).result
