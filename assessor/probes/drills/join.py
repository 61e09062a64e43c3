"""Joining what shows that the way out was closed to a drill that was held from elsewhere; each makes a new record."""

import re
from datetime import datetime, timedelta
from itertools import pairwise

from assessor.errors import N_
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.disconnect_judge import CANARY, CANARY_NO_ROUTE, judged
from assessor.probes.drills.disconnect_plan import COLD
from assessor.probes.drills.disconnect_run import parse_time
from assessor.probes.drills.records import CanaryRecord, DisconnectRecord, Proof

# Clocks of two computers in a closed room may differ by as much.
CLOCKS = timedelta(seconds=60)
MOST_PACKETS = 10**15


class JoinRefused(DrillRefused):
    """The proof does not belong to this drill, or does not cover it; nothing was changed."""


def _window(record: DisconnectRecord) -> tuple[datetime, datetime]:
    if not record.is_whole:
        raise JoinRefused(
            N_("The drill's record was changed after it was made: its hash does not fit."),
            remedy=N_("Take the record as the drill wrote it."),
        )
    if not record.closed_from or not record.closed_until:
        raise JoinRefused(
            N_("In this drill the way out was never taken as closed, so nothing can be joined to it."),
            remedy=N_("Hold the drill again."),
        )
    return parse_time(record.closed_from), parse_time(record.closed_until)


def _joined(record: DisconnectRecord, proof: Proof) -> DisconnectRecord:
    return judged(record.model_copy(update={"proofs": (*record.proofs, proof), "joined_from": record.sha256}))


def join_canary(record: DisconnectRecord, canary: CanaryRecord) -> DisconnectRecord:
    """Return the drill with the canary's record joined; raises `JoinRefused` where it is of another drill or time."""
    begin, end = _window(record)
    if not canary.is_whole:
        raise JoinRefused(
            N_("The canary's record was changed after it was made: its hash does not fit."),
            remedy=N_("Take the file as the canary wrote it."),
        )
    if canary.drill != record.drill:
        raise JoinRefused(
            N_("The canary ran for the drill {canary}, and this is {drill}."),
            remedy=N_("Start the canary with --drill {drill}."),
            canary=canary.drill or "?",
            drill=record.drill,
        )
    if not canary.outside:
        raise JoinRefused(N_("The canary tried no outside address."), remedy=N_("Give it at least one."))
    if any(proof.record_sha256 == canary.sha256 for proof in record.proofs):
        raise JoinRefused(N_("This canary's record is joined already."), remedy=N_("Nothing needs to be done."))
    slack = CLOCKS + timedelta(seconds=2 * canary.every)
    times = [parse_time(one.at) for one in canary.rounds]
    if not times or min(times) > begin + slack or max(times) < end - slack:
        raise JoinRefused(
            N_("The canary did not watch the whole closed time ({begin} to {end})."),
            remedy=N_("Let it run from before the closing until after the end."),
            begin=record.closed_from,
            end=record.closed_until,
        )
    within = [one for one in canary.rounds if begin + CLOCKS <= parse_time(one.at) <= end - CLOCKS]
    within = within or [one for one in canary.rounds if begin <= parse_time(one.at) <= end]
    watched = [parse_time(one.at) for one in within]
    silent = max((later - earlier for earlier, later in pairwise(watched)), default=timedelta(0))
    if not within or silent > max(CLOCKS, timedelta(seconds=4 * canary.every)):
        raise JoinRefused(
            N_("The canary was silent for {minutes} minutes of the closed time."),
            remedy=N_("Hold the drill again and keep the canary running."),
            minutes=round(silent.total_seconds() / 60, 1) if within else "all",
        )
    leaks = sum("open" in one.outside for one in within)
    before = [one for one in canary.rounds if parse_time(one.at) < begin]
    was_open = any("open" in one.outside for one in before)
    no_route = all(one.routes is False for one in within)
    told = {"rounds": str(len(within)), "open": str(leaks), "before": "yes" if was_open else "no"}
    proof = Proof(
        kind="canary",
        holds=not leaks and all("not-tried" not in one.outside for one in within) and (was_open or no_route),
        leak=leaks > 0,
        host=canary.host,
        because=CANARY_NO_ROUTE if no_route else CANARY,
        params=told,
        record_sha256=canary.sha256,
    )
    return _joined(record, proof)


def _times(record: DisconnectRecord, first: str, last: str) -> None:
    begin, end = _window(record)
    try:
        bounds = parse_time(first), parse_time(last)
    except ValueError as error:
        raise JoinRefused(
            N_("“{text}” is no time."), remedy=N_("Write it like 2026-11-21T14:30Z."), text=f"{first} {last}"[:60]
        ) from error
    if bounds[0] > begin + CLOCKS or bounds[1] < end - CLOCKS:
        raise JoinRefused(
            N_("These times do not enclose the closed time ({begin} to {end})."),
            remedy=N_("The first reading comes before it, the second after it."),
            begin=record.closed_from,
            end=record.closed_until,
        )


def _said(value: str, missing: str) -> str:
    text = " ".join(value.split())[:200]
    if not text:
        raise JoinRefused(missing, remedy=N_("A few words are enough; a role serves, no name is needed."))
    return text


def join_counters(
    record: DisconnectRecord,
    *,
    rule: str,
    read_by: str,
    before: int,
    after: int,
    read_before: str,
    read_after: str,
) -> DisconnectRecord:
    """Return the drill with two readings of the firewall's counter of packets let out; equal readings are closed."""
    _times(record, read_before, read_after)
    if not 0 <= before <= after <= MOST_PACKETS:
        raise JoinRefused(
            N_("A counter only grows: {before} before and {after} after cannot be."),
            remedy=N_("Read both from the same rule; a restart sets counters to zero."),
            before=before,
            after=after,
        )
    because = N_("rule “{rule}”: {count} packets let out between {first} and {last}")
    told = {"rule": _said(rule, N_("Which rule was read is not said.")), "count": str(after - before)}
    proof = Proof(
        kind="counters",
        holds=after == before,
        leak=after > before,
        said_by=_said(read_by, N_("Who read the counters is not said.")),
        because=because,
        params=told | {"first": read_before[:40], "last": read_after[:40]},
    )
    return _joined(record, proof)


def join_cable_pull(
    record: DisconnectRecord, *, witness: str, what: str, pulled: str, restored: str
) -> DisconnectRecord:
    """Return the drill with a witnessed cable pull: who saw what being pulled, from when until when."""
    _times(record, pulled, restored)
    because = N_("pulled: {what}, from {first} until {last}")
    told = {"what": _said(what, N_("What was pulled is not said.")), "first": pulled[:40], "last": restored[:40]}
    proof = Proof(
        kind="cable-pull",
        holds=True,
        said_by=_said(witness, N_("Who saw it is not said.")),
        because=because,
        params=told,
    )
    return _joined(record, proof)


def _valid_time(text: str) -> None:
    try:
        if text != "none":
            parse_time(text)
    except ValueError as error:
        raise JoinRefused(
            N_("“{text}” is no time."), remedy=N_("Write it like 2026-11-21T14:30Z."), text=text[:60]
        ) from error


def note_cold_start(record: DisconnectRecord, cold_start: str) -> DisconnectRecord:
    """Return the drill with the time of a cold start, or "none", noted afterwards."""
    begin, end = _window(record)
    if not cold_start or not re.match(COLD, cold_start):
        raise JoinRefused(
            N_("“{text}” is no time of a cold start."),
            remedy=N_("Write it like 2026-11-21T14:30Z, or “none” when nothing was restarted."),
            text=cold_start[:40],
        )
    _valid_time(cold_start)
    if cold_start != "none" and not begin - CLOCKS <= parse_time(cold_start) <= end + CLOCKS:
        raise JoinRefused(
            N_("The cold start lies outside of the closed time ({begin} to {end})."),
            remedy=N_("Give a time within it, or “none”."),
            begin=record.closed_from,
            end=record.closed_until,
        )
    return judged(record.model_copy(update={"cold_start": cold_start, "joined_from": record.sha256}))
