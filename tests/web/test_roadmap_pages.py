"""The roadmap and its targets, as a person meets them in the browser."""

import re

import pytest
from django.urls import reverse
from django_scopes import scope

from assessor.services import answers, assessments
from tests.conftest import FACTS
from tests.questionnaire.sample import sample
from tests.questionnaire.test_kinds import CELLAR, FACT, LIST

PROFILES = """profiles:
  - {id: family, name: A family, because: Children lose keys., targets: {keys: 2}}
  - {id: guests, name: Only guests, because: Nobody stays., targets: {keys: 1}}
"""


@pytest.fixture
def house(owner):
    whole = sample((CELLAR, LIST + FACT + CELLAR), ("questions:\n", PROFILES + "questions:\n"))
    found = assessments.start_assessment(owner, whole, FACTS, "full")
    with scope(organisation=found.organisation):
        yield found


def address(name, assessment):
    return reverse(name, args=[assessment.organisation_id, assessment.pk])


def page(client, assessment, name="roadmap"):
    response = client.get(address(name, assessment))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def targets(assessment):
    assessment.refresh_from_db()
    return assessment.profile, assessment.targets


def test_the_roadmap_says_what_to_do_what_it_takes_and_what_it_unlocks(client, house):
    text = page(client, house)
    assert "What to change first: level 1 in every dimension" in text
    assert "Count the keys in the house." in text
    assert "from level 0 to 1 · 1 to 2 person-days" in text
    assert "Lifts “Keys” to level 1, needed together with:" in text
    assert "No target is set" in text
    assert "evidence needed:" in text


def test_a_profile_sets_the_target_and_adds_the_second_stage(client, house):
    client.post(address("targets", house), {"action": "profile", "profile": "family"})
    assert targets(house) == ("family", {})
    text = page(client, house)
    assert "Children lose keys." in text
    assert "What to change on the way to the target" in text


def test_a_target_can_be_edited_and_reset_to_the_profile(client, house):
    client.post(address("targets", house), {"action": "profile", "profile": "family"})
    client.post(address("targets", house), {"action": "targets", "keys": "1"})
    assert targets(house) == ("family", {"keys": 1})
    assert "Back to the targets of: A family" in page(client, house, "targets")
    client.post(address("targets", house), {"action": "reset"})
    assert targets(house) == ("family", {})


def test_a_target_that_equals_the_profile_is_no_edit_and_none_can_be_wanted(client, house):
    client.post(address("targets", house), {"action": "profile", "profile": "family"})
    client.post(address("targets", house), {"action": "targets", "keys": "2"})
    assert targets(house) == ("family", {})
    client.post(address("targets", house), {"action": "targets", "keys": "0"})
    assert targets(house) == ("family", {"keys": 0})
    assert "What to change on the way to the target" not in page(client, house)


@pytest.mark.parametrize(
    "sent", [{"action": "targets", "keys": "9"}, {"action": "profile", "profile": "nobody"}, {"action": "other"}, {}]
)
def test_what_is_no_target_is_refused_and_changes_nothing(client, house, sent):
    response = client.post(address("targets", house), sent)
    assert response.status_code == 422
    assert targets(house) == ("", {})


def test_a_reached_target_is_said(client, house, owner):
    client.post(address("targets", house), {"action": "profile", "profile": "guests"})
    for question, level, value in (
        ("keys.front", 2, None),
        ("keys.list", None, ["shed", "gate"]),
        ("keys.cellar", 2, None),
    ):
        answers.save_answer(house, question, "answered", level, "", owner, value=value)
    text = page(client, house)
    assert "The target is reached." in text
    assert "from level 0 to 1 · as answered, to be shown" in text


@pytest.mark.parametrize("name", ["roadmap", "targets"])
def test_the_pages_cost_a_bounded_number_of_queries(client, house, name, django_assert_max_num_queries):
    client.get(address(name, house))
    with django_assert_max_num_queries(8):
        client.get(address(name, house))


@pytest.mark.parametrize("name", ["roadmap", "targets", "what_if", "keep_what_if"])
def test_a_stranger_gets_404(client, owner, strangers_scan, name):
    assert client.get(address(name, strangers_scan)).status_code == 404
    assert client.post(address(name, strangers_scan), {}).status_code in (404, 405)


def test_the_shipped_questionnaire_has_a_roadmap(client, inside):
    assert "What to change first: level 1 in every dimension" in page(client, inside)
