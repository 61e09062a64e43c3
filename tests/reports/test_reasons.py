"""The report gives reasons: which questions carry a level, whose evidence that is, and the road to the target."""

import re
from dataclasses import replace
from functools import partial

import pytest
from django.utils.html import escape

from assessor.evidence import Tier
from assessor.reports import sentences, viewmodel
from assessor.reports.inputs import AnswerRecord
from assessor.reports.render import contents, sections_html
from assessor.scoring.roadmap import roadmap
from tests.reports import samples
from tests.reports.demo import full_demo

PROFILE = samples.questionnaire().profiles[0]


@pytest.fixture(scope="module")
def bad():
    return viewmodel.build(samples.bad())


def dimension(model, name):
    return next(one for one in model.dimensions if one.id == name)


def test_a_level_names_the_questions_that_carry_it(bad):
    lines = dimension(bad, "data").reasons
    assert lines[0] == (
        "Level 1, as claimed and as verified, is carried by 5 of 5 of the weight, of which 4 is needed (1.1, 1.2) "
        "and the gates that are there (1.1)."
    )


def test_an_answer_that_counts_for_less_names_its_evidence_and_its_finding(bad):
    text = " ".join(dimension(bad, "models").reasons)
    assert "2.1 (4 → 1: declared, and observed is asked for; a finding allows no more than 3)" in text
    assert "2.2 (3 → 2: a finding allows no more than 2)" in text
    assert "Without evidence, which lowers confidence: 2.1." in text


def test_an_answer_that_rose_past_its_evidence_does_not_ask_for_what_is_there():
    told = partial(sentences.answer_because, "answered", 3, 2, cap=None, seen=False)
    assert told(Tier.DOCUMENTED, needs=Tier.DOCUMENTED) == (
        "The evidence was given for another answer, so it counts as 2."
    )
    assert told(Tier.DECLARED, needs=Tier.DOCUMENTED) == (
        "The evidence is declared; level 3 needs documented or better, so it counts as 2."
    )


def test_a_list_begins_with_how_much_of_it_holds():
    told = [sentences.statements(held, 12) for held in (0, 1, 4)]
    assert told == ["None of 12 statements holds.", "One of 12 statements holds.", "Four of 12 statements hold."]


def test_a_question_held_down_twice_is_named_once():
    model = viewmodel.build(full_demo())
    lines = [line for one in model.dimensions for line in one.reasons if line.startswith("Counts for less")]
    assert any(
        "(3 → 1: declared, and documented is asked for; a finding allows no more than 2)" in one for one in lines
    )
    for line in lines:
        named = re.findall(r"(\d\.\d) \(", line)
        assert len(named) == len(set(named))


def test_what_is_left_out_or_open_is_named():
    first, second = [one.id for one in samples.questionnaire().asked("quick")][2:4]
    answers = {second: AnswerRecord(state="not-applicable", note="There is none.")}
    model = viewmodel.build(samples.source(answers))
    lines = dimension(model, second.split(".")[0]).reasons
    assert "Takes no part: 2.2." in lines
    assert "Not answered yet, which lowers coverage: 2.1." in lines
    assert first.split(".")[0] == second.split(".")[0]


def test_nothing_is_reasoned_where_nothing_was_answered():
    assert [one.reasons for one in viewmodel.build(samples.empty()).dimensions] == [()] * 7


ALONE = AnswerRecord(
    state="answered",
    level=2,
    note="Asked the owner of the search.",
    answered_by="J. Brandt",
    answered_at=samples.MADE_AT,
    evidence=(replace(samples.CONTRACT, description="Contract of the search alone"),),
    workload="Search in contracts",
)


def test_answers_about_single_workloads_are_printed_with_their_own_evidence():
    source = replace(samples.bad(), single={"data.readers": (ALONE, replace(ALONE, workload="Toy", counts=False))})
    model = viewmodel.build(source)
    entry = dimension(model, "data").answers[0]
    assert [(one.workload, one.counts, one.level) for one in entry.workloads] == [
        ("Search in contracts", True, 2),
        ("Toy", False, 2),
    ]
    assert entry.workloads[0].evidence[0].description == "Contract of the search alone"
    html = sections_html(model)
    assert "For Search in contracts:" in html
    assert html.count("Contract of the search alone") == 2
    assert html.count("Not critical: it is printed and does not count.") == 1


def test_the_answer_in_the_table_is_the_one_that_counts():
    question = samples.questionnaire().question("data.readers")
    bad = samples.bad()
    scores = tuple(
        one.model_copy(update={"claimed": 2}) if one.question == question.id else one for one in bad.scorecard.questions
    )
    card = bad.scorecard.model_copy(update={"questions": scores})
    answers = {name: one for name, one in bad.answers.items() if name != question.id}
    model = viewmodel.build(replace(bad, answers=answers, scorecard=card, single={question.id: (ALONE,)}))
    assert dimension(model, "data").answers[0].answer == question.choice(2).text


@pytest.fixture(scope="module")
def aimed():
    return viewmodel.build(replace(samples.bad(), profile=PROFILE.id, targets=PROFILE.targets))


def test_the_road_leads_on_to_the_target_in_both_readings(aimed):
    assert [(one.reading, one.kind) for one in aimed.plans] == [
        ("claimed", "next"),
        ("claimed", "target"),
        ("verified", "next"),
        ("verified", "target"),
    ]
    source = samples.bad()
    stages = roadmap(source.questionnaire, source.scorecard, "claimed", PROFILE.targets).stages
    assert [len(one.moves) for one in aimed.plans[:2]] == [len(one.fewest.moves) for one in stages]
    assert aimed.plans[1].headline.endswith("changes reach every target")
    assert dict(contents(aimed))["roadmap"] == "Roadmap: the fewest moves to the next level, then to the target"


def test_the_target_profile_is_printed_with_its_reason_and_every_dimension(aimed):
    assert (aimed.targets.profile, aimed.targets.because) == (PROFILE.name, PROFILE.because)
    assert {one.dimension: one.target for one in aimed.targets.rows} == PROFILE.targets
    below = [one.dimension for one in aimed.targets.rows if not one.reached]
    assert aimed.targets.headline.endswith("stand below their targets, as claimed.")
    assert below
    html = sections_html(aimed)
    assert escape(PROFILE.because) in html
    assert html.count("✗ below") == len(below)


def test_the_board_still_tells_the_first_steps_only(bad, aimed):
    assert aimed.board == bad.board


def test_without_a_target_the_report_says_so(bad):
    assert bad.targets.headline == "No target is set, so the road ends at the next level."
    assert {one.kind for one in bad.plans} == {"next"}
    assert {one.target_label for one in bad.targets.rows} == {"–"}
