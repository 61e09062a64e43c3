"""The plan: shown before consent, within its limits, below the registered path, and free of known hazards."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessor.probes import engine, plan
from assessor.probes.hazards import hazard
from assessor.probes.products import FILES, catalogue
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import LAPTOP, Key, Policy, Target
from tests.probes.shapes import exchange, models, snapshot

BASES = ("", "/", "/v1", "/v1/", "/openai/v1", "/llm", "/llm/v1", "/mcp", "/tools/mcp", "/v1beta/openai")
TARGETS = [
    Target(f"http://server.example:8000{base}", Key("k") if key else None, root_paths=root, allow_chat=chat)
    for base, key, root, chat in itertools.product(BASES, (False, True), (False, True), (False, True))
]


def named(target: Target) -> str:
    return f"{plan.base_path(target) or '/'} key={bool(target.key)} root={target.root_paths} chat={target.allow_chat}"


def harm(target: Target, request: PlannedRequest) -> str:
    return hazard(request.method, plan.full_path(target, request), request.headers, request.body)


@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_no_plan_holds_a_hazard_and_stage_1_keeps_its_limit(target: Target) -> None:
    common, later = plan.common_plan(target), plan.follow_up_plan(target)
    assert [text for request in (*common, *later) if (text := harm(target, request))] == []
    assert 1 <= len(common) <= plan.MAX_STAGE_1
    assert all(request.purpose for request in (*common, *later))
    assert all(request.only_if.startswith("Only if") for request in later)
    assert len({request.id for request in (*common, *later)}) == len(common) + len(later)


@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_the_key_and_the_completion_are_sent_only_when_given_and_allowed(target: Target) -> None:
    requests = (*plan.common_plan(target), *plan.follow_up_plan(target))
    assert target.key or not any(request.with_key for request in requests)
    completions = [request for request in requests if request.id == "chat"]
    assert target.allow_chat or not completions


@pytest.mark.parametrize("target", [one for one in TARGETS if not one.root_paths], ids=named)
def test_without_root_paths_nothing_outside_the_registered_path_is_asked(target: Target) -> None:
    base = plan.base_path(target)
    for request in (*plan.common_plan(target), *plan.follow_up_plan(target)):
        assert not (request.at_root and base)
        assert plan.full_path(target, request).startswith(base)


@pytest.mark.parametrize(
    ("base", "root", "models_path", "version_path"),
    [
        ("", False, "/v1/models", "/version"),
        ("/v1", False, "/v1/models", None),
        ("/v1", True, "/v1/models", "/version"),
        ("/openai/v1", True, "/openai/v1/models", "/version"),
        ("/llm", False, "/llm/v1/models", "/llm/version"),
        ("/v1beta/openai", False, "/v1beta/openai/models", None),
        ("/mcp", False, None, None),
    ],
)
def test_paths_are_laid_below_the_registered_path(
    base: str, root: bool, models_path: str | None, version_path: str | None
) -> None:
    target = Target(f"http://h{base}", root_paths=root)
    paths = {request.id: plan.full_path(target, request) for request in plan.common_plan(target)}
    assert paths.get("models") == models_path
    assert paths.get("version") == version_path


def test_the_worst_case_of_stage_2_keeps_its_limit_and_ends_its_sessions() -> None:
    """A server that shows the signs of everything at once: hostile, or a test like this one."""
    target = Target("http://h", Key("k"), allow_chat=True)
    products = [row for group in FILES for row in catalogue(group).products]
    headers = {
        signal.header.replace("*", "x"): "llama.cpp" for row in products for signal in row.signals if signal.header
    }
    everything = snapshot(
        *(
            exchange(
                request.id, 200, {"error": {"code": -32600, "message": "m"}}, {**headers, "mcp-session-id": f"s{at}"}
            )
            for at, request in enumerate(plan.common_plan(target))
            if request.id not in {"chat-route", "missing", "props", "models-key", "mcp"}
        ),
        models({"id": "m", "owned_by": "sglang"}, request="models-key"),
        exchange("chat-route", 405),
        exchange("missing", 404),
        exchange("props", 401),
        exchange("mcp", 406, {"error": {"code": -32600, "message": "m"}}, {"mcp-session-id": "mine"}),
    )
    replies = {one.request.id: one for one in everything.exchanges}

    class Door:
        network, tls = everything.network, None
        sent: ClassVar[list[PlannedRequest]] = []

        def fetch(self, request: PlannedRequest) -> Exchange:
            self.sent.append(request)
            session = (("mcp-session-id", f"another-{len(self.sent)}"),)
            known = replies.get(request.id) or Exchange(request, "answered", 404, session)
            if request.id == "mcp-initialize":
                body = b'{"result": {"protocolVersion": "2025-11-25"}}'
                known = Exchange(request, "answered", 200, session, body)
            return replace(known, request=request)

    @contextmanager
    def opened(target: Target, policy: Policy) -> Iterator[Door]:
        yield Door()

    engine.run(target, LAPTOP, open_door=opened)
    later = [request for request in Door.sent if request.stage == 2]
    assert len(Door.sent) == plan.MAX_STAGE_1 + plan.MAX_STAGE_2
    assert [harm(target, request) for request in later] == [""] * plan.MAX_STAGE_2
    assert [request.id for request in later[-3:]] == ["mcp-close-1", "mcp-close-2", "mcp-close-3"]
    assert all(request.method == "DELETE" and dict(request.headers)["mcp-session-id"] for request in later[-3:])
    assert later[0].id == "litellm-models", "what tells most is asked first"


def test_the_completion_asks_one_token_of_a_listed_model_that_can_chat() -> None:
    target = Target("http://h", allow_chat=True)
    seen = snapshot(models({"id": "bge-m3-embed"}, {"id": "tiny"}))
    (chat,) = [request for request in plan.follow_ups(target, seen) if request.id == "chat"]
    body = json.loads(chat.body or b"")
    assert (body["model"], body["max_tokens"], "stream" in body) == ("tiny", 1, False)


def test_no_completion_is_asked_where_no_model_is_listed() -> None:
    seen = snapshot(exchange("models", 401, {}))
    assert "chat" not in {request.id for request in plan.follow_ups(Target("http://h", allow_chat=True), seen)}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("GET", "/health", {}, None),
        ("GET", "/v1/health", {}, None),
        ("GET", "/llm/health/", {}, None),
        ("GET", "/health_generate", {}, None),
        ("GET", "/slots", {}, None),
        ("GET", "/slots/0", {}, None),
        ("GET", "/server_info", {}, None),
        ("GET", "/mcp/tools/list", {}, None),
        ("GET", "/mcp", {"Accept": "application/json, text/event-stream"}, None),
        ("POST", "/v1/chat/completions", {}, b"{}"),
        ("POST", "/v1/chat/completions", {}, None),
        ("POST", "/v1/chat/completions", {}, b'{"model":"m","max_tokens":1,"stream":true}'),
        ("POST", "/v1/chat/completions", {}, b'{"model":"","max_tokens":1}'),
        ("POST", "/v1/chat/completions", {}, b'{"model":"m","max_tokens":4000}'),
        ("POST", "/v1/completions", {}, b'{"model":"m","max_tokens":1}'),
        ("POST", "/api/pull", {}, b'{"name":"m"}'),
        ("POST", "/reset", {}, b'{"a":1}'),
        ("POST", "/mcp", {}, b'{"method":"tools/call"}'),
        ("POST", "/mcp", {}, b"not json"),
        ("POST", "/mcp", {}, b"[]"),
        ("DELETE", "/mcp", {}, None),
        ("GET", "/version", {}, b"x"),
    ],
)
def test_a_known_hazard_is_recognised(method: str, path: str, headers: dict[str, str], body: bytes | None) -> None:
    assert hazard(method, path, headers.items(), body)


@pytest.mark.parametrize("path", ["/health/liveliness", "/v1/models", "/mcp", "/props", "/healthz"])
def test_a_harmless_question_is_not_called_a_hazard(path: str) -> None:
    assert hazard("GET", path, {"accept": "application/json"}.items()) == ""


@given(st.text(max_size=40), st.binary(max_size=40))
def test_no_post_of_foreign_making_passes(path: str, body: bytes) -> None:
    assert hazard("POST", f"/{path}", (), body)
