"""Filters for the report's templates: times, shares, sizes; all of them independent of the reader's settings."""

import re
from collections.abc import Iterable, Mapping

from django import template
from django.utils.safestring import SafeString

from assessor.reports import labels, logged, richtext
from assessor.reports.drawing import shade_of
from assessor.reports.model import FindingRow
from assessor.reports.shaped import Block
from assessor.reports.text import first_sentence

register = template.Library()

_PLACE = re.compile(r'\sid="([^"]+)"')
_LINK = re.compile(r'<a href="#([^"]*)">(.*?)</a>', re.DOTALL)


@register.filter
def moment(iso: str) -> str:
    """Return an ISO 8601 time as "21 November 2026, 04:43 UTC"."""
    return labels.moment_words(iso)


@register.filter
def day(iso: str) -> str:
    """Return an ISO 8601 date or time as "21 November 2026"."""
    return labels.day_words(iso)


@register.filter
def utc(iso: str) -> str:
    """Return an ISO 8601 time in UTC as "2026-11-21 04:43:07", which breaks between day and time where it must."""
    return iso[:19].replace("T", " ")


@register.filter
def percent(share: float) -> str:
    """Return a share (0 to 1) as whole per cent."""
    return labels.percent(share)


@register.filter
def at(found: Mapping[str, object], key: str) -> object:
    """Return what stands under a key, or an empty text."""
    return found.get(key, "")


@register.filter
def shade(share: float) -> int:
    """Return the step among the shades for a share (0 to 1)."""
    return shade_of(share)


@register.filter
def brief(text: str) -> str:
    """Return the first sentence of an answer; the whole of it stands in the appendix."""
    return first_sentence(text, 220)


@register.filter
def milliseconds(value: float) -> str:
    """Return milliseconds as whole numbers, "<1" below one."""
    return f"{value:.0f}" if value >= 1 else "<1"


@register.filter
def short_hash(value: str) -> str:
    """Return the first 16 digits of a hash; the whole hash stands in the attached JSON."""
    return value[:16]


@register.simple_block_tag(end_name="endlinked")
def linked(content: str) -> SafeString:
    """Leave the words of a link whose place is not in this report, and take the link away: sections can be left out."""
    places = set(_PLACE.findall(content))
    return SafeString(_LINK.sub(lambda link: link[0] if link[1] in places else link[2], content))


@register.filter
def rich(blocks: Iterable[Block]) -> SafeString:
    """Return what a person wrote as HTML."""
    return richtext.html(blocks)


@register.filter
def place(endpoint: str) -> str:
    """Return the anchor of where a finding was seen: an endpoint of the evidence log, or the scenarios."""
    return logged.place(endpoint)


@register.filter
def finding_place(row: FindingRow, places: Mapping[logged.Key, str]) -> str:
    """Return the anchor of a finding in the evidence log, or of where it was seen."""
    return places.get((row.endpoint, row.code, row.title)) or logged.place(row.endpoint)
