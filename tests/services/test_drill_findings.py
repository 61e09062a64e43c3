"""What drills found weighs like what probes found: which drill counts, what it lowers, and how it is disputed."""

import pytest
from django.contrib.auth import get_user_model

from assessor import queries
from assessor.models import Membership, Role
from assessor.services import answers, disputes, reporting
from assessor.services.disputes import DisputeRefused
from assessor.services.questionnaires import shipped
from tests.services.seen import drilled, endpoint_of, saw

FAILED, HOUR, DAY = "drill.disconnect.failed", "drill.disconnect.passed.hour", "drill.disconnect.passed.day"
CASES_FAILED, CASES_PASSED = "drill.exit.cases.failed", "drill.exit.cases.passed"


@pytest.fixture
def role(inside, owner):
    """An endpoint of an assessment that claims much for it."""
    for question in ("air-gap.drill", "lock-in.leaving"):
        answers.save_answer(inside, question, "answered", 4, "", owner)
    return endpoint_of(inside)


@pytest.fixture
def second(inside):
    user = get_user_model().objects.create_user("second")
    Membership.objects.create(organisation=inside.organisation, user=user, role=Role.ASSESSOR)
    return user


def asked(assessment, question="air-gap.drill", **more):
    return queries.scorecard(assessment, shipped("ai-sovereignty"), **more).question(question)


def test_a_drill_that_failed_holds_the_answer_and_names_who_can_act(inside, role):
    drilled(role, FAILED, passed=False)
    one = asked(inside)
    assert (one.claimed, one.finding_cap, one.contradicted) == (4, 2, True)
    (weighed,) = one.weighed
    assert weighed.controlled_by.party == "network-operator"


@pytest.mark.parametrize(("code", "level"), [("drill.disconnect.passed.short", 2), (HOUR, 3), (DAY, 3)])
def test_a_drill_that_passed_supports_what_it_saw_and_no_more(inside, role, code, level):
    drilled(role, code)
    one = asked(inside)
    assert (one.supported, one.finding_cap, one.verified) == (level, None, level)


def test_an_answer_that_was_not_shown_closed_supports_nothing(inside, role):
    drilled(role, "drill.disconnect.answered", passed=True)
    assert (asked(inside).supported, asked(inside).weighed) == (None, ())


def test_the_latest_drill_counts_and_one_that_was_broken_off_hides_none(inside, role):
    drilled(role, FAILED, days_ago=3, passed=False)
    drilled(role, "drill.disconnect.unfinished", days_ago=2, passed=False, outcome="out-of-time")
    assert asked(inside).finding_cap == 2
    drilled(role, HOUR, days_ago=1)
    assert (asked(inside).finding_cap, asked(inside).supported) == (None, 3)


def test_proof_joined_to_an_old_drill_makes_it_no_younger(inside, role):
    old = drilled(role, "drill.disconnect.answered", days_ago=9)
    drilled(role, FAILED, days_ago=3, passed=False)
    drilled(role, HOUR, days_ago=1, joins=old)
    assert asked(inside).finding_cap == 2


def test_a_candidate_that_failed_says_nothing_against_one_that_passed(inside, role):
    good = endpoint_of(inside, "http://127.0.0.1:9998", name="Good", part="fallback").endpoint
    bad = endpoint_of(inside, "http://127.0.0.1:9997", name="Bad", part="fallback").endpoint
    drilled(role, CASES_PASSED, days_ago=3, candidate=good)
    drilled(role, CASES_FAILED, days_ago=2, candidate=bad, passed=False)
    assert asked(inside, "lock-in.leaving").finding_cap is None
    # But the same candidate may fail later.
    drilled(role, CASES_FAILED, days_ago=1, candidate=good, passed=False)
    assert asked(inside, "lock-in.leaving").finding_cap == 2


def test_a_drill_of_another_address_or_of_long_ago_weighs_nothing(inside, role):
    drilled(role, FAILED, days_ago=366, passed=False)
    assert asked(inside).finding_cap is None
    drilled(role, FAILED, passed=False)
    role.endpoint.url = "http://127.0.0.1:9996"
    role.endpoint.save()
    assert asked(inside).finding_cap is None


def test_a_drills_finding_is_disputed_accepted_by_another_and_both_values_are_printed(inside, role, owner, second):
    drilled(role, FAILED, days_ago=1, passed=False)
    one = disputes.raise_dispute(inside, role.endpoint, FAILED, "The prober's own cable was out", owner)
    assert asked(inside).finding_cap == 2
    model = reporting.screen_model(inside)
    entry = next(row for part in model.dimensions for row in part.answers if row.id == "air-gap.drill")
    assert entry.disputes[0].state_label == "disputed, not decided: the finding still counts"
    assert "with what is disputed" in entry.disputes[0].values
    with pytest.raises(DisputeRefused, match="Ask a second person"):
        disputes.decide(one, owner, accepted=True)
    disputes.decide(one, second, accepted=True)
    assert asked(inside).finding_cap is None
    assert asked(inside, heeding="none").finding_cap == 2


def test_a_dispute_is_about_one_drill_and_the_next_that_finds_the_same_counts(inside, role, owner, second):
    drilled(role, FAILED, days_ago=1, passed=False)
    one = disputes.raise_dispute(inside, role.endpoint, FAILED, "The prober's own cable was out", owner)
    disputes.decide(one, second, accepted=True)
    drilled(role, FAILED, passed=False)
    assert queries.dispute_states(queries.disputes_of(inside)) == {one.pk: "again"}
    assert asked(inside).finding_cap == 2
    disputes.raise_dispute(inside, role.endpoint, FAILED, "The cable again", owner)


def test_a_later_drill_that_does_not_find_it_settles_it_and_a_probe_does_not(inside, role, owner):
    drilled(role, FAILED, days_ago=1, passed=False)
    one = disputes.raise_dispute(inside, role.endpoint, FAILED, "Wrong", owner)
    saw(role.endpoint, "network.address.private")
    assert queries.dispute_states([one])[one.pk] == "open"
    drilled(role, HOUR)
    assert queries.dispute_states([one])[one.pk] == "resolved"


def test_proof_joined_afterwards_does_not_revive_what_was_disputed(inside, role, owner, second):
    first = drilled(role, FAILED, days_ago=1, passed=False)
    one = disputes.raise_dispute(inside, role.endpoint, FAILED, "Wrong", owner)
    disputes.decide(one, second, accepted=True)
    drilled(role, FAILED, joins=first, passed=False)
    assert asked(inside).finding_cap is None


def test_a_finding_of_a_drill_that_does_not_count_cannot_be_disputed(inside, role, owner):
    drilled(role, FAILED, days_ago=2, passed=False)
    drilled(role, HOUR, days_ago=1)
    with pytest.raises(DisputeRefused, match="nothing to dispute"):
        disputes.raise_dispute(inside, role.endpoint, FAILED, "Wrong", owner)


def test_disputes_about_probes_and_drills_take_four_queries(inside, role, owner, django_assert_num_queries):
    drilled(role, FAILED, days_ago=1, passed=False)
    saw(role.endpoint, "hosted.openai", days_ago=1)
    for code in (FAILED, "hosted.openai"):
        disputes.raise_dispute(inside, role.endpoint, code, "Wrong", owner)
    rows = queries.disputes_of(inside)
    queries.found_by_run.clear()
    with django_assert_num_queries(4):
        queries.dispute_states(rows)
    with django_assert_num_queries(2):
        queries.dispute_states(rows)
