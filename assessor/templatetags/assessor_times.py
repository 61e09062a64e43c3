"""Times of records on pages, written as every other time is."""

from datetime import UTC, datetime

from django import template
from django.utils.formats import date_format

register = template.Library()


@register.filter
def when(iso: str) -> str:
    """Return a time as a record writes it (ISO 8601) the way pages show times; what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(iso.replace("Z", "+00:00")).astimezone(UTC)
    except ValueError:
        return iso
    return f"{date_format(moment, 'DATETIME_FORMAT')} UTC"
