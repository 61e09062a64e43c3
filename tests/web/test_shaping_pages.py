"""The pages on which a consultant shapes a report: brand, words, settings; refused in words, nothing typed is lost."""

import html
import json
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessor.models import Brand, BrandPicture, Report, ReportSettings, ReportWords
from assessor.reports.model import ReportModel
from assessor.services import reporting
from assessor.services.answers import save_answer
from tests.services.test_logos import REFUSED, drawn

FAKE = b"%PDF-1.7 a stand-in: setting a real one takes seconds"
TYPED = {
    "accent": "#e2001a",
    "cover": "band",
    "consultancy": "Kessler & Partner",
    "name_block": "Kessler & Partner GmbH\nAm Markt 1",
    "classification": "Strictly confidential",
    "footer": "Mandate 114",
    "disclaimer": "For the client alone.",
}


@pytest.fixture(autouse=True)
def _no_type(monkeypatch):
    """Set no type in these tests."""
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **only: FAKE + (b" board" if only else b""))


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def brand_address(assessment):
    return reverse("brand", args=[assessment.organisation_id])


def text(response) -> str:
    return html.unescape(response.content.decode())


def png(name="logo.png", **more):
    return SimpleUploadedFile(name, drawn(**more), content_type="image/png")


def model_of(client, assessment, **asked) -> ReportModel:
    """Make a report by its button and return what was frozen."""
    client.post(address("make_report", assessment), {"kind": "issued"} | asked)
    return ReportModel.model_validate(Report.objects.latest("created_at").content)


def test_one_click_makes_a_whole_report_without_any_setting(client, inside):
    model = model_of(client, inside)
    assert (model.left_out, model.words, model.brand.logo, model.dates.time_zone) == ((), (), None, "UTC")
    assert model.cover.classification == "Confidential"


def test_a_brand_is_entered_previewed_and_worn_by_the_next_report(client, inside):
    where = brand_address(inside)
    response = client.post(where, TYPED | {"logo": png(), "consultancy_logo": png(ink=(9, 9, 200, 255))}, follow=True)
    page = text(response)
    assert "The brand is saved." in page
    assert 'fill="#e2001a"' in page
    assert "Strictly confidential" in page
    pictures = BrandPicture.objects.all()
    assert len(pictures) == 2
    for picture in pictures:
        url = reverse("brand_picture", args=[inside.organisation_id, picture.pk])
        assert f'<image href="{url}"' in page
        handed = client.get(url)
        assert handed.headers["Content-Type"] == "image/png"
        assert handed.headers["X-Content-Type-Options"] == "nosniff"
        assert handed.content.startswith(b"\x89PNG")
    brand = model_of(client, inside).brand
    assert (brand.accent, brand.cover, brand.footer) == ("#e2001a", "band", "Mandate 114")
    assert brand.logo.alt == "Logo of Nordhafen Clinic"
    assert brand.consultancy_logo.alt == "Logo of Kessler & Partner"


def test_two_who_edit_a_brand_see_both_and_may_save_over_what_they_saw(client, inside):
    where = brand_address(inside)
    client.post(where, TYPED | {"footer": "First mandate", "shown": ""})
    met = client.post(where, TYPED | {"footer": "Second mandate", "cover": "frame", "shown": ""})
    assert met.status_code == 409
    page = text(met)
    assert "Somebody else changed this brand while you did." in page
    assert "<dd>First mandate</dd>" in page
    assert "Band: the title in white on the accent" in page
    assert 'value="Second mandate"' in page
    assert Brand.objects.get().footer == "First mandate"
    again = re.search(r'name="shown" value="([^"]+)"', page)[1]
    saved = client.post(where, TYPED | {"footer": "Second mandate", "cover": "frame", "shown": again})
    assert saved.status_code == 302
    assert Brand.objects.get().footer == "Second mandate"
    assert client.post(where, TYPED | {"shown": again}).status_code == 409


def test_a_preview_saves_nothing_and_shows_what_was_typed(client, inside):
    page = text(client.post(brand_address(inside), TYPED | {"preview": "1", "logo": png()}))
    assert "nothing is saved yet" in page
    assert "Choose the files again" in page
    assert 'fill="#e2001a"' in page
    assert 'value="Mandate 114"' in page
    assert not Brand.objects.exists()
    assert not BrandPicture.objects.exists()


@pytest.mark.parametrize("case", REFUSED)
def test_a_logo_that_cannot_be_printed_is_refused_beside_its_field_and_the_words_stay(client, inside, case):
    content, reason = REFUSED[case]
    response = client.post(brand_address(inside), TYPED | {"logo": SimpleUploadedFile("logo.png", content)})
    assert response.status_code == 422
    page = text(response)
    assert reason in page
    assert 'value="Mandate 114"' in page
    assert "For the client alone." in page
    assert not Brand.objects.exists()


def test_a_logo_past_every_limit_is_dropped_while_it_arrives_and_said_so(client, inside, settings):
    settings.UPLOAD_MAX_BYTES = 3_000_000
    for size in (2_500_000, 4_000_000):
        large = SimpleUploadedFile("logo.png", b"\x89PNG\r\n\x1a\n" + bytes(size))
        response = client.post(brand_address(inside), TYPED | {"logo": large})
        assert response.status_code == 422
        assert "The logo is larger than 2 MB" in text(response)


@pytest.mark.parametrize("typed", ["red", "#12", "#e2001a;", "url(x)", "#ｅ2001a"])
def test_what_is_no_colour_is_said_beside_the_field(client, inside, typed):
    response = client.post(brand_address(inside), TYPED | {"accent": typed})
    assert response.status_code == 422
    assert f"“{typed}” is no colour." in text(response)
    assert f'value="{typed}"' in text(response)


def test_too_light_a_colour_is_darkened_with_a_sentence(client, inside):
    page = text(client.post(brand_address(inside), TYPED | {"accent": "#ffcc00"}, follow=True))
    assert "The accent #ffcc00 is too light for words on white (1.5 to 1, 4.5 are needed)" in page
    assert "#907300" in page
    assert model_of(client, inside).brand.accent == "#907300"


def test_an_assessment_can_differ_and_take_that_back(client, inside):
    client.post(brand_address(inside), TYPED | {"logo": png()})
    here = address("assessment_brand", inside)
    inherit = {"logo_use": "none", "consultancy_logo_use": "inherit", "cover": ""}
    client.post(here, inherit | {"footer": "Only here"})
    brand = model_of(client, inside).brand
    assert (brand.footer, brand.cover, brand.logo) == ("Only here", "band", None)
    page = text(client.post(address("forget_brand", inside), follow=True))
    assert "look as all others of the organisation again" in page
    assert model_of(client, inside).brand.footer == "Mandate 114"
    assert Brand.objects.count() == 1


def test_sections_days_and_zone_are_kept_and_followed(client, inside):
    form = client.get(address("reports", inside)).context["form"]
    everything = [anchor for anchor, _title in form.fields["sections"].choices]
    kept = [anchor for anchor in everything if anchor not in ("questions", "evidence")]
    sent = {"date_style": "dots", "time_zone": "Europe/Berlin", "sections": kept}
    page = text(client.post(address("report_settings", inside), sent, follow=True))
    assert "2 sections are left out" in page
    model = model_of(client, inside)
    assert [one.section for one in model.left_out] == ["evidence", "questions"]
    control = {fact.label: fact.value for fact in model.control}
    assert control["Left out of this report"] == "Evidence log; Every question and answer"
    assert control["Made on"].endswith(("CET", "CEST"))


@pytest.mark.parametrize(
    "sent", [{"date_style": "words", "time_zone": "Mars/Base"}, {"date_style": "moon"}, {"sections": ["limits"]}]
)
def test_settings_nobody_offers_are_refused(client, inside, sent):
    response = client.post(address("report_settings", inside), sent)
    assert response.status_code == 422
    assert "This was not saved yet" in text(response)
    assert not ReportSettings.objects.exists()


def test_the_language_chosen_for_a_report_is_offered_for_the_next_one(client, inside):
    assert model_of(client, inside, language="de").language == "de"
    assert Report.objects.get().language == "de"
    assert '<option value="de" selected' in text(client.get(address("reports", inside)))


def test_words_begin_with_a_draft_and_are_printed_once_saved(client, inside, owner):
    save_answer(inside, "data.readers", "answered", 3, "", owner)
    where = address("report_words", inside, "summary")
    begun = client.get(f"{where}?language=en&from=draft")
    draft = begun.context["form"].initial["source"]
    assert "stands at" in draft
    assert not ReportWords.objects.exists()
    client.post(f"{where}?language=en", {"source": draft + "\n\nAnd **this**.", "expected_version": "0"})
    page = text(client.get(f"{where}?language=en"))
    assert "<p>And <strong>this</strong>.</p>" in page
    assert model_of(client, inside, language="en").words[0].part == "summary"
    assert "written by" in text(client.get(address("reports", inside) + "?language=en"))
    assert model_of(client, inside, language="de").words == ()


def test_two_writers_see_both_texts_and_may_save_over_what_they_saw(client, inside):
    where = address("report_words", inside, "data")
    client.post(where, {"source": "First writer", "expected_version": "0"})
    met = client.post(where, {"source": "Second writer", "expected_version": "0"})
    assert met.status_code == 409
    page = text(met)
    assert "First writer" in page
    assert "Second writer" in page
    assert 'name="expected_version" value="1"' in page
    assert ReportWords.objects.get().source == "First writer"
    client.post(where, {"source": "Second writer", "expected_version": "1"})
    assert ReportWords.objects.get().source == "Second writer"
    assert "First writer" in text(client.get(f"{where}?from=1"))


def test_hostile_words_are_shown_as_text_and_kept_as_typed(client, inside):
    where = address("report_words", inside, "safety")
    bad = "<script>alert(1)</script> {{ 7|add:7 }} [x](javascript:alert(1)) \"'"
    page = client.post(where, {"source": bad, "expected_version": "0"}, follow=True).content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert ReportWords.objects.get().source == bad
    report = client.get(address("report", inside)).content.decode()
    assert "<script>alert" not in report
    assert "&lt;script&gt;alert(1)" in report


def test_words_that_are_too_long_are_refused_and_stay_in_the_field(client, inside):
    long = "word " * 1300
    response = client.post(address("report_words", inside, "data"), {"source": long, "expected_version": "0"})
    assert response.status_code == 422
    assert "6000 are printed at most" in text(response)
    assert long.strip() in text(response)


def test_formatting_from_elsewhere_is_turned_into_marks_and_said_so(client, inside):
    where = address("report_words", inside, "data")
    sent = {"source": '<p style="x">Two <b>words</b></p><img src=x>', "expected_version": "0"}
    assert "turned into marks" in text(client.post(where, sent, follow=True))
    assert ReportWords.objects.get().source == "Two **words**"


def test_levels_that_moved_are_said_on_the_page_of_reports(client, inside, owner):
    where = address("report_words", inside, "summary")
    client.post(f"{where}?language=en", {"source": "Now", "expected_version": "0"})
    assert "before levels changed" not in text(client.get(address("reports", inside)))
    save_answer(inside, "data.readers", "answered", 3, "", owner)
    assert "Some words were written before levels changed." in text(client.get(address("reports", inside)))
    assert "Levels have changed since this was written." in text(client.get(f"{where}?language=en"))


@pytest.mark.parametrize("part", ["none", "limits", "summary2"])
def test_words_about_nothing_are_not_found(client, inside, part):
    assert client.get(address("report_words", inside, part)).status_code == 404


def test_the_board_page_is_handed_out_alone(client, inside):
    client.post(address("make_report", inside), {"kind": "draft"})
    report = Report.objects.get()
    assert client.get(address("report_board", inside, report.pk)).status_code == 404
    reporting.carry_out(report.pk)
    assert "Board page alone" in text(client.get(address("report_status", inside, report.pk)))
    response = client.get(address("report_board", inside, report.pk))
    assert response.content == FAKE + b" board"
    assert response.headers["Content-Disposition"] == 'attachment; filename="nordhafen-clinic-draft-v1-board.pdf"'


def test_without_a_board_section_there_is_no_board_page_alone(client, inside, settings):
    form = client.get(address("reports", inside)).context["form"]
    kept = [anchor for anchor, _title in form.fields["sections"].choices if anchor != "board"]
    client.post(address("report_settings", inside), {"sections": kept, "date_style": "iso", "time_zone": "UTC"})
    client.post(address("make_report", inside), {"kind": "draft"})
    report = Report.objects.get()
    reporting.carry_out(report.pk)
    report.refresh_from_db()
    assert (report.status, report.board_file, report.board_sha256) == ("done", "", "")
    assert "Board page alone" not in text(client.get(address("report_status", inside, report.pk)))
    assert client.get(address("report_board", inside, report.pk)).status_code == 404
    files = [one.name for one in (Path(settings.REPORTS_DIR) / str(inside.organisation_id)).iterdir()]
    assert files == [report.file.rpartition("/")[2]]


def test_a_stranger_finds_no_brand_words_or_pictures_of_others(client, inside, owner, strangers_scan):
    client.post(brand_address(inside), TYPED | {"logo": png()})
    picture = BrandPicture.objects.get()
    theirs = strangers_scan
    for path in (
        brand_address(theirs),
        reverse("brand_picture", args=[theirs.organisation_id, picture.pk]),
        address("assessment_brand", theirs),
        address("report_words", theirs, "summary"),
    ):
        assert client.get(path).status_code == 404
        assert client.post(path, TYPED).status_code in (404, 405)
    for name in ("report_settings", "forget_brand"):
        assert client.post(address(name, theirs)).status_code == 404


def test_the_pages_read_the_same_few_rows_however_much_is_written(client, inside, owner, django_assert_max_num_queries):
    client.post(brand_address(inside), TYPED | {"logo": png()})
    for part in ("summary", "data", "models", "safety", "governance"):
        client.post(address("report_words", inside, part), {"source": f"About {part}", "expected_version": "0"})
    client.get(address("reports", inside))
    for path, most in (
        (address("reports", inside), 18),
        (brand_address(inside), 6),
        (address("assessment_brand", inside), 7),
        (address("report_words", inside, "summary"), 16),
    ):
        with django_assert_max_num_queries(most):
            client.get(path)


def test_the_attached_model_holds_the_pictures_so_that_the_report_needs_nothing_else(client, inside):
    client.post(brand_address(inside), TYPED | {"logo": png()})
    data = json.loads(client.get(address("report_json", inside)).content)
    assert data["brand"]["logo"]["data"]
    assert data["schema_version"] == "1.3"
