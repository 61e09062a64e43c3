"""Every level opens to its reasons, and the reasons add up to the level."""

from hypothesis import given as for_all
from hypothesis import settings

from assessor.evidence import Tier
from assessor.questionnaire.schema import Bearing
from assessor.scoring.because import because, because_overall
from assessor.scoring.score import score
from tests.scoring.builders import given, question, questionnaire, said, seen
from tests.scoring.forms import cases

HOSTED = Bearing(code="hosted", caps=1, because="It is served elsewhere.")


def ids(lines):
    return [one.question for one in lines]


def test_the_next_level_names_gates_share_and_floor():
    form = questionnaire(question("a", gate=True), question("b"), question("c", weight=1), question("d", weight=1))
    card = score(form, given(data__a=said(3), data__b=said(4), data__c=said(1), data__d=said(5)))
    why = because(form, card, "data", "claimed")
    assert (why.level, why.here.holds, why.above.holds) == (3, True, False)
    assert (ids(why.above.gates_below), why.above.gates_below[0].level) == (["data.a"], 3)
    assert (why.above.reached, why.above.needed, why.above.whole) == (4, 6, 8)
    assert (ids(why.above.counting), ids(why.above.missing)) == (["data.b", "data.d"], ["data.a", "data.c"])
    assert (why.above.floor, ids(why.above.below_floor)) == (2, ["data.c"])


def test_a_ladder_that_ends_early_says_what_it_counts_as():
    form = questionnaire(question("a", gate=True, top=2))
    line = because(form, score(form, given(data__a=said(2))), "data", "claimed").here.gates[0]
    assert (line.level, line.counts_as) == (2, 5)


def test_caps_name_the_evidence_that_is_missing_and_the_finding_that_contradicts():
    form = questionnaire(question("a", gate=True, proof=Tier.TESTED, bearings=(HOSTED,)), question("b"))
    answers = given(data__a=said(4, Tier.DOCUMENTED), data__b=said(None, state="not-applicable"))
    card = score(form, answers, [seen("hosted.a", at="front")])
    evidence, finding = because(form, card, "data", "verified").caps
    assert (evidence.by, evidence.allows, evidence.has, evidence.needs) == (
        "evidence",
        3,
        Tier.DOCUMENTED,
        Tier.OBSERVED,
    )
    assert (finding.allows, finding.codes, finding.endpoints) == (1, ("hosted.a",), ("front",))
    assert finding.because == ("It is served elsewhere.",)
    assert because(form, card, "data", "claimed").caps == ()


def test_what_takes_no_part_and_what_lowers_coverage_and_confidence_is_named():
    form = questionnaire(question("a", gate=True), question("b"), question("c"))
    card = score(form, given(data__a=said(3), data__b=said(None, state="not-applicable")))
    why = because(form, card, "data", "claimed")
    assert [(one.question, one.state) for one in why.left_out] == [("data.b", "not-applicable")]
    assert (why.not_answered, why.not_evidenced) == (("data.c",), ("data.a", "data.c"))


def test_a_dimension_in_which_nothing_applies_has_no_level_and_no_conditions():
    form = questionnaire(question("a"))
    why = because(form, score(form, given(data__a=said(None, state="not-applicable"))), "data", "claimed")
    assert (why.level, why.here, why.above, why.most) == (None, None, None, 0)


def test_the_whole_names_the_dimension_that_holds_it():
    form = questionnaire(question("a", gate=True), question("b", dimension="safety", gate=True))
    why = because_overall(score(form, given(data__a=said(4), safety__b=said(1))), "claimed")
    assert (why.level, why.levels, why.held_by) == (1, {"data": 4, "safety": 1}, ("safety",))


@for_all(cases())
@settings(max_examples=80, deadline=None)
def test_the_reasons_add_up_to_the_level_the_index_and_the_blockers(case):
    form, _answers, _endpoints = case
    card = score(*case)
    for dimension in card.dimensions:
        for reading in ("claimed", "verified"):
            read = getattr(dimension, reading)
            why = because(form, card, dimension.dimension, reading)
            assert why.level == read.level
            if why.level is None:
                continue
            assert why.here.holds
            assert read.index == round(100 * why.points / why.most, 1)
            if why.above is None:
                continue
            assert not why.above.holds
            assert read.share_reached == round(why.above.reached / why.above.whole, 4)
            short = why.above.missing if why.above.reached < why.above.needed else ()
            named = {one.question for one in (*why.above.gates_below, *why.above.below_floor, *short)}
            assert named == {one.question for one in read.blockers}


@for_all(cases())
@settings(max_examples=80, deadline=None)
def test_every_verified_level_below_its_answer_has_a_cap_that_explains_it(case):
    form, _answers, _endpoints = case
    card = score(*case)
    for dimension in card.dimensions:
        caps = because(form, card, dimension.dimension, "verified").caps
        for one in (one for one in card.questions if one.dimension == dimension.dimension):
            if one.claimed is not None and one.verified < one.claimed:
                assert min(cap.allows for cap in caps if cap.question == one.question) == one.verified
