"""Holding a disconnection drill in small steps, so that a worker may die, or be needed elsewhere, between any two.

Its state is plain data: what was seen before, since when the way out is closed, and every round. A step does what is
due and says when the next one is; nothing is asked twice and nothing that was missed is made up.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field

from assessor.errors import N_
from assessor.probes.drills.calls import UNANSWERED, Cancelled, Line, Opens, harm, open_door, refusal_words
from assessor.probes.drills.disconnect_plan import DisconnectPlan, fresh_ask, new_nonce, request_for
from assessor.probes.drills.others import dialect
from assessor.probes.drills.outside import has_default_route, look
from assessor.probes.drills.records import DrillOutcome, Outside, Round
from assessor.probes.drills.speech import NOTHING
from assessor.probes.result import Facts
from assessor.probes.snapshot import Exchange
from assessor.probes.target import Policy, Target

Phase = Literal["before", "waiting", "closed", "over"]
WAIT_STEP_S = 3.0
_CACHED = re.compile(r"(?i)^(hit|true|1)\b")
_CACHE_HEADERS = (
    "cf-aig-cache-status",
    "x-cache",
    "x-cache-status",
    "x-portkey-cache-status",
    "x-litellm-cache-hit",
    "helicone-cache",
    "x-kong-cache-status",
)

REFUSED = N_("The policy forbids this endpoint; nothing was sent to it.")
DEAD = N_("The endpoint did not answer before the way out was closed, so there was nothing to test.")
NEVER_CLOSED = N_("The way out was not closed while the drill waited for it.")
OVER_BUDGET = N_("The tokens that were agreed on were used up.")
STOPPED = N_("The drill was stopped before its end.")


class State(Facts):
    """How far a drill is. Times are ISO 8601 in UTC with fractions of a second."""

    phase: Phase = "before"
    started: str = ""
    closed_from: str = ""
    ended: str = ""
    outcome: DrillOutcome = "completed"
    error: str = ""
    seen_open: tuple[bool, ...] = ()
    host_shown: Literal["loopback", "said", ""] = ""
    rounds: tuple[Round, ...] = ()
    requests: int = 0
    tokens: int = Field(default=0, ge=0)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be done."""
        return self.phase == "over"


def utcnow() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def parse_time(text: str) -> datetime:
    """Return a time as a state or a record writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


@dataclass
class Drill:
    """One endpoint under a plan; `step` moves a state on and `due` tells when it wants to be moved again."""

    plan: DisconnectPlan
    target: Target
    policy: Policy
    cancelled: Cancelled = lambda: False
    now: Callable[[], datetime] = utcnow
    opens: Opens = open_door
    contact_seconds: float = 5.0
    _line: Line = field(init=False)

    def __post_init__(self) -> None:
        # Opened anew for each round: a name that leads nowhere any more is one of the things to be found.
        self._line = Line(
            self.target,
            self.policy,
            seconds=self.plan.request_seconds,
            cancelled=self.cancelled,
            fresh=True,
            opens=self.opens,
        )

    def due(self, state: State) -> datetime:
        """Return when the next step is due."""
        if state.phase == "closed":
            past = (self.now() - parse_time(state.closed_from)).total_seconds()
            done = {int(one.at // self.plan.every) for one in state.rounds if one.at >= 0}
            place = int(past // self.plan.every)
            following = place if place not in done else place + 1
            return parse_time(state.closed_from) + timedelta(seconds=min(following, self.plan.rounds) * self.plan.every)
        return self.now() + timedelta(seconds=WAIT_STEP_S if state.phase == "waiting" else 0)

    def step(self, state: State) -> State:
        """Do what is due and return the new state; raises `Stopped`, after which `stop` gives the state to keep."""
        if state.phase == "before":
            return self._before(state)
        if state.phase == "waiting":
            return self._waiting(state)
        return self._round(state) if state.phase == "closed" else state

    def stop(self, state: State) -> State:
        """Return the state of a drill that somebody stopped."""
        if state.is_over:
            return state
        return self._over(state, "stopped", STOPPED)

    def _over(self, state: State, outcome: DrillOutcome, error: str) -> State:
        ended = self.now().isoformat()
        return state.model_copy(update={"phase": "over", "outcome": outcome, "error": error, "ended": ended})

    def _before(self, state: State) -> State:
        """See that the endpoint works and that the outside answers, while everything is still open."""
        begun = self.now()
        first, blocked = self._ask(-1.0)
        kept = {
            "started": begun.isoformat(),
            "rounds": (first,),
            "requests": 1,
            "tokens": first.tokens,
            "host_shown": self._host() if self.plan.on_host else "",
        }
        state = state.model_copy(update=kept)
        if not first.ok:
            return self._over(state, "refused" if blocked else "unreachable", REFUSED if blocked else DEAD)
        seen = self._look()
        state = state.model_copy(
            update={
                "seen_open": tuple(one == "open" for one in seen),
                "rounds": (first.model_copy(update={"outside": seen}),),
            }
        )
        if self.plan.outside and "open" in seen:
            return state.model_copy(update={"phase": "waiting"})
        # Nothing to wait for: nothing outside is tried from here, or all of it is closed already.
        return state.model_copy(update={"phase": "closed", "closed_from": self.now().isoformat()})

    def _waiting(self, state: State) -> State:
        if all(one == "closed" for one in self._look()):
            return state.model_copy(update={"phase": "closed", "closed_from": self.now().isoformat()})
        waited = (self.now() - parse_time(state.started)).total_seconds()
        if waited > self.plan.wait_minutes * 60:
            return self._over(state, "out-of-time", NEVER_CLOSED)
        return state

    def _round(self, state: State) -> State:
        begun = parse_time(state.closed_from)
        at = (self.now() - begun).total_seconds()
        if at >= self.plan.minutes * 60:
            return self._over(state, "completed", "")
        if state.tokens >= self.plan.token_budget:
            return self._over(state, "over-budget", OVER_BUDGET)
        if any(one.at >= 0 and int(one.at // self.plan.every) == int(at // self.plan.every) for one in state.rounds):
            # This round was held before the step was repeated.
            return state
        made, _blocked = self._ask(round(at, 1))
        earlier = {one.text for one in state.rounds if one.text}
        made = made.model_copy(update={"outside": self._look(), "repeated": bool(made.text) and made.text in earlier})
        if self.plan.on_host:
            made = made.model_copy(update={"routes": has_default_route()})
        took = (self.now() - begun).total_seconds() - at
        made = made.model_copy(update={"took": round(max(0.0, took), 1)})
        return state.model_copy(
            update={
                "rounds": (*state.rounds, made),
                "requests": state.requests + 1,
                "tokens": state.tokens + made.tokens,
            }
        )

    def _look(self) -> tuple[Outside, ...]:
        if not self.plan.outside:
            return ()
        return look(
            self.plan.outside, self.policy, cancelled=self.cancelled, seconds=self.contact_seconds, opens=self.opens
        )

    def _host(self) -> Literal["loopback", "said"]:
        """Return what shows that this computer serves the endpoint: its address, or only somebody's word."""
        network = self._line.network
        kinds = {one.kind for one in network.addresses} if network else set()
        return "loopback" if kinds == {"loopback"} else "said"

    def _ask(self, at: float) -> tuple[Round, bool]:
        """Ask one fresh prompt; returns the round and whether the policy forbade it."""
        request = request_for(self.plan, self.target, new_nonce())
        if why := harm(request):
            raise AssertionError(why)
        exchange = self._line.send(request)
        return self._judged(at, exchange), exchange.outcome == "blocked"

    def _judged(self, at: float, exchange: Exchange) -> Round:
        spoken = dialect(self.plan.dialect)
        ask_cost = self.plan.most_tokens // self.plan.most_requests
        answered = exchange.outcome == "answered" and 200 <= exchange.status < 300
        said = NOTHING
        if spoken is not None and answered:
            said = spoken.read(exchange, fresh_ask("0" * 8))
        ok = said.fits and bool(said.text or said.tokens_out)
        counted = said.tokens_in is not None and said.tokens_out is not None
        cost = (said.tokens_in or 0) + (said.tokens_out or 0) if counted else ask_cost
        return Round(
            at=at,
            ok=ok,
            ms=exchange.elapsed_ms,
            status=exchange.status,
            note="" if ok else self._note(exchange, answered),
            text=hashlib.sha256(said.text.encode()).hexdigest()[:16] if said.text else "",
            cached=any(_CACHED.match(exchange.header(name)) for name in _CACHE_HEADERS),
            tokens=cost if exchange.status else 0,
        )

    @staticmethod
    def _note(exchange: Exchange, answered: bool) -> str:
        if answered:
            return N_("answered, and without an answer of the model")
        if exchange.outcome != "answered":
            return UNANSWERED[exchange.outcome]
        return f"{exchange.status} {refusal_words(exchange)}".strip()
