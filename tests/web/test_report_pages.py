"""Reports as a person meets them: on screen, waiting, made, handed out, refused."""

import hashlib
import io
import json
from pathlib import Path

import pytest
from django.urls import reverse
from pypdf import PdfReader

from assessor.management import background
from assessor.models import Report
from assessor.reports import pdf
from assessor.reports.model import ReportModel
from assessor.services import reporting
from assessor.services.answers import save_answer

HTMX = {"HTTP_HX_REQUEST": "true"}
FAKE = b"%PDF-1.7 a stand-in: setting a real one takes seconds"


@pytest.fixture
def fake_pdf(monkeypatch):
    """Set no type in this test."""
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **_: FAKE)


@pytest.fixture
def no_pango(monkeypatch):
    """Be on a machine without the library."""
    monkeypatch.setattr(pdf, "_loads", lambda name: False)


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def text(response) -> str:
    return response.content.decode()


def make(client, assessment, kind="issued") -> Report:
    """Ask for a report by its button, and have it made."""
    response = client.post(address("make_report", assessment), {"kind": kind})
    report = Report.objects.get(kind=kind)
    assert response.headers["Location"] == address("report_status", assessment, report.pk)
    reporting.carry_out(report.pk)
    report.refresh_from_db()
    return report


def test_before_any_report_the_page_says_so(client, inside):
    page = text(client.get(address("reports", inside)))
    assert "No PDF has been made of this assessment yet." in page
    assert "Make a draft" in page
    assert "Issue a report" in page


@pytest.mark.django_db(transaction=True)
def test_the_worker_makes_the_pdf_and_the_download_is_what_was_stored(client, inside, owner, tmp_path):
    save_answer(inside, "data.readers", "answered", 4, "As agreed in May", owner)
    where = client.post(address("make_report", inside), {"kind": "issued"}).headers["Location"]
    waiting = client.get(where, **HTMX)
    assert waiting.status_code == 200
    assert "Waiting for the worker" in text(waiting)
    assert 'hx-trigger="every 1s"' in text(waiting)
    background.work(until_empty=True)
    report = Report.objects.get()
    done = client.get(where, **HTMX)
    assert done.status_code == 286
    assert "<html" not in text(done)
    assert report.file_sha256 in text(done)
    assert report.input_hash in text(done)
    response = client.get(address("report_file", inside, report.pk))
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="nordhafen-clinic-issued-v1.pdf"'
    assert response.content == (tmp_path / "reports" / report.file).read_bytes()
    assert hashlib.sha256(response.content).hexdigest() == report.file_sha256
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    assert "Nordhafen Clinic" in words
    assert "As agreed in May" in " ".join(words.split())


def test_drafts_and_issued_reports_are_listed_with_their_hashes(client, inside, fake_pdf):
    draft, issued = make(client, inside, "draft"), make(client, inside, "issued")
    page = text(client.get(address("reports", inside)))
    for report in (draft, issued):
        assert address("report_status", inside, report.pk) in page
        assert report.file_sha256[:16] in page
    assert "Draft 1" in page
    assert "Issued 1" in page


@pytest.mark.parametrize("kind", ["", "final", "ISSUED"])
def test_anything_but_issued_is_a_draft(client, inside, kind):
    client.post(address("make_report", inside), {"kind": kind})
    assert Report.objects.get().kind == Report.Kind.DRAFT


def test_a_report_that_is_not_made_yet_has_no_file(client, inside):
    client.post(address("make_report", inside), {"kind": "draft"})
    assert client.get(address("report_file", inside, Report.objects.get().pk)).status_code == 404


def test_a_file_that_was_changed_is_not_handed_out_and_the_page_says_why(client, inside, fake_pdf, tmp_path):
    report = make(client, inside)
    file = tmp_path / "reports" / report.file
    file.unlink()
    file.write_bytes(FAKE + b"!")
    response = client.get(address("report_file", inside, report.pk), follow=True)
    assert response.headers["Content-Type"].startswith("text/html")
    assert "was changed after it was made, so it is not handed out" in text(response)


def test_the_issued_report_is_the_same_after_the_answers_changed_while_the_screen_follows(
    client, inside, owner, fake_pdf
):
    save_answer(inside, "data.readers", "answered", 4, "The earlier note", owner)
    report = make(client, inside)
    before = client.get(address("report_file", inside, report.pk)).content
    save_answer(inside, "data.readers", "answered", 1, "The later note", owner)
    assert client.get(address("report_file", inside, report.pk)).content == before
    report.refresh_from_db()
    assert "The earlier note" in json.dumps(report.content)
    page = text(client.get(address("report", inside)))
    assert "The later note" in page
    assert "The earlier note" not in page


def test_the_model_is_handed_out_as_the_schema_says(client, inside):
    response = client.get(address("report_json", inside))
    model = ReportModel.model_validate(json.loads(response.content))
    assert model.cover.organisation == "Nordhafen Clinic"
    assert response.headers["Content-Disposition"] == f'attachment; filename="report-{inside.pk}.json"'


def test_without_pango_a_sentence_says_what_to_install_and_all_else_works(client, inside, no_pango):
    page = text(client.get(address("reports", inside)))
    assert "PDFs need the library Pango" in page
    assert pdf.APT_LINE in page
    assert "Issue a report" not in page
    for name in ("assessment", "questions", "endpoints", "report", "report_json"):
        assert client.get(address(name, inside), follow=True).status_code == 200
    for path in ("/", "/about/"):
        assert client.get(path).status_code == 200


def test_without_pango_a_request_for_a_report_is_refused_with_the_same_sentence(client, inside, no_pango):
    page = client.post(address("make_report", inside), {"kind": "issued"}, follow=True)
    assert page.status_code == 200
    assert "PDFs need the library Pango" in text(page)
    assert not Report.objects.exists()


def test_pango_that_went_missing_while_the_report_waited_fails_it_with_the_sentence(client, inside, monkeypatch):
    client.post(address("make_report", inside), {"kind": "issued"})
    monkeypatch.setattr(pdf, "_loads", lambda name: False)
    report = Report.objects.get()
    reporting.carry_out(report.pk)
    page = text(client.get(address("report_status", inside, report.pk)))
    assert "The PDF could not be made." in page
    assert "PDFs need the library Pango" in page
    assert "the report on screen are not affected" in page


def test_a_place_that_cannot_be_written_is_said_on_the_page(client, inside, fake_pdf, settings, tmp_path):
    settings.REPORTS_DIR = Path(tmp_path / "file" / "below")
    (tmp_path / "file").write_text("in the way")
    report = make(client, inside)
    assert "The file could not be stored: Not a directory." in text(
        client.get(address("report_status", inside, report.pk))
    )


def test_a_report_of_another_organisation_is_not_found(client, inside, strangers_scan, fake_pdf):
    report = make(client, inside)
    for name in ("report_status", "report_file"):
        assert client.get(address(name, strangers_scan, report.pk)).status_code == 404
    assert client.post(address("cancel_report", strangers_scan, report.pk)).status_code == 404


def test_a_report_that_waits_can_be_cancelled_and_the_page_says_so(client, inside):
    where = client.post(address("make_report", inside), {"kind": "issued"}).headers["Location"]
    report = Report.objects.get()
    assert address("cancel_report", inside, report.pk) in text(client.get(where))
    assert client.get(address("cancel_report", inside, report.pk)).status_code == 405
    page = client.post(address("cancel_report", inside, report.pk), follow=True)
    assert "Cancelled: no PDF was made." in text(page)
    reporting.carry_out(report.pk)
    assert Report.objects.get().status == "cancelled"


def test_what_is_done_is_not_undone_by_a_late_cancel(client, inside, fake_pdf):
    report = make(client, inside)
    client.post(address("cancel_report", inside, report.pk))
    assert client.get(address("report_file", inside, report.pk)).content == FAKE


def test_a_report_under_way_says_its_step_and_page(client, inside):
    client.post(address("make_report", inside), {"kind": "issued"})
    progress = {"step": "pages", "done": 2, "total": 3, "page": 12}
    Report.objects.update(status="running", progress=progress)
    page = text(client.get(address("report_status", inside, Report.objects.get().pk)))
    assert "Setting the pages: page 12" in page
    assert "2 / 3" in page


def test_a_draft_that_says_the_same_is_handed_out_again_and_the_page_says_so(client, inside, fake_pdf):
    make(client, inside, "draft")
    page = client.post(address("make_report", inside), {"kind": "draft"}, follow=True)
    assert "Nothing has changed since this draft was made" in text(page)
    assert Report.objects.count() == 1


def test_a_draft_made_ahead_is_listed_only_once_somebody_asks(client, inside, fake_pdf):
    report = make(client, inside, "draft")
    Report.objects.update(ahead=True)
    assert report.file_sha256[:16] not in text(client.get(address("reports", inside)))
    assert client.get(address("report_file", inside, report.pk)).status_code == 404


def test_making_a_report_answers_to_post_only(client, inside):
    assert client.get(address("make_report", inside)).status_code == 405
