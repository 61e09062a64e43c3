"""A run: collected once, judged many times, ended politely, and never an exception for what a server does."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from assessor.evidence import Finding
from assessor.probes import engine
from assessor.probes.collect.guard import PolicyRefusal, Unresolved
from assessor.probes.engine import Progress
from assessor.probes.redact import kept_headers, without_key
from assessor.probes.result import ProbeResult, schema, verify
from assessor.probes.snapshot import Exchange, NetworkFacts, Outcome, PlannedRequest, ResolvedAddress, TlsFacts
from assessor.probes.target import LAPTOP, Key, Policy, Target
from tests.probes.replay import Recording, ReplayServer, replay_door
from tests.probes.shapes import exchange

CANARY = 'sk-canary-/"ß-9f3b'
TARGET = Target("http://server.example:8000", Key("sk-canary-plain-9f3b"), allow_chat=True)
NETWORK = NetworkFacts("http", "server.example", 8000, (ResolvedAddress("10.0.0.1", "private"),), "10.0.0.1")
SCHEMA = Path(__file__).parents[2] / "docs" / "probe-result-schema.json"
Opens = Callable[[Target, Policy], AbstractContextManager[engine.OpenDoor]]


class Door:
    """A door behind which every request comes out as `answer` says."""

    def __init__(self, answer: Callable[[PlannedRequest], Exchange], tls: TlsFacts | None = None) -> None:
        self.answer = answer
        self.network = NETWORK
        self.tls = tls
        self.sent: list[str] = []

    def fetch(self, request: PlannedRequest) -> Exchange:
        self.sent.append(request.id)
        return self.answer(request)


def opened(door: Door) -> Opens:
    @contextmanager
    def opens(target: Target, policy: Policy) -> Iterator[Door]:
        yield door

    return opens


def raising(error: Exception) -> Opens:
    @contextmanager
    def opens(target: Target, policy: Policy) -> Iterator[Door]:
        raise error
        yield Door(lambda request: Exchange(request, "answered"))

    return opens


def silent(outcome: Outcome) -> Callable[[PlannedRequest], Exchange]:
    return lambda request: Exchange(request, outcome, error="No sound.")


def test_a_refused_target_is_a_result_with_a_sentence() -> None:
    result = engine.run(TARGET, LAPTOP, open_door=raising(PolicyRefusal("address", "Not there.")))
    assert (result.outcome, result.error, result.requests) == ("refused", "Not there.", ())
    assert verify(result)


def test_a_name_that_leads_nowhere_is_unreachable() -> None:
    result = engine.run(TARGET, LAPTOP, open_door=raising(Unresolved("No such name.")))
    assert (result.outcome, result.error) == ("unreachable", "No such name.")
    assert "Who answers at this address." in result.unknown


@pytest.mark.parametrize(
    ("outcome", "requests", "run"),
    [
        ("unreachable", 1, "unreachable"),
        ("tls", 1, "unreachable"),
        ("timeout", 2, "unreachable"),
        ("blocked", 1, "refused"),
    ],
)
def test_a_dead_server_is_not_asked_to_the_end(outcome: Outcome, requests: int, run: str) -> None:
    door = Door(silent(outcome))
    result = engine.run(TARGET, LAPTOP, open_door=opened(door))
    assert (len(door.sent), result.outcome, result.error) == (requests, run, "No sound.")
    assert {finding.code for finding in result.findings} >= {"network.address.private"}


def test_one_silent_request_makes_a_run_partly() -> None:
    def answer(request: PlannedRequest) -> Exchange:
        return (
            Exchange(request, "timeout", error="Too late.")
            if request.id == "props"
            else Exchange(request, "answered", 404)
        )

    result = engine.run(TARGET, LAPTOP, open_door=opened(Door(answer)))
    assert result.outcome == "partly"
    assert result.error == "1 of 16 requests were not answered: Too late."


def test_a_cut_body_still_counts_as_an_answer() -> None:
    door = Door(lambda request: Exchange(request, "cut", 200, body=b"x", truncated=True))
    assert engine.run(TARGET, LAPTOP, open_door=opened(door)).outcome == "completed"


def test_a_stopped_run_keeps_what_it_saw_and_ends_the_session_it_opened() -> None:
    door = Door(lambda request: Exchange(request, "answered", 406, (("mcp-session-id", f"s-{request.id}"),)))
    result = engine.run(TARGET, LAPTOP, cancelled=lambda: len(door.sent) >= 2, open_door=opened(door))
    assert result.outcome == "cancelled"
    assert door.sent == ["root", "models", "mcp-close-1", "mcp-close-2"]
    assert any("was stopped" in sentence for sentence in result.not_tested)


def test_progress_is_told_before_each_request_in_words() -> None:
    told: list[Progress] = []
    engine.run(TARGET, LAPTOP, on_progress=told.append, open_door=replay_door(Recording.load("llama_server")))
    first = [one for one in told if one.stage == 1]
    assert (first[0].done, first[0].total, first[-1].done) == (0, 14, 14)
    assert first[0].doing.endswith(".")
    assert [one.done for one in first] == sorted(one.done for one in first)
    assert {one.stage for one in told} == {1, 2}


def test_the_same_recording_gives_the_same_result_to_the_last_digit() -> None:
    def once() -> ProbeResult:
        moment = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
        door = replay_door(Recording.load("litellm_proxy"))
        return engine.run(TARGET, LAPTOP, now=lambda: moment, vantage="desk", open_door=door)

    one, other = once(), once()
    assert one == other
    assert one.started == "2026-11-21T04:00:00Z"
    assert len(one.sha256) == 64
    assert verify(one)


def test_a_changed_result_no_longer_fits_its_hash() -> None:
    result = engine.run(TARGET, LAPTOP, open_door=replay_door(Recording.load("llama_server")))
    read_back = ProbeResult.model_validate_json(result.model_dump_json())
    assert verify(read_back)
    assert not verify(read_back.model_copy(update={"outcome": "partly"}))


def test_a_result_fits_its_published_schema() -> None:
    published = json.loads(SCHEMA.read_text())
    assert published == schema(), "run make schemas"
    result = engine.run(TARGET, LAPTOP, open_door=replay_door(Recording.load("nemoguardrails_server")))
    Draft202012Validator(published).validate(result.model_dump(mode="json"))


@pytest.mark.parametrize("secret", ["sk-canary-plain-9f3b", CANARY, "K9", "ключ-9f3b"])
def test_a_key_that_the_server_repeats_everywhere_is_kept_nowhere(secret: str) -> None:
    def answer(request: PlannedRequest) -> Exchange:
        body = {
            "error": {"message": f"bad key: {secret}"},
            "data": [{"id": f"x {secret}", "owned_by": "vllm", "root": secret}],
        }
        headers = (("server", f"llama.cpp {secret}"), ("location", f"http://{secret}.example/"), ("via", secret))
        return Exchange(request, "answered", 200, headers, json.dumps(body).encode(), error=f"refused: {secret}")

    target = Target("http://server.example:8000", Key(secret), allow_chat=True)
    result = engine.run(target, LAPTOP, open_door=opened(Door(answer)))
    text = json.dumps(result.model_dump(mode="json"), ensure_ascii=False)
    assert "[key]" in text
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text


def test_a_short_key_is_not_taken_out_of_the_middle_of_words() -> None:
    seen = exchange("models", 200, {"id": "model", "k": "m"})
    assert without_key(seen, Key("m")).json == {"id": "model", "k": "[key]"}


def test_headers_that_name_accounts_are_kept_by_name_only() -> None:
    kept = dict(
        kept_headers(
            (
                ("openai-organization", "org-of-somebody"),
                ("set-cookie", "session=1"),
                ("server", "llama.cpp\x1b[31m"),
                ("x-litellm-model-api-base", "http://user:secret@10.0.0.1:8000/v1?key=secret"),
                ("x-anything", "else"),
            )
        )
    )
    assert kept == {
        "openai-organization": "(present)",
        "server": "llama.cpp [31m",
        "x-litellm-model-api-base": "http://10.0.0.1:8000",
    }


def test_raw_bodies_are_not_kept_but_their_length_and_hash_are() -> None:
    result = engine.run(TARGET, LAPTOP, open_door=replay_door(Recording.load("llama_server")))
    props = next(request for request in result.requests if request.id == "props-key")
    assert props.length > 1000
    assert len(props.sha256) == 64
    assert "dry_multiplier" not in result.model_dump_json()


def test_judging_is_pure_and_needs_no_run() -> None:
    seen = engine.Snapshot(NETWORK, None, ())
    findings = engine.judge(seen)
    assert findings == engine.judge(seen)
    assert all(isinstance(finding, Finding) for finding in findings)


def test_a_run_through_the_real_door_on_loopback() -> None:
    with ReplayServer("llama_server") as server:
        result = engine.run(Target(server.url, Key("sk-x"), allow_chat=True), LAPTOP, vantage="test")
        assert server.hazards == []
        assert len(server.asked) == len(result.requests)
    assert (result.outcome, result.identity.product) == ("completed", "llama-cpp")
    assert result.network is not None
    assert [address.kind for address in result.network.addresses] == ["loopback"]
