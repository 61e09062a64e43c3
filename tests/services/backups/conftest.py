"""Installations of their own, on SQLite and on PostgreSQL."""

from functools import partial

import pytest

from tests.services.installations import SERVER, maker


@pytest.fixture(params=["sqlite", "postgresql"])
def install(request, tmp_path):
    """Make new empty installations of one kind of database."""
    if request.param == "postgresql" and not SERVER.startswith("postgres"):
        pytest.skip("no PostgreSQL: set TEST_DATABASE_URL")
    with maker(tmp_path) as new:
        yield partial(new, kind=request.param)
