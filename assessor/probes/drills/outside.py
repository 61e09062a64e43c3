"""The canary: does anything outside still answer from this computer? Asked only through the guarded door."""

import queue
import re
import time
from collections.abc import Sequence
from pathlib import Path

from assessor.errors import N_
from assessor.probes.collect.guard import check_url
from assessor.probes.drills.calls import LOOK_S, Cancelled, Line, Opens, Stopped, open_door
from assessor.probes.drills.choose import DrillRefused
from assessor.probes.drills.records import Outside
from assessor.probes.snapshot import Exchange, PlannedRequest
from assessor.probes.target import Policy, Target

MAX_OUTSIDE = 6
CONTACT_S = 5.0
_ROUTES = (Path("/proc/net/route"), Path("/proc/net/ipv6_route"))


def check_outside(urls: Sequence[str], policy: Policy) -> tuple[str, ...]:
    """Return outside addresses that may be tried, each once; raises `DrillRefused` or `PolicyRefusal`."""
    known = tuple(dict.fromkeys(url.strip().rstrip("/") for url in urls if url.strip()))
    if len(known) > MAX_OUTSIDE:
        raise DrillRefused(
            N_("{count} outside addresses are given, and {most} is the most."),
            remedy=N_("Keep those that stand for different ways out."),
            count=len(known),
            most=MAX_OUTSIDE,
        )
    for url in known:
        check_url(url, policy)
    return known


def look(
    urls: Sequence[str],
    policy: Policy,
    *,
    cancelled: Cancelled = lambda: False,
    seconds: float = CONTACT_S,
    opens: Opens = open_door,
) -> tuple[Outside, ...]:
    """Try every outside address at the same time; returns what came of each within `seconds`.

    Anything at all that comes back is an open way out: an answer, a refusal, a certificate nobody trusts. Only a name
    that leads nowhere, or no connection, is closed. Raises `Stopped`.
    """
    lines = [Line(Target(url), policy, seconds=seconds, fresh=True, opens=opens) for url in urls]
    requests = [
        PlannedRequest(f"outside-{number}", 1, "GET", "/", N_("See whether the way out is closed."))
        for number in range(len(lines))
    ]
    waiting = [line.start(request) for line, request in zip(lines, requests, strict=True)]
    # The door may use some time for names and certificates before the request's own deadline begins.
    end = time.monotonic() + seconds + 9
    try:
        return tuple(_outcome(answer, end, cancelled) for answer in waiting)
    except Stopped:
        for line in lines:
            line.hang_up()
        raise


def _outcome(answer: "queue.Queue[Exchange | BaseException]", end: float, cancelled: Cancelled) -> Outside:
    while time.monotonic() < end:
        if cancelled():
            raise Stopped
        try:
            item = answer.get(timeout=LOOK_S)
        except queue.Empty:
            continue
        if isinstance(item, BaseException):
            raise item
        if item.outcome == "blocked" or (item.outcome == "timeout" and not item.elapsed_ms):
            # Forbidden by policy, or never begun because other requests took all places: nothing was learnt.
            return "not-tried"
        return "closed" if item.outcome in {"unreachable", "timeout"} else "open"
    return "not-tried"


def has_default_route(files: Sequence[Path] = _ROUTES) -> bool | None:
    """Tell whether this computer has a way to everywhere in its routing table; None where it does not say."""
    told = None
    for file in files:
        try:
            lines = file.read_text("ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        told = told or False
        for line in lines:
            cells = line.split()
            v4 = len(cells) >= 8 and re.fullmatch("0{8}", cells[1]) and re.fullmatch("0{8}", cells[7])
            v6 = len(cells) == 10 and cells[0] == "0" * 32 and cells[1] == "00" and cells[9] != "lo"
            if v4 or (v6 and cells[4] != "0" * 32):
                return True
    return told
