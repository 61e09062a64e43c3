"""The days of a report: what was held and seen, and when evidence and certificates end."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.reports import labels
from assessor.reports.answers import Desk
from assessor.reports.chapters import HELD_KINDS, probed
from assessor.reports.text import NAME_LENGTH, clean
from assessor.reports.told import DateRow, DrillEntry, LogRow

SHOWN = 24
# Older than this a day says nothing about today.
BACK = timedelta(days=3 * 366)
# So many pieces of evidence that end on one day are one row.
MANY = 3
SOON = timedelta(days=90)


def calendar(desk: Desk, drills: tuple[DrillEntry, ...]) -> tuple[DateRow, ...]:
    """Return the days in their order, numbered; the nearest to the report where there are too many."""
    today = desk.source.made_at.date()
    found = {
        (row.lane, row.day, row.what, row.question): row
        for row in chain(_held(desk, drills), _ends(desk))
        if row.day and date.fromisoformat(row.day) >= today - BACK
    }
    found = {(row.lane, row.day, row.what, row.question): row for row in _together(list(found.values()))}
    near = sorted(found.values(), key=lambda row: abs((date.fromisoformat(row.day) - today).days))[:SHOWN]
    ordered = sorted(near, key=lambda row: (row.day, row.lane, row.what))
    return tuple(
        row.model_copy(update={"number": number, "past": date.fromisoformat(row.day) < today})
        for number, row in enumerate(ordered, start=1)
    )


def _together(rows: list[DateRow]) -> Iterator[DateRow]:
    """Yield the rows; where much evidence ends on one day, one row that names the questions."""
    days: dict[str, list[DateRow]] = {}
    for row in rows:
        if row.lane == "ends" and row.question:
            days.setdefault(row.day, []).append(row)
        else:
            yield row
    for day, own in days.items():
        if len(own) < MANY:
            yield from own
            continue
        numbers = labels.listed(list(dict.fromkeys(row.question_number for row in own)))
        told = ngettext(
            "{count} piece of evidence counts in full until then: questions {numbers}",
            "{count} pieces of evidence count in full until then: questions {numbers}",
            len(own),
        )
        yield _row("ends", day, told.format(count=len(own), numbers=numbers))


def _row(lane: str, day: str, what: str, question: str = "", number: str = "") -> DateRow:
    return DateRow(
        number=0,
        lane="held" if lane == "held" else "ends",
        day=day[:10],
        what=what,
        past=False,
        question=question,
        question_number=number,
    )


def _held(desk: Desk, drills: tuple[DrillEntry, ...]) -> Iterator[DateRow]:
    for one in drills:
        yield _row("held", one.started, f"{one.id}: {one.headline}")
    for endpoint, probe in probed(desk):
        yield _row("held", probe.started, _("Probe of {name}").format(name=clean(endpoint.name, NAME_LENGTH)))
    for entry in desk.entries.values():
        for row in entry.evidence:
            if row.kind_id in HELD_KINDS and row.taken_on:
                yield _row("held", row.taken_on, f"{row.kind}: {row.description}", entry.id, entry.number)


def _ends(desk: Desk) -> Iterator[DateRow]:
    for entry in desk.entries.values():
        for row in entry.evidence:
            end = row.counts_until or row.expires_on
            if end:
                what = _("Evidence counts in full until then: {kind}, {what}")
                yield _row("ends", end, what.format(kind=row.kind, what=row.description), entry.id, entry.number)
    for endpoint, probe in probed(desk):
        if probe.tls is not None and probe.tls.not_after:
            name = clean(endpoint.name, NAME_LENGTH)
            yield _row("ends", probe.tls.not_after, _("Certificate of {name} ends").format(name=name))


def headline(desk: Desk, rows: tuple[DateRow, ...]) -> str:
    """Return what the time line says in one heading."""
    ends = [row for row in rows if row.lane == "ends"]
    if not rows:
        return _("Time line: not assessed, no evidence carries a day")
    today = desk.source.made_at.date()
    past = sum(row.past for row in ends)
    if past:
        return labels.capital(
            ngettext(
                "{count} piece of evidence no longer counts in full",
                "{count} pieces of evidence no longer count in full",
                past,
            ).format(count=labels.number_word(past))
        )
    soon = sum(date.fromisoformat(row.day) <= today + SOON for row in ends)
    if soon:
        return labels.capital(
            ngettext(
                "{count} piece of evidence ends within 90 days",
                "{count} pieces of evidence end within 90 days",
                soon,
            ).format(count=labels.number_word(soon))
        )
    return _("No evidence ends within 90 days") if ends else _("Time line: nothing that was attached has an end")


def log(desk: Desk, drills: tuple[DrillEntry, ...]) -> tuple[LogRow, ...]:
    """Return a line for each probe and each drill, in the order of their details."""
    rows = []
    for number, one in enumerate((one for one in desk.source.endpoints if one.probe is not None), start=1):
        probe = one.probe
        if probe is None:
            continue
        rows.append(
            LogRow(
                id=f"P{number}",
                anchor=f"endpoint-{clean(one.id, NAME_LENGTH)}",
                what=_("probe"),
                at=f"{probe.started[:19]}Z",
                target=clean(one.name, NAME_LENGTH) or clean(one.url, NAME_LENGTH),
                result=labels.outcome_label(probe.outcome)
                + "; "
                + ngettext("{count} finding", "{count} findings", len(probe.findings)).format(
                    count=len(probe.findings)
                ),
                sha256=probe.sha256,
            )
        )
    for drill in drills:
        rows.append(
            LogRow(
                id=drill.id,
                anchor=f"drill-{drill.id}",
                what=_("exit drill") if drill.kind == "exit" else _("disconnection drill"),
                at=drill.started,
                target=drill.target,
                result=drill.result or drill.outcome,
                sha256=drill.sha256,
            )
        )
    return tuple(rows)
