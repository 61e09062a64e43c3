"""The words of charts set as a whole: WeasyPrint sets the text of an SVG letter by letter.

So Arabic falls apart, Hebrew runs the wrong way, marks leave their letters and nothing is kerned. It needs single
letters only where each has a place of its own, which no chart of ours asks for.
"""

from collections.abc import Iterator
from typing import Any


class Words(str):
    """Text whose only letter is the whole of it, for the loop that sets letters."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        """Yield the whole text."""
        return iter((str(self),))


def set_whole(svg: Any) -> None:
    """Let `svg` (the module `weasyprint.svg`) set the text of each element at once; to be called once."""
    by_letters = svg.text

    def whole(image: Any, node: Any, font_size: float) -> None:
        if node.text:
            node._etree_node.text = Words(node.text)
        by_letters(image, node, font_size)

    svg.TAGS.update({name: whole for name, drawn in svg.TAGS.items() if drawn is by_letters})
    # The module asks by this name which elements are text, to put them at their middle or their end.
    svg.text = whole
