"""In which time zone and in which manner the report that is being made prints its days and times."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.formats import date_format

from assessor.reports.shaped import Dates

PATTERNS = {"iso": "Y-m-d", "dots": "d.m.Y", "slashes": "d/m/Y"}
_PLAIN = Dates()
_now_in_use: ContextVar[Dates] = ContextVar("dates of the report", default=_PLAIN)


@contextmanager
def reading(dates: Dates) -> Iterator[None]:
    """Print days and times as `dates` says for the time of the block."""
    token = _now_in_use.set(dates)
    try:
        yield
    finally:
        _now_in_use.reset(token)


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Return the names of the time zones this machine knows: UTC, then places in the order of their names."""
    places = (
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))
    )
    return ("UTC", *sorted(places))


def _zone(name: str) -> tzinfo:
    # A report may have been made on a machine that knew more zones: then its times are printed in UTC, and say so.
    return ZoneInfo(name) if name != "UTC" and name in zones() else UTC


def day_words(value: datetime) -> str:
    """Return the day of a time, which must know its zone."""
    pattern = PATTERNS.get(_now_in_use.get().style)
    return date_format(value, pattern or "DATE_FORMAT", use_l10n=pattern is None)


def local(value: datetime) -> datetime:
    """Return a time in the zone of the report."""
    return value.astimezone(_zone(_now_in_use.get().time_zone))


def zone_word(value: datetime) -> str:
    """Return what the zone of a time is called: "UTC", "CET", "UTC+05:30"."""
    name = value.tzname() or ""
    if name.isalpha():
        return name
    offset = value.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:]}"
