"""Names on the dependency map: broken into lines that fit a box, told apart where they would look alike.

What is too long keeps its beginning and its end, for names made by a scheme often differ in their last characters only.
"""

from collections import defaultdict
from collections.abc import Mapping

from assessor.reports.text import ELLIPSIS
from assessor.reports.widths import width, wrapped

NAME_SIZE = 11.0
NAME_WEIGHT = 600
NAME_LINES = 3
# The room of the narrowest box: what can be told apart there can be told apart everywhere.
LEAST_ROOM = 90.0


def lines_of(
    name: str, room: float, *, size: float = NAME_SIZE, weight: int = NAME_WEIGHT, most: int = NAME_LINES
) -> tuple[str, ...]:
    """Return a name in at most `most` lines of `room` units; of a longer one the last line is "…" and its end."""
    found = wrapped(name, room, size, most + 1, weight)
    if len(found) <= most:
        return found
    rest = room - width(ELLIPSIS, size, weight)
    end, used = len(name), 0.0
    while end and (used := used + width(name[end - 1], size, weight)) <= rest:
        end -= 1
    return (*found[: most - 1], ELLIPSIS + name[end:].lstrip())


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Return names by id; those that a map would show alike carry a number in front, by which a list finds them."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for ident, name in names.items():
        alike[lines_of(name, LEAST_ROOM)].append(ident)
    told = dict(names)
    for idents in alike.values():
        if len(idents) > 1:
            for number, ident in enumerate(sorted(idents, key=lambda one: (names[one].casefold(), one)), 1):
                told[ident] = f"({number}) {names[ident]}"
    return told
