"""Disputes: the cap stays until a second person accepts, or a later probe no longer finds it."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from assessor import queries
from assessor.models import Dispute, Membership, Role
from assessor.services import answers, disputes, reporting
from assessor.services.disputes import DisputeRefused
from assessor.services.questionnaires import shipped
from tests.services.seen import bearing, endpoint_of, saw


@pytest.fixture
def question():
    return bearing("caps")[0]


@pytest.fixture
def code():
    return bearing("caps")[1].code


@pytest.fixture
def endpoint(inside, owner, question, code):
    """An endpoint whose probe caps the highest answer to a question."""
    answers.save_answer(inside, question.id, "answered", question.top, "", owner)
    found = endpoint_of(inside).endpoint
    saw(found, code, days_ago=1)
    return found


@pytest.fixture
def second(inside):
    """Another owner or assessor: `second(Role.VIEWER)` gives somebody less."""

    def made(role=Role.ASSESSOR, name="second"):
        user = get_user_model().objects.create_user(name)
        Membership.objects.create(organisation=inside.organisation, user=user, role=role)
        return user

    return made


def cap(assessment, question, **more):
    return queries.scorecard(assessment, shipped("ai-sovereignty"), **more).question(question.id).finding_cap


def test_a_dispute_alone_changes_nothing(inside, owner, endpoint, question, code):
    before = cap(inside, question)
    disputes.raise_dispute(inside, endpoint, code, "It is our own gateway", owner)
    assert cap(inside, question) == before is not None


def test_accepted_by_a_second_person_the_finding_counts_no_more(inside, owner, endpoint, question, code, second):
    one = disputes.raise_dispute(inside, endpoint, code, "It is our own gateway", owner)
    disputes.decide(one, second(), accepted=True, note="Looked at the host")
    assert cap(inside, question) is None
    assert cap(inside, question, heeding="none") is not None


def test_rejected_it_goes_on_counting_and_can_be_disputed_anew(inside, owner, endpoint, question, code, second):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    disputes.decide(one, second(), accepted=False)
    assert cap(inside, question) is not None
    assert disputes.raise_dispute(inside, endpoint, code, "Still wrong, see the log", owner).pk != one.pk


def test_nobody_decides_about_their_own_dispute(inside, owner, endpoint, code):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    with pytest.raises(DisputeRefused, match="Ask a second person"):
        disputes.decide(one, owner, accepted=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=one.pk).update(decided_by=owner, accepted=True)


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.VIEWER, None])
def test_only_an_owner_or_an_assessor_decides(inside, owner, endpoint, code, second, role):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    person = get_user_model().objects.create_user("outsider") if role is None else second(role)
    with pytest.raises(DisputeRefused, match="Only an owner or an assessor"):
        disputes.decide(one, person, accepted=True)


def test_what_is_decided_stays_decided(inside, owner, endpoint, code, second):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    person = second()
    disputes.decide(one, person, accepted=False)
    with pytest.raises(DisputeRefused, match="closed"):
        disputes.decide(one, person, accepted=True)


@pytest.mark.parametrize(
    ("reason", "words"), [("  ", "needs a reason"), ("x" * 2001, "2001 characters. Write at most 2000")]
)
def test_a_dispute_needs_a_reason_of_some_length(inside, owner, endpoint, code, reason, words):
    with pytest.raises(DisputeRefused, match=words):
        disputes.raise_dispute(inside, endpoint, code, reason, owner)


def test_what_no_probe_found_cannot_be_disputed(inside, owner, endpoint):
    with pytest.raises(DisputeRefused, match="nothing to dispute"):
        disputes.raise_dispute(inside, endpoint, "hosted.nowhere", "Wrong", owner)


def test_a_finding_is_disputed_once_at_a_time(inside, owner, endpoint, code):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    with pytest.raises(DisputeRefused, match="disputed already"):
        disputes.raise_dispute(inside, endpoint, code, "Wrong again", owner)
    disputes.withdraw(one, owner)
    disputes.raise_dispute(inside, endpoint, code, "Wrong again", owner)


def test_only_the_one_who_raised_it_withdraws(inside, owner, endpoint, code, second):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    with pytest.raises(DisputeRefused, match="Only whoever raised"):
        disputes.withdraw(one, second())


def test_a_later_probe_that_does_not_find_it_settles_it(inside, owner, endpoint, question, code):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    saw(endpoint, "network.address.private")
    assert cap(inside, question) is None
    assert queries.dispute_states(queries.disputes_of(inside)) == {one.pk: "resolved"}


def test_a_finding_that_comes_back_is_not_covered_by_the_old_decision(inside, owner, endpoint, question, code, second):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    disputes.decide(one, second(), accepted=True)
    saw(endpoint, "network.address.private")
    saw(endpoint, code)
    assert cap(inside, question) is not None
    disputes.raise_dispute(inside, endpoint, code, "Wrong again", owner)


def test_an_accepted_dispute_does_not_follow_the_endpoint_to_another_address(
    inside, owner, endpoint, question, code, second
):
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    disputes.decide(one, second(), accepted=True)
    endpoint.url = "http://127.0.0.1:9998"
    endpoint.save()
    saw(endpoint, code)
    assert cap(inside, question) is not None


def test_a_dispute_lifts_the_finding_at_its_own_endpoint_only(inside, owner, endpoint, question, code, second):
    other = endpoint_of(inside, "http://127.0.0.1:9997", name="Spare").endpoint
    saw(other, code)
    one = disputes.raise_dispute(inside, endpoint, code, "Wrong", owner)
    disputes.decide(one, second(), accepted=True)
    assert cap(inside, question) is not None


def test_the_report_prints_the_dispute_with_both_values(inside, owner, endpoint, question, code):
    disputes.raise_dispute(inside, endpoint, code, "It is our own gateway", owner)
    model = reporting.screen_model(inside)
    entry = next(one for part in model.dimensions for one in part.answers if one.id == question.id)
    (row,) = entry.disputes
    assert row.state_label == "disputed, not decided: the finding still counts"
    assert row.reason == "It is our own gateway"
    assert "with what is disputed" in row.values
