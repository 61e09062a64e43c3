"""What a probe sends, in two stages that are shown before consent; what could do harm cannot be in it."""

import json
import re
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from assessor.probes.snapshot import PlannedRequest, Snapshot
from assessor.probes.steps import COMMON, FOLLOW_UPS, Sight, Step
from assessor.probes.target import Target
from assessor.probes.tool_calls import FOLLOWING, MAX_CALLS, MAX_SESSIONS, content, ended, next_call, sessions

MAX_STAGE_1 = 14
MAX_STAGE_2 = 16

_VERSIONED = re.compile(r"/v\d\w*(/openai)?$")
_MCP = re.compile(r"/(mcp|sse)$")


def base_path(target: Target) -> str:
    """Return the path below which the endpoint was registered, without a slash at its end."""
    return urlsplit(target.url).path.rstrip("/")


def full_path(target: Target, request: PlannedRequest) -> str:
    """Return the whole path that a planned request asks of the host."""
    return request.path if request.at_root else base_path(target) + request.path


def common_plan(target: Target) -> tuple[PlannedRequest, ...]:
    """Return stage 1: what is asked of every endpoint, at most 14 requests.

    A path that would lie outside the registered base path is left out unless root paths are allowed.
    """
    steps = [step for step in COMMON if target.key or step.id != "models-key"]
    return tuple(request for step in steps if (request := _placed(step, 1, target)))


def follow_up_plan(target: Target) -> tuple[PlannedRequest, ...]:
    """Return every request of stage 2 that could be sent, each with the sentence that says when."""
    steps = [step for step in FOLLOW_UPS if _wanted(step, target)]
    return tuple(request for step in steps if (request := _placed(step, 2, target)))


def follow_ups(target: Target, snapshot: Snapshot) -> tuple[PlannedRequest, ...]:
    """Return the requests of stage 2 that what was seen in stage 1 gives reason for, at most 16.

    Where a tool server answered, some are kept free for what is said to it (`next_talk`) and for the ends of sessions
    (`closings`); what these leave over goes to `left_over`.
    """
    sight = Sight(_first_stage(snapshot))
    kept_free = MAX_CALLS + MAX_SESSIONS if sight.tool_server else 0
    return _applicable(target, sight)[: MAX_STAGE_2 - kept_free]


def left_over(target: Target, snapshot: Snapshot) -> tuple[PlannedRequest, ...]:
    """Return the requests of stage 2 that had to wait for the talk with a tool server, as many as still may be sent."""
    asked = {exchange.request.id for exchange in snapshot.exchanges}
    sent = sum(exchange.request.stage == 2 for exchange in snapshot.exchanges)
    free = MAX_STAGE_2 - sent - len(closings(target, snapshot))
    look = snapshot.exchange("mcp")
    if look is None or look.status == 404:
        # No tool server, so nothing was kept free and nothing had to wait.
        return ()
    sight = Sight(_first_stage(snapshot))
    waiting = [request for request in _applicable(target, sight) if request.id not in asked]
    return tuple(waiting[: max(0, free)])


def _applicable(target: Target, sight: Sight) -> tuple[PlannedRequest, ...]:
    steps = [step for step in FOLLOW_UPS if _wanted(step, target) and step.id not in FOLLOWING and step.when(sight)]
    return tuple(request for step in steps if (request := _placed(step, 2, target, sight.model)))


def _first_stage(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, exchanges=tuple(one for one in snapshot.exchanges if one.request.stage == 1))


def next_talk(target: Target, snapshot: Snapshot) -> PlannedRequest | None:
    """Return what is said next to a tool server, None when all is said; at most 3 times in a run."""
    call = next_call(snapshot)
    if call is None:
        return None
    name, version, session = call
    request = _placed(next(step for step in FOLLOW_UPS if step.id == name), 2, target)
    if request is None:
        return None
    headers, body = content(name, version, session)
    return replace(request, headers=headers, body=body)


def closings(target: Target, snapshot: Snapshot) -> tuple[PlannedRequest, ...]:
    """Return one DELETE for each session that a tool server opened for us, at most 3."""
    request = _placed(next(step for step in FOLLOW_UPS if step.id == "mcp-close"), 2, target)
    if request is None:
        return ()
    return tuple(ended(request, number, session) for number, session in enumerate(sessions(snapshot), 1))


def left_out(target: Target) -> bool:
    """Tell whether parts of the plan fall away because root paths are not allowed."""
    return any(_placed(step, 1, target) is None for step in COMMON)


def _wanted(step: Step, target: Target) -> bool:
    if step.id == "chat":
        return target.allow_chat
    if step.id == "props-key":
        return target.key is not None
    return True


def _placed(step: Step, stage: Literal[1, 2], target: Target, model: str = "") -> PlannedRequest | None:
    place = _place(step, target)
    if place is None:
        return None
    path, at_root = place
    method, headers, body = _content(step, model)
    return PlannedRequest(
        id=step.id,
        stage=stage,
        method=method,
        path=path,
        purpose=step.purpose,
        at_root=at_root,
        with_key=step.with_key and target.key is not None,
        headers=headers,
        body=body,
        only_if=step.only_if,
    )


def _place(step: Step, target: Target) -> tuple[str, bool] | None:
    """Return the path to ask and whether it counts from the root of the host; None when it may not be asked."""
    base = base_path(target)
    if step.space == "here":
        return step.path, False
    if _MCP.search(base):
        if step.space == "mcp":
            return "", False
        return (step.path, True) if target.root_paths else None
    if step.space == "mcp":
        return (step.path, bool(base)) if target.root_paths or not base else (step.path, False)
    if not _VERSIONED.search(base):
        return (step.path, False) if step.space != "host" or not base else _at_root(step, target)
    if step.space == "api" and step.path.startswith("/v1/"):
        return step.path.removeprefix("/v1"), False
    return _at_root(step, target)


def _at_root(step: Step, target: Target) -> tuple[str, bool] | None:
    return (step.path, True) if target.root_paths else None


Method = Literal["GET", "POST", "DELETE"]


def _content(step: Step, model: str) -> tuple[Method, tuple[tuple[str, str], ...], bytes | None]:
    if step.id == "chat":
        chat = {
            "model": model or "(a listed model)",
            "messages": [{"role": "user", "content": "ping"}],
            "max_tokens": 1,
        }
        return "POST", (("content-type", "application/json"),), json.dumps(chat).encode()
    if step.id == "mcp-close":
        return "DELETE", (("mcp-session-id", "(the id that was given to us)"),), None
    if step.id.startswith("mcp-") and not step.headers:
        return "POST", *content(step.id)
    return "GET", step.headers, None
