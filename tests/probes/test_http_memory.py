"""No server makes a probe hold much: measured as what the whole process takes, in a process of its own."""

import json
import subprocess
import sys
import time

import pytest

from assessor.probes import engine
from assessor.probes.collect.http import BODIES_CAP, BODY_CAP, Door
from assessor.probes.events import MAX_JSON_PARTS
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import LAPTOP, Target
from tests.probes import hostile
from tests.probes.hostile import bomb, head, says
from tests.probes.test_http_hostile import CASES

ASK = PlannedRequest("ask", 1, "GET", "/v1/models", "Asks for the list of models.")
LIMIT_KIB = 20 * 1024
# Asks whatever port it is told, as often as it is told, and says the most that this process ever held.
CHILD = """
import json, resource, sys
from assessor.probes.collect.http import Door
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import LAPTOP, Target

for line in sys.stdin:
    port, deadline = json.loads(line)
    with Door(Target(f"http://127.0.0.1:{port}"), LAPTOP, request_deadline_s=deadline) as door:
        seen = door.fetch(PlannedRequest("ask", 1, "GET", "/v1/models", "Asks."))
        seen.json, seen.text
    print(json.dumps([seen.outcome, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]), flush=True)
"""


@pytest.mark.heavy
def test_no_hostile_server_costs_more_than_twenty_megabytes():
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:

        def ask(server, deadline):
            child.stdin.write(json.dumps([server.port, deadline]) + "\n")
            child.stdin.flush()
            return json.loads(child.stdout.readline())

        bomb()
        with hostile.answering(hostile.OK) as server:
            _outcome, before = ask(server, 1.0)
        for name, case in {**CASES, **PARTS}.items():
            with hostile.serving(case.behave) as server:
                _outcome, most = ask(server, min(case.deadline_s, 1.5))
            assert most - before < LIMIT_KIB, name
        child.stdin.close()


def body(data: bytes) -> hostile.Behaviour:
    return says(head("Content-Type: application/json"), data[:BODY_CAP])


class Parts:
    """A body that is small on the wire and large as objects."""

    deadline_s = 1.5

    def __init__(self, data: bytes) -> None:
        self.behave = body(data)


PARTS = {
    "sends a megabyte of empty lists": Parts(b"[" + b"[]," * 349_000 + b"0]"),
    "sends a megabyte of empty objects": Parts(b"[" + b"{}," * 349_000 + b"0]"),
    "sends a megabyte of numbers": Parts(b"[" + b"1.5," * 262_000 + b"0]"),
    "sends as many parts as are read": Parts(b"[" + b"{}," * (MAX_JSON_PARTS // 2 - 2) + b"0]"),
    "sends a megabyte of one character beyond the first plane": Parts(b'"' + "𝔸".encode() * 262_000 + b'"'),
}


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        (b"[" + b"0," * (MAX_JSON_PARTS - 3) + b"0]", True),
        (b"[" + b"0," * (MAX_JSON_PARTS + 1) + b"0]", False),
        (b"[" * 100_001, False),
        (b"1" * 500_000, False),
        (b'{"a": ' * 50_000, False),
        (b"\xff\xfe[\x00]\x00", True),
        (b"", False),
    ],
)
def test_json_is_read_up_to_a_number_of_parts(text, is_read):
    begun = time.monotonic()
    assert (Exchange(ASK, "answered", 200, body=text).json is not None) == is_read
    assert time.monotonic() - begun < 1


def test_bodies_of_one_probe_are_bounded_together():
    fat = head("Content-Type: application/json", f"Content-Length: {BODY_CAP}") + b"x" * BODY_CAP
    with hostile.answering(fat) as server, Door(Target(server.url), LAPTOP, request_deadline_s=5) as door:
        seen = [door.fetch(ASK) for _round in range(6)]
    assert [one.outcome for one in seen] == ["answered"] * 4 + ["cut"] * 2
    assert sum(len(one.body) for one in seen) == BODIES_CAP
    assert "four megabytes" in seen[-1].error


def test_a_server_that_answers_everything_at_length_still_gives_a_result():
    fat = head("Content-Type: application/json") + b"[" + b"{}," * 300_000 + b"0]"
    begun = time.monotonic()
    with hostile.answering(fat) as server:
        result = engine.run(Target(server.url), LAPTOP)
    assert result.outcome == "completed"
    assert sum(one.length for one in result.requests) <= BODIES_CAP
    assert time.monotonic() - begun < 10
