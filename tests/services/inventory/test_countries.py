"""Countries as people write them."""

import pytest

from assessor.services.inventory.countries import home_of
from assessor.services.inventory.rows import inventory_of


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (["Germany", "EU"], ("DE",)),
        (["Deutschland", "European Union"], ("DE",)),
        (["usa", "UK"], ("GB", "US")),
        (["LB"], ("LB",)),
        (["Atlantis", "eu", ""], ()),
    ],
)
def test_home_is_a_country_and_a_union_is_none(said, codes):
    assert home_of(said) == codes


def test_the_graph_knows_where_home_is(inside):
    assert inventory_of(inside.organisation).home == ("DE",)
