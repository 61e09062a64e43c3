"""The report as a page: built anew only when something it says has changed, and held in memory until then."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, time
from threading import Lock
from uuid import UUID

from django.utils.safestring import SafeString

from assessor.models import Assessment
from assessor.reports import viewmodel
from assessor.reports.inputs import ReportInput
from assessor.reports.model import ReportModel
from assessor.reports.render import sections_html
from assessor.services.reporting import report_input

# As many reports as a process keeps; one takes about a megabyte.
MOST = 8


@dataclass(frozen=True)
class Screen:
    """A report and its sections as HTML."""

    model: ReportModel
    html: SafeString


_kept: OrderedDict[tuple[UUID, str], tuple[ReportInput, Screen]] = OrderedDict()
_lock = Lock()


def screen(assessment: Assessment) -> Screen:
    """Return the report as it stands now.

    Everything it says is read each time; building and setting it is saved where all of that is as it was before.
    """
    source = report_input(assessment)[0]
    key, said = (assessment.pk, source.language), _said(source)
    with _lock:
        before = _kept.get(key)
    if before is not None and before[0] == said:
        return before[1]
    model = viewmodel.build(source)
    made = Screen(model, SafeString(sections_html(model)))
    with _lock:
        _kept[key] = (said, made)
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return made


def _said(source: ReportInput) -> ReportInput:
    """Return the input without the time of day at which it was read: the day itself counts, for what has ended."""
    since = source.since and (source.since[0], replace(source.since[1], made_at=""))
    return replace(source, made_at=datetime.combine(source.made_at.date(), time.min), since=since)
