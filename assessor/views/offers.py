"""Takes out of a page what may not be done: links lose their way, forms are shown to read only.

What may not be done is what the member's role does not reach, and whatever would change an archived assessment.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from assessor.models import Membership, Role

Way = Literal["see", "send"]
# The pages are our own templates: links and forms do not nest, and values are quoted.
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
LINK = re.compile(r"<a\b([^>]*\shref=\"(/[^\"]*)\"[^>]*)>(.*?)</a>", re.DOTALL)
ENTRY = re.compile(r"<li\b[^>]*>\s*<a\b[^>]*\shref=\"(/[^\"]*)\"[^>]*>[^<]*</a>\s*</li>")
BUTTON = re.compile(r"<button\b[^>]*>.*?</button>", re.DOTALL)
CONTROL = re.compile(r"<(input|select|textarea)\b(?![^>]*\s(?:disabled|type=\"hidden\"))")
ATTRIBUTE = re.compile(r"\s([\w-]+)=\"([^\"]*)\"")
KEPT = ("id", "class", "lang")


def only_what_reaches(
    request: HttpRequest, response: HttpResponse, membership: Membership, archived: object = None
) -> HttpResponse:
    """Return the response without offers that would end in a refusal; an owner's stays as it is.

    `archived` is the id of the assessment whose page this is, where it is archived.
    """
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    if (membership.role == Role.OWNER and archived is None) or response.streaming or not is_page:
        return response

    def reaches(way: Way, address: str) -> bool:
        path = address.partition("#")[0].partition("?")[0] or request.path
        known = _known(path, way, settings.ROOT_URLCONF)
        least = known.least
        if membership.only_assigned and not known.is_their_part:
            return False
        if archived is not None and known.changes == archived:
            return False
        return least is None or membership.reaches(least)

    def link(found: re.Match[str]) -> str:
        if reaches("see", found[2]):
            return found[0]
        return "" if 'class="button' in found[1] else f"<span>{found[3]}</span>"

    def form(found: re.Match[str]) -> str:
        values = dict(ATTRIBUTE.findall(found[1]))
        if values.get("method", "get").lower() != "post" or reaches("send", values.get("action", "")):
            return found[0]
        kept = "".join(f' {name}="{values[name]}"' for name in KEPT if name in values)
        return f"<div{kept}>{CONTROL.sub(lambda control: control[0] + ' disabled', BUTTON.sub('', found[2]))}</div>"

    def entry(found: re.Match[str]) -> str:
        return found[0] if reaches("see", found[1]) else ""

    text = FORM.sub(form, response.content.decode(response.charset))
    # An entry of a menu goes whole; a link amid other words becomes its words.
    response.content = LINK.sub(link, ENTRY.sub(entry, text)).encode(response.charset)
    return response


@dataclass(frozen=True)
class _Known:
    """What is known of an address: the least role, None where it asks for none; whether it has a part for guests;
    and which assessment it would change."""

    least: Role | None = None
    is_their_part: bool = True
    changes: object = None


@lru_cache(maxsize=8192)
def _known(path: str, way: Way, _urlconf: str) -> _Known:
    try:
        found = resolve(path)
    except Resolver404:
        return _Known()
    view = found.func
    least: dict[str, Role] = getattr(view, "least", {})
    return _Known(
        least=least.get(way),
        is_their_part=not least or getattr(view, "assigned", "hidden") == "their part",
        changes=found.kwargs.get("assessment") if way == "send" and not hasattr(view, "even_archived") else None,
    )
