"""Filters for the report's templates: times, shares, sizes; all of them independent of the reader's settings."""

from django import template

from assessor.reports import labels

register = template.Library()


@register.filter
def moment(iso: str) -> str:
    """Return an ISO 8601 time as "21 November 2026, 04:43 UTC"."""
    return labels.moment_words(iso)


@register.filter
def day(iso: str) -> str:
    """Return an ISO 8601 date or time as "21 November 2026"."""
    return labels.day_words(iso)


@register.filter
def percent(share: float) -> str:
    """Return a share (0 to 1) as whole per cent."""
    return labels.percent(share)


@register.filter
def milliseconds(value: float) -> str:
    """Return milliseconds as whole numbers, "<1" below one."""
    return f"{value:.0f}" if value >= 1 else "<1"


@register.filter
def short_hash(value: str) -> str:
    """Return the first 16 digits of a hash; the whole hash stands in the attached JSON."""
    return value[:16]
