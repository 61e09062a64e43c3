"""Many endpoints are probed at once, each once, within the limits, and a stop reaches all of them."""

import threading
import time

from assessor.probes.collect.places import IN_ALL, PER_HOST
from assessor.probes.many import run_many
from assessor.probes.target import LAPTOP, Target
from tests.probes import hostile
from tests.probes.hostile import head

MISSING = head("Content-Length: 0", status="404 Not Found")


def test_every_endpoint_is_probed_once_and_found_again_by_its_place():
    with hostile.answering(MISSING) as server:
        targets = [Target(f"{server.url}/p{place}") for place in range(5)]
        found = dict(run_many(targets, LAPTOP, at_once=3, vantage="desk"))
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert [found[place].base_path for place in range(5)] == [f"/p{place}" for place in range(5)]
    assert {(one.outcome, one.vantage) for one in found.values()} == {("completed", "desk")}


def test_no_server_sees_more_than_two_at_a_time():
    lock, now, most = threading.Lock(), 0, 0

    def behave(visit):
        nonlocal now, most
        visit.request()
        with lock:
            now += 1
            most = max(most, now)
        visit.stopped.wait(0.01)
        with lock:
            now -= 1
        visit.say(MISSING)

    with hostile.serving(behave) as server:
        list(run_many([Target(f"{server.url}/v1")] * 6, LAPTOP))
    assert most == PER_HOST < IN_ALL


def test_refused_and_dead_endpoints_are_results_among_the_others():
    targets = [Target("http://169.254.169.254"), Target("http://127.0.0.1:9"), Target("nonsense")]
    found = dict(run_many(targets, LAPTOP))
    assert [found[place].outcome for place in range(3)] == ["refused", "refused", "refused"]
    assert list(run_many([], LAPTOP)) == []


def test_a_stop_ends_all_of_them_soon():
    stopped = threading.Event()
    with hostile.serving(hostile.after_request(lambda visit: visit.stopped.wait(0.05) or visit.say(MISSING))) as server:
        begun = time.monotonic()
        outcomes = []
        for _place, result in run_many([Target(server.url)] * 20, LAPTOP, at_once=2, cancelled=stopped.is_set):
            outcomes.append(result.outcome)
            stopped.set()
    assert outcomes[0] == "completed"
    assert outcomes.count("cancelled") >= 18
    assert time.monotonic() - begun < 15
