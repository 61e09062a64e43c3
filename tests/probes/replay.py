"""A server on loopback that answers as a recorded one did, and writes down every request that could do harm."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assessor.probes.hazards import hazard
from assessor.probes.snapshot import Exchange, NetworkFacts, PlannedRequest, ResolvedAddress, TlsFacts
from assessor.probes.target import Policy, Target

RECORDINGS = Path(__file__).parents[1] / "recordings"
_DROPPED = {"content-length", "connection", "keep-alive", "transfer-encoding", "date", "server"}


@dataclass(frozen=True)
class Reply:
    """A recorded reply; headers in their recorded order."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass
class Recording:
    """One file of recorded exchanges; `hazards` collects requests that no prober should send."""

    exchanges: list[dict[str, Any]]
    hazards: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path | str) -> "Recording":
        """Read a recording by its path, or by its name in tests/recordings."""
        file = Path(path) if Path(path).suffix else RECORDINGS / f"{path}.json"
        return cls(json.loads(file.read_text())["exchanges"])

    def reply(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Reply:
        """Return the recorded reply that fits best, the recording's own unknown-route reply when none does."""
        self.asked.append(f"{method} {path}")
        if harm := hazard(method, path, headers.items(), body):
            self.hazards.append(harm)
        fitting = [
            one for one in self.exchanges if (one["request"]["method"], one["request"]["path"]) == (method, path)
        ]
        if not fitting:
            fitting = [one for one in self.exchanges if "no-such-route" in one["request"]["path"]] or [
                one for one in self.exchanges if one["response"]["status"] == 404
            ]
            fitting = fitting[:1]
        return _reply(max(fitting, key=lambda one: _likeness(one["request"], headers, body))["response"])


def _likeness(recorded: dict[str, Any], headers: dict[str, str], body: bytes | None) -> tuple[bool, bool, bool, bool]:
    """Rank a recorded request: same call (MCP), same model, the same with or without a key, and not the wrong key."""
    then = {name.lower(): value for name, value in recorded["headers"].items()}
    now = {name.lower(): value for name, value in headers.items()}
    keyed = ("authorization", "x-api-key")
    sent = _json(body)
    before = recorded.get("body") if isinstance(recorded.get("body"), dict) else {}
    return (
        sent.get("method") == before.get("method") and now.get("mcp-method") == then.get("mcp-method"),
        sent.get("model") == before.get("model"),
        any(name in now for name in keyed) == any(name in then for name in keyed),
        "sk-wrong" not in then.get("authorization", ""),
    )


def _json(body: bytes | None) -> dict[str, Any]:
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _reply(response: dict[str, Any]) -> Reply:
    headers = tuple((name.lower(), value) for name, value in response["headers"])
    content, body = dict(headers), response["body"]
    if isinstance(body, str):
        quoted = json.dumps(body, ensure_ascii=False)
        is_json = "json" in content.get("content-type", "") and content.get("content-length") == str(
            len(quoted.encode())
        )
        data = (quoted if is_json else body).encode()
    else:
        data = json.dumps(body).encode()
    return Reply(response["status"], headers, data)


class ReplayServer:
    """A context manager that serves a recording on loopback; `url`, `asked` and `hazards` say what came of it."""

    def __init__(self, recording_path: Path | str) -> None:
        self.recording = Recording.load(recording_path)
        recording = self.recording

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length) if length else None
                reply = recording.reply(self.command, self.path, dict(self.headers.items()), body)
                # `send_response` would add a Server header of its own.
                self.send_response_only(reply.status)
                for name, value in reply.headers:
                    if name not in _DROPPED or name == "server":
                        self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names that the standard library calls

            def log_message(self, format: str, *args: object) -> None:
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """The base URL under which the recorded server answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def hazards(self) -> list[str]:
        """Requests that could have done harm, each with the reason; a test that sees one fails."""
        return self.recording.hazards

    @property
    def asked(self) -> list[str]:
        """Every request, as method and path."""
        return self.recording.asked

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class ReplayDoor:
    """A door that opens no socket: it answers from a recording, as the host and address that a test wants."""

    def __init__(self, recording: Recording, target: Target, tls: TlsFacts | None = None) -> None:
        match = re.match(r"(https?)://([^:/]+)(?::(\d+))?(/.*)?$", target.url)
        assert match, target.url
        scheme, host, port, base = match.groups()
        self.recording = recording
        self.target = target
        self.base = (base or "").rstrip("/")
        self.tls = tls
        address = ResolvedAddress("127.0.0.1", "loopback")
        is_http = scheme == "http"
        self.network = NetworkFacts(
            "http" if is_http else "https", host, int(port or (80 if is_http else 443)), (address,), "127.0.0.1"
        )

    def fetch(self, request: PlannedRequest) -> Exchange:
        """Return the recorded reply."""
        headers = dict(request.headers)
        if request.with_key and self.target.key:
            headers[self.target.key.header] = self.target.key.header_value()
        path = request.path if request.at_root else self.base + request.path
        reply = self.recording.reply(request.method, path, headers, request.body)
        return Exchange(request, "answered", reply.status, reply.headers, reply.body, elapsed_ms=1.0)


def replay_door(recording: Recording, tls: TlsFacts | None = None):  # type: ignore[no-untyped-def]
    """Return what `engine.run` takes as `open_door`."""

    @contextmanager
    def opened(target: Target, policy: Policy) -> Iterator[ReplayDoor]:
        yield ReplayDoor(recording, target, tls)

    return opened
