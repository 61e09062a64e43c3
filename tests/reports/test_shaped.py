"""What people shape in a report: sections left out, and reports of earlier versions that stay readable."""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from assessor.reports import outline, viewmodel
from assessor.reports.model import ReportModel
from assessor.reports.render import contents, pdf_html, sections_html
from tests.reports import samples

OLD = Path(__file__).parent / "old"


def old(version: str) -> dict:
    """Return a report as that version stored it."""
    return json.loads(gzip.decompress((OLD / f"report-{version}.json.gz").read_bytes()))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_report_stored_by_an_earlier_version_reads_prints_and_keeps_its_seal(version):
    data = old(version)
    model = ReportModel.model_validate(data)
    assert model.plain() == data
    assert ReportModel.model_validate_json(model.json_text()) == model
    assert model.input_hash in pdf_html(model)
    assert "Nordwind Versicherung AG" in sections_html(model)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_old_report_that_was_changed_is_refused(version):
    data = old(version)
    data["cover"]["organisation"] = "Somebody else"
    with pytest.raises(ValidationError, match="changed after it was made"):
        ReportModel.model_validate(data)
    data = old(version)
    data["left_out"] = []
    with pytest.raises(ValidationError, match="changed after it was made"):
        ReportModel.model_validate(data)


def test_every_section_is_fixed_or_can_be_left_out():
    model = viewmodel.build(samples.bad())
    optional = {anchor for anchor, _name in outline.choices([(one.id, one.title) for one in model.dimensions])}
    anchors = {anchor for anchor, _heading in contents(model)}
    assert anchors <= optional | outline.FIXED
    assert not optional & outline.FIXED


def test_what_is_left_out_is_named_and_nothing_links_to_it():
    everything = [
        anchor for anchor, _name in outline.choices([(one.id, "") for one in samples.questionnaire().dimensions])
    ]
    source = replace(samples.bad(), left_out=(*everything, "limits", "../etc"))
    model = viewmodel.build(source)
    assert [one.section for one in model.left_out] == everything
    assert next(fact.value for fact in model.control if fact.label == "Left out of this report").startswith(
        "For the board; Summary; Results at a glance; Data residency and jurisdiction; "
    )
    html = pdf_html(model)
    places = set(re.findall(r'\sid="([^"]+)"', html))
    assert {"scope", "method", "limits", "integrity"} <= places
    assert not places & set(everything)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= places


def test_a_whole_report_says_that_nothing_is_left_out():
    model = viewmodel.build(samples.bad())
    assert "nothing: every section is printed" in [fact.value for fact in model.control]
