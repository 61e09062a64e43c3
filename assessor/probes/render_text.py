"""How lines of a terminal are wrapped, and how strong a sign is in words."""

import textwrap
from collections.abc import Callable, Iterator

from assessor.errors import N_
from assessor.evidence import Strength

WIDTH = 96
Translate = Callable[[str], str]

STRENGTHS = {
    Strength.PROOF: N_("not produced by accident"),
    Strength.STRONG: N_("hard to produce by accident"),
    Strength.DEFAULT: N_("a default that others copy"),
    Strength.WEAK: N_("weak"),
}


def wrapped(text: str, indent: int = 2, first: str = "") -> Iterator[str]:
    """Yield a text in lines that fit the terminal, indented; `first` begins the first of them."""
    space = " " * indent
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=first or space, subsequent_indent=space, break_on_hyphens=False
    )


def strength_text(strength: Strength, translate: Translate) -> str:
    """Return a strength with its meaning."""
    return f"{strength.value}, {translate(STRENGTHS[strength])}"
