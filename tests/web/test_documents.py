"""Other forms of a report as a person gets them: at once, by the worker, of a stored report, and not by strangers."""

import csv
import io
import json
import zipfile
from itertools import pairwise

import docx
import openpyxl
import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.management import background
from assessor.models import Document, JobStatus, Membership, Report, Role
from assessor.reports import pdf
from assessor.reports.model import ReportModel
from assessor.services import assessments, documents, reporting
from assessor.services.answers import save_answer
from assessor.services.assessments import ScopeFacts
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS

HTMX = {"HTTP_HX_REQUEST": "true"}
HOSTILE = '=HYPERLINK("http://127.0.0.1:9/")<script>alert(1)</script>'


@pytest.fixture(autouse=True)
def _no_type(monkeypatch):
    """Set no report in these tests; the smaller papers are set."""
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **_only: b"%PDF-1.7 a stand-in")


@pytest.fixture
def answered(inside, owner):
    """The quick scan with one answer whose note is a formula and a script."""
    save_answer(inside, "data.readers", "answered", 4, HOSTILE, owner)
    return inside


@pytest.fixture
def issued(answered, owner):
    """An issued report of the quick scan, made."""
    report = reporting.request_report(answered, owner, Report.Kind.ISSUED)
    reporting.carry_out(report.pk)
    return report


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def text(response) -> str:
    return response.content.decode()


def finish(client, where) -> Document:
    """Have the worker make what a post led to; returns it."""
    document = Document.objects.get(pk=where.rstrip("/").split("/")[-1])
    documents.carry_out(document.pk)
    document.refresh_from_db()
    assert document.error == ""
    return document


def test_the_page_of_forms_names_each_and_leads_to_it(client, answered):
    page = text(client.get(address("report_forms", answered)))
    for name in ("html", "xlsx", "zip", "json"):
        assert address("report_form", answered, name) in page
    assert address("make_report_form", answered) in page
    assert address("report_table", answered, "roadmap") in page
    assert address("report_forms", answered) in text(client.get(address("reports", answered)))


def test_one_file_of_html_is_a_download_that_says_what_was_answered(client, answered):
    response = client.get(address("report_form", answered, "html"))
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="nordhafen-clinic-report.html"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "&lt;script&gt;alert(1)" in text(response)
    assert "<script" not in text(response)


def test_workbook_and_tables_hold_the_note_as_text(client, answered):
    book = openpyxl.load_workbook(io.BytesIO(client.get(address("report_form", answered, "xlsx")).content))
    cell = next(cell for row in book["Answers"].iter_rows() for cell in row if cell.value == HOSTILE)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    with zipfile.ZipFile(io.BytesIO(client.get(address("report_form", answered, "zip")).content)) as archive:
        alone = client.get(address("report_table", answered, "answers")).content
        assert set(archive.namelist()) >= {"answers.csv", "evidence.csv", "disputes.csv", "endpoints.csv"}
    rows = list(csv.reader(io.StringIO(alone.decode("utf-8-sig"))))
    assert f"'{HOSTILE}" in [cell for row in rows for cell in row]


def test_json_is_the_sealed_model(client, answered):
    model = ReportModel.model_validate(json.loads(client.get(address("report_form", answered, "json")).content))
    assert model.cover.organisation == "Nordhafen Clinic"


@pytest.mark.parametrize("form", ["pdf", "docx", "exe", "csv"])
def test_no_other_form_is_made_while_somebody_waits(client, answered, form):
    assert client.get(address("report_form", answered, form)).status_code == 404


def test_an_unknown_table_or_report_is_not_found(client, answered):
    assert client.get(address("report_table", answered, "secrets")).status_code == 404
    for wrong in ("x", str(answered.pk)):
        assert client.get(address("report_form", answered, "json"), {"report": wrong}).status_code == 404
        assert client.get(address("report_forms", answered), {"report": wrong}).status_code == 404


def test_a_stored_report_comes_in_every_form_as_it_was_made(client, issued, answered, owner):
    save_answer(answered, "data.readers", "answered", 1, "Later", owner)
    query = {"report": str(issued.pk)}
    stored = json.loads(client.get(address("report_form", answered, "json"), query).content)
    assert stored == issued.content
    response = client.get(address("report_form", answered, "html"), query)
    assert response.headers["Content-Disposition"] == 'attachment; filename="nordhafen-clinic-issued-v1.html"'
    assert "Later" not in text(response)
    assert "Later" in text(client.get(address("report_form", answered, "html")))


@pytest.mark.django_db(transaction=True)
def test_docx_is_made_by_the_worker_with_progress_and_handed_out(client, issued, answered):
    where = client.post(address("make_report_form", answered), {"form": "docx", "report": issued.pk}).headers[
        "Location"
    ]
    waiting = client.get(where, **HTMX)
    assert (waiting.status_code, "Waiting for the worker" in text(waiting)) == (200, True)
    assert 'hx-trigger="every 1s"' in text(waiting)
    background.work(until_empty=True)
    done = client.get(where, **HTMX)
    assert done.status_code == 286
    document = Document.objects.get()
    assert document.file_sha256 in text(done)
    response = client.get(f"{where}file/")
    assert response.headers["Content-Disposition"] == 'attachment; filename="nordhafen-clinic-issued-v1.docx"'
    words = " ".join(cell for one in docx.Document(io.BytesIO(response.content)).paragraphs for cell in [one.text])
    assert HOSTILE in words


def test_the_same_form_of_the_same_report_is_made_once(client, issued, answered):
    def ask() -> str:
        return client.post(address("make_report_form", answered), {"form": "docx", "report": issued.pk}).headers[
            "Location"
        ]

    first = ask()
    assert ask() == first
    document = finish(client, first)
    assert ask() == first
    (documents._path(document)).unlink()
    assert ask() != first


def test_a_file_that_was_changed_is_not_handed_out(client, issued, answered):
    where = client.post(address("make_report_form", answered), {"form": "docx", "report": issued.pk}).headers[
        "Location"
    ]
    path = documents._path(finish(client, where))
    path.unlink()
    path.write_bytes(b"other")
    page = client.get(f"{where}file/", follow=True)
    assert "was changed after it was made" in text(page)


def test_what_is_not_made_yet_can_be_stopped_and_has_no_file(client, answered):
    where = client.post(address("make_report_form", answered), {"form": "docx"}).headers["Location"]
    assert client.get(f"{where}file/").status_code == 404
    page = text(client.post(f"{where}stop/", follow=True))
    assert "This was stopped." in page
    documents.carry_out(Document.objects.get().pk)
    assert Document.objects.get().status == JobStatus.CANCELLED


def test_a_document_that_cannot_be_made_says_why_and_leaves_the_rest_usable(client, answered, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.REPORTS_DIR = tmp_path / "file" / "below"
    where = client.post(address("make_report_form", answered), {"form": "docx"}).headers["Location"]
    documents.carry_out(Document.objects.get().pk)
    page = text(client.get(where))
    assert "The file could not be stored: Not a directory." in page
    assert client.get(address("report", answered)).status_code == 200


def test_old_documents_go_with_their_files(client, issued, answered):
    where = client.post(address("make_report_form", answered), {"form": "docx", "report": issued.pk}).headers[
        "Location"
    ]
    path = documents._path(finish(client, where))
    assert documents.forget_old() == 0
    Document.objects.update(created_at=timezone.now() - documents.KEPT * 2)
    assert documents.forget_old() == 1
    assert not path.exists()
    assert client.get(where).status_code == 404


def test_without_pango_a_blank_form_is_refused_in_words_and_docx_is_made(client, answered, monkeypatch):
    monkeypatch.setattr(pdf, "_loads", lambda name: False)
    questionnaire = shipped("ai-sovereignty")
    where = reverse("make_blank_questionnaire", args=[answered.organisation_id, questionnaire.content_hash()])
    assert "PDFs need the library Pango" in text(client.post(where, {"scope": "quick"}, follow=True))
    made = client.post(address("make_report_form", answered), {"form": "docx"}).headers["Location"]
    assert finish(client, made).status == JobStatus.DONE


def test_strangers_find_no_form_document_or_comparison(client, answered, owner, strangers_scan):
    made = client.post(address("make_report_form", answered), {"form": "docx"}).headers["Location"]
    document = finish(client, made)
    for name, more in (
        ("report_forms", ()),
        ("report_form", ("json",)),
        ("report_table", ("answers",)),
        ("comparison", ()),
        ("comparison_form", ("json",)),
    ):
        assert client.get(address(name, strangers_scan, *more)).status_code == 404
        crossed = reverse(name, args=[answered.organisation_id, strangers_scan.pk, *more])
        assert client.get(crossed).status_code == 404
    for name in ("make_report_form", "make_comparison"):
        assert client.post(address(name, strangers_scan), {"form": "docx"}).status_code == 404
        assert client.get(address(name, answered)).status_code == 405
    other = strangers_scan.organisation_id
    for name in ("document", "document_file", "cancel_document"):
        for organisation in (other, answered.organisation_id):
            with scopes_disabled():
                Document.objects.update(organisation=other)
            method = client.post if name == "cancel_document" else client.get
            assert method(reverse(name, args=[organisation, document.pk])).status_code == 404


def cost(client, path) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_a_form_costs_no_more_queries_than_the_report_and_a_stored_one_hardly_any(client, issued, answered):
    stored, report = f"?report={issued.pk}", cost(client, address("report", answered))
    assert cost(client, address("report_forms", answered)) <= 4
    assert cost(client, address("report_forms", answered) + stored) <= 5
    for form in ("json", "html", "xlsx", "zip"):
        assert cost(client, address("report_form", answered, form)) <= report
        # Four of them note the download in the audit trail.
        assert cost(client, address("report_form", answered, form) + stored) <= 10
    assert cost(client, address("comparison", answered)) <= 24


def test_a_stored_report_that_was_changed_is_refused_in_words(client, issued, answered):
    Report.objects.update(content=issued.content | {"language": "de"})
    for name, more in (("report_form", ("json",)), ("report_table", ("answers",))):
        page = client.get(address(name, answered, *more), {"report": str(issued.pk)}, follow=True)
        assert "does not fit its hash" in text(page)
    page = client.post(address("make_report_form", answered), {"form": "docx", "report": issued.pk}, follow=True)
    assert "does not fit its hash" in text(page)


def test_comparing_needs_something_to_compare_with(client, answered):
    assert "Nothing to compare with yet" in text(client.get(address("comparison", answered)))


def test_two_readings_of_one_assessment_say_who_moved_what(client, issued, answered, owner):
    save_answer(answered, "data.readers", "answered", 1, "", owner)
    page = " ".join(text(client.get(address("comparison", answered))).split())
    assert "The answer went from “Level 4” to “Level 1”." in page
    assert "You changed" in page
    assert "Issued 1" in page
    swapped = text(client.get(address("comparison", answered), {"before": "now", "after": f"report:{issued.pk}"}))
    assert "The answer went from “Level 1” to “Level 4”." in " ".join(swapped.split())
    same = text(client.get(address("comparison", answered), {"before": "now", "after": "now"}))
    assert "Nothing: both readings say the same of every question." in same


def test_two_assessments_of_one_organisation_can_be_compared_and_no_others(client, answered, owner, strangers_scan):
    later = assessments.start_assessment(owner, shipped("ai-sovereignty"), FACTS, organisation=answered.organisation)
    page = client.get(address("comparison", later), {"before": f"assessment:{answered.pk}", "after": "now"})
    assert "The answer went from “Level 4” to “Not asked yet”." in " ".join(text(page).split())
    other = assessments.start_assessment(
        owner, shipped("eu-cloud-sovereignty"), FACTS, "full", organisation=answered.organisation
    )
    for wrong in (f"assessment:{strangers_scan.pk}", f"assessment:{other.pk}", "report:x", "x", f"report:{later.pk}"):
        assert client.get(address("comparison", later), {"before": wrong}).status_code == 404
        assert client.get(address("comparison_form", later, "json"), {"before": wrong}).status_code == 404


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_the_worker_makes_the_compare_report(client, issued, answered, owner, form):
    save_answer(answered, "data.readers", "answered", 1, HOSTILE, owner)
    where = client.post(address("make_comparison", answered), {"form": form}).headers["Location"]
    document = finish(client, where)
    assert (document.kind, document.name) == ("comparison", "nordhafen-clinic-compare")
    content = client.get(f"{where}file/").content
    assert content.startswith({"pdf": b"%PDF-", "docx": b"PK"}[form])
    assert client.post(address("make_comparison", answered), {"form": "exe"}).status_code == 404


def test_the_compare_report_comes_as_files_too(client, issued, answered, owner):
    save_answer(answered, "data.readers", "answered", 1, "", owner)
    html = text(client.get(address("comparison_form", answered, "html")))
    assert "<script" not in html
    assert "The answer went from “Level 4” to “Level 1”." in " ".join(html.split())
    data = json.loads(client.get(address("comparison_form", answered, "json")).content)
    assert [one["question"] for one in data["movement"]["changes"]] == ["data.readers"]
    book = openpyxl.load_workbook(io.BytesIO(client.get(address("comparison_form", answered, "xlsx")).content))
    assert book["What moved"]["E2"].value == 4
    assert book["What moved"]["F2"].value == 1
    assert client.get(address("comparison_form", answered, "zip")).content.startswith(b"PK")


def client_of(owner, name, day=None):
    facts = ScopeFacts(organisation=name, home_jurisdictions=("France",), workload="Chat")
    return assessments.start_assessment(owner, shipped("ai-sovereignty"), facts)


def test_the_portfolio_shows_every_client_and_no_stranger(client, issued, answered, owner, strangers_scan):
    client_of(owner, "Zweite <b>Klinik</b>")
    page = text(client.get(reverse("portfolio_pages")))
    assert "Nordhafen Clinic" in page
    assert "Zweite &lt;b&gt;Klinik&lt;/b&gt;" in page
    assert "Other Ltd" not in page
    assert "Report 1" in page
    assert address("assessment", answered) in page
    assert reverse("portfolio") in text(client.get("/"))
    assert reverse("portfolio_pages") in text(client.get(reverse("portfolio")))


def test_an_empty_portfolio_says_so(client, db):
    assert "No assessment yet" in text(client.get(reverse("portfolio_pages")))


def test_a_portfolio_costs_so_much_for_each_client_and_is_paged(client, owner):
    scans, spent = [], []
    for name in "ABCDEF":
        scans.append(client_of(owner, name))
        cost(client, reverse("portfolio_pages"))
        spent.append(cost(client, reverse("portfolio_pages")))
    each = {after - before for before, after in pairwise(spent)}
    assert len(each) == 1
    assert each.pop() <= cost(client, address("report", scans[0])) + 2
    for name in "GH":
        client_of(owner, name)
    cost(client, reverse("portfolio_pages"))
    assert cost(client, reverse("portfolio_pages")) == spent[-1]
    assert "page 1 of 2" in text(client.get(reverse("portfolio_pages")))
    assert text(client.get(reverse("portfolio_pages"), {"page": "2"})).count('<section class="section client">') == 2


def test_the_portfolio_is_set_on_one_page_for_each_client_and_is_its_owners_alone(client, issued, answered, owner):
    import pypdf

    second = client_of(owner, "Zweite Klinik")
    where = client.post(reverse("make_portfolio")).headers["Location"]
    with scopes_disabled():
        document = Document.objects.get(kind="portfolio")
        documents.carry_out(document.pk)
        document.refresh_from_db()
    assert (document.status, document.error) == (JobStatus.DONE, "")
    reader = pypdf.PdfReader(io.BytesIO(client.get(f"{where}file/").content))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert len(pages) == 3
    assert "Nordhafen Clinic" in pages[1]
    assert "Zweite Klinik" in pages[2]
    assert list(reader.attachments) == ["portfolio.json"]
    Membership.objects.filter(organisation=second.organisation).delete()
    assert client.get(where).status_code == 404
    assert client.get(f"{where}file/").status_code == 404
    Membership.objects.create(organisation=second.organisation, user=owner, role=Role.VIEWER)
    assert client.get(where).status_code == 200
    with scopes_disabled():
        Document.objects.update(requested_by=get_user_model().objects.create_user("somebody"))
    assert client.get(where).status_code == 404
    assert client.post(f"{where}stop/").status_code == 404


@pytest.mark.parametrize("ending", ["html", "docx", "xlsx", "zip", "json"])
def test_the_command_writes_a_report_in_every_form(answered, tmp_path, ending):
    file = tmp_path / f"out.{ending}"
    call_command("report", "write", str(answered.pk), str(file))
    assert file.stat().st_size > 1000


def test_the_command_writes_tables_comparisons_and_what_was_issued(issued, answered, owner, tmp_path, capsys):
    save_answer(answered, "data.readers", "answered", 1, "", owner)
    call_command("report", "write", str(answered.pk), str(tmp_path / "a.csv"), "--table", "answers")
    assert b"data.readers" in (tmp_path / "a.csv").read_bytes()
    call_command("report", "write", str(answered.pk), str(tmp_path / "a.json"), "--issued", "1", "--language", "de")
    assert json.loads((tmp_path / "a.json").read_text()) == issued.content
    call_command("report", "compare", str(answered.pk), str(tmp_path / "c.json"), "--language", "de")
    assert json.loads((tmp_path / "c.json").read_text())["language"] == "de"
    call_command("report", "portfolio", str(tmp_path / "p.json"))
    assert len(json.loads((tmp_path / "p.json").read_text())["clients"]) == 1
    for words, sentence in (
        (("write", str(answered.pk), "x.exe"), "the ending says the form"),
        (("write", str(answered.organisation_id), "x.html"), "There is no assessment"),
        (("write", str(answered.pk), "x.html", "--issued", "9"), "There is no issued report 9"),
        (("write", str(answered.pk), "x.csv"), "--table"),
        (("write", str(answered.pk), str(tmp_path / "no" / "x.json")), "No such file"),
        (("compare", str(answered.pk), "x.json", "--before", "report:x"), "There is no such reading"),
    ):
        with pytest.raises(CommandError, match=sentence), scope(organisation=None):
            call_command("report", *words)
