"""Drafts that are there already: an unchanged one is handed out again, one is made ahead, and never in anybody's way."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from assessor import tasks
from assessor.models import Assessment, JobStatus, Report
from assessor.reports import engine, fonts, pdf
from assessor.reports.pdf import PdfAbandoned, PdfFailed
from assessor.reports.sheet import Step
from assessor.services import jobs, render_ahead, reporting
from assessor.services.answers import save_answer

FAKE = b"%PDF-1.7 a stand-in: setting a real one takes seconds"
DRAFT, ISSUED = Report.Kind.DRAFT, Report.Kind.ISSUED


@pytest.fixture
def fake_pdf(monkeypatch):
    """Set no type in this test."""
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **_: FAKE)


@pytest.fixture
def answered(inside, owner):
    """An assessment with one answer."""
    save_answer(inside, "data.readers", "answered", 2, "", owner)
    return inside


@pytest.fixture
def rested(answered, settings):
    """An assessment that nobody changed for a while."""
    settings.REPORTS_AHEAD = True
    Assessment.objects.filter(pk=answered.pk).update(changed_at=timezone.now() - timedelta(minutes=5))
    return answered


def made(report: Report) -> Report:
    reporting.carry_out(report.pk)
    report.refresh_from_db()
    return report


def ahead(assessment) -> Report | None:
    """Do what the worker does when it looks whether an assessment rests."""
    found = render_ahead.next_at_rest()
    if found is not None:
        reporting.make_ahead(found.pk)
    return Report.objects.filter(assessment=assessment, ahead=True).first()


def test_a_draft_of_an_unchanged_assessment_is_the_one_that_was_made(answered, owner, fake_pdf):
    first = made(reporting.request_report(answered, owner, DRAFT))
    again = reporting.request_report(answered, owner, DRAFT)
    assert (again.pk, again.is_over) == (first.pk, True)


def test_two_requests_for_the_same_draft_wait_for_one(answered, owner):
    assert reporting.request_report(answered, owner, DRAFT).pk == reporting.request_report(answered, owner, DRAFT).pk


def test_an_issue_is_a_new_version_though_nothing_changed(answered, owner, fake_pdf):
    versions = [made(reporting.request_report(answered, owner, ISSUED)).version for _ in range(2)]
    assert versions == [1, 2]


@pytest.mark.parametrize("what", ["answer", "language", "font", "release", "file", "failed", "cancelled"])
def test_a_draft_is_made_anew_when_something_is_different(answered, owner, fake_pdf, what, settings, monkeypatch):
    settings.DATA_DIR = Path(settings.REPORTS_DIR).parent
    first = made(reporting.request_report(answered, owner, DRAFT, "en"))
    language = "en"
    if what == "answer":
        save_answer(answered, "data.readers", "answered", 3, "", owner)
    elif what == "language":
        language = "de"
    elif what == "font":
        fonts.added_directory().mkdir(parents=True)
        (fonts.added_directory() / "more.ttf").write_bytes((fonts.font_files()[0]).read_bytes())
    elif what == "release":
        settings.VERSION = "99.0"
        engine._code.cache_clear()
    elif what == "file":
        (Path(settings.REPORTS_DIR) / first.file).unlink()
    else:
        Report.objects.update(status=what)
    second = reporting.request_report(answered, owner, DRAFT, language)
    engine._code.cache_clear()
    assert second.pk != first.pk
    assert second.version == 2


def test_the_draft_of_a_resting_assessment_is_there_when_somebody_asks(rested, owner, fake_pdf):
    there = ahead(rested)
    assert there.status == JobStatus.DONE
    asked = reporting.request_report(rested, owner, DRAFT)
    assert (asked.pk, asked.is_over, asked.ahead, asked.requested_by) == (there.pk, True, False, owner)
    assert reporting.read_file(asked) == FAKE


def test_a_draft_that_nobody_asked_for_takes_no_number_and_goes_when_the_answers_change(rested, owner, fake_pdf):
    there = ahead(rested)
    file = Path(reporting.settings.REPORTS_DIR) / there.file
    save_answer(rested, "data.readers", "answered", 3, "", owner)
    asked = reporting.request_report(rested, owner, DRAFT)
    assert asked.version == 1
    assert not Report.objects.filter(pk=there.pk).exists()
    assert not file.exists()


def test_it_is_made_once_for_each_rest(rested, fake_pdf, owner):
    assert ahead(rested) is not None
    assert render_ahead.next_at_rest() is None
    save_answer(rested, "data.readers", "answered", 3, "", owner)
    assert render_ahead.next_at_rest() is None, "it was changed a moment ago"
    Assessment.objects.update(changed_at=timezone.now() - timedelta(minutes=3), ahead_at=timezone.now() - timedelta(9))
    assert render_ahead.next_at_rest() == rested


@pytest.mark.parametrize("why", ["off", "archived", "long ago", "busy", "nothing answered", "no pango"])
def test_nothing_is_made_ahead(rested, settings, owner, why, fake_pdf, monkeypatch):
    if why == "off":
        settings.REPORTS_AHEAD = False
    elif why == "archived":
        Assessment.objects.update(archived_at=timezone.now())
    elif why == "long ago":
        Assessment.objects.update(changed_at=timezone.now() - timedelta(days=2))
    elif why == "busy":
        reporting.request_report(rested, owner, ISSUED)
    elif why == "nothing answered":
        rested.answers.all().delete()
    else:
        monkeypatch.setattr(pdf, "_loads", lambda name: False)
    assert ahead(rested) is None


def test_it_steps_aside_for_a_person_and_comes_back_later(rested, owner, monkeypatch):
    def setting(model, watch, **_) -> bytes:
        reporting.request_report(rested, owner, ISSUED)
        assert not watch(Step("pages", 3))
        raise PdfFailed("given up")

    monkeypatch.setattr(reporting, "make_pdf", setting)
    assert ahead(rested) is None, "what came of it is removed"
    Report.objects.update(status=JobStatus.DONE)
    assert render_ahead.next_at_rest() == rested


def test_a_draft_that_a_person_asked_for_meanwhile_is_finished_and_says_when_it_fails(rested, owner, monkeypatch):
    def setting(model, watch, **_) -> bytes:
        asked = reporting.request_report(rested, owner, DRAFT)
        assert asked.requested_by == owner
        raise PdfFailed("Too long.")

    monkeypatch.setattr(reporting, "make_pdf", setting)
    ahead(rested)
    assert [(one.status, one.error, one.ahead) for one in Report.objects.all()] == [("failed", "Too long.", False)]


def test_what_nobody_asked_for_is_swept_after_a_week(rested, fake_pdf):
    there = ahead(rested)
    Report.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert render_ahead.prune() == 1
    assert not (Path(reporting.settings.REPORTS_DIR) / there.file).exists()


@pytest.mark.django_db(transaction=True)
def test_the_worker_takes_it_behind_everything_that_a_person_asked_for(rested, owner, fake_pdf):
    assert tasks.enqueue_ahead()
    tasks.enqueue_report(reporting.request_report(rested, owner, ISSUED))
    waiting = DBTaskResult.objects.order_by("-priority").values_list("task_path", flat=True)
    assert [path.rsplit(".", 1)[-1] for path in waiting] == ["make_report", "make_ahead"]


@pytest.mark.parametrize("at_the_board", [False, True])
def test_a_cancelled_report_is_given_up_and_leaves_nothing(answered, owner, monkeypatch, tmp_path, at_the_board):
    report = reporting.request_report(answered, owner, ISSUED)
    seen = []

    monkeypatch.setattr(render_ahead, "SAY_EVERY_SECONDS", 0.0)

    def setting(model, watch, board_only=False) -> bytes:
        assert watch(Step("pages", 12))
        seen.append(Report.objects.get(pk=report.pk).progress)
        if board_only == at_the_board:
            reporting.cancel(report)
            assert not watch(Step("pages", 14))
            raise PdfAbandoned("not wanted")
        return FAKE

    monkeypatch.setattr(reporting, "make_pdf", setting)
    made(report)
    pages = {"step": "pages", "done": 2, "total": 3, "page": 12}
    # What comes after the report itself is told as its last step.
    assert seen == ([pages, {"step": "writing", "done": 3, "total": 3, "page": 0}] if at_the_board else [pages])
    assert (report.status, report.file) == ("cancelled", "")
    assert [one for one in (tmp_path / "reports").rglob("*") if one.is_file()] == []


def test_a_child_that_nobody_waits_for_is_ended_within_a_second(answered):
    steps = []

    def watch(step: Step) -> bool:
        steps.append(step)
        return len(steps) < 2

    begun = timezone.now()
    with pytest.raises(pdf.PdfAbandoned):
        pdf.make_pdf(reporting.screen_model(answered), watch=watch)
    assert steps
    assert timezone.now() - begun < timedelta(seconds=30)


def test_the_steps_of_a_real_report_are_told_in_order(answered):
    steps: list[Step] = []
    pdf.make_pdf(reporting.screen_model(answered), watch=lambda step: not steps.append(step))
    order = [("reading", "pages", "writing").index(step.name) for step in steps]
    assert order == sorted(order)
    assert max(step.page for step in steps) >= 1


def test_a_job_that_was_put_off_for_long_holds_nothing_up(rested, owner, fake_pdf):
    report = reporting.request_report(rested, owner, ISSUED)
    Report.objects.filter(pk=report.pk).update(created_at=timezone.now() - timedelta(hours=3))
    assert not render_ahead.busy()
    assert jobs.claim(Report, report.pk) is not None
    assert render_ahead.busy()


def test_the_system_check_finds_nothing_wrong_with_the_settings():
    call_command("check", fail_level="ERROR")
