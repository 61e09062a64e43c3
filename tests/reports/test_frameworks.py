"""What a report says about other frameworks: derived, said so everywhere, and no part of the results."""

from dataclasses import replace
from io import BytesIO

import pypdf
import pytest

from assessor.evidence import Tier
from assessor.reports import pdf, viewmodel
from assessor.reports.inputs import AnswerRecord
from assessor.reports.render import contents, sections_html
from assessor.scoring.crosswalk import derive
from assessor.scoring.scorecard import GivenAnswer, Proof
from tests.questionnaire.crossed import framework
from tests.reports import samples

READS = (
    ("questionnaire: sample", f"questionnaire: {samples.questionnaire().id}"),
    ("question: keys.front", "question: data.readers"),
    ("question: keys.cellar", "question: models.custody"),
    ("questionnaire: sample", f"questionnaire: {samples.questionnaire().id}"),
    ("question: keys.front", "question: data.keys"),
)


def with_framework(source, *changes):
    """Return the input with what its answers say about the framework."""
    other = framework(*READS, *changes)
    given = {
        name: GivenAnswer(
            question=name,
            state=one.state,
            level=one.level,
            proofs=tuple(Proof(tier=row.tier, level=one.level or 0) for row in one.evidence),
        )
        for name, one in source.answers.items()
    }
    return replace(source, derivations=((other, derive(other, source.questionnaire, source.scorecard, given)),))


@pytest.fixture(scope="module")
def model():
    return viewmodel.build(with_framework(samples.bad()))


def lines(model):
    return {one.dimension: one for one in model.frameworks[0].lines}


def test_every_objective_has_weight_minimum_derived_level_and_standing(model):
    doors, watch, fence = lines(model).values()
    assert (doors.weight, doors.minimum, doors.level_label) == (0.5, 1, "Level 2 (derived)")
    assert (doors.standing, doors.standing_label, doors.covered_label) == ("met", "met, as far as said", "2 of 3")
    assert (watch.level_label, watch.standing_label) == ("nothing said", "not said")
    assert (fence.minimum_label, fence.verified_label) == ("–", "–")
    assert model.frameworks[0].headline == "Burglary standard, derived: 1 met as far as said, 0 not met, 2 not said"


def test_because_names_questions_by_number_and_what_is_not_said(model):
    doors, watch, fence = lines(model).values()
    assert [(one.number, one.question) for one in doors.because] == [("1.1", "data.readers"), ("2.1", "models.custody")]
    assert doors.because[0].sentence == "answered 3; amounts to 3 here."
    assert [one.holds for one in doors.because] == [False, True]
    assert doors.silent == ("skylight",)
    assert watch.unasked == ("Who can use the keys",)
    assert fence.remark == "No question of this assessment speaks about it."


def test_no_derived_level_is_printed_without_the_word(model):
    labels = [label for one in model.frameworks[0].lines for label in (one.level_label, one.verified_label)]
    assert [label for label in labels if any(sign.isdigit() for sign in label) and "derived" not in label] == []


def test_what_is_derived_changes_no_result_of_the_report(model):
    plain = viewmodel.build(samples.bad())
    assert plain.frameworks == ()
    left_out = {"frameworks", "input_hash"}
    assert model.model_dump(exclude=left_out) == plain.model_dump(exclude=left_out)


def test_a_report_without_a_crosswalk_says_that_no_other_framework_was_assessed():
    plain = viewmodel.build(samples.bad())
    assert dict(contents(plain))["frameworks"] == "Other frameworks: not assessed"
    assert "no other framework reads the answers" in sections_html(plain)


def test_a_minimum_that_an_answer_denies_is_not_met_and_unknown_gives_a_range():
    answers = {
        "data.readers": AnswerRecord(state="answered", level=0),
        "models.custody": AnswerRecord(state="unknown"),
    }
    doors = lines(viewmodel.build(with_framework(samples.source(answers))))["doors"]
    assert (doors.level_label, doors.standing) == ("Level 0 (derived)", "not-met")
    answers["data.readers"] = AnswerRecord(state="answered", level=5)
    doors = lines(viewmodel.build(with_framework(samples.source(answers))))["doors"]
    assert (doors.level_label, doors.standing) == ("Level 0 to 2 (derived)", "not-said")
    assert doors.because[1].sentence == "answered “I don’t know”; that leaves 0 to 2 open here."


def test_the_verified_reading_is_derived_from_evidence():
    strong = samples.good()
    assert {one.tier for record in strong.answers.values() for one in record.evidence} == {Tier.TESTED}
    doors = lines(viewmodel.build(with_framework(strong)))["doors"]
    assert doors.verified_label == "Level 2 (derived)"


def test_the_pdf_prints_it_with_a_hostile_title_escaped():
    title = "<script>alert(1)</script> {{ 7|add:7 }} \u0f40"
    source = with_framework(samples.bad(), ("title: Burglary standard", f'title: "{title}"'))
    file = pdf.make_pdf(viewmodel.build(source))
    text = " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(BytesIO(file)).pages)
    assert "Other frameworks: what the answers already say" in text
    assert "<script>alert(1)</script> {{ 7|add:7 }} [U+0F40], derived:" in text
    assert "✓ met, as far as said" in text
    assert "Level 2 (derived)" in text
