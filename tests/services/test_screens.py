"""The report as a page is made anew when anything it says has changed, and only then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessor.models import Answer, Endpoint, Evidence, ReportWords, Workload
from assessor.services import screens
from assessor.services.answers import save_answer
from assessor.services.endpoints import EndpointFacts, register_endpoint
from assessor.services.rereading import noted


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


def test_whatever_a_report_says_beside_answers_shows_at_once(inside, owner, built):
    def says(text):
        # Twice, so that the second reading is the one that only asks whether anything has changed.
        screens.screen(inside)
        return text in screens.screen(inside).html

    Workload.objects.create(organisation=inside.organisation, name="Letters nobody reads", owner="Post room")
    assert not says("Letters nobody reads")
    inside.workloads.add(Workload.objects.get(name="Letters nobody reads"))
    assert says("Letters nobody reads")
    Workload.objects.update(owner="Attic")
    assert says("Attic")
    save_answer(inside, "data.readers", "answered", 1, "", owner)
    Evidence.objects.create(
        organisation=inside.organisation,
        answer=Answer.objects.get(question="data.readers"),
        level=1,
        kind="contract",
        description="Cellar key list",
    )
    assert says("Cellar key list")
    Evidence.objects.update(description="Attic key list")
    assert says("Attic key list")
    assert not says("Cellar key list")
    ReportWords.objects.create(
        organisation=inside.organisation,
        assessment=inside,
        part="summary",
        language="en",
        source="In short: no.",
        written_at=timezone.now(),
    )
    assert says("In short: no.")


def test_an_unchanged_report_costs_its_statements_and_nothing_else(inside, monkeypatch):
    screens.screen(inside)
    first = screens.screen(inside)

    def never(*_arguments):
        raise AssertionError("read although nothing has changed")

    monkeypatch.setattr(screens, "report_input", never)
    assert screens.screen(inside) is first


@pytest.mark.parametrize("later", [screens.READ_ANEW, timedelta(days=1)])
def test_after_a_while_everything_is_read_anew(inside, monkeypatch, later):
    screens.screen(inside)
    screens.screen(inside)
    read, now = [], timezone.now() + later
    source = screens.report_input

    def counted(assessment):
        read.append(assessment)
        return source(assessment)

    monkeypatch.setattr(screens, "report_input", counted)
    monkeypatch.setattr(screens.timezone, "now", lambda: now)
    screens.screen(inside)
    screens.screen(inside)
    assert read == [inside]


def test_what_writes_while_it_reads_is_read_again(inside):
    with noted() as reading:
        Endpoint.objects.update(name="Another")
    assert not reading.unchanged()


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
