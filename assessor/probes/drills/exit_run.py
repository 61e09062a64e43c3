"""Holding an exit drill: one request after another, counted, judged at once, resumable, stopped within two seconds."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from assessor.errors import N_
from assessor.probes.drills.calls import UNANSWERED, Cancelled, Line, Opens, Stopped, harm, open_door, refusal_words
from assessor.probes.drills.exit_judge import exit_record
from assessor.probes.drills.exit_plan import NO_WORDS, Call, ExitPlan, calls
from assessor.probes.drills.features import feature
from assessor.probes.drills.others import dialect
from assessor.probes.drills.records import DrillOutcome, ExitRecord, Reply
from assessor.probes.drills.speech import Said
from assessor.probes.engine import Progress
from assessor.probes.snapshot import Exchange
from assessor.probes.target import Policy, Target

# So many requests in a row without any answer, and a side is asked no more.
PATIENCE = 2
STOPPED = N_("The drill was stopped before its end.")
OVER_BUDGET = N_("The tokens that were agreed on were used up.")
OUT_OF_TIME = N_("The time for the whole drill was used up.")
GIVEN_UP = N_("not sent: this endpoint did not answer before")


def _now() -> datetime:
    return datetime.now(UTC)


def run(
    plan: ExitPlan,
    targets: tuple[Target, Target],
    policy: Policy,
    *,
    done: Mapping[str, Reply] | None = None,
    on_done: Callable[[str, Reply], None] = lambda call, reply: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    cancelled: Cancelled = lambda: False,
    now: Callable[[], datetime] = _now,
    started: datetime | None = None,
    vantage: str = "",
    opens: Opens = open_door,
) -> ExitRecord:
    """Hold the drill and return its sealed record; dead endpoints and refusals are results, not exceptions.

    `done` holds the replies of an earlier attempt, which are not asked again; `on_done` is told of each new one, so
    that a worker that is killed loses none.
    """
    held = _Held(plan, targets, policy, dict(done or {}), on_done, cancelled, opens)
    begun = started or now()
    planned = calls(plan, targets)
    try:
        outcome, error = held.work(planned, on_progress)
    finally:
        held.close()
    return exit_record(
        plan, planned, held.replies, outcome=outcome, error=error, started=begun, finished=now(), vantage=vantage
    )


def stopped(
    plan: ExitPlan, replies: Mapping[str, Reply], *, started: datetime, finished: datetime, vantage: str = ""
) -> ExitRecord:
    """Return the record of a drill that was stopped after these replies."""
    planned = calls(plan, (Target(plan.a.url), Target(plan.b.url)))
    return exit_record(
        plan,
        planned,
        replies,
        outcome="stopped",
        error=STOPPED,
        started=started,
        finished=finished,
        vantage=vantage,
    )


@dataclass
class _Held:
    """The replies so far, and what they cost."""

    plan: ExitPlan
    targets: tuple[Target, Target]
    policy: Policy
    replies: dict[str, Reply]
    on_done: Callable[[str, Reply], None]
    cancelled: Cancelled
    opens: Opens

    def __post_init__(self) -> None:
        seconds, end = self.plan.request_seconds, time.monotonic() + self.plan.total_seconds
        self._lines = {
            side: Line(target, self.policy, seconds=seconds, cancelled=self.cancelled, opens=self.opens)
            for side, target in zip(("a", "b"), self.targets, strict=True)
        }
        self._end = end
        self._silent = {"a": 0, "b": 0}
        self._renamed = {"a": False, "b": False}

    @property
    def used(self) -> int:
        return sum(reply.tokens_in + reply.tokens_out for reply in self.replies.values())

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    def work(self, planned: tuple[Call, ...], on_progress: Callable[[Progress], None]) -> tuple[DrillOutcome, str]:
        for done, call in enumerate(planned):
            if self.cancelled():
                return "stopped", STOPPED
            on_progress(Progress(1, done, len(planned), call.name))
            if call.id in self.replies:
                continue
            if call.request is not None and self.used + call.most_tokens > self.plan.token_budget:
                return "over-budget", OVER_BUDGET
            if time.monotonic() >= self._end:
                return "out-of-time", OUT_OF_TIME
            try:
                self._keep(call, self._reply(call))
            except Stopped:
                return "stopped", STOPPED
        on_progress(Progress(1, len(planned), len(planned), ""))
        heard = [reply for reply in self.replies.values() if reply.status]
        if heard:
            return "completed", ""
        blocked = any(reply.note == UNANSWERED["blocked"] for reply in self.replies.values())
        return ("refused" if blocked else "unreachable"), N_("Neither endpoint answered.")

    def _keep(self, call: Call, reply: Reply) -> None:
        self.replies[call.id] = reply
        self.on_done(call.id, reply)

    def _reply(self, call: Call) -> Reply:
        if call.request is None:
            return Reply(state="absent" if call.absent == NO_WORDS else "not-sent", note=call.absent)
        if self._silent[call.side] >= PATIENCE:
            return Reply(state="not-sent", note=GIVEN_UP)
        exchange = self._send(call)
        if exchange.status:
            self._silent[call.side] = 0
        else:
            self._silent[call.side] += 1
        return judged(call, exchange, self.plan)

    def _send(self, call: Call) -> Exchange:
        assert call.request is not None  # noqa: S101 - `_reply` has looked
        request = call.request
        if self._renamed[call.side]:
            request = replace(request, body=_renamed(request.body))
        if why := harm(request):
            return Exchange(request, "blocked", error=why)
        exchange = self._lines[call.side].send(request)
        wants_other = exchange.status == 400 and b"max_completion_tokens" in exchange.body
        if wants_other and not self._renamed[call.side] and not call.ask.embed:
            # Newer hosted models know the cap by another name; asked once more with it, from then on always.
            self._renamed[call.side] = True
            again = replace(request, body=_renamed(request.body))
            return self._lines[call.side].send(again)
        return exchange


def _renamed(body: bytes | None) -> bytes:
    data = json.loads(body or b"{}")
    if "max_tokens" in data:
        data["max_completion_tokens"] = data.pop("max_tokens")
    return json.dumps(data).encode()


def judged(call: Call, exchange: Exchange, plan: ExitPlan) -> Reply:
    """Return the reply to a call with its judgement, its time and what it cost."""
    spoken = dialect((plan.a if call.side == "a" else plan.b).dialect)
    assert spoken is not None  # noqa: S101 - the plan was made with it
    kept = {
        "status": exchange.status,
        "ms": exchange.elapsed_ms,
        "length": len(exchange.body),
        "sha256": hashlib.sha256(exchange.body).hexdigest() if exchange.body else "",
    }
    if exchange.outcome != "answered":
        cost = call.ask.input_tokens if exchange.outcome in {"timeout", "http", "cut"} else 0
        spent = {"tokens_in": cost, "tokens_out": call.ask.max_tokens if cost else 0, "counted": False}
        return Reply.model_validate(kept | spent | {"state": "breaks", "note": UNANSWERED[exchange.outcome]})
    if not 200 <= exchange.status < 300:
        why = refusal_words(exchange)
        note = N_("refused with {status}: {why}") if why else N_("refused with {status}")
        params = {"status": str(exchange.status)} | ({"why": why} if why else {})
        return Reply.model_validate(kept | {"state": "breaks", "note": note, "params": params})
    said = spoken.read(exchange, call.ask)
    if call.ask.stream and not said.fits:
        # Some take the wish for a stream and answer in one piece all the same.
        said = replace(spoken.read(exchange, replace(call.ask, stream=False)), events=1)
    counted = said.tokens_in is not None and said.tokens_out is not None
    kept |= {
        "tokens_in": said.tokens_in if said.tokens_in is not None else call.ask.input_tokens,
        "tokens_out": said.tokens_out if said.tokens_out is not None else call.ask.max_tokens,
        "counted": counted,
        "vector": said.vector,
    }
    if not said.fits:
        note = N_("answered, and not in this dialect")
        return Reply.model_validate(kept | {"state": "breaks", "note": note})
    return Reply.model_validate(kept | (_of_case(call, said) if call.case else _of_feature(call, said)))


def _of_feature(call: Call, said: Said) -> dict[str, object]:
    known = feature(call.about)
    assert known is not None  # noqa: S101 - calls are made from the features
    verdict = known.judge(said)
    return {"state": verdict.state, "note": verdict.note, "params": dict(verdict.params)}


def _of_case(call: Call, said: Said) -> dict[str, object]:
    assert call.case is not None  # noqa: S101 - asked before
    note, about = call.case.expect.missed(said)
    if not note:
        return {"state": "works"}
    return {"state": "differs", "note": note, "params": {"text": about[:80]}}
