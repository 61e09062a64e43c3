"""Holding a drill or a canary from beginning to end in one go, as the command line does; the web app holds steps."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from assessor.probes.assemble import stamp
from assessor.probes.drills.calls import LOOK_S, Cancelled, Opens, Stopped, open_door
from assessor.probes.drills.disconnect_judge import disconnect_record
from assessor.probes.drills.disconnect_run import Drill, State, utcnow
from assessor.probes.drills.outside import CONTACT_S, has_default_route, look
from assessor.probes.drills.records import CanaryRecord, CanaryRound, DisconnectRecord
from assessor.probes.target import Policy


def _wait(until: datetime, cancelled: Cancelled, now: Callable[[], datetime]) -> None:
    while (left := (until - now()).total_seconds()) > 0:
        if cancelled():
            raise Stopped
        time.sleep(min(LOOK_S, left))


def hold(
    drill: Drill, *, on_state: Callable[[State], None] = lambda state: None, vantage: str = ""
) -> DisconnectRecord:
    """Hold a disconnection drill to its end, or until it is stopped, and return its sealed record."""
    state = State()
    try:
        while not state.is_over:
            if drill.cancelled():
                raise Stopped
            state = drill.step(state)
            on_state(state)
            if not state.is_over:
                _wait(drill.due(state), drill.cancelled, drill.now)
    except Stopped:
        state = drill.stop(state)
        if not state.started:
            state = state.model_copy(update={"started": state.ended})
        on_state(state)
    return disconnect_record(drill.plan, state, vantage=vantage)


@dataclass(frozen=True)
class Canary:
    """What the canary tries, how often and for how long; `drill` names the drill it runs for."""

    drill: str
    outside: tuple[str, ...]
    seconds: float
    every: float
    policy: Policy
    cancelled: Cancelled = lambda: False
    now: Callable[[], datetime] = utcnow
    opens: Opens = open_door
    contact_seconds: float = CONTACT_S

    def run(self, *, on_round: Callable[[CanaryRound], None] = lambda one: None, host: str = "") -> CanaryRecord:
        """Try until the time is over or somebody stops it; what was seen until then is the record."""
        begun, rounds = self.now(), list[CanaryRound]()
        try:
            while not self.cancelled():
                at = self.now()
                if (at - begun).total_seconds() >= self.seconds:
                    break
                seen = look(
                    self.outside,
                    self.policy,
                    cancelled=self.cancelled,
                    seconds=self.contact_seconds,
                    opens=self.opens,
                )
                rounds.append(CanaryRound(at=at.isoformat(), outside=seen, routes=has_default_route()))
                on_round(rounds[-1])
                _wait(at.fromtimestamp(at.timestamp() + self.every, at.tzinfo), self.cancelled, self.now)
        except Stopped:
            # What was seen until then stands.
            pass
        record: CanaryRecord = CanaryRecord(
            drill=self.drill,
            host=host,
            started=stamp(begun),
            finished=stamp(self.now()),
            every=self.every,
            outside=self.outside,
            rounds=tuple(rounds),
        ).sealed()
        return record
