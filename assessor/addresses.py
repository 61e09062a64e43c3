"""Addresses of pages by name, as Django's `reverse` makes them, in a third of its time.

A page of questions holds some forty links. For each, Django looks for the pattern anew and quotes what needs no
quoting. Here the pattern of a name is looked for once; whatever is unusual goes to Django after all.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.urls import get_resolver, get_script_prefix, get_urlconf, reverse
from django.urls.resolvers import URLResolver

# Of such characters alone, neither an address nor the HTML around it needs anything quoted.
PLAIN = re.compile(r"/[A-Za-z0-9_.~:@!$()*+,;=-][A-Za-z0-9_.~/:@!$()*+,;=-]*|/")

Where = tuple[URLResolver, str]


@lru_cache(maxsize=1024)
def _pattern(
    resolver: URLResolver, prefix: str, name: str, count: int
) -> tuple[str, tuple[Callable[[Any], str], ...], Callable[[str], object]] | None:
    """Return how an address of so many parts is written and checked; None where that is not one way alone."""
    fitting = [
        (f"{prefix.replace('%', '%%')}{text}", params, pattern, converters)
        for possibilities, pattern, _defaults, converters in resolver.reverse_dict.getlist(name)
        for text, params in possibilities
        if len(params) == count
    ]
    if len(fitting) != 1:
        return None
    text, params, pattern, converters = fitting[0]
    written = re.sub(r"%\((\w+)\)s", "%s", text)
    # The parts are filled in by place.
    if re.findall(r"%\((\w+)\)s", text) != params:
        return None
    words = tuple(converters[one].to_url if one in converters else str for one in params)
    return written, words, re.compile(f"^{re.escape(prefix)}{pattern}").search


def address(name: str, *parts: Any) -> str:
    """Return the address of a page by its name and the parts of its path; raises `NoReverseMatch` as Django does."""
    return address_at(where(), name, parts)


def where() -> Where:
    """Return what the addresses of one page have in common: the patterns in force, and what stands before each."""
    return get_resolver(get_urlconf()), get_script_prefix()


def address_at(here: Where, name: str, parts: Sequence[Any]) -> str:
    """Return the same for a page that has asked `where` it is once for all its links."""
    found = _pattern(*here, name, len(parts))
    if found is not None:
        written, words, fits = found
        try:
            text = written % tuple([word(part) for word, part in zip(words, parts, strict=True)])
        except ValueError:
            text = ""
        if PLAIN.fullmatch(text) and fits(text):
            return text
    return reverse(name, args=parts)
