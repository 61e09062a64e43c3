"""The address of a document, whose page is the same for those of organisations and for portfolios."""

from collections.abc import Sequence

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag
def document_url(name: str, where: Sequence[object]) -> str:
    """Return the address of this name for a document."""
    return reverse(name, args=where)
