"""The sample reports as models; no PDF is set for these tests."""

from functools import cache

import pytest

from assessor.reports import viewmodel
from assessor.reports.model import ReportModel
from tests.reports.samples import SAMPLES


@cache
def built(name: str) -> ReportModel:
    """Return a sample report's model, built once."""
    return viewmodel.build(SAMPLES[name]())


@pytest.fixture(params=SAMPLES)
def model(request) -> ReportModel:
    """Every sample in turn."""
    return built(request.param)


@pytest.fixture
def bad() -> ReportModel:
    """The sample with contradictions."""
    return built("bad")


@pytest.fixture
def hostile() -> ReportModel:
    """The sample in which everything people can write is hostile."""
    return built("hostile")
