"""The report as a page: built anew only when something it says has changed, and held in memory until then.

Whether it has changed is asked twice: of the database, which runs the statements of the last reading again, and where
that or the hour says so, of everything the report says, read anew.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from threading import Lock
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from assessor.models import Assessment
from assessor.reports import viewmodel
from assessor.reports.inputs import ReportInput
from assessor.reports.model import ReportModel
from assessor.reports.render import sections_html
from assessor.services.reporting import report_input
from assessor.services.rereading import Reading, noted

# As many reports as a process keeps; one takes about a megabyte.
MOST = 8
# What ends or gets stale at a time of day shows this much later at most.
READ_ANEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Screen:
    """A report and its sections as HTML."""

    model: ReportModel
    html: SafeString


@dataclass(frozen=True)
class _Kept:
    """A report as a page, what it was made of, and what tells whether that still stands."""

    screen: Screen
    said: ReportInput
    handed: list[dict[str, Any]]
    reading: Reading
    read_at: datetime

    def stands(self, handed: list[dict[str, Any]], now: datetime) -> bool:
        """Return whether nothing the report was made of can have changed since."""
        same_day = timezone.localdate(self.read_at) == timezone.localdate(now)
        return same_day and now - self.read_at < READ_ANEW and self.handed == handed and self.reading.unchanged()


_kept: OrderedDict[tuple[UUID, str], _Kept] = OrderedDict()
_lock = Lock()


def screen(assessment: Assessment) -> Screen:
    """Return the report as it stands now."""
    key, now, handed = (assessment.pk, get_language() or ""), timezone.now(), _handed(assessment)
    with _lock:
        before = _kept.get(key)
    if before is not None and before.stands(handed, now):
        return before.screen
    with noted() as reading:
        source = report_input(assessment)[0]
    said = _said(source)
    if before is not None and before.said == said:
        made = before.screen
    else:
        model = viewmodel.build(source)
        made = Screen(model, SafeString(sections_html(model)))
    with _lock:
        _kept[key] = _Kept(made, said, handed, reading, now)
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return made


def _handed(assessment: Assessment) -> list[dict[str, Any]]:
    """Return the columns of the rows that were read before: the assessment, and what was joined to it."""
    rows: list[Model | None] = [assessment, *assessment._state.fields_cache.values()]
    return [{name: value for name, value in vars(row).items() if name[0] != "_"} for row in rows if row is not None]


def _said(source: ReportInput) -> ReportInput:
    """Return the input without the time of day at which it was read: the day itself counts, for what has ended."""
    since = source.since and (source.since[0], replace(source.since[1], made_at=""))
    return replace(source, made_at=datetime.combine(source.made_at.date(), time.min), since=since)
