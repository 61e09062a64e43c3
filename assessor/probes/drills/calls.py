"""Sending what a drill asks: only through the guarded door, never without a cap, given up when it is stopped."""

import json
import queue
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol

from assessor.errors import N_, AssessorError
from assessor.probes.collect.guard import PolicyRefusal
from assessor.probes.collect.http import Door
from assessor.probes.drills.speech import Ask, Dialect
from assessor.probes.plan import base_path
from assessor.probes.redact import without_key
from assessor.probes.snapshot import Exchange, NetworkFacts, PlannedRequest
from assessor.probes.target import Policy, Target

# How often a running request looks whether it was stopped; a stop is honoured within two seconds.
LOOK_S = 0.1
MAX_TOKENS = 2000
MAX_BODY = 256 * 1024
_VERSIONED = re.compile(r"/v\d\w*(/openai)?$")
Cancelled = Callable[[], bool]


class Stopped(Exception):
    """Somebody stopped the drill while a request was under way."""


class OpenDoor(Protocol):
    """An open way to one endpoint, as `collect.http.Door` gives it."""

    @property
    def network(self) -> NetworkFacts:
        """Where the name leads."""

    def fetch(self, request: PlannedRequest) -> Exchange:
        """Send one request; network trouble is an outcome, never an exception."""

    def hang_up(self) -> None:
        """End the request under way from another thread."""


Opens = Callable[[Target, Policy, float], AbstractContextManager[OpenDoor]]


def open_door(target: Target, policy: Policy, seconds: float) -> AbstractContextManager[OpenDoor]:
    """Open the guarded door for requests of at most `seconds` each; the drill itself keeps the time of the whole."""
    return Door(target, policy, request_deadline_s=seconds, total_deadline_s=366 * 86400)


def place(target: Target, path: str, space: str) -> tuple[str, bool] | None:
    """Return the path to ask below the registered URL and whether it counts from the root; None if it may not be."""
    if not _VERSIONED.search(base_path(target)):
        return path, False
    if space == "api":
        return path.removeprefix("/v1"), False
    return (path, True) if target.root_paths else None


def request_of(target: Target, spoken: Dialect, ask: Ask, model: str, call_id: str, purpose: str) -> PlannedRequest:
    """Return the request that asks a question; raises `ValueError` where this dialect or address has no way to ask it.

    The message of the error is one of two words: "words" (the dialect has none for it) or "path".
    """
    body = spoken.body(ask, model)
    path = spoken.embed_path if ask.embed else spoken.path
    if body is None or not path:
        raise ValueError("words")
    placed = place(target, path, spoken.space)
    if placed is None:
        raise ValueError("path")
    accept = "text/event-stream, application/x-ndjson, application/json" if ask.stream else "application/json"
    return PlannedRequest(
        id=call_id,
        stage=2,
        method="POST",
        path=placed[0],
        at_root=placed[1],
        purpose=purpose,
        with_key=target.key is not None,
        headers=(("accept", accept), ("content-type", "application/json"), *spoken.headers),
        body=json.dumps(body).encode(),
    )


def harm(request: PlannedRequest) -> str:
    """Return why a drill must not send this request, or an empty text: it names a model and caps its answer."""
    body = request.body or b""
    if request.method != "POST" or len(body) > MAX_BODY:
        return "only a POST of at most 256 kB"
    data = json.loads(body)
    if not data.get("model"):
        return "no model is named, and some servers load another one then"
    if "input" in data and "max_output_tokens" not in data:
        return ""
    caps = [data.get(name) for name in ("max_tokens", "max_completion_tokens", "max_output_tokens")]
    caps.append((data.get("options") or {}).get("num_predict"))
    cap = next((one for one in caps if one is not None), None)
    if not isinstance(cap, int) or not 0 < cap <= MAX_TOKENS:
        return "the answer is not capped"
    return "" if data.get("n", 1) == 1 else "more than one answer is asked for"


class Line:
    """The way to one endpoint; every request runs in a thread of its own, hung up when the drill is stopped.

    A thread that looks up a name or dials at that moment ends when that ends, within ten seconds. `fresh` opens the
    door anew for each request, so that a name that leads nowhere any more, or a certificate that changed, shows.
    """

    def __init__(
        self,
        target: Target,
        policy: Policy,
        *,
        seconds: float,
        cancelled: Cancelled = lambda: False,
        fresh: bool = False,
        opens: Opens = open_door,
    ) -> None:
        self.target = target
        self._policy = policy
        self._seconds = seconds
        self._cancelled = cancelled
        self._fresh = fresh
        self._opens = opens
        self._open: OpenDoor | None = None
        self._busy: OpenDoor | None = None
        self._hung_up = False
        self._stack = ExitStack()
        # Where the name led when the last request was sent.
        self.network: NetworkFacts | None = None

    def close(self) -> None:
        """Close the door."""
        self._stack.close()

    def send(self, request: PlannedRequest) -> Exchange:
        """Send one request; raises `Stopped` as soon as the drill is stopped. A closed door is an outcome."""
        answer = self.start(request)
        while True:
            if self._cancelled():
                self.hang_up()
                raise Stopped
            try:
                return self._received(answer.get(timeout=LOOK_S))
            except queue.Empty:
                continue

    def hang_up(self) -> None:
        """End the request under way; nothing further is sent over this line."""
        self._hung_up = True
        if self._busy is not None:
            self._busy.hang_up()

    def start(self, request: PlannedRequest) -> "queue.Queue[Exchange | BaseException]":
        """Begin a request in a thread of its own; its outcome is put into the queue."""
        answer: queue.Queue[Exchange | BaseException] = queue.Queue()

        def work() -> None:
            try:
                answer.put(self._fetch(request))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
                answer.put(error)

        threading.Thread(target=work, daemon=True, name="drill-request").start()
        return answer

    @staticmethod
    def _received(item: Exchange | BaseException) -> Exchange:
        if isinstance(item, BaseException):
            raise item
        return item

    def _fetch(self, request: PlannedRequest) -> Exchange:
        try:
            if self._fresh:
                with self._opens(self.target, self._policy, self._seconds) as door:
                    exchange = self._ask(door, request)
                    self.network = door.network
            else:
                if self._open is None:
                    self._open = self._stack.enter_context(self._opens(self.target, self._policy, self._seconds))
                exchange = self._ask(self._open, request)
                self.network = self._open.network
        except PolicyRefusal as refusal:
            return Exchange(request, "blocked", error=str(refusal))
        except AssessorError as problem:
            return Exchange(request, "unreachable", error=str(problem))
        return without_key(exchange, self.target.key)

    def _ask(self, door: OpenDoor, request: PlannedRequest) -> Exchange:
        self._busy = door
        if self._hung_up:
            # It was stopped while the door was being opened.
            return Exchange(request, "timeout")
        return door.fetch(request)


UNANSWERED = {
    "blocked": N_("refused by the rules of this prober"),
    "unreachable": N_("nothing answers there"),
    "tls": N_("no trusted connection"),
    "timeout": N_("no answer in time"),
    "http": N_("no complete answer"),
    "cut": N_("the answer broke off"),
}


def refusal_words(exchange: Exchange) -> str:
    """Return what the server said when it refused, in its own words, one line at most 120 characters; may be empty."""
    from assessor.probes.recognise import shown

    data: Any = exchange.json
    for _step in range(3):
        if isinstance(data, dict):
            data = next((data[name] for name in ("error", "message", "detail") if name in data), None)
    return shown(data) if isinstance(data, str) else ""
