"""From the rounds of a disconnection drill to its record: did it go on, was the way out closed, and who shows that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.assemble import stamp
from assessor.probes.detectors.base import params
from assessor.probes.drills.disconnect_plan import DisconnectPlan
from assessor.probes.drills.disconnect_run import State, parse_time
from assessor.probes.drills.records import DisconnectRecord, Proof, Round

# Of the planned rounds so many may be missed (the prober slept, the worker was replaced) before the length is doubted.
MISSED_SHARE = 0.05
# So many answers must be there before sameness says anything.
ENOUGH_ANSWERS = 3
HOUR, DAY = 60, 24 * 60

FRONT = N_(
    "The drill is about the computer whose way out was closed. If the endpoint passes requests on to others, theirs has"
    " to be closed too."
)
NOT_SHOWN = N_(
    "Nothing here shows that the serving computer's way out was closed: what was seen counts as observed at most. Run"
    " the canary there, read its firewall counters, or have somebody witness the pulled cable, and join that."
)
NEVER_OPEN = N_("No outside address answered before, so its silence is weaker proof: it may never have answered.")
SAID_HOST = N_("That the drill ran on the serving computer is somebody's word; its address does not show it.")
NO_COLD = N_("No start from cold within the closed time is noted, nor that there was none.")
NOT_COLD = N_("Nothing was started from cold: what a start needs from outside did not show.")
NO_SHARE = N_("No share of real requests is recorded, so this counts as seen, not as tested.")
MISSED = N_("Rounds were missed because the prober itself was away; what happened then is not known.")
STALE = N_("Replies came from a cache or were all the same, so they do not show that a model worked.")
CANARY = N_("{rounds} rounds, {open} with an answer from outside; open before: {before}")
CANARY_NO_ROUTE = N_("{rounds} rounds, {open} with an answer from outside; no route out at all")
TOO_MANY_MISSED = N_("The prober itself was away for more than a twentieth of the time.")
BELOW_MARK = N_("Fewer prompts were answered than the mark asks for.")
WAS_OPEN = N_("Something outside answered while the way out should have been closed.")
UNFINISHED = N_("The drill ended before the planned time.")


def closed_rounds(rounds: Sequence[Round]) -> tuple[Round, ...]:
    """Return the rounds within the closed time."""
    return tuple(one for one in rounds if one.at >= 0)


def held_up(one: Round, every: float) -> int:
    """Return how many rounds fell away because this one lasted into them."""
    return max(0, int((one.at + one.took) // every) - int(one.at // every) - 1)


def own_proof(plan: DisconnectPlan, state: State, vantage: str) -> tuple[Proof, ...]:
    """Return the proof that the drill itself gives: its own canary, where it ran on the serving host."""
    held = closed_rounds(state.rounds)
    if not plan.on_host or not plan.outside or not held:
        return ()
    leaks = sum("open" in one.outside for one in held)
    untried = sum("not-tried" in one.outside for one in held)
    no_route = all(one.routes is False for one in held)
    holds = not leaks and not untried and (any(state.seen_open) or no_route)
    because = CANARY_NO_ROUTE if no_route else CANARY
    told = {"rounds": str(len(held)), "open": str(leaks), "before": "yes" if any(state.seen_open) else "no"}
    said_by = "" if state.host_shown == "loopback" else N_("whoever ran the drill")
    return (
        Proof(
            kind="canary", holds=holds, leak=bool(leaks), host=vantage, said_by=said_by, because=because, params=told
        ),
    )


def disconnect_record(plan: DisconnectPlan, state: State, *, vantage: str = "") -> DisconnectRecord:
    """Return the sealed record of a drill that is over."""
    closed_until = ""
    if state.closed_from and state.ended:
        end = min(parse_time(state.ended), parse_time(state.closed_from) + timedelta(minutes=plan.minutes))
        closed_until = stamp(end)
    return judged(
        DisconnectRecord(
            drill=plan.drill,
            outcome=state.outcome,
            error=state.error,
            planned=plan.planned,
            started=stamp(parse_time(state.started)) if state.started else plan.planned,
            closed_from=stamp(parse_time(state.closed_from)) if state.closed_from else "",
            closed_until=closed_until,
            finished=stamp(parse_time(state.ended)),
            vantage=vantage,
            on_host=plan.on_host,
            host_shown=state.host_shown,
            url=plan.url,
            name=plan.name,
            dialect=plan.dialect,
            model=plan.model,
            planned_minutes=plan.minutes,
            every=plan.every,
            pass_mark=plan.pass_mark,
            share_of_load=plan.share_of_load,
            cold_start=plan.cold_start,
            outside=plan.outside,
            seen_open=state.seen_open,
            rounds=state.rounds,
            proofs=own_proof(plan, state, vantage),
            requests=state.requests,
            tokens=state.tokens,
        )
    )


def judged(record: DisconnectRecord) -> DisconnectRecord:
    """Return a record with everything that follows from its facts worked out anew, and sealed."""
    held = closed_rounds(record.rounds)
    planned = max(1, round(record.planned_minutes * 60 / record.every))
    answered = sum(one.ok for one in held)
    lasted = 0.0
    if record.closed_from and record.closed_until:
        lasted = (parse_time(record.closed_until) - parse_time(record.closed_from)).total_seconds()
    waited = sum(held_up(one, record.every) for one in held)
    # A round that waits for an answer in vain keeps others from being asked: they failed with it.
    asked = len(held) + sum(held_up(one, record.every) for one in held if not one.ok)
    missed = max(0, min(planned, round(lasted / record.every)) - len(held) - waited)
    whole = record.outcome == "completed" and missed <= planned * MISSED_SHARE
    fresh = is_fresh(held)
    reached = bool(held) and answered * 100 >= record.pass_mark * asked
    leaked = any("open" in one.outside for one in held) or any(proof.leak for proof in record.proofs)
    passed = whole and fresh and reached and not leaked
    shown = any(proof.holds for proof in record.proofs) and not leaked
    qualifies = shown and whole and fresh and bool(noted_cold_start(record)) and record.share_of_load > 0
    record = record.model_copy(
        update={
            "missed": missed,
            "asked": asked,
            "answered": answered,
            "minutes": int(lasted // 60),
            "fresh": fresh,
            "passed": passed,
            "qualifies": qualifies,
        }
    )
    record = record.model_copy(
        update={"limits": _limits(record, shown=shown), "findings": _findings(record, shown=shown, leaked=leaked)}
    )
    sealed: DisconnectRecord = record.sealed()
    return sealed


def noted_cold_start(record: DisconnectRecord) -> str:
    """Return "none", or the time of a cold start within the closed time; empty for one noted outside of it."""
    if record.cold_start in {"", "none"} or not record.closed_from or not record.closed_until:
        return record.cold_start if record.cold_start == "none" else ""
    try:
        at = parse_time(record.cold_start)
    except ValueError:
        return ""
    # A minute is as exact as people write such times down.
    slack = timedelta(seconds=60)
    inside = parse_time(record.closed_from) - slack <= at <= parse_time(record.closed_until) + slack
    return record.cold_start if inside else ""


def is_fresh(held: Sequence[Round]) -> bool:
    """Tell whether the answers show a model at work: none from a cache, and not the same text to every prompt."""
    answers = [one for one in held if one.ok]
    if any(one.cached for one in answers):
        return False
    texts = [one.text for one in answers if one.text]
    return len(answers) < ENOUGH_ANSWERS or not texts or len(set(texts)) > 1


def stops(record: DisconnectRecord) -> tuple[tuple[float, float, int, str], ...]:
    """Return every stretch without an answer: from, until (seconds of the closed time), rounds, the first reason."""
    found: list[tuple[float, float, int, str]] = []
    held = closed_rounds(record.rounds)
    for before, one in pairwise((None, *held)):
        assert one is not None  # noqa: S101 - only the first of all pairs begins with None
        if one.ok:
            continue
        if found and before is not None and not before.ok:
            start, _until, rounds, why = found[-1]
            rounds += 1 + held_up(one, record.every)
            found[-1] = (start, one.at + max(record.every, one.took), rounds, why)
        else:
            found.append((one.at, one.at + max(record.every, one.took), 1 + held_up(one, record.every), one.note))
    return tuple(found)


@dataclass(frozen=True)
class Stretch:
    """A stretch of the closed time, in seconds from its beginning: answered, failed, away, or open to the outside."""

    start: float
    until: float
    kind: str
    rounds: int = 1
    why: str = ""


def timeline(record: DisconnectRecord) -> tuple[Stretch, ...]:
    """Return the closed time as stretches of one kind each, in order; where the outside answered, that comes first."""
    found: list[Stretch] = []
    for one in closed_rounds(record.rounds):
        kind = "open" if "open" in one.outside else "answered" if one.ok else "failed"
        until = one.at + max(record.every, one.took)
        if found and one.at - found[-1].until > record.every:
            found.append(Stretch(found[-1].until, one.at, "away", 0))
        if found and found[-1].kind == kind:
            last = found[-1]
            found[-1] = Stretch(last.start, until, kind, last.rounds + 1, last.why)
        else:
            start = found[-1].until if found and found[-1].until > one.at else one.at
            found.append(Stretch(start, until, kind, 1, one.note if kind == "failed" else ""))
    return tuple(found)


def gaps(record: DisconnectRecord) -> tuple[tuple[float, float], ...]:
    """Return every stretch in which the prober itself was away."""
    ends = [(one.at, one.at + max(record.every, one.took)) for one in closed_rounds(record.rounds)]
    return tuple((end, start) for (_at, end), (start, _until) in pairwise(ends) if start - end > record.every)


def _limits(record: DisconnectRecord, *, shown: bool) -> tuple[str, ...]:
    no_route = bool(record.rounds) and all(one.routes is False for one in closed_rounds(record.rounds))
    open_before = not record.outside or any(record.seen_open) or no_route
    held = [
        (UNFINISHED, record.outcome != "completed"),
        (NOT_SHOWN, not shown),
        (STALE, not record.fresh and record.answered > 0),
        (NEVER_OPEN, not open_before),
        (SAID_HOST, record.on_host and record.host_shown == "said"),
        (NO_COLD, not noted_cold_start(record)),
        (NOT_COLD, record.cold_start == "none"),
        (NO_SHARE, not record.share_of_load),
        (MISSED, record.missed > 0),
        (FRONT, True),
    ]
    return tuple(sentence for sentence, holds in held if holds)


def reasons(record: DisconnectRecord) -> tuple[str, ...]:
    """Return why a drill did not pass; empty where it did."""
    if record.passed:
        return ()
    planned = max(1, round(record.planned_minutes * 60 / record.every))
    held = [
        (UNFINISHED, record.outcome != "completed"),
        (TOO_MANY_MISSED, record.missed > planned * MISSED_SHARE),
        (BELOW_MARK, record.asked > 0 and record.answered * 100 < record.pass_mark * record.asked),
        (WAS_OPEN, any(finding.code == "drill.disconnect.leak" for finding in record.findings)),
        (STALE, not record.fresh and record.answered > 0),
    ]
    return tuple(sentence for sentence, holds in held if holds)


def length_word(record: DisconnectRecord) -> str:
    """Return how a passed drill is classed; a day needs a cold start in it, which a short stop does not show."""
    started_cold = noted_cold_start(record) not in {"", "none"}
    if record.minutes >= DAY and started_cold:
        return "day"
    return "hour" if record.minutes >= HOUR else "short"


def _findings(record: DisconnectRecord, *, shown: bool, leaked: bool) -> tuple[Finding, ...]:
    found: list[Finding] = []

    def add(code: str, strength: Strength, **facts: object) -> None:
        found.append(Finding(code=f"drill.disconnect.{code}", strength=strength, params=params(**facts)))

    share = round(100 * record.answered / record.asked) if record.asked else 0
    told = {"minutes": record.minutes, "answered": share, "mark": record.pass_mark, "rounds": record.asked}
    if record.asked and record.outcome == "completed":
        reached = record.answered * 100 >= record.pass_mark * record.asked
        if record.passed and shown:
            add(f"passed.{length_word(record)}", Strength.STRONG, **told)
        elif not reached and not leaked:
            first = next(iter(stops(record)), None)
            add("failed", Strength.STRONG, **told, why=first[3] if first else "")
        elif reached and record.fresh and not leaked and not shown:
            add("answered", Strength.DEFAULT, **told)
        elif reached and record.fresh and not leaked:
            add("unfinished", Strength.STRONG, why=MISSED, **told)
    if leaked:
        opened = [url for index, url in enumerate(record.outside) if _opened(record, index)]
        add("leak", Strength.STRONG, address=", ".join(opened) or "", **told)
    if not record.fresh and record.answered:
        add("not-fresh", Strength.STRONG, **told)
    if noted_cold_start(record) not in {"", "none"}:
        add("cold-start", Strength.STRONG, at=record.cold_start)
    if record.outcome != "completed":
        add("unfinished", Strength.STRONG, why=record.error, **told)
    return tuple(found)


def _opened(record: DisconnectRecord, index: int) -> bool:
    return any(len(one.outside) > index and one.outside[index] == "open" for one in closed_rounds(record.rounds))
