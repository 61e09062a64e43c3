"""Brand, words and settings of the reports travel in an archive; whoever takes it over is asked where theirs differ."""

import base64
import io
import json
import zipfile
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope

from assessor import queries
from assessor.errors import AssessorError
from assessor.models import ReportWords
from assessor.services import branding, logos, shaping, wording
from assessor.services.branding import BrandFacts
from assessor.services.exchange import bringing_in
from assessor.services.questionnaires import questionnaire_of
from tests.services.exchange.filled import empty
from tests.services.exchange.test_round_trip import members, out, read, take_in
from tests.services.test_logos import drawn

# The shape of files: the same on either database.
pytestmark = pytest.mark.once

FACTS = {"accent": "#e2001a", "cover": "band", "consultancy": "Kessler & Partner", "footer": "Mandate 114"}


@pytest.fixture
def shaped(owner):
    """An assessment with a brand of the organisation that differs for it, words in two languages and settings."""
    found = empty(owner, name="Nordhafen")
    with scope(organisation=found.organisation):
        picture = logos.add_logo(found.organisation, SimpleUploadedFile("logo.png", drawn()), owner)
        branding.save_brand(found.organisation, None, BrandFacts(**FACTS), owner, {"logo": picture})
        branding.save_brand(found.organisation, found, BrandFacts(footer="Mandate 115"), owner)
        card = queries.scorecard(found, questionnaire_of(found.questionnaire_version.content_hash))
        wording.save_words(found, "summary", "en", "In short: **no**.", owner, card)
        wording.save_words(found, "data", "de", "Kurz: nein.", owner, card)
        shaping.keep_wishes(found, shaping.Wishes("de", "Europe/Berlin", "dots", ("glossary",)), owner)
    return found


def changed(raw, **more):
    """Return an archive whose `report.json` says something else, and a manifest that fits it."""
    found = members(raw)
    report = json.loads(found["report.json"])
    report["brand"] |= more
    found["report.json"] = json.dumps(report).encode()
    manifest = json.loads(found["manifest.json"])
    content = found["report.json"]
    manifest["members"]["report.json"] = {"sha256": sha256(content).hexdigest(), "size": len(content)}
    found["manifest.json"] = json.dumps(manifest).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_brand_words_and_settings_come_out_of_an_empty_assessment_as_they_went_in(owner, shaped):
    raw, other = out(shaped, "sovpack"), empty(owner)
    take_in(other, raw, "all.sovpack", owner)
    assert members(out(other, "sovpack"))["report.json"] == members(raw)["report.json"]
    with scope(organisation=other.organisation):
        brand, _classification = branding.worn(other.organisation, other)
        assert (brand.accent, brand.consultancy, brand.footer) == ("#e2001a", "Kessler & Partner", "Mandate 115")
        assert base64.b64decode(brand.logo.data).startswith(b"\x89PNG")
        assert branding.worn(other.organisation)[0].consultancy == "", "other assessments keep theirs"
        assert shaping.wishes_of(other) == shaping.Wishes("de", "Europe/Berlin", "dots", ("glossary",))
        assert {(one.part, one.source) for one in ReportWords.objects.filter(assessment=other)} == {
            ("summary", "In short: **no**."),
            ("data", "Kurz: nein."),
        }


def test_what_stands_here_is_replaced_on_a_persons_word_only(owner, shaped):
    raw, other = out(shaped, "sovpack"), empty(owner)
    with scope(organisation=other.organisation):
        branding.save_brand(other.organisation, other, BrandFacts(footer="Ours"), owner)
        plan = bringing_in.preview(other, read(raw, "all.sovpack"))
    kinds = {one.key: one.kind for one in plan.changes if one.group == "report"}
    assert kinds == {
        "report:brand": "conflict",
        "report:settings": "new",
        "report:words:data:de": "new",
        "report:words:summary:en": "new",
    }
    brand = next(one for one in plan.changes if one.key == "report:brand")
    assert "footer: Ours" in brand.before.words
    assert "footer: Mandate 115" in brand.after.words
    take_in(other, raw, "all.sovpack", owner, take=())
    with scope(organisation=other.organisation):
        assert branding.worn(other.organisation, other)[0].footer == "Ours"


def test_an_archive_of_an_assessment_that_nobody_shaped_says_nothing_of_it(owner):
    assert "report.json" not in members(out(empty(owner), "sovpack"))


@pytest.mark.parametrize(
    "bad",
    [
        {"accent": "red;}"},
        {"cover": "../../etc"},
        {"footer": "x" * 61},
        {"logo": "not base64!"},
        {"logo": base64.b64encode(b"<svg onload=alert(1)>").decode()},
        {"unknown": "key"},
    ],
)
def test_a_shape_that_cannot_be_printed_is_refused_and_nothing_changes(owner, shaped, bad):
    other = empty(owner)
    with pytest.raises(AssessorError):
        take_in(other, changed(out(shaped, "sovpack"), **bad), "all.sovpack", owner)
    with scope(organisation=other.organisation):
        assert branding.brands(other.organisation, other) == (None, None)
        assert not ReportWords.objects.filter(assessment=other).exists()
