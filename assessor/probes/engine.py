"""Collect once, judge many: sends the two stages through the guarded door and has every detector look at the catch."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from assessor.errors import N_, AssessorError
from assessor.probes import detectors, plan
from assessor.probes.assemble import assemble, empty_result
from assessor.probes.collect.guard import PolicyRefusal
from assessor.probes.collect.http import Door
from assessor.probes.hazards import hazard
from assessor.probes.networks import network_table
from assessor.probes.origins import placed
from assessor.probes.redact import without_key
from assessor.probes.result import ProbeResult, RunOutcome
from assessor.probes.snapshot import Exchange, NetworkFacts, PlannedRequest, Snapshot, TlsFacts
from assessor.probes.target import Policy, Target
from assessor.probes.tool_calls import MAX_CALLS

# A server that lets two requests time out before it answered any is not asked further.
PATIENCE = 2
NOT_ANSWERED = N_("{count} of {total} requests were not answered: {why}")

judge = detectors.judge


@dataclass(frozen=True)
class Progress:
    """How far a run is: `done` of `total` requests of a stage, and the sentence of the one under way."""

    stage: int
    done: int
    total: int
    doing: str


class OpenDoor(Protocol):
    """An open connection to one endpoint, as `collect.http.Door` gives it."""

    @property
    def network(self) -> NetworkFacts:
        """Where the name leads."""

    @property
    def tls(self) -> TlsFacts | None:
        """The certificate that was shown."""

    def fetch(self, request: PlannedRequest) -> Exchange:
        """Send one request; network trouble is an outcome, never an exception."""


Opens = Callable[[Target, Policy], AbstractContextManager[OpenDoor]]


def _now() -> datetime:
    return datetime.now(UTC)


def run(
    target: Target,
    policy: Policy,
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
    now: Callable[[], datetime] = _now,
    vantage: str = "",
    networks: Path | None = None,
    open_door: Opens = Door,
) -> ProbeResult:
    """Probe one endpoint and return what was found; a refusal and a dead server are results, not exceptions.

    `vantage` names the place the run is made from. `cancelled` is asked before each request. `networks` is the
    operator's own table of networks instead of the shipped one; it is read before anything is sent, and `ContentError`
    is raised when it cannot be. `open_door` is there for tests that replay exchanges.
    """
    started = now()
    if networks is not None:
        network_table(networks)
    try:
        with open_door(target, policy) as door:
            run_ = _Run(target, door, on_progress, cancelled)
            outcome, error = run_.collect()
            snapshot = Snapshot(door.network, door.tls, tuple(run_.exchanges), base_path=plan.base_path(target))
    except AssessorError as problem:
        refused: RunOutcome = "refused" if isinstance(problem, PolicyRefusal) else "unreachable"
        return empty_result(target, refused, str(problem), vantage, started, now())
    snapshot = placed(snapshot, networks)
    return assemble(
        target,
        snapshot,
        judge(snapshot),
        outcome=outcome,
        error=error,
        vantage=vantage,
        started=started,
        finished=now(),
    )


class _Run:
    """The sending of one run: stage 1, what follows from it, and the end of sessions that were opened for us."""

    def __init__(
        self, target: Target, door: OpenDoor, on_progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> None:
        self.target = target
        self.door = door
        self.on_progress = on_progress
        self.cancelled = cancelled
        self.exchanges: list[Exchange] = []
        self.stopped: RunOutcome | None = None

    def collect(self) -> tuple[RunOutcome, str]:
        """Send everything that applies; return the outcome and a sentence when not all was answered."""
        self._send(1, plan.common_plan(self.target))
        for more in (plan.follow_ups, self._talk, plan.left_over):
            if self.stopped is None:
                self._send(2, more(self.target, self._snapshot()))
        # Sessions are ended even when the run was cancelled: they were opened because of us.
        closings = plan.closings(self.target, self._snapshot())
        for request in closings:
            self._fetch(request)
        return self._outcome()

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.door.network, self.door.tls, tuple(self.exchanges))

    def _talk(self, target: Target, snapshot: Snapshot) -> Iterator[PlannedRequest]:
        """Yield what is said to a tool server: each call follows from the answer to the one before."""
        for _call in range(MAX_CALLS):
            request = plan.next_talk(target, self._snapshot())
            if request is None:
                return
            yield request

    def _send(self, stage: int, requests: Iterable[PlannedRequest]) -> None:
        known = len(requests) if isinstance(requests, tuple) else 0
        before = sum(exchange.request.stage == stage for exchange in self.exchanges)
        done = before
        for request in requests:
            if self.cancelled():
                self.stopped = "cancelled"
                return
            self.on_progress(Progress(stage, done, max(before + known, done + 1), request.purpose))
            self._fetch(request)
            done += 1
            if self._is_hopeless():
                self.stopped = "unreachable"
                return
        self.on_progress(Progress(stage, done, done, ""))

    def _fetch(self, request: PlannedRequest) -> None:
        if hazard(request.method, plan.full_path(self.target, request), request.headers, request.body):
            # The plan cannot hold such a request (a test sees to that); this line makes sure of it.
            return
        self.exchanges.append(without_key(self.door.fetch(request), self.target.key))

    def _is_hopeless(self) -> bool:
        if any(exchange.outcome in {"answered", "cut"} for exchange in self.exchanges):
            return False
        last = self.exchanges[-1].outcome if self.exchanges else "answered"
        return last in {"blocked", "tls", "unreachable"} or len(self.exchanges) >= PATIENCE

    def _outcome(self) -> tuple[RunOutcome, str]:
        if self.stopped == "cancelled":
            return "cancelled", N_("The run was stopped before its end.")
        silent = [exchange for exchange in self.exchanges if exchange.outcome not in {"answered", "cut"}]
        if len(silent) == len(self.exchanges):
            first = silent[0] if silent else None
            blocked = first is not None and first.outcome == "blocked"
            return "refused" if blocked else "unreachable", (first.error if first else N_("Nothing was sent."))
        if silent:
            counted = {"count": len(silent), "total": len(self.exchanges)}
            return "partly", NOT_ANSWERED.format(why=silent[0].error or silent[0].outcome, **counted)
        return "completed", ""
