"""The cheapest set of questions whose weights add up to what is missing: exact, without trying every set."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import add
from typing import NamedTuple

# Compared from left to right: what matters first stands first. No part is ever negative.
Price = tuple[int, int, int]
FREE: Price = (0, 0, 0)


class Offer(NamedTuple):
    """A question that could be brought to level `to`, the weight that would count then, and what it costs."""

    question: str
    to: int
    weight: int
    price: Price


def plus(one: Price, other: Price) -> Price:
    """Return the sum of two prices, part by part."""
    moves, days, spare = map(add, one, other)
    return moves, days, spare


def cheapest_cover(offers: Iterable[Offer], need: int) -> tuple[Offer, ...]:
    """Return the offers with the least total price whose weights (1 to 3) add up to at least `need`.

    Among offers of one weight, swapping a dearer one for a cheaper one left out never raises the price, so a best
    set takes the cheapest few of each weight, and only the three numbers of how many are open. With n offers that is
    n log n comparisons and at most (n/2 + 2) squared pairs to add up, whatever the prices. Returns () where nothing
    is needed; raises ValueError where all offers together do not reach.
    """
    if need <= 0:
        return ()
    by_weight: dict[int, list[Offer]] = {1: [], 2: [], 3: []}
    for offer in sorted(offers, key=lambda one: one.price):
        by_weight[offer.weight].append(offer)
    ones, twos, threes = (_sums(by_weight[weight]) for weight in (1, 2, 3))
    best: tuple[Price, tuple[int, int, int]] | None = None
    for three in range(min(len(threes) - 1, -(-need // 3)) + 1):
        left = max(0, need - 3 * three)
        for two in range(min(len(twos) - 1, -(-left // 2)) + 1):
            one = max(0, left - 2 * two)
            if one < len(ones):
                price = plus(plus(threes[three], twos[two]), ones[one])
                if best is None or price < best[0]:
                    best = price, (one, two, three)
    if best is None:
        raise ValueError(f"the offers do not add up to a weight of {need}")
    return tuple(
        offer for number, weight in zip(best[1], (1, 2, 3), strict=True) for offer in by_weight[weight][:number]
    )


def _sums(offers: Sequence[Offer]) -> list[Price]:
    """Return what the first 0, 1, 2, … of the offers cost together."""
    return list(accumulate((offer.price for offer in offers), plus, initial=FREE))
