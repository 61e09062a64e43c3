"""The plan of a disconnection drill: how long, how often, what must be reached, set before it begins."""

import math
import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from assessor.errors import N_
from assessor.probes.assemble import stamp
from assessor.probes.drills.calls import request_of
from assessor.probes.drills.choose import DrillRefused, model_of, own_dialect
from assessor.probes.drills.exit_plan import new_drill_id
from assessor.probes.drills.others import dialect
from assessor.probes.drills.speech import Ask
from assessor.probes.result import Facts, ProbeResult
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import Target

LEAST_EVERY, MOST_EVERY = 5.0, 900.0
MOST_MINUTES = 7 * 24 * 60
MOST_ROUNDS = 3000
REQUEST_S = 60.0
WAIT_MINUTES = 15.0
TOKENS_OUT = 16
COLD = r"^(none|\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z?)?$"
_WORDS = "amber basin cedar delta ember fjord grove heron inlet juniper kelp lagoon maple night orchid pebble".split()


class DisconnectPlan(Facts):
    """What a disconnection drill will do; made before it, and never changed afterwards.

    `on_host`: it runs on the computer that serves the endpoint, so `outside` addresses tried from here say something.
    `wait_minutes`: how long it waits for somebody to close the way out before the time begins to count.
    """

    drill: str = Field(max_length=40)
    planned: str
    url: str = Field(max_length=500)
    name: str = Field(default="", max_length=120)
    dialect: str
    why: str = ""
    model: str
    minutes: float = Field(gt=0, le=MOST_MINUTES)
    every: float = Field(ge=0.1, le=MOST_EVERY)
    pass_mark: int = Field(ge=1, le=100)
    share_of_load: int = Field(default=0, ge=0, le=100)
    cold_start: str = Field(default="", pattern=COLD)
    on_host: bool = False
    outside: tuple[str, ...] = ()
    wait_minutes: float = Field(default=WAIT_MINUTES, ge=0, le=24 * 60)
    request_seconds: float = Field(default=REQUEST_S, gt=0, le=600)

    @property
    def rounds(self) -> int:
        """How many rounds the closed time has."""
        return max(1, math.ceil(self.minutes * 60 / self.every))

    @property
    def most_requests(self) -> int:
        """The most model requests that are sent: one to see that it works, one each round."""
        return self.rounds + 1

    @property
    def most_tokens(self) -> int:
        """About what it costs at most, read and written; what a prompt costs to read is an estimate."""
        ask = fresh_ask("0" * 8)
        return self.most_requests * (ask.input_tokens + ask.max_tokens)

    @property
    def token_budget(self) -> int:
        """The tokens at which the drill ends, since the estimate must have been wrong then."""
        return 3 * self.most_tokens + 1000


def make_plan(
    seen: ProbeResult,
    *,
    now: datetime,
    minutes: float,
    pass_mark: int,
    every: float = 30.0,
    name: str = "",
    wanted_dialect: str = "",
    wanted_model: str = "",
    share_of_load: int = 0,
    cold_start: str = "",
    on_host: bool = False,
    outside: Sequence[str] = (),
    wait_minutes: float = WAIT_MINUTES,
) -> DisconnectPlan:
    """Return a plan; raises `DrillRefused` for what would show nothing. `outside` was checked by `check_outside`."""
    if not LEAST_EVERY <= every <= MOST_EVERY:
        raise DrillRefused(
            N_("A round every {every} seconds is outside of {least} to {most}."),
            remedy=N_("Give a number of seconds between them."),
            every=f"{every:g}",
            least=f"{LEAST_EVERY:g}",
            most=f"{MOST_EVERY:g}",
        )
    if not 1 <= minutes <= MOST_MINUTES:
        raise DrillRefused(
            N_("A drill lasts 1 minute to {most} (7 days)."),
            remedy=N_("Give its length in minutes."),
            most=MOST_MINUTES,
        )
    if minutes * 60 / every > MOST_ROUNDS:
        raise DrillRefused(
            N_("That would be more than {most} rounds."),
            remedy=N_("Ask less often: every {every} seconds at least."),
            most=MOST_ROUNDS,
            every=math.ceil(minutes * 60 / MOST_ROUNDS),
        )
    if outside and not on_host:
        raise DrillRefused(
            N_("Outside addresses tried from here say nothing about the computer that serves the endpoint."),
            remedy=N_("Run the drill there, or run the canary there and join its record."),
        )
    if on_host and not outside:
        raise DrillRefused(
            N_("On the serving computer the drill can show that the way out is closed, and nothing to try is given."),
            remedy=N_("Give at least one outside address that answers today."),
        )
    if not re.match(COLD, cold_start):
        raise DrillRefused(
            N_("“{text}” is no time of a cold start."),
            remedy=N_("Write it like 2026-11-21T14:30Z, or “none” when nothing was restarted."),
            text=cold_start[:40],
        )
    spoken, why = own_dialect(seen, wanted_dialect)
    return DisconnectPlan(
        drill=new_drill_id(),
        planned=stamp(now),
        url=seen.target_url,
        name=name,
        dialect=spoken,
        why=why,
        model=model_of(seen, wanted_model),
        minutes=minutes,
        every=every,
        pass_mark=pass_mark,
        share_of_load=share_of_load,
        cold_start=cold_start,
        on_host=on_host,
        outside=tuple(outside),
        wait_minutes=wait_minutes,
    )


def fresh_ask(nonce: str) -> Ask:
    """Return a prompt that nobody asked before: it holds a number drawn for it, and words drawn from the number."""
    drawn = [_WORDS[int(digit, 16)] for digit in nonce[:3]]
    return Ask(f"Repeat this line: {' '.join(drawn)} {nonce}", max_tokens=TOKENS_OUT)


def new_nonce() -> str:
    """Return eight digits drawn at random."""
    return secrets.token_hex(4)


def request_for(plan: DisconnectPlan, target: Target, nonce: str) -> PlannedRequest:
    """Return the request of one round; raises `DrillRefused` where the address has no way to ask it."""
    spoken = dialect(plan.dialect)
    try:
        if spoken is None:
            raise ValueError("words")
        return request_of(target, spoken, fresh_ask(nonce), plan.model, f"round-{nonce}", N_("Ask a fresh prompt."))
    except ValueError as why:
        raise DrillRefused(
            N_("This endpoint cannot be asked in the dialect {dialect} below its registered path."),
            place=plan.url,
            remedy=N_("Allow root paths, or choose another dialect."),
            dialect=plan.dialect,
        ) from why
