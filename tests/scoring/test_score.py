"""What answers are worth: levels, caps, evidence, contradictions."""

import pytest

from assessor.evidence import Strength, Tier
from assessor.questionnaire.schema import Bearing, Control
from assessor.scoring.score import score
from assessor.scoring.scorecard import ProbedEndpoint
from tests.scoring.builders import given, question, questionnaire, said, seen

HOSTED = Bearing(code="hosted", caps=1, because="It is served elsewhere.")
LOCAL = Bearing(code="server", supports=3, because="A server answers here.")


def two(weight_a: int = 3, weight_b: int = 3, **more):
    return questionnaire(question("a", gate=True, weight=weight_a, **more), question("b", weight=weight_b, **more))


@pytest.mark.parametrize(
    ("gate", "other", "weights", "level"),
    [
        (3, 3, (3, 3), 3),
        (2, 5, (3, 3), 2),  # the gate holds
        (5, 2, (3, 3), 2),  # half the weight is not two thirds
        (5, 3, (2, 1), 5),  # exactly two thirds is enough, and 3 is not below 5 - 2
        (5, 2, (2, 1), 4),  # 2 lies below 5 - 2: the slack holds
        (5, 1, (2, 1), 3),
        (0, 5, (3, 3), 0),
    ],
)
def test_a_dimension_is_as_high_as_gate_share_and_slack_allow(gate, other, weights, level):
    card = score(two(*weights), given(data__a=said(gate), data__b=said(other)))
    assert card.dimension("data").claimed.level == level


def test_the_overall_level_is_the_lowest_dimension_and_names_it():
    form = questionnaire(question("a", gate=True), question("b", dimension="safety", gate=True))
    card = score(form, given(data__a=said(4), safety__b=said(1)))
    assert (card.claimed.level, card.claimed.held_by) == (1, ("safety",))


def test_a_ladder_that_ends_early_satisfies_the_levels_above_it():
    form = questionnaire(question("a", gate=True), question("b", top=2))
    assert score(form, given(data__a=said(5), data__b=said(2))).claimed.level == 5


@pytest.mark.parametrize(
    ("level", "proof", "tier", "verified"),
    [
        (5, Tier.DOCUMENTED, Tier.DECLARED, 1),
        (5, Tier.DOCUMENTED, Tier.DOCUMENTED, 5),
        (5, Tier.OBSERVED, Tier.DOCUMENTED, 3),
        (5, Tier.TESTED, Tier.DOCUMENTED, 3),
        (5, Tier.TESTED, Tier.OBSERVED, 4),
        (5, Tier.TESTED, Tier.TESTED, 5),
        (2, Tier.TESTED, Tier.DOCUMENTED, 2),
        (1, Tier.TESTED, Tier.DECLARED, 1),
        (0, Tier.TESTED, Tier.DECLARED, 0),
    ],
)
def test_weaker_evidence_than_asked_for_caps_the_verified_level(level, proof, tier, verified):
    form = questionnaire(question("a", gate=True, proof=proof))
    card = score(form, given(data__a=said(level, tier)))
    assert card.question("data.a").verified == verified
    assert card.question("data.a").claimed == level


def test_evidence_for_an_earlier_choice_does_not_carry_a_higher_one():
    form = questionnaire(question("a", gate=True))
    raised = score(form, given(data__a=said(5, Tier.DOCUMENTED, given_for=3)))
    lowered = score(form, given(data__a=said(2, Tier.DOCUMENTED, given_for=3)))
    assert raised.question("data.a").verified == 3
    assert lowered.question("data.a").verified == 2


def test_a_finding_caps_whatever_the_evidence_and_opens_a_contradiction():
    form = questionnaire(question("a", gate=True, bearings=(HOSTED,)))
    card = score(form, given(data__a=said(4, Tier.TESTED)), [seen("hosted.openai")])
    assert card.question("data.a").verified == 1
    assert [one.question for one in card.contradictions] == ["data.a"]


def test_an_answer_no_higher_than_the_cap_is_no_contradiction():
    form = questionnaire(question("a", gate=True, bearings=(HOSTED,)))
    assert score(form, given(data__a=said(1)), [seen("hosted.openai")]).contradictions == ()


@pytest.mark.parametrize(("strength", "verified"), [(Strength.WEAK, 4), (Strength.DEFAULT, 1), (Strength.PROOF, 1)])
def test_a_weak_signal_caps_nothing(strength, verified):
    form = questionnaire(question("a", gate=True, bearings=(HOSTED,)))
    card = score(form, given(data__a=said(4, Tier.TESTED)), [seen("hosted.openai", strength=strength)])
    assert card.question("data.a").verified == verified


def test_a_finding_can_carry_an_answer_nobody_documented():
    form = questionnaire(question("a", gate=True, proof=Tier.OBSERVED, bearings=(LOCAL,)))
    card = score(form, given(data__a=said(4)), [seen("server.llama-cpp")])
    assert (card.question("data.a").verified, card.verified_printed) == (3, True)


def test_support_counts_only_if_every_endpoint_of_the_role_supports():
    form = questionnaire(question("a", gate=True, bearings=(LOCAL,)))
    silent = ProbedEndpoint(id="two", name="two", role="model")
    card = score(form, given(data__a=said(3)), [seen("server.llama-cpp"), silent])
    other_role = score(
        form, given(data__a=said(3)), [seen("server.llama-cpp"), silent.model_copy(update={"role": "safety"})]
    )
    assert card.question("data.a").verified == 1
    assert other_role.question("data.a").verified == 3


def test_an_old_probe_still_caps_but_supports_only_as_a_document():
    form = questionnaire(
        question("a", gate=True, proof=Tier.TESTED, bearings=(HOSTED, LOCAL.model_copy(update={"supports": 4})))
    )
    stale = seen("server.vllm").model_copy(update={"stale": True})
    assert score(form, given(data__a=said(4)), [stale]).question("data.a").verified == 3
    hosted = seen("hosted.openai").model_copy(update={"stale": True})
    assert score(form, given(data__a=said(4)), [hosted]).question("data.a").verified == 1


def test_not_knowing_counts_as_answered_scores_zero_and_is_listed():
    card = score(two(), given(data__a=said(None, state="unknown"), data__b=said(5)))
    assert (card.claimed.level, card.coverage, card.not_known) == (0, 1.0, ("data.a",))
    assert card.best_if_unknown_known == 5


def test_not_asked_scores_zero_and_lowers_coverage():
    card = score(two(), given(data__a=said(5)))
    assert (card.dimension("data").claimed.level, card.coverage, card.provisional) == (0, 0.5, True)


def test_not_applicable_leaves_the_score_and_too_much_of_it_makes_it_provisional():
    card = score(two(), given(data__a=said(4), data__b=said(None, state="not-applicable")))
    assert card.claimed.level == 4
    assert card.dimension("data").provisional


def test_not_applicable_that_a_finding_contradicts_scores_zero_in_verified():
    form = questionnaire(question("a", gate=True), question("b", bearings=(HOSTED,)))
    card = score(form, given(data__a=said(1), data__b=said(None, state="not-applicable")), [seen("hosted.openai")])
    assert card.question("data.b").verified == 0
    assert card.question("data.b").contradicted


def test_under_half_the_weight_evidenced_no_verified_level_is_printed():
    form = two()
    assert not score(form, given(data__a=said(3), data__b=said(3))).verified_printed
    assert score(form, given(data__a=said(3, Tier.DOCUMENTED), data__b=said(3))).verified_printed


def test_who_can_switch_you_off_is_read_from_rungs_and_findings():
    bearing = HOSTED.model_copy(update={"controlled_by": Control(party="maker", by="withdrawing it")})
    base = question("a", gate=True, bearings=(bearing,))
    choices = tuple(
        one.model_copy(update={"controlled_by": (Control(party="host", by="closing the account"),)})
        if one.level == 1
        else one
        for one in base.choices
    )
    form = questionnaire(
        base.model_copy(update={"choices": choices}),
        parties=({"id": "maker", "name": "Maker"}, {"id": "host", "name": "Host"}),
    )
    card = score(form, given(data__a=said(1)), [seen("hosted.openai")])
    assert [(one.party, one.known) for one in card.switches] == [("maker", "seen"), ("host", "said")]


def test_an_answer_that_its_question_does_not_have_is_refused():
    with pytest.raises(KeyError, match=r"data\.a"):
        score(questionnaire(question("a", top=3)), given(data__a=said(4)))
