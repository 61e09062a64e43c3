"""Sets of positions as the bits of a number: to join, to cut and to compare them costs next to nothing."""

from collections.abc import Iterable, Iterator


def each_bit(mask: int) -> Iterator[int]:
    """Yield the places of the bits set, from low to high."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def bits_of(places: Iterable[int]) -> int:
    """Return the number with these bits set."""
    mask = 0
    for place in places:
        mask |= 1 << place
    return mask
