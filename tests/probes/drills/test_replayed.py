"""Dialects read from recorded replies of real servers, and drills that meet servers which misbehave."""

import json
import time

import pytest

from assessor.probes.drills.calls import Line, request_of
from assessor.probes.drills.exit_plan import Call
from assessor.probes.drills.exit_run import judged
from assessor.probes.drills.features import FEATURES
from assessor.probes.drills.others import CHAT, DIALECTS, MESSAGES, OLLAMA, RESPONSES
from assessor.probes.drills.speech import Ask
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import Key, Policy, Target
from tests.probes.drills.holding import planned
from tests.probes.drills.model import Model, served
from tests.probes.hostile import endlessly, head, serving
from tests.probes.replay import Recording

SAID = {
    ("llama_server", "/v1/chat/completions"): (CHAT, "length", 1),
    ("llama_server", "/v1/responses"): (RESPONSES, "stop", 16),
    ("llama_server", "/v1/messages"): (MESSAGES, "length", 1),
    ("litellm_proxy", "/v1/chat/completions"): (CHAT, "stop", 20),
    ("litellm_proxy", "/v1/messages"): (MESSAGES, "stop", 503),
    ("llama_cpp_python", "/v1/chat/completions"): (CHAT, "length", 1),
}


@pytest.mark.parametrize(("server", "path"), list(SAID))
def test_recorded_replies_of_real_servers_are_read(server, path):
    spoken, ended, tokens = SAID[server, path]
    for one in Recording.load(server).exchanges:
        asked, answer = one["request"], one["response"]
        if (asked["method"], asked["path"], answer["status"]) != ("POST", path, 200) or "ping" not in str(
            asked["body"]
        ):
            continue
        body = answer["body"]
        raw = body if isinstance(body, str) else json.dumps(body)
        request = PlannedRequest("x", 2, "POST", path, "")
        said = spoken.read(Exchange(request, "answered", 200, (), raw.encode()), Ask("ping"))
        assert said.fits
        assert said.ended == ended
        assert said.tokens_out == tokens
        return
    pytest.fail("the recording has no such exchange")


JUNK = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"choices": 7}',
    b'{"choices": [null]}',
    b'{"choices": [{"message": []}]}',
    b"[" * 9000,
]
JUNK += [b'{"content": {"text": 1}}', b'{"output": [7, {"content": [null]}]}', b'{"message": "x"}', b"\xff\xfe"]
JUNK += [b'{"data": [{"embedding": ["NaN"]}]}', b'{"embeddings": [[]]}', b"data: {\n\ndata: 7\n\n", b"data: [DONE]\n\n"]
JUNK += [
    b'{"choices":[{"message":{"content":7,"tool_calls":{"a":1}},"finish_reason":[]}],"usage":{"prompt_tokens":-5}}'
]


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda one: one.id)
@pytest.mark.parametrize("body", JUNK)
def test_no_reply_whatever_it_holds_makes_a_drill_stumble(spoken, body):
    with served(Model()) as a, served(Model(name="other")) as b:
        plan = planned(a, b)
    plan = plan.model_copy(update={"a": plan.a.model_copy(update={"dialect": spoken.id})})
    for feature in FEATURES:
        request = PlannedRequest("x", 2, "POST", "/", "")
        call = Call(f"a:{feature.id}", "a", feature.id, feature.name, feature.ask, request)
        reply = judged(call, Exchange(request, "answered", 200, (), body, elapsed_ms=1.0), plan)
        assert reply.state in {"works", "accepted", "differs", "breaks"}
        assert reply.tokens_in >= 0


HOSTILE = {
    "a stream without end": endlessly(b'data: {"choices": []}\n\n', head("Content-Type: text/event-stream")),
    "one byte now and then": endlessly(b"x", head("Content-Type: application/json"), pause_s=0.1),
    "silence": endlessly(b"", pause_s=0.1),
    "a body without end": endlessly(b"x" * 65536, head("Content-Type: application/json")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_server_that_never_ends_is_left_at_the_deadline(name):
    with serving(HOSTILE[name]) as server:
        target = Target(server.url)
        begun = time.monotonic()
        exchange = Line(target, Policy(), seconds=1.0).send(request_of(target, CHAT, FEATURES[0].ask, "m", "x", ""))
        assert time.monotonic() - begun < 1.5
    # Of a stream as many events are heard as any answer has; all else is cut.
    assert exchange.outcome in ({"answered", "cut"} if "stream" in name else {"cut", "timeout", "http"})
    assert len(exchange.body) <= 1024 * 1024


def test_a_server_that_repeats_the_key_in_its_refusal_does_not_get_it_kept():
    def tell(visit):
        asked = visit.request().decode("latin-1")
        key = asked.lower().partition("authorization: bearer ")[2].partition("\r\n")[0]
        body = f'{{"error": {{"message": "bad key {key}"}}}}'.encode()
        visit.say(head("Content-Type: application/json", f"Content-Length: {len(body)}", status="401 No") + body)

    with serving(tell) as server:
        target = Target(server.url, Key("sk-canary-tell"))
        exchange = Line(target, Policy(), seconds=2.0).send(request_of(target, OLLAMA, FEATURES[0].ask, "m", "x", ""))
    assert exchange.status == 401
    assert b"sk-canary-tell" not in exchange.body
    assert b"bad key [key]" in exchange.body
