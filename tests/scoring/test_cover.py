"""The cheapest set of weights: as cheap as trying everything, without trying everything."""

from itertools import chain, combinations

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from assessor.scoring.cover import FREE, Offer, cheapest_cover

prices = st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 1))


@st.composite
def offers(draw):
    count = draw(st.integers(0, 9))
    return [Offer(f"q{place}", 3, draw(st.integers(1, 3)), draw(prices)) for place in range(count)]


def total(chosen):
    return tuple(map(sum, zip(*(one.price for one in chosen), strict=True))) if chosen else FREE


@for_all(offers(), st.integers(0, 12))
@settings(max_examples=150, deadline=None)
def test_no_set_of_offers_is_cheaper(rows, need):
    sets = chain.from_iterable(combinations(rows, size) for size in range(len(rows) + 1))
    enough = [total(one) for one in sets if sum(offer.weight for offer in one) >= need]
    if not enough:
        with pytest.raises(ValueError, match="do not add up"):
            cheapest_cover(rows, need)
        return
    chosen = cheapest_cover(rows, need)
    assert sum(offer.weight for offer in chosen) >= need
    assert total(chosen) == min(enough)


class Counted(int):
    """A number that counts how often numbers were added."""

    sums = 0

    def __add__(self, other):
        Counted.sums += 1
        return Counted(int(self) + int(other))


@pytest.mark.parametrize("count", [7, 57, 400])
def test_the_work_grows_with_the_square_of_the_questions_at_most(count):
    Counted.sums = 0
    zero = Counted(0)
    rows = [Offer(f"q{place}", 3, 1 + place % 3, (zero, Counted(place * 7 % 11), zero)) for place in range(count)]
    cheapest_cover(rows, 2 * count * 2 // 3)
    # Three parts to a price; two sums for each number of threes and twos, one for each offer taken into a row.
    assert Counted.sums <= 3 * (2 * (count / 2 + 2) ** 2 + count)
