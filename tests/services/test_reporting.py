"""Reports as files: made once by the worker, checked when handed out, never changed after issue, failing in words."""

import hashlib
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_scopes import scope

from assessor.content import content_hash
from assessor.models import Evidence, JobStatus, Report, Workload
from assessor.reports.model import ReportModel
from assessor.reports.pdf import PdfFailed, PdfUnavailable
from assessor.services import endpoints, jobs, reporting
from assessor.services.answers import save_answer
from assessor.services.reporting import ReportMissing
from assessor.services.workloads import add_workload
from tests.probes.replay import ReplayServer

FAKE = b"%PDF-1.7 a stand-in: setting a real one takes seconds"
DRAFT, ISSUED = Report.Kind.DRAFT, Report.Kind.ISSUED


@pytest.fixture
def fake_pdf(monkeypatch):
    """Set no type in this test."""
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **_: FAKE)


@pytest.fixture
def ask(inside, owner):
    """Ask for a report: `ask(ISSUED)`."""
    return lambda kind=ISSUED: reporting.request_report(inside, owner, kind)


def made(report: Report) -> Report:
    reporting.carry_out(report.pk)
    report.refresh_from_db()
    return report


def files(tmp_path: Path) -> list[str]:
    return sorted(file.name for file in (tmp_path / "reports").rglob("*") if file.is_file())


def test_a_report_is_a_pdf_whose_hash_and_model_are_kept(inside, ask):
    report = made(ask())
    content = reporting.read_file(report)
    assert content.startswith(b"%PDF-")
    assert (report.status, report.version, report.error) == (JobStatus.DONE, 1, "")
    assert report.file_sha256 == hashlib.sha256(content).hexdigest()
    assert report.file_size == len(content)
    model = ReportModel.model_validate(report.content)
    assert model.input_hash == report.input_hash
    assert model.cover.organisation == "Nordhafen Clinic"


def test_the_file_is_named_without_any_word_of_a_user_and_cannot_be_written(inside, ask, fake_pdf, tmp_path):
    inside.organisation.name = "../../etc/passwd"
    inside.organisation.save()
    report = made(ask())
    file = tmp_path / "reports" / report.file
    assert report.file == f"{inside.organisation_id}/{report.pk}-1.pdf"
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert files(tmp_path) == [f"{report.pk}-1-board.pdf", f"{report.pk}-1.pdf"]


def test_drafts_and_issues_are_numbered_apart(inside, ask, owner):
    def draft(level: int) -> Report:
        save_answer(inside, "data.readers", "answered", level, "", owner)
        return ask(DRAFT)

    assert [(one.kind, one.version) for one in (draft(1), draft(2), ask(ISSUED), draft(3))] == [
        ("draft", 1),
        ("draft", 2),
        ("issued", 1),
        ("draft", 3),
    ]


def test_a_draft_says_that_it_is_one(ask):
    assert ReportModel.model_validate(ask(DRAFT).content).cover.draft
    # Issued, and still marked: nobody has signed the round off (see test_rounds).
    assert ReportModel.model_validate(ask(ISSUED).content).cover.draft


def test_an_issued_report_stays_as_it_was_when_answers_and_endpoints_change(inside, ask, owner, register, probe):
    with ReplayServer("llama_server") as server:
        role = register(server.url)
        probe(role)
    save_answer(inside, "data.readers", "answered", 4, "note before issue", owner)
    report = made(ask())
    kept = (reporting.read_file(report), report.content, report.input_hash, report.scorecard)
    save_answer(inside, "data.readers", "answered", 0, "note after issue", owner)
    endpoints.remove_endpoint(role, "gone", owner)
    report.refresh_from_db()
    assert (reporting.read_file(report), report.content, report.input_hash, report.scorecard) == kept
    assert "note before issue" in str(report.content)
    assert "note after issue" not in str(report.content)
    second = ask()
    assert second.input_hash != report.input_hash
    assert second.version == 2


def test_what_was_answered_while_the_report_waited_is_not_in_it(inside, ask, owner, fake_pdf):
    report = ask()
    save_answer(inside, "data.readers", "answered", 4, "too late", owner)
    assert "too late" not in str(made(report).content)


@pytest.mark.parametrize("damage", [b"", b"%PDF-1.7 another", FAKE + b" "])
def test_a_file_that_was_changed_is_not_handed_out(ask, fake_pdf, tmp_path, damage):
    report = made(ask())
    file = tmp_path / "reports" / report.file
    file.unlink()
    file.write_bytes(damage)
    with pytest.raises(ReportMissing, match=r"was changed after it was made.* Restore it from a backup"):
        reporting.read_file(report)


def test_a_file_that_is_gone_is_said_to_be_gone(ask, fake_pdf, tmp_path):
    report = made(ask())
    (tmp_path / "reports" / report.file).unlink()
    with pytest.raises(ReportMissing, match=r"not in the data directory any more.* Restore it from a backup"):
        reporting.read_file(report)


def test_without_pango_no_report_is_begun(ask, monkeypatch):
    monkeypatch.setattr(reporting, "pdf_available", lambda: PdfUnavailable("Pango is missing.", remedy="Install it."))
    with pytest.raises(PdfUnavailable, match=r"Pango is missing\. Install it\."):
        ask()
    assert not Report.objects.exists()


def test_a_pdf_that_cannot_be_set_fails_the_report_in_words(ask, monkeypatch, tmp_path):
    def fail(model: ReportModel, **_: object) -> bytes:
        raise PdfFailed("The report is too long to be set.", remedy="Shorten notes.")

    monkeypatch.setattr(reporting, "make_pdf", fail)
    report = made(ask())
    assert (report.status, report.error) == ("failed", "The report is too long to be set. Shorten notes.")
    assert (report.file, files(tmp_path)) == ("", [])


def test_a_place_that_cannot_be_written_fails_the_report_in_words(ask, fake_pdf, tmp_path):
    (tmp_path / "reports").write_text("a file where the directory should be")
    report = made(ask())
    assert (report.status, report.file) == ("failed", "")
    assert report.error == "The file could not be stored: Not a directory."


def test_a_full_disc_fails_the_report_in_words_and_leaves_nothing_half_written(ask, fake_pdf, monkeypatch, tmp_path):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reporting.os, "fsync", full)
    report = made(ask())
    assert (report.status, report.error) == ("failed", "The file could not be stored: No space left on device.")
    assert files(tmp_path) == []
    monkeypatch.undo()


def test_a_worker_that_comes_too_late_leaves_the_handed_out_file_alone(ask, monkeypatch, tmp_path):
    report = ask()

    def slow(model: ReportModel, **_: object) -> bytes:
        # While the first worker sets type, its lease runs out and a second one does it all.
        monkeypatch.setattr(reporting, "make_pdf", lambda model, **_: FAKE)
        Report.objects.filter(pk=report.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert jobs.release_expired(Report) == [report.pk]
        reporting.carry_out(report.pk)
        return b"%PDF-1.7 late"

    monkeypatch.setattr(reporting, "make_pdf", slow)
    made(report)
    assert (report.status, report.attempt) == (JobStatus.DONE, 2)
    assert reporting.read_file(report) == FAKE
    assert files(tmp_path) == [f"{report.pk}-2-board.pdf", f"{report.pk}-2.pdf"]


def test_what_killed_workers_left_behind_is_removed(ask, fake_pdf, tmp_path):
    report, other = ask(), made(ask(DRAFT))
    folder = (tmp_path / "reports" / other.file).parent
    (folder / f"{report.pk}-0.pdf").write_bytes(FAKE)
    (folder / f"{report.pk}-0.part").write_bytes(FAKE[:5])
    made(report)
    assert files(tmp_path) == sorted(f"{one.pk}-1{kind}.pdf" for one in (report, other) for kind in ("", "-board"))


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_issue_two_versions(inside, owner):
    start, versions = threading.Barrier(4), []

    def click() -> None:
        start.wait(5)
        try:
            with scope(organisation=inside.organisation):
                versions.append(reporting.request_report(inside, owner, ISSUED).version)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(versions) == [1, 2, 3, 4]


def test_the_report_prints_what_was_shown_for_one_workload_alone(inside, owner):
    search = add_workload(inside, Workload(name="Search", criticality="critical"))
    toy = add_workload(inside, Workload(name="Toy", criticality="supporting"))
    for workload, level in ((search, 3), (toy, 4)):
        answer = save_answer(inside, "data.readers", "answered", level, "", owner, workload=workload)
        Evidence.objects.create(
            organisation=inside.organisation,
            answer=answer,
            level=level,
            kind="contract",
            description=f"Contract of {workload.name}",
        )
    model = reporting.screen_model(inside)
    entry = next(one for one in model.dimensions[0].answers if one.id == "data.readers")
    assert [(one.workload, one.counts, one.level) for one in entry.workloads] == [
        ("Search", True, 3),
        ("Toy", False, 4),
    ]
    assert [one.evidence[0].description for one in entry.workloads] == ["Contract of Search", "Contract of Toy"]
    assert entry.evidence == ()


def test_the_report_takes_the_targets_that_the_organisation_edited(inside, owner):
    save_answer(inside, "data.readers", "answered", 1, "", owner)
    inside.profile, inside.targets = "bank", {"data": 4}
    inside.save()
    targets = reporting.screen_model(inside).targets
    assert targets.profile
    assert targets.rows[0].target == 4


def test_making_the_model_takes_a_bounded_number_of_queries(inside, owner, django_assert_max_num_queries):
    second = add_workload(inside, Workload(name="Search", criticality="critical"))
    for question in ("data.readers", "data.orders"):
        save_answer(inside, question, "answered", 2, "", owner)
        save_answer(inside, question, "answered", 1, "", owner, workload=second)
    # The first reading plays the scenarios and keeps what came out.
    reporting.screen_model(inside)
    with django_assert_max_num_queries(28):
        reporting.screen_model(inside)


def test_a_report_that_waited_through_an_upgrade_fails_in_words_when_it_cannot_be_printed(ask, fake_pdf):
    report = ask()
    rest = {key: value for key, value in report.content.items() if key not in ("input_hash", "board")}
    Report.objects.filter(pk=report.pk).update(content=rest | {"input_hash": content_hash(rest)})
    made(report)
    assert report.status == JobStatus.FAILED
    assert "which this release cannot print. Make a new report" in report.error
