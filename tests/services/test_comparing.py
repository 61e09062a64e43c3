"""A report says what moved since the last issued one, else since the assessment before it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from assessor.models import Report
from assessor.services import assessments, reporting
from assessor.services.answers import save_answer
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS

ISSUED = Report.Kind.ISSUED


@pytest.fixture(autouse=True)
def _no_type(monkeypatch):
    """Set no type in these tests."""
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **_only: b"%PDF-1.7 a stand-in")


def issue(assessment, owner) -> Report:
    report = reporting.request_report(assessment, owner, ISSUED)
    reporting.carry_out(report.pk)
    return report


def test_a_first_report_has_nothing_to_compare_with(inside):
    assert reporting.screen_model(inside).movement is None


def test_after_an_issued_report_the_next_one_says_what_you_changed(inside, owner):
    save_answer(inside, "data.readers", "answered", 1, "", owner)
    issue(inside, owner)
    save_answer(inside, "data.readers", "answered", 4, "", owner)
    moved = reporting.screen_model(inside).movement
    assert (moved.before, moved.after) == ("Report 1", "This report")
    (change,) = moved.changes
    assert (change.question, change.claimed, change.movers) == ("data.readers", (1, 4), ("you",))
    assert change.because == ("The answer went from “Level 1” to “Level 4”.",)
    assert {one.mover: one.count for one in moved.movers} == {"you": 1, "questionnaire": 0, "probe": 0, "age": 0}


def test_an_unchanged_assessment_moved_nowhere(inside, owner):
    save_answer(inside, "data.readers", "answered", 3, "", owner)
    issue(inside, owner)
    moved = reporting.screen_model(inside).movement
    assert moved.changes == ()
    assert moved.headline.startswith("The overall level stays at 0 as claimed.")
    assert moved.headline.endswith("No dimension moved.")


def test_without_a_report_of_its_own_an_assessment_is_compared_with_the_one_before(inside, owner):
    save_answer(inside, "data.readers", "answered", 1, "", owner)
    later = assessments.start_assessment(owner, shipped("ai-sovereignty"), FACTS, organisation=inside.organisation)
    with scope(organisation=inside.organisation):
        save_answer(later, "data.readers", "answered", 3, "", owner)
        moved = reporting.screen_model(later).movement
        assert moved.before == inside.title
        assert [one.claimed for one in moved.changes] == [(1, 3)]
        issue(inside, owner)
        save_answer(inside, "data.readers", "answered", 3, "", owner)
        assert [one.claimed for one in reporting.screen_model(later).movement.changes] == [(1, 3)]
        assert reporting.screen_model(inside).movement.before == "Report 1"


def test_the_language_of_either_report_changes_nothing_in_what_moved(inside, owner):
    save_answer(inside, "data.readers", "answered", 1, "", owner)
    report = reporting.request_report(inside, owner, ISSUED, "de")
    reporting.carry_out(report.pk)
    assert reporting.screen_model(inside).movement.changes == ()


def test_comparing_with_an_issued_report_costs_one_query_once_it_was_read(inside, owner):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            reporting.screen_model(inside)
        return len(seen)

    save_answer(inside, "data.readers", "answered", 1, "", owner)
    queries()
    without = queries()
    issue(inside, owner)
    queries()
    # Without one, the assessment before it was looked for as well.
    assert queries() == without - 1
