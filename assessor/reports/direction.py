"""Which parts of a document run from right to left: WeasyPrint knows no dir="auto", so it is told."""

from typing import Any

from assessor.reports.printable import LEFTWARD_CHAR, is_leftward

BLOCKS = frozenset({"p", "li", "td", "th", "h1", "h2", "h3", "h4", "dt", "dd", "caption", "figcaption"})
# Sentences of ours that take up what others wrote: turned round, their parts would stand in the wrong order.
OURS = "entry-evidence"


def turn(root: Any, html: str) -> None:
    """Set `dir` on the blocks of a parsed document whose letters mostly run to the left."""
    if LEFTWARD_CHAR.search(html) is None:
        return
    for element in root.iter():
        if element.tag in BLOCKS and element.get("class") != OURS and is_leftward("".join(element.itertext())):
            element.set("dir", "rtl")
