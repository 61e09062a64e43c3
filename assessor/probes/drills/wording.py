"""Words for what drills say, the same on pages and in a terminal; every sentence can be translated."""

import re
from collections.abc import Callable, Mapping

from assessor.errors import N_
from assessor.probes.recognise import shown

Translate = Callable[[str], str]
_FIELD = re.compile(r"\{([a-z_]+)\}")

STATES = {
    "works": N_("works"),
    "accepted": N_("accepted"),
    "differs": N_("differs"),
    "breaks": N_("breaks"),
    "absent": N_("not in the dialect"),
    "not-sent": N_("not sent"),
}
STATE_MEANINGS = {
    "works": N_("asked for, and seen in the reply"),
    "accepted": N_("taken without complaint; the reply does not show it either way"),
    "differs": N_("taken, and the reply does not do it"),
    "breaks": N_("refused, or not answered"),
    "absent": N_("this dialect has no words for it"),
    "not-sent": N_("not asked"),
}
VERDICTS = {
    "same": N_("goes over"),
    "breaks": N_("breaks on moving"),
    "gains": N_("only on the candidate"),
    "neither": N_("on neither"),
    "unknown": N_("not known"),
}
OUTCOMES = {
    "completed": N_("The drill was held to its end."),
    "stopped": N_("The drill was stopped before its end."),
    "over-budget": N_("The drill ended when the agreed tokens were used up."),
    "out-of-time": N_("The drill ended when its time was used up."),
    "unreachable": N_("The endpoint did not answer."),
    "refused": N_("The policy forbids the target; nothing was sent to it."),
}
PROOFS = {
    "canary": N_("Canary on the serving computer"),
    "counters": N_("Counters of the firewall"),
    "cable-pull": N_("Witnessed cable pull"),
}


_YES_NO = {"yes": N_("yes"), "no": N_("no")}


def said(note: str, params: Mapping[str, str], translate: Translate = str) -> str:
    """Return a note with its fields filled by plain replacement: what servers said is never read as a template."""

    def value(match: re.Match[str]) -> str:
        given = params.get(match.group(1), "")
        return translate(_YES_NO[given]) if match.group(1) == "before" and given in _YES_NO else shown(given)

    return _FIELD.sub(value, translate(note)) if note else ""


def seconds(ms: float) -> str:
    """Return a time for people: whole milliseconds below a second, else seconds with one digit."""
    if not ms:
        return ""
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def clock(past: float) -> str:
    """Return seconds since the way out was closed as +h:mm:ss."""
    whole = int(abs(past))
    return f"{'-' if past < 0 else '+'}{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
