"""Words of the product made visible: every message that goes through gettext comes out between ⟦ and ⟧."""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.utils.translation import _trans

# Words that English sentences have and German ones have not.
ENGLISH = re.compile(
    r"\b(and|are|been|both|by|does|for|from|has|have|is|its|it|may|must|no|not|of|only|or|other|says|shows|than"
    r"|that|the|their|there|these|they|this|to|were|which|who|whom|with|without|yes|you|your)\b",
    re.IGNORECASE,
)

# Codes, addresses and hashes.
CODE = re.compile(r"\S*[./_=:-]\S*[a-z0-9]\S*|\b[0-9a-f]{16,}\b")
# Documents are quoted by their own titles.
TITLES = re.compile(r"(OWASP|NIST|ISO/IEC|Regulation|Delegated|Directive|Executive Order|Traefik Labs blog)[^;·]*")


def marked(message: str) -> str:
    """Return a message as a translation would be that is seen at once."""
    return f"⟦{message}⟧" if message else message


@contextmanager
def every_message_marked() -> Iterator[None]:
    """Have gettext mark what it is given; German then comes from content in German alone."""
    said = {
        "gettext": marked,
        "pgettext": lambda context, message: marked(message),
        "ngettext": lambda one, many, number: marked(one if number == 1 else many),
        "npgettext": lambda context, one, many, number: marked(one if number == 1 else many),
    }
    before = {name: _trans.__dict__.get(name) for name in said}
    _forget_words()
    _trans.__dict__.update(said)
    try:
        yield
    finally:
        for name, was in before.items():
            if was is None:
                del _trans.__dict__[name]
            else:
                _trans.__dict__[name] = was
        _forget_words()


def _forget_words() -> None:
    """Have tags and filters that keep what they made forget it: it is marked on one side of the block alone."""
    for name, module in list(sys.modules.items()):
        if name.startswith("assessor.templatetags."):
            for one in vars(module).values():
                if hasattr(one, "cache_clear"):
                    one.cache_clear()


def unmarked(text: str) -> str:
    """Return what stands outside of every mark; one that was cut off with its end reaches to the end."""
    deep, kept = 0, []
    for sign in text:
        if sign == "⟦":
            deep += 1
            kept.append(" … ")
        elif sign == "⟧":
            deep = max(0, deep - 1)
        elif not deep:
            kept.append(sign)
    return " ".join("".join(kept).split())


def english(text: str, written: Iterable[str]) -> str:
    """Return what is left of a text without marks and without what people wrote, if that is English; else ""."""
    left = unmarked(text)
    if not ENGLISH.search(left):
        return ""
    for words in written:
        left = left.replace(words, " ")
    left = CODE.sub(" ", TITLES.sub(" ", left))
    return left if ENGLISH.search(left) else ""
