"""Tool servers of both eras are asked in the form they understand, and left as they were found."""

import json
import time

import pytest

from assessor.probes import engine
from assessor.probes.collect.http import Door
from assessor.probes.collect.streams import Listener
from assessor.probes.events import MAX_EVENTS, events, messages, reply
from assessor.probes.hazards import hazard
from assessor.probes.result import ProbeResult
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import LAPTOP, Key, Target
from tests.probes import hostile
from tests.probes.hostile import Visit, endlessly, head
from tests.probes.replay import Recording, replay_door

LOOK = PlannedRequest("mcp-sse", 2, "GET", "/sse", "Looks.")
CALL = PlannedRequest("mcp-tools", 2, "POST", "/mcp", "Asks.", body=b'{"jsonrpc": "2.0", "method": "tools/list"}')
STREAM = head("Content-Type: text/event-stream")
REPLY = b'event: message\r\ndata: {"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "add"}]}}\r\n\r\n'
NOTE = b'data: {"jsonrpc": "2.0", "method": "notifications/message", "params": {}}\n\n'


def replayed(name: str, base: str) -> tuple[ProbeResult, list[str]]:
    recording = Recording.load(name)
    result = engine.run(Target(f"http://tools.example{base}"), LAPTOP, open_door=replay_door(recording))
    assert recording.hazards == []
    return result, recording.asked


def told(result: ProbeResult) -> dict[str, object]:
    (finding,) = [one for one in result.findings if one.code == "tools.mcp"]
    return dict(finding.params)


def calls(result: ProbeResult) -> list[tuple[str, int]]:
    return [(one.id, one.status) for one in result.requests if one.id.startswith("mcp")]


def test_a_server_of_the_era_of_sessions_is_introduced_to_first() -> None:
    result, _asked = replayed("mcp_sdk_v1", "/mcp")
    assert calls(result) == [
        ("mcp", 406),
        ("mcp-discover", 400),
        ("mcp-initialize", 200),
        ("mcp-initialized", 202),
        ("mcp-tools", 200),
        ("mcp-close-1", 404),
        ("mcp-close-2", 404),
        ("mcp-close-3", 404),
    ]
    assert {"name": "Desk tools", "version": "2025-11-25", "tools": "add", "count": 1}.items() <= told(result).items()


def test_a_server_of_the_newest_version_is_not_introduced_to() -> None:
    result, _asked = replayed("mcp_sdk_v2", "/mcp")
    assert [call for call, _status in calls(result)] == ["mcp", "mcp-discover", "mcp-tools", "mcp-close-1"]
    assert told(result)["name"] == "SovProbe Demo"


@pytest.mark.parametrize(("name", "base"), [("mcp_sdk_v1_sse", "/sse"), ("mcp_sdk_v2_sse", "")])
def test_a_server_of_the_oldest_kind_is_recognised_by_its_first_event_and_told_nothing(name: str, base: str) -> None:
    result, asked = replayed(name, base)
    assert told(result)["product"] == "mcp"
    assert "count" not in told(result)
    assert not [one for one in asked if not one.startswith("GET ")]


def answer_by_call(visit: Visit, heads: list[bytes], session: str = "s-1", version: str = "2025-06-18") -> None:
    """Be a tool server of the era of sessions, with streams that never end."""
    sent = visit.request()
    while b"POST" in sent[:4] and not sent.endswith(b"}"):
        sent += visit.socket.recv(65536)
    heads.append(sent)
    body = sent.partition(b"\r\n\r\n")[2]
    method = json.loads(body)["method"] if body else ""
    if method == "initialize":
        result = {"protocolVersion": version, "serverInfo": {"name": "Old tools", "version": "9"}}
        visit.say(head("Content-Type: text/event-stream", f"Mcp-Session-Id: {session}"))
        visit.say(NOTE + b"data: " + json.dumps({"id": 1, "result": result}).encode() + b"\n\n")
        visit.hang()
    elif method == "tools/list":
        visit.say(STREAM + NOTE + REPLY)
        visit.hang()
    elif method == "notifications/initialized":
        visit.say(head("Content-Length: 0", status="202 Accepted"))
    elif sent.startswith(b"GET /mcp "):
        error = b'{"jsonrpc": "2.0", "id": "server-error", "error": {"code": -32600, "message": "Not Acceptable"}}'
        visit.say(head("Content-Type: application/json", status="406 Not Acceptable") + error)
    else:
        visit.say(head("Content-Length: 0", status="400 Bad Request"))


def line(sent: bytes, name: str) -> str:
    lines = [one.partition(": ") for one in sent.partition(b"\r\n\r\n")[0].decode().split("\r\n")]
    return next((value for key, _colon, value in lines if key.lower() == name), "")


def test_streams_without_end_do_not_hold_a_run_up_and_the_agreed_version_and_session_are_kept() -> None:
    heads: list[bytes] = []
    with hostile.serving(lambda visit: answer_by_call(visit, heads)) as server:
        begun = time.monotonic()
        result = engine.run(Target(f"{server.url}/mcp", Key("sk-tools-canary")), LAPTOP)
        assert time.monotonic() - begun < 3
    assert result.outcome == "completed"
    assert {"name": "Old tools", "tools": "add", "version": "2025-06-18"}.items() <= told(result).items()
    listing = next(one for one in heads if b"tools/list" in one and line(one, "mcp-session-id"))
    assert (line(listing, "mcp-session-id"), line(listing, "mcp-protocol-version")) == ("s-1", "2025-06-18")
    assert [line(one, "mcp-session-id") for one in heads if one.startswith(b"DELETE")] == ["s-1"]


@pytest.mark.parametrize("session", ["a b", "ü", "x" * 300, "a\tb"])
def test_a_session_that_no_header_should_carry_is_not_sent_back(session: str) -> None:
    heads: list[bytes] = []
    with hostile.serving(lambda visit: answer_by_call(visit, heads, session)) as server:
        result = engine.run(Target(f"{server.url}/mcp"), LAPTOP)
    assert result.outcome == "completed"
    assert not any(line(one, "mcp-session-id") for one in heads)
    assert not any(one.startswith(b"DELETE") for one in heads)


@pytest.mark.parametrize("version", ["1\r\nX-Forged: 1", "", "newest", "2025-06-18 "])
def test_a_version_that_is_none_ends_the_talk(version: str) -> None:
    heads: list[bytes] = []
    with hostile.serving(lambda visit: answer_by_call(visit, heads, version=version)) as server:
        result = engine.run(Target(f"{server.url}/mcp"), LAPTOP)
    assert [call for call, _status in calls(result)] == ["mcp", "mcp-discover", "mcp-initialize", "mcp-close-1"]


@pytest.mark.parametrize(
    ("request_", "pieces", "kept"),
    [
        (LOOK, b"event: endpoint\ndata: /messages/?session_id=1\n\n", True),
        (LOOK, b"data: one\r\n\r\n", True),
        (CALL, NOTE + REPLY, True),
        (CALL, NOTE, False),
    ],
    ids=["an endpoint", "another event", "a note, then the reply", "nothing but notes"],
)
def test_a_stream_ends_with_what_was_asked_for(request_: PlannedRequest, pieces: bytes, kept: bool) -> None:
    with hostile.serving(endlessly(b": still here\r\n", STREAM + pieces, pause_s=0.1)) as server:
        door = Door(Target(server.url), LAPTOP, request_deadline_s=0.6)
        begun = time.monotonic()
        seen = door.fetch(request_)
        seconds = time.monotonic() - begun
    assert seen.outcome == ("answered" if kept else "cut")
    assert (seconds < 0.5) == kept
    assert seen.body.startswith(pieces)


def test_a_flood_of_events_ends_by_their_number_however_small_they_are() -> None:
    with hostile.serving(endlessly(b"data:x\n\n" * 1000, STREAM)) as server:
        door = Door(Target(server.url), LAPTOP, request_deadline_s=2)
        begun = time.monotonic()
        seen = door.fetch(CALL)
    assert seen.outcome == "answered"
    assert time.monotonic() - begun < 1
    assert len(events(seen.body)) == MAX_EVENTS


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_a_reply_is_heard_however_the_stream_is_cut_into_pieces(size: int, end: bytes) -> None:
    whole = b'data: {"a": 1}' + end + b'data: {"result": 1}' + end
    listener = Listener(CALL)
    heard = [listener.has_heard_all(whole[at : at + size]) for at in range(0, len(whole), size)]
    assert heard.index(True) == len(heard) - 1


def test_the_reply_among_notes_is_what_an_exchange_says() -> None:
    seen = Exchange(CALL, "answered", 200, (("content-type", "text/event-stream"),), NOTE + REPLY)
    assert seen.json["result"]["tools"] == [{"name": "add"}]
    assert len(messages(NOTE + REPLY)) == 2
    assert reply(b"data: not json\n\n") is None


@pytest.mark.parametrize("method", ["tools/call", "resources/read", "completion/complete", "logging/setLevel"])
def test_nothing_that_acts_is_ever_called(method: str) -> None:
    assert hazard("POST", "/mcp", (), json.dumps({"method": method}).encode())
