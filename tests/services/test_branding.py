"""Brands: an organisation's, an assessment's where it differs, and what of both a report wears and keeps."""

import base64
import hashlib
import io
import subprocess
from dataclasses import replace

import page as validator
import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope, scopes_disabled
from PIL import Image

from assessor.content import content_hash
from assessor.models import BrandPicture
from assessor.reports import papers, pdf, viewmodel
from assessor.reports.comparison import Comparison
from assessor.reports.press import Assets
from assessor.services import assessments, branding, comparisons, logos, portfolios, reporting
from assessor.services.branding import BrandFacts, save_brand, worn
from assessor.services.questionnaires import shipped
from tests.conftest import FACTS
from tests.services.test_logos import drawn

# Pictures and files: the same on either database.
pytestmark = pytest.mark.once

MISREAD = {"PDFA3A-STREAM-LENGTH-001"}


@pytest.fixture
def logo(inside, owner):
    """Keep a logo of a colour: `logo("red")`."""
    colours = {"red": (200, 20, 30, 255), "blue": (10, 20, 200, 255)}

    def kept(name: str) -> BrandPicture:
        return logos.add_logo(inside.organisation, SimpleUploadedFile("x.png", drawn(ink=colours[name])), owner)

    return kept


@pytest.fixture
def second(inside, owner):
    """Another client of the same person, with an assessment of its own."""
    facts = replace(FACTS, organisation="Second Clinic")
    return assessments.start_assessment(owner, shipped("ai-sovereignty"), facts).organisation


def test_without_a_brand_a_report_wears_the_products_own(inside):
    brand, classification = worn(inside.organisation, inside)
    assert (brand.accent, brand.cover, brand.logo, classification) == ("#0e626e", "rule", None, "")
    model = viewmodel.build(reporting.report_input(inside, language="en")[0])
    assert model.cover.classification == "Confidential"


def test_an_assessment_differs_only_where_it_says_so(inside, owner, logo):
    general = BrandFacts(accent="#e2001a", cover="band", footer="Everywhere", classification="Internal")
    save_brand(inside.organisation, None, general, owner, {"logo": logo("red"), "consultancy_logo": logo("blue")})
    save_brand(inside.organisation, inside, BrandFacts(footer="Here", consultancy_logo_use="none"), owner)
    brand, classification = worn(inside.organisation, inside)
    assert (brand.accent, brand.cover, brand.footer, classification) == ("#e2001a", "band", "Here", "Internal")
    assert brand.logo is not None
    assert brand.logo.alt == "Logo of Nordhafen Clinic"
    assert brand.consultancy_logo is None
    branding.forget_brand(inside, owner)
    assert worn(inside.organisation, inside)[0].consultancy_logo is not None


def test_a_compare_report_wears_the_brand_and_a_portfolio_what_all_clients_share(inside, owner, logo, second):
    ours = {"accent": "#e2001a", "consultancy": "Kessler & Partner", "footer": "Mandate 114"}
    pictures = {"logo": logo("red"), "consultancy_logo": logo("blue")}
    save_brand(inside.organisation, None, BrandFacts(**ours, classification="Internal"), owner, pictures)
    compared = comparisons.comparison(inside, "now", "now", "en")
    assert (compared.brand.consultancy, compared.brand.accent, compared.classification) == (
        "Kessler & Partner",
        "#e2001a",
        "Internal",
    )
    sheet = papers.comparison_sheet(compared)
    assert {one.url for one in sheet.assets} == {"report:///logo", "report:///consultancy-logo"}
    printed = pdf.printed(sheet)
    assert printed.refused == ()
    text = pypdf.PdfReader(io.BytesIO(printed.pdf)).pages[0].extract_text()
    assert "Compare report · Kessler & Partner" in text
    assert "Mandate 114" in text
    for profile in ("ua1", "3a"):
        found = validator.validate_pdf_bytes(printed.pdf, profile=profile)
        assert [one.rule_id for one in found.failures if one.rule_id not in MISREAD] == []
    with scopes_disabled():
        both = portfolios.portfolio_of(owner, language="en").brand
    assert (both.accent, both.consultancy, both.logo) == ("#0e626e", "", None)
    with scope(organisation=second):
        save_brand(second, None, BrandFacts(**ours), owner)
    with scopes_disabled():
        both = portfolios.portfolio_of(owner, language="en").brand
    assert (both.accent, both.consultancy, both.footer) == ("#e2001a", "Kessler & Partner", "Mandate 114")
    assert both.logo is None


def test_papers_that_were_frozen_before_they_had_a_brand_are_read_as_they_were(inside):
    compared = comparisons.comparison(inside, "now", "now", "en").plain()
    old = {key: value for key, value in compared.items() if key not in ("brand", "input_hash")}
    old["schema_version"] = "1.0"
    read = Comparison.model_validate(old | {"input_hash": content_hash(old)})
    assert read.brand.consultancy == ""
    assert "brand" not in read.plain()


def test_too_light_an_accent_is_darkened_for_print_and_kept_as_chosen(inside, owner):
    row = save_brand(inside.organisation, None, BrandFacts(accent="#ffcc00"), owner)
    assert row.accent == "#ffcc00"
    assert worn(inside.organisation)[0].accent == "#907300"


def test_a_picture_no_brand_shows_any_more_is_deleted_and_the_report_keeps_its_copy(inside, owner, logo, monkeypatch):
    monkeypatch.setattr(reporting, "make_pdf", lambda model, **_only: b"%PDF-")
    save_brand(inside.organisation, None, BrandFacts(), owner, {"logo": logo("red")})
    report = reporting.request_report(inside, owner, "issued")
    save_brand(inside.organisation, None, BrandFacts(logo_use="none"), owner)
    save_brand(inside.organisation, None, BrandFacts(), owner, {"logo": logo("blue")})
    assert BrandPicture.objects.count() == 1
    report.refresh_from_db()
    kept = report.content["brand"]["logo"]
    assert hashlib.sha256(base64.b64decode(kept["data"])).hexdigest() == kept["sha256"]


def test_names_are_made_fit_to_print_and_cut_to_their_lines(inside, owner):
    facts = BrandFacts(
        consultancy="K\x07essler\n\n & \u202ePartner" * 9,
        name_block="\n".join("abcdefghij"),
        cover="../x",
        accent="#12",
    )
    save_brand(inside.organisation, None, BrandFacts(), owner)
    row = branding.brands(inside.organisation)[0]
    for name in branding.FACTS:
        setattr(row, name, getattr(facts, name))
    brand = branding.joined_brand(inside.organisation, row, None)
    assert len(brand.consultancy) <= 120
    assert "\x07" not in brand.consultancy
    assert len(brand.name_block) == 6
    assert (brand.cover, brand.accent) == ("rule", "#0e626e")


@pytest.fixture(params=["rule", "band", "frame"])
def branded(inside, owner, logo, request):
    """The file of a report with everything a brand has, on each cover."""
    facts = BrandFacts(
        accent="#e2001a",
        cover=request.param,
        consultancy="Kessler & Partner",
        name_block="Kessler & Partner GmbH\nAm Markt 1",
        classification="Strictly confidential",
        footer="Mandate 2026-114",
        disclaimer="For the client alone.",
    )
    save_brand(inside.organisation, None, facts, owner, {"logo": logo("red"), "consultancy_logo": logo("blue")})
    return viewmodel.build(reporting.report_input(inside, language="en")[0])


def pictures(file: bytes, folder) -> list[int]:
    """Return the page number of every picture that is drawn, in order, by what another reader finds."""
    (folder / "drawn.pdf").write_bytes(file)
    command = ["pdfimages", "-list", str(folder / "drawn.pdf")]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    return [int(row.split()[0]) for row in rows]


def test_a_branded_report_keeps_the_standards_and_prints_its_brand_on_every_page(branded, tmp_path):
    for board_only in (False, True):
        file = pdf.make_pdf(branded, board_only=board_only)
        for profile in ("ua1", "3a"):
            found = validator.validate_pdf_bytes(file, profile=profile)
            assert [one.rule_id for one in found.failures if one.rule_id not in MISREAD] == []
        reader = pypdf.PdfReader(io.BytesIO(file))
        texts = [" ".join(page.extract_text().split()) for page in reader.pages]
        inner = texts if board_only else texts[1:]
        assert all("Strictly confidential" in text and "Mandate 2026-114" in text for text in inner)
        # Of a board page alone there is one page; both logos stand on it and on every other.
        assert len(texts) == 1 or not board_only
        assert pictures(file, tmp_path) == [number for number in range(1, len(texts) + 1) for _logo in range(2)]
        if not board_only:
            assert "Kessler & Partner GmbH Am Markt 1" in texts[0]
            assert "For the client alone." in " ".join(texts)


def test_the_pictures_of_a_page_say_whose_they_are(branded):
    text = pypdf.PdfReader(io.BytesIO(pdf.make_pdf(branded))).trailer["/Root"]["/StructTreeRoot"]
    alts, waiting = set(), [text]
    while waiting:
        here = waiting.pop().get_object()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            alts.add(here.get("/Alt"))
            waiting += [here[key] for key in ("/K",) if key in here and not isinstance(here[key], int)]
    assert {"Logo of Nordhafen Clinic", "Logo of Kessler & Partner"} <= alts


def test_the_press_gives_out_what_is_registered_and_counts_the_rest(branded):
    sheet = pdf.sheet_of(branded)
    press = Assets(sheet.assets)
    picture = press.fetch("report:///logo")
    assert Image.open(io.BytesIO(picture.read())).format == "PNG"
    asked = ("report:///logo2", "report:///logo/../x", "file:///etc/passwd", "https://a.example/", "REPORT:///logo")
    for url in asked:
        with pytest.raises(ValueError, match="loads nothing"):
            press.fetch(url)
    assert press.refused == list(asked)
