"""The sample reports as fixtures."""

import pytest

from tests.reports.made import Report, made
from tests.reports.samples import SAMPLES


@pytest.fixture(params=SAMPLES)
def report(request) -> Report:
    """Every sample in turn."""
    return made(request.param)


@pytest.fixture
def bad() -> Report:
    """The sample with contradictions."""
    return made("bad")


@pytest.fixture
def hostile() -> Report:
    """The sample in which everything people can write is hostile."""
    return made("hostile")
