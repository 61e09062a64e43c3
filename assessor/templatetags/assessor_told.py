"""Filters for what was stored: sentences of ours in the reader's language, and codes of results as words."""

from django import template
from django.utils.translation import gettext as _

from assessor.probes.result import Behind
from assessor.probes.words import behind_words
from assessor.reports import labels
from assessor.retelling import named, retold

register = template.Library()


@register.filter
def told(sentence: str) -> str:
    """Return a stored sentence of ours in the reader's language; what is not ours stays as it is."""
    return retold(sentence, _)


@register.filter
def person_name(name: str) -> str:
    """Return the name of a person as a record keeps it, in the reader's language where it is ours."""
    return named(name, _)


@register.filter
def behind_name(item: Behind) -> str:
    """Return who stands behind, by name where there is one."""
    return behind_words(item, _)


register.filter("address_word", labels.address_label)
register.filter("kind_word", labels.kind_label)
register.filter("place_word", labels.place_label)
register.filter("spoken_word", labels.spoken_label)
register.filter("exchange_word", labels.exchange_label)
