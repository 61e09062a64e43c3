"""The words of scenarios: states, times, reasons and sentences written from results, in the reader's language."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.errors import N_
from assessor.scenarios.results import Availability, Horizon, Outcome, SingleChange, Step

# What is printed in a cell: one word, or as few as it takes.
STATES: Mapping[str, str] = {
    "unaffected": N_("unaffected"),
    "degraded": N_("degraded"),
    "unaudited": N_("no record"),
    "unprotected": N_("unprotected"),
    "dark": N_("dark"),
}

MEANINGS: Mapping[str, str] = {
    "unaffected": N_("It goes on as usual."),
    "degraded": N_("It goes on, with less quality or less room."),
    "unaudited": N_("It goes on, and nobody can show afterwards what it did."),
    "unprotected": N_("It goes on without the checks that were meant to stand before and behind it."),
    "dark": N_("It stands still, or your own rule forbids its use."),
}

HORIZONS: Mapping[str, str] = {
    "now": N_("at once"),
    "hour": N_("after 1 hour"),
    "day": N_("after 1 day"),
    "week": N_("after 1 week"),
    "month": N_("after 30 days"),
    "quarter": N_("after 90 days"),
}

# `{here}` is the thing that a step names, `{before}` what stands before it on the path, at first the workload.
REASONS: Mapping[str, str] = {
    "requires": N_("{before} needs {here}"),
    "holds-over": N_("{before} lives for a while on what {here} gave it"),
    "removed": N_("{here} is taken away"),
    "degraded": N_("{here} gives less than usual"),
    "changed": N_("{here} is not what it was"),
    "barred-by-own-rule": N_("your own rule bars {here}"),
    "above-ceiling": N_("{here} costs more than its owner allows"),
    "no-new": N_("{here} gets nothing new"),
    "people-gone": N_("too few people are left for {here}"),
    "check-open": N_("{here} does not check and lets everything through"),
    "check-closed": N_("{here} does not check and lets nothing through"),
    "check-queue": N_("{here} does not check and everything waits"),
    "audit-lost": N_("{here} keeps no record"),
    "switching": N_("{here} is there and not ready yet"),
    "falls-back-to": N_("{here} stands in for {before}"),
    "no-own-checks": N_("{here} stands in without checks of its own"),
    "reduced": N_("{here} stands in with less"),
    "worn-out": N_("{here} has been kept up as long as it can be"),
}

# Of a thing that is hit only if what is not known of it is so.
IF_SO = N_("{said}, if what is not known of it is so")

KINDS: Mapping[str, str] = {
    "model": N_("Model"),
    "gateway": N_("Gateway"),
    "safety-check": N_("Safety check"),
    "embedding": N_("Embedding"),
    "vector-store": N_("Vector store"),
    "data-source": N_("Data source"),
    "tool-server": N_("Tool server"),
    "identity": N_("Sign-in"),
    "key-store": N_("Key store"),
    "audit": N_("Audit trail"),
    "certificates": N_("Certificates, time or names"),
    "registry": N_("Registry"),
    "control-plane": N_("Control plane"),
    "compute": N_("Compute"),
    "network-link": N_("Network link"),
    "power-site": N_("Power or site"),
    "team": N_("Team"),
    "manual-procedure": N_("Manual procedure"),
    "workload": N_("Workload"),
}

CAUSES: Mapping[str, str] = {
    "legal": N_("legal"),
    "political": N_("political"),
    "commercial": N_("commercial"),
    "technical": N_("technical"),
    "physical": N_("physical"),
    "people": N_("people"),
}

GATES: Mapping[str, str] = {
    "api": N_("API: who may call"),
    "model": N_("Model: what answers"),
    "agent-tools": N_("Agent tools: what agents may do"),
}

SHARED: Mapping[str, str] = {
    "maker": N_("the maker {name}"),
    "seller": N_("the seller {name}"),
    "parent": N_("the final parent {name}"),
    "country": N_("the country of control {name}"),
    "owner": N_("the owner {name}"),
    "cloud": N_("the cloud {name}"),
    "site": N_("the site {name}"),
    "sign-in": N_("the sign-in {name}"),
    "gateway": N_("the gateway {name}"),
}


def state_word(state: Availability) -> str:
    """Return the state in a word or two."""
    return _(STATES[state.word])


def range_words(worst: Availability, best: Availability) -> str:
    """Return the state, as a range where the best case differs from the worst."""
    if worst == best:
        return state_word(worst)
    return _("%(best)s to %(worst)s") % {"best": state_word(best), "worst": state_word(worst)}


def horizon_words(horizon: Horizon) -> str:
    """Return when, in words."""
    return _(HORIZONS[horizon.word])


def hours_words(hours: float) -> str:
    """Return a length of time as people say it: minutes below an hour, then hours, then days."""
    if hours < 1:
        minutes = max(1, round(hours * 60))
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if hours < 48:
        whole = round(hours)
        return ngettext("%(count)d hour", "%(count)d hours", whole) % {"count": whole}
    days = round(hours / 24)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def beginning(begins: str | None) -> datetime | None:
    """Return when a real event began, in the time of its place; None where there was none or it says no hour."""
    if not begins:
        return None
    try:
        return datetime.fromisoformat(begins)
    except ValueError:
        return None


def begins_words(begins: str | None) -> str:
    """Return when a real event began: weekday, day, hour and how far from UTC its clock runs."""
    start = beginning(begins)
    if start is None:
        return begins or ""
    offset = start.strftime("%z")
    zone = f" (UTC{offset[:3]}:{offset[3:]})" if offset else ""
    return f"{date_format(start, 'l')}, {date_format(start)}, {start:%H:%M}{zone}"


def moment_words(hours: float, begins: str | None = None) -> str:
    """Return when something happens: after how long, and at what day and hour where the event was real."""
    said = _("At once") if hours == 0 else _("After %(time)s") % {"time": hours_words(hours)}
    start = beginning(begins)
    if start is None:
        return said
    at = start + timedelta(hours=hours)
    # A day and more after it nobody knows the minute.
    clock = f", {at:%H:%M}" if hours < 24 else ""
    return f"{said} · {date_format(at, 'D')} {date_format(at, 'MONTH_DAY_FORMAT')}{clock}"


def path_sentence(
    workload: str, path: Sequence[Step], names: Mapping[str, str], perhaps: Collection[str] = frozenset()
) -> str:
    """Return the chain that explains a result as one sentence; empty where there is none.

    `perhaps` are ids that are hit only if what is not known of them is so.
    """
    uncertain = bool(path) and path[-1].id in perhaps
    return chain_sentence(workload, [(str(step.reason), names.get(step.id, step.id)) for step in path], uncertain)


def chain_sentence(workload: str, chain: Sequence[Sequence[str]], uncertain: bool = False) -> str:
    """Return a chain of reasons and names, from a workload on, as one sentence; `uncertain`: its end is not known."""
    before, parts = workload, []
    for reason, here in chain:
        if reason in REASONS:
            parts.append(_(REASONS[reason]).format(here=here, before=before))
        before = here
    if parts and uncertain:
        parts[-1] = _(IF_SO).format(said=parts[-1])
    said = "; ".join(parts)
    return said[:1].upper() + said[1:] + "." if said else ""


def shared_words(by: str, name: str) -> str:
    """Return what two sources share."""
    return _(SHARED[by]).format(name=name) if by in SHARED else name


def tolerance_sentence(outcomes: Sequence[Outcome], tolerance: float | None) -> str:
    """Return how long a workload stands still within 90 days against what its owner has signed for."""
    dark = [one for one in outcomes if one.felt is Availability.DARK]
    if not dark:
        return ""
    since = min(one.horizon for one in dark)
    when = horizon_words(since)
    if tolerance is None:
        return _("Dark %(when)s; nobody has signed for how long that may last.") % {"when": when}
    told = {"when": when, "tolerance": hours_words(tolerance)}
    if max(one.horizon for one in dark) > tolerance:
        return _("Dark %(when)s, beyond the %(tolerance)s its owner has signed for.") % told
    return _("Dark %(when)s, within the %(tolerance)s its owner has signed for.") % told


ATTRIBUTES: Mapping[str, str] = {
    "product": N_("which product it is"),
    "maker": N_("who makes it"),
    "seller": N_("who sells it"),
    "parent": N_("the final parent"),
    "country": N_("the countries of control"),
    "foreign": N_("the countries of control"),
    "countries": N_("the countries of control"),
    "origin": N_("where its weights come from"),
    "place": N_("where it runs"),
    "hosting": N_("in what form it is hosted"),
    "fates": N_("what it shares its fate with"),
    "fate_kinds": N_("what it shares its fate with"),
    "cloud": N_("in whose cloud it runs"),
    "site": N_("at which site it stands"),
    "sign-in": N_("whose sign-in it needs"),
    "owner": N_("who owns what it stands on"),
    "access": N_("who may become a customer"),
    "needs_internet": N_("whether it needs the internet"),
    "suspends_without_notice": N_("whether it may be suspended without notice"),
    "sees_plain_text": N_("whether it sees plain text"),
    "days_kept": N_("how long it keeps what it sees"),
    "monthly_cost": N_("what it costs a month"),
    "cost_ceiling": N_("the ceiling of its cost"),
    "licence": N_("its licence"),
    "licence_open": N_("whether its licence is open"),
    "licence_ends": N_("when its licence ends"),
    "people_needed": N_("how many people it needs"),
    "on_failure": N_("what happens when it does not answer"),
    "capacity": N_("how much it can carry"),
    "survives_for": N_("how long one goes on without it"),
    "survives_restart": N_("whether that outlives a restart"),
    "switch_hours": N_("how long the switch takes"),
    "capacity_percent": N_("how much the fallback can carry"),
    "quality": N_("how good the fallback is"),
    "longest_hours": N_("how long it can be kept up"),
    "tested_on": N_("whether the fallback was tested"),
    "tolerance_hours": N_("the tolerance its owner signed for"),
}


def attribute_words(attribute: str) -> str:
    """Return what an attribute is about."""
    return _(ATTRIBUTES[attribute]) if attribute in ATTRIBUTES else attribute


# Of changes that were tried; `{0}` and `{1}` are the names of what each is about.
ACTIONS: Mapping[str, str] = {
    "test-fallback": N_("Test the fallback from {0} to {1} with all of the load"),
    "give-own-checks": N_("Give {1} checks of its own when it stands in for {0}"),
    "switch-faster": N_("Switch from {0} to {1} within the hour"),
    "add-fallback": N_("Have a tested fallback for {0} that shares nothing with it"),
    "hold-over-longer": N_("Let {0} go on for 30 days without {1}"),
    "own-sign-in": N_("Let {0} do without {1}, by a sign-in of your own"),
}


def change_sentence(change: SingleChange, names: Mapping[str, str]) -> str:
    """Return the one change that would shrink a scenario most, with what it buys."""
    template = ACTIONS.get(change.action, "")
    listed = [names.get(one, one) for one in change.ids]
    said = _(template).format(*listed) if template else ", ".join((change.action, *listed))
    share = 100.0 if not change.gain.before else 100 * (change.gain.before - change.gain.after) / change.gain.before
    return _("%(change)s. That takes away %(share)d per cent of the damage.") % {"change": said, "share": round(share)}
