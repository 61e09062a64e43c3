"""The drills of a report: what was set before, what came out, as what it counts, and its course in a few stretches."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.probes.drills.disconnect_judge import closed_rounds, reasons
from assessor.probes.drills.features import FEATURES
from assessor.probes.drills.records import DisconnectRecord, ExitRecord, Round
from assessor.probes.drills.wording import OUTCOMES, PROOFS, STATES, VERDICTS, clock, said
from assessor.reports import labels
from assessor.reports.answers import Desk
from assessor.reports.inputs import DrillHeld
from assessor.reports.text import NAME_LENGTH, clean
from assessor.reports.told import DrillEntry, DrillSpan, FeatureLine, Outside

DRILLS_SHOWN = 12
SPANS = 12
CASES_SHOWN = 30
LIMITS_SHOWN = 8
NAMES = {one.id: one.name for one in FEATURES}


def drill_entries(desk: Desk) -> tuple[DrillEntry, ...]:
    """Return the drills that were held, in the order of the input (newest first)."""
    return tuple(_entry(desk, one, number) for number, one in enumerate(desk.source.drills[:DRILLS_SHOWN], start=1))


def _entry(desk: Desk, held: DrillHeld, number: int) -> DrillEntry:
    record = held.record
    return DrillEntry(
        id=f"D{number}",
        kind=record.kind,
        headline=_headline(record),
        endpoint=clean(held.endpoint, NAME_LENGTH),
        target=_target(record),
        started=_to_the_second(record.started),
        finished=_to_the_second(record.finished),
        outcome=_(OUTCOMES[record.outcome]),
        result=clean(held.result),
        pass_mark=clean(held.pass_mark),
        passed=record.passed if isinstance(record, ExitRecord) or record.asked else None,
        counts=_counts(record),
        facts=_facts(record),
        spans=() if isinstance(record, ExitRecord) else spans(record),
        features=_features(record) if isinstance(record, ExitRecord) else (),
        cases=_cases(record) if isinstance(record, ExitRecord) else (),
        limits=tuple(clean(_(one)) for one in record.limits[:LIMITS_SHOWN]),
        questions=tuple((one, desk.numbers[one]) for one in held.questions if one in desk.numbers),
        sha256=record.sha256,
    )


def _to_the_second(iso: str) -> str:
    return f"{iso[:19]}Z" if len(iso) >= 19 else iso


def _name(name: str, url: str) -> str:
    return clean(name or url, NAME_LENGTH)


def _target(record: ExitRecord | DisconnectRecord) -> str:
    if isinstance(record, ExitRecord):
        return f"{_name(record.a.name, record.a.url)} → {_name(record.b.name, record.b.url)}"
    return _name(record.name, record.url)


def _headline(record: ExitRecord | DisconnectRecord) -> str:
    if record.outcome in ("unreachable", "refused"):
        return _("{target}: the drill could not be held").format(target=_target(record))
    if isinstance(record, DisconnectRecord):
        return ngettext(
            "{target}: {minutes} minute with the link closed, {answered} of {asked} prompts answered",
            "{target}: {minutes} minutes with the link closed, {answered} of {asked} prompts answered",
            record.minutes,
        ).format(target=_target(record), minutes=record.minutes, answered=record.answered, asked=record.asked)
    if record.cases:
        return _("{target}: the candidate passed {passed} of {count} own cases").format(
            target=_target(record), passed=sum(one.b_passed for one in record.cases), count=len(record.cases)
        )
    breaks = sum(one.verdict == "breaks" for one in record.features)
    return ngettext(
        "{target}: {count} feature breaks on moving", "{target}: {count} features break on moving", breaks
    ).format(target=_target(record), count=labels.number_word(breaks))


def _counts(record: ExitRecord | DisconnectRecord) -> str:
    if not record.qualifies:
        return _("counts as observed at most: what a test needs is not all in its record")
    return _("counts as tested") if record.passed else _("a test that missed its mark: it proves the rung below")


def _facts(record: ExitRecord | DisconnectRecord) -> tuple[tuple[str, str], ...]:
    share = labels.percent(record.share_of_load / 100) if record.share_of_load else _("none recorded")
    if isinstance(record, ExitRecord):
        pairs = [
            (_("Today"), f"{_name(record.a.name, record.a.url)}: {record.a.dialect}, {record.a.model}"),
            (_("Candidate"), f"{_name(record.b.name, record.b.url)}: {record.b.dialect}, {record.b.model}"),
            (_("Share of real requests"), share),
        ]
    else:
        shown = [
            f"{_(PROOFS[one.kind])}: "
            + (_("held") if one.holds else _("shows a leak") if one.leak else _("shows nothing"))
            + (f" ({clean(one.said_by, NAME_LENGTH)})" if one.said_by else "")
            for one in record.proofs
        ]
        cold = {"": _("not noted"), "none": _("none")}.get(record.cold_start, record.cold_start)
        pairs = [
            (_("Model and dialect"), f"{record.model}, {record.dialect}"),
            (_("Closed"), labels.span(record.closed_from, record.closed_until)),
            (_("Shown closed by"), "; ".join(shown) or _("nothing")),
            (_("Start from cold"), cold),
            (_("Share of real requests"), share),
        ]
        # A drill can miss although enough was answered: because the way out was open, or prompts went unasked.
        if why := reasons(record):
            pairs.insert(0, (_("Not passed because"), " ".join(_(one) for one in why)))
    return tuple((label, clean(value)) for label, value in pairs)


def spans(record: DisconnectRecord) -> tuple[DrillSpan, ...]:
    """Return the closed time in at most `SPANS` stretches of equal length; empty where it never began."""
    held = closed_rounds(record.rounds)
    if not held:
        return ()
    whole = max(record.minutes * 60.0, held[-1].at + record.every)
    length = max(record.every, whole / SPANS)
    found: dict[int, list[Round]] = {}
    for one in held:
        found.setdefault(min(SPANS - 1, int(one.at // length)), []).append(one)
    return tuple(
        DrillSpan(
            label=clock(number * length).lstrip("+"),
            asked=len(rounds),
            answered=sum(one.ok for one in rounds),
            outside=_outside(rounds),
        )
        for number, rounds in sorted(found.items())
    )


def _outside(rounds: list[Round]) -> Outside:
    tries = [state for one in rounds for state in one.outside]
    if "open" in tries:
        return "open"
    return "closed" if "closed" in tries else "not-tried"


def _features(record: ExitRecord) -> tuple[FeatureLine, ...]:
    lines = []
    for row in record.features:
        note = said(row.b.note, row.b.params, _) or said(row.a.note, row.a.params, _)
        verdict = _(VERDICTS[row.verdict])
        lines.append(
            FeatureLine(
                feature=_(NAMES.get(row.feature, row.feature)),
                today=_(STATES[row.a.state]),
                candidate=_(STATES[row.b.state]),
                verdict=clean(f"{verdict}: {note}" if note else verdict),
                breaks=row.verdict == "breaks",
            )
        )
    return tuple(lines)


def _cases(record: ExitRecord) -> tuple[tuple[str, str, str], ...]:
    yes, no = _("passed"), _("failed")
    return tuple(
        (clean(one.case, NAME_LENGTH), yes if one.a_passed else no, yes if one.b_passed else no)
        for one in record.cases[:CASES_SHOWN]
    )
