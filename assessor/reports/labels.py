"""Labels, numbers and times as the report prints them; each one a few words from gettext."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from assessor.evidence import Strength, Tier
from assessor.reports import clock
from assessor.scoring.scorecard import AnswerState

NOT_STATED = "–"


def number_word(count: int) -> str:
    """Return small numbers as words, larger ones as digits."""
    words = (
        pgettext("number", "no"),
        pgettext("number", "one"),
        _("two"),
        _("three"),
        _("four"),
        _("five"),
        _("six"),
        _("seven"),
        _("eight"),
        _("nine"),
    )
    return words[count] if 0 <= count < len(words) else str(count)


def capital(sentence: str) -> str:
    """Return the sentence with a capital at its start."""
    return sentence[:1].upper() + sentence[1:]


def listed(items: Sequence[str]) -> str:
    """Return "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return _("{most} and {last}").format(most=", ".join(items[:-1]), last=items[-1])


def percent(share: float) -> str:
    """Return a share (0 to 1) as whole per cent."""
    return f"{round(share * 100)} %"


def days(effort: tuple[float, float]) -> str:
    """Return a range of person-days in words."""
    low, high = (f"{value:g}" for value in effort)
    if effort == (0, 0):
        return _("effort not stated")
    if low == high:
        return ngettext("{days} person-day", "{days} person-days", 1 if low == "1" else 2).format(days=low)
    return _("{low} to {high} person-days").format(low=low, high=high)


def hours(value: float | None) -> str:
    """Return a tolerance in words."""
    if value is None:
        return _("not stated")
    return ngettext("{hours} hour", "{hours} hours", 1 if value == 1 else 2).format(hours=f"{value:g}")


def level_label(level: int, name: str) -> str:
    """Return "Level 1 · Data residency"."""
    return _("Level {level} · {name}").format(level=level, name=name)


def level_named(level: int, name: str) -> str:
    """Return "Level 1 (Data residency)", for use in a sentence."""
    return _("Level {level} ({name})").format(level=level, name=name)


def standing_label(standing: str) -> str:
    """Return what is printed where no level is shown."""
    return {
        "not-verified": _("Not verified yet"),
        "not-assessed": _("Not assessed"),
        "not-applicable": _("Not applicable"),
    }[standing]


def state_label(state: AnswerState) -> str:
    """Return an answer's state in words."""
    return {
        "answered": _("Answered"),
        "unknown": _("I don’t know"),
        "not-applicable": _("Not applicable"),
        "not-asked": _("Not asked yet"),
        "hidden": _("Not asked, because of a fact"),
    }[state]


def tier_label(tier: Tier) -> str:
    """Return an evidence tier in words."""
    return {
        Tier.DECLARED: _("declared"),
        Tier.DOCUMENTED: _("documented"),
        Tier.OBSERVED: _("observed"),
        Tier.TESTED: _("tested"),
    }[tier]


def level_only(level: int) -> str:
    """Return "Level 1" without its name."""
    return _("Level {level}").format(level=level)


def endpoint_count(endpoints: int, probed: int) -> str:
    """Return how many endpoints are in scope, and how many were probed."""
    if not endpoints:
        return _("none registered")
    return ngettext("{count} endpoint, {probed} probed", "{count} endpoints, {probed} probed", endpoints).format(
        count=endpoints, probed=probed
    )


def moment_words(iso: str) -> str:
    """Return an ISO 8601 time in UTC as people write it, in the zone of the report: "21 November 2026, 04:43 UTC"."""
    if not iso:
        return _("not stated")
    value = clock.local(datetime.strptime(iso, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))
    return _("{day}, {time} {zone}").format(
        day=clock.day_words(value), time=value.strftime("%H:%M"), zone=clock.zone_word(value)
    )


def day_words(iso: str) -> str:
    """Return an ISO 8601 date (or the date of a time in UTC) as people write it: "21 November 2026"."""
    if not iso:
        return NOT_STATED
    if len(iso) > len("2026-11-21"):
        return clock.day_words(clock.local(datetime.fromisoformat(iso)))
    return clock.day_words(datetime.strptime(iso, "%Y-%m-%d").replace(tzinfo=UTC))


def move_state(state: str) -> str:
    """Return how far a move is, as its owner says; empty where nobody said so."""
    return {"planned": _("planned"), "started": _("started"), "done": _("done")}.get(state, "")


def outcome_label(outcome: str) -> str:
    """Return what came of a probe, in words."""
    return {
        "completed": _("completed: every request was answered"),
        "partly": _("partly: some requests were not answered"),
        "unreachable": _("unreachable: no request was answered"),
        "refused": _("refused: the policy forbids this address, nothing was sent"),
        "cancelled": _("cancelled"),
    }[outcome]


def exchange_label(outcome: str) -> str:
    """Return what came of one request, in words."""
    return {
        "answered": _("answered"),
        "blocked": _("blocked by policy"),
        "unreachable": _("unreachable"),
        "tls": _("TLS failed"),
        "timeout": _("timed out"),
        "http": _("not HTTP"),
        "cut": _("cut short"),
    }[outcome]


def kind_label(kind: str) -> str:
    """Return what an endpoint is, in words."""
    return {
        "inference-server": _("inference server"),
        "gateway": _("gateway"),
        "hosted-api": _("hosted API"),
        "safety": _("safety service"),
        "tool-server": _("tool server"),
        "unknown": "",
    }[kind]


def place_label(place: str) -> str:
    """Return where a check runs, in words."""
    return {"hosted": _("hosted"), "local": _("local"), "unknown": _("place not shown")}[place]


def address_label(kind: str) -> str:
    """Return of what class an address is, in a word."""
    return {"loopback": _("loopback"), "private": _("private"), "public": _("public"), "never": _("reserved")}[kind]


def spoken_label(state: str) -> str:
    """Return whether a dialect is spoken, in a word."""
    return {"yes": _("yes"), "no": _("no"), "unknown": _("not known")}[state]


def strength_label(strength: Strength) -> str:
    """Return how hard a sign is to produce by accident, in words."""
    return {
        Strength.PROOF: _("A+ (proof)"),
        Strength.STRONG: _("A (strong)"),
        Strength.DEFAULT: _("B (default behaviour)"),
        Strength.WEAK: _("C (weak)"),
    }[strength]


def span(started: str, finished: str) -> str:
    """Return when something ran, from two ISO 8601 times in UTC of any precision."""
    return _("{start}, until {end}").format(start=_plain_time(started), end=_plain_time(finished))


def _plain_time(iso: str) -> str:
    if not iso:
        return NOT_STATED
    value = datetime.fromisoformat(iso).astimezone(UTC)
    return value.strftime("%Y-%m-%d %H:%M:%S UTC")


def role_label(role: str) -> str:
    """Return what an endpoint does for the workload, in words; a role of another kind is printed as it is."""
    return {
        "model": _("answers the requests"),
        "safety": _("checks input or output"),
        "embedding": _("makes embeddings"),
        "tools": _("offers tools to an agent"),
        "fallback": _("stands by as second source"),
    }.get(role, role)


def member_role(role: str) -> str:
    """Return the role in which a member of the organisation signed."""
    return {
        "owner": _("Owner"),
        "assessor": _("Assessor"),
        "contributor": _("Contributor"),
        "viewer": _("Viewer"),
    }.get(role, role)


def more(count: int) -> str:
    """Return how much is left out here."""
    return _("{count} more").format(count=count)


def known_from(known: str, both: bool) -> str:
    """Return whether something was said, seen, or both."""
    if both:
        return _("seen and said")
    return _("seen") if known == "seen" else _("said")


def evidence_label(kind: str) -> str:
    """Return a kind of evidence in words; one of another name is printed as it is."""
    return {
        "statement": _("statement"),
        "contract": _("contract"),
        "licence": _("licence"),
        "certificate": _("certificate"),
        "configuration": _("configuration"),
        "log": _("log"),
        "inspection": _("inspection"),
        "probe": _("probe run"),
        "drill": _("drill"),
        "switch": _("switch"),
        "outage": _("recorded outage"),
        "table-top": _("table-top exercise"),
    }.get(kind, kind)


def dispute_label(state: str) -> str:
    """Return where a dispute stands, in words."""
    return {
        "open": _("disputed, not decided: the finding still counts"),
        "accepted": _("dispute accepted: the finding does not count"),
        "rejected": _("dispute rejected: the finding still counts"),
        "resolved": _("settled: a later probe or drill no longer finds it"),
        "moved": _("past: the endpoint has another address now"),
        "again": _("past: a later drill found it anew, and that counts"),
    }[state]
