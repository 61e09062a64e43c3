"""The report as a page is made anew when anything it says has changed, and only then."""

import pytest

from assessor.models import Endpoint
from assessor.services import screens
from assessor.services.answers import save_answer
from assessor.services.endpoints import EndpointFacts, register_endpoint


@pytest.fixture
def built(monkeypatch):
    """Counts how often a report was built."""
    counted = []
    build = screens.viewmodel.build

    def counting(source):
        counted.append(source)
        return build(source)

    monkeypatch.setattr(screens.viewmodel, "build", counting)
    return counted


def test_an_unchanged_report_is_built_once(inside, built):
    first = screens.screen(inside)
    assert screens.screen(inside) is first
    assert len(built) == 1


def test_a_changed_name_answer_or_endpoint_shows_at_once(inside, owner, built):
    screens.screen(inside)
    inside.organisation.name = "Renamed Clinic"
    inside.organisation.save()
    assert "Renamed Clinic" in screens.screen(inside).html
    save_answer(inside, "data.readers", "unknown", None, "Nobody knew.", owner)
    assert "Nobody knew." in screens.screen(inside).html
    register_endpoint(inside, EndpointFacts(name="Brand-new gateway", url="http://10.0.0.9:4000", part="model"))
    assert "Brand-new gateway" in screens.screen(inside).html
    Endpoint.objects.update(name="Gateway by another name")
    assert "Gateway by another name" in screens.screen(inside).html
    assert len(built) == 5


def test_each_language_has_its_own(inside):
    from django.utils import translation

    english = screens.screen(inside)
    with translation.override("de"):
        german = screens.screen(inside)
    assert english.model.language == "en"
    assert german.model.language == "de"
    assert screens.screen(inside) is english


def test_only_so_many_reports_are_kept(inside, monkeypatch):
    monkeypatch.setattr(screens, "MOST", 1)
    screens.screen(inside)
    assert len(screens._kept) == 1
