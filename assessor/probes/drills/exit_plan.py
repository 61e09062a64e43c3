"""The plan of an exit drill: every request with its cost, shown before consent and kept with the result."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from assessor.errors import N_
from assessor.probes.assemble import stamp
from assessor.probes.drills.calls import request_of
from assessor.probes.drills.cases import Case, Cases
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.features import FEATURES
from assessor.probes.drills.others import dialect
from assessor.probes.drills.records import Side
from assessor.probes.drills.speech import Ask
from assessor.probes.result import Facts
from assessor.probes.snapshot import PlannedRequest
from assessor.probes.target import Target

REQUEST_S = 60.0
TOTAL_S = 1800.0
MOST_TOKENS = 500_000
NO_WORDS = N_("this dialect has no words for it")
NO_PATH = N_("the path lies outside the registered base path, and root paths are not allowed")
NO_VECTORS = N_("no embedding model is listed")
WhichSide = Literal["a", "b"]


class ExitPlan(Facts):
    """What an exit drill will do; made before it, and never changed afterwards.

    `token_budget` is the most that may be used on both endpoints together, read and written.
    """

    drill: str = Field(max_length=40)
    planned: str
    a: Side
    b: Side
    cases_name: str = ""
    cases: tuple[Case, ...] = ()
    pass_mark: int | None = Field(default=None, ge=1, le=100)
    share_of_load: int = Field(default=0, ge=0, le=100)
    share_source: str = Field(default="", max_length=200)
    token_budget: int = Field(gt=0, le=MOST_TOKENS)
    request_seconds: float = Field(default=REQUEST_S, gt=0, le=600)
    total_seconds: float = Field(default=TOTAL_S, gt=0, le=4 * 3600)


@dataclass(frozen=True)
class Call:
    """One request of the drill: what it asks on which side; `request` is None where `absent` says why not."""

    id: str
    side: WhichSide
    about: str
    name: str
    ask: Ask
    request: PlannedRequest | None = None
    absent: str = ""
    case: Case | None = None

    @property
    def most_tokens(self) -> int:
        """The most it may cost, read and written; the reading is an estimate that errs upward."""
        return self.ask.input_tokens + self.ask.max_tokens if self.request else 0


def new_drill_id() -> str:
    """Return a name by which the records of one drill find each other."""
    return secrets.token_hex(6)


def make_plan(
    a: Side,
    b: Side,
    *,
    now: datetime,
    cases: Cases | None = None,
    pass_mark: int | None = None,
    share_of_load: int = 0,
    share_source: str = "",
    token_budget: int = 0,
    request_seconds: float = REQUEST_S,
    total_seconds: float = TOTAL_S,
) -> ExitPlan:
    """Return a plan whose budget covers all of it; raises `DrillRefused` for what cannot be tested honestly."""
    cases = cases or Cases()
    mark = pass_mark or cases.pass_mark
    if cases.cases and mark is None:
        raise DrillRefused(
            N_("Own cases need a pass mark, and it has to be set before they are tried."),
            remedy=N_("Give the per cent of cases that the candidate must pass."),
        )
    if pass_mark and not cases.cases:
        raise DrillRefused(
            N_("A pass mark is for own cases, and there are none."), remedy=N_("Add a file of cases, or take it out.")
        )
    if share_of_load and not share_source.strip():
        raise DrillRefused(
            N_("A share of real requests needs a place where it can be looked up."),
            remedy=N_("Name the log or the setting that shows it."),
        )
    if (a.url, a.model) == (b.url, b.model):
        raise DrillRefused(
            N_("Both sides are the same endpoint and model."), remedy=N_("Choose another candidate or model.")
        )
    plan = ExitPlan(
        drill=new_drill_id(),
        planned=stamp(now),
        a=a,
        b=b,
        cases_name=cases.name,
        cases=cases.cases,
        pass_mark=mark if cases.cases else None,
        share_of_load=share_of_load,
        share_source=share_source.strip(),
        token_budget=token_budget or MOST_TOKENS,
        request_seconds=request_seconds,
        total_seconds=total_seconds,
    )
    # What a prompt costs to read is an estimate: the drill ends where it proves to be wrong by half.
    budget = token_budget or min(MOST_TOKENS, 2 * most_tokens(calls(plan, (Target(a.url), Target(b.url)))) + 1000)
    return plan.model_copy(update={"token_budget": budget})


def calls(plan: ExitPlan, targets: tuple[Target, Target]) -> tuple[Call, ...]:
    """Return every request of the plan in the order in which it is sent: each thing on A, then on B."""
    made = []
    for one in FEATURES:
        made += [_call(plan, side, targets, one.id, one.name, one.ask, None) for side in ("a", "b")]
    for case in plan.cases:
        made += [_call(plan, side, targets, f"case {case.id}", case.id, case.ask, case) for side in ("a", "b")]
    return tuple(made)


def _call(
    plan: ExitPlan, which: str, targets: tuple[Target, Target], about: str, name: str, ask: Ask, case: Case | None
) -> Call:
    side: WhichSide = "a" if which == "a" else "b"
    spoken_to, target = (plan.a, targets[0]) if side == "a" else (plan.b, targets[1])
    spoken = dialect(spoken_to.dialect)
    model = spoken_to.embedding_model if ask.embed else spoken_to.model
    call = Call(f"{side}:{about}", side, about, name, ask, case=case)
    if spoken is None:
        raise DrillRefused(N_("“{name}” is no dialect that drills speak."), name=spoken_to.dialect)
    if ask.embed and spoken.embed_path and not model:
        return Call(call.id, side, about, name, ask, absent=NO_VECTORS, case=case)
    try:
        request = request_of(target, spoken, ask, model, call.id, name)
    except ValueError as why:
        return Call(call.id, side, about, name, ask, absent=NO_PATH if str(why) == "path" else NO_WORDS, case=case)
    return Call(call.id, side, about, name, ask, request, case=case)


def most_tokens(planned: tuple[Call, ...]) -> int:
    """Return the most that all requests together may cost."""
    return sum(call.most_tokens for call in planned)
