"""The sandbox: other answers tried in the address, kept only when somebody says so."""

import re

import pytest
from django.urls import reverse
from django_scopes import scope

from assessor.models import Answer, AnswerRevision
from assessor.services import answers, assessments
from tests.conftest import FACTS
from tests.questionnaire.sample import sample
from tests.questionnaire.test_kinds import CELLAR, FACT, LIST

TRIED = {"keys.front": "2", "keys.list": "2", "keys.cellar": "2"}


@pytest.fixture
def house(owner):
    found = assessments.start_assessment(owner, sample((CELLAR, LIST + FACT + CELLAR)), FACTS, "full")
    with scope(organisation=found.organisation):
        answers.save_answer(found, "keys.front", "answered", 1, "Three keys.", owner)
        yield found


def address(name, assessment):
    return reverse(name, args=[assessment.organisation_id, assessment.pk])


def page(client, assessment, tried, **headers):
    response = client.get(address("what_if", assessment), tried, **headers)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def kept(question):
    answer = Answer.objects.get(question=question)
    return answer.state, answer.level, answer.value, answer.note


def test_trying_answers_moves_the_levels_and_saves_nothing(client, house):
    assert "Nothing tried yet." in page(client, house, {})
    text = page(client, house, TRIED)
    assert "now 0" in text
    assert "Keep 3 answers" in text
    assert "No longer holds back: Around the house; The cellar" in text
    assert Answer.objects.count() == 1


def test_the_address_keeps_only_what_is_tried_and_what_can_be(client, house):
    response = client.get(address("what_if", house), TRIED | {"keys.front": "1", "keys.list": "", "keys.x": "3"})
    assert response["Location"] == address("what_if", house) + "?keys.cellar=2"
    assert client.get(address("what_if", house), {"keys.front": "9"})["Location"] == address("what_if", house)


def test_htmx_is_told_the_address_that_holds_what_is_tried(client, house):
    response = client.get(address("what_if", house), {"keys.front": "2", "keys.list": ""}, HTTP_HX_REQUEST="true")
    assert response["HX-Replace-Url"] == address("what_if", house) + "?keys.front=2"


def test_htmx_gets_the_outcome_alone(client, house):
    text = page(client, house, TRIED | {"keys.lodger": ""}, HTTP_HX_REQUEST="true")
    assert text.strip().startswith('<section class="panel" id="outcome"')
    assert "Keep 3 answers" in text


def test_keeping_asks_first_and_then_saves_as_real_answers_with_their_history(client, house):
    asked = client.get(address("keep_what_if", house), TRIED)
    text = asked.content.decode()
    assert (asked.status_code, Answer.objects.count()) == (200, 1)
    assert "Three keys." in text
    sent = TRIED | {"version:keys.front": "1", "note:keys.front": "Three keys.", "version:keys.list": "0"}
    client.post(address("keep_what_if", house), sent)
    assert kept("keys.front") == ("answered", 2, None, "Three keys.")
    assert kept("keys.list") == ("answered", 2, ["shed", "gate"], "")
    assert AnswerRevision.objects.filter(answer__question="keys.front").count() == 2


def test_an_answer_changed_meanwhile_is_not_overwritten_and_nothing_is_kept(client, house, owner):
    answers.save_answer(house, "keys.front", "answered", 0, "None left.", owner)
    sent = {"keys.list": "1", "keys.front": "2", "version:keys.front": "1", "version:keys.list": "0"}
    response = client.post(address("keep_what_if", house), sent)
    assert response.status_code == 409
    assert "Nothing was saved." in response.content.decode()
    assert kept("keys.front") == ("answered", 0, None, "None left.")
    assert Answer.objects.count() == 1


def test_a_yes_or_no_can_be_tried_and_kept(client, house):
    client.post(address("keep_what_if", house), {"keys.lodger": "no"})
    assert kept("keys.lodger") == ("answered", None, "no", "")


def test_with_nothing_tried_there_is_nothing_to_keep(client, house):
    assert client.get(address("keep_what_if", house))["Location"] == address("what_if", house)


@pytest.mark.parametrize("tried", [{}, TRIED])
def test_the_sandbox_costs_a_bounded_number_of_queries(client, house, tried, django_assert_max_num_queries):
    client.get(address("what_if", house), tried)
    with django_assert_max_num_queries(10):
        client.get(address("what_if", house), tried)


NUMBER = FACT.replace("keys.lodger", "keys.doors").replace(
    "kind: yes-no", "kind: number\n    unit: doors\n    least: 0\n    most: 20"
)
UNTESTED = NUMBER.replace("keys.doors", "keys.windows").replace("title: A lodger", "title: Windows")
SHOWN_FROM_TWO = (
    "    weight: 1\n    proof",
    "    show_if: {question: keys.doors, at_least: 2}\n    weight: 1\n    proof",
)


@pytest.fixture
def doors(owner):
    """A house in which the cellar is asked about only where there are two doors or more; there is one."""
    whole = sample((CELLAR, NUMBER + UNTESTED + CELLAR), SHOWN_FROM_TWO)
    found = assessments.start_assessment(owner, whole, FACTS, "full")
    with scope(organisation=found.organisation):
        answers.save_answer(found, "keys.front", "answered", 2, "", owner)
        answers.save_answer(found, "keys.doors", "answered", None, "", owner, value="1")
        yield found


def test_a_number_that_shows_a_question_can_be_tried_and_kept(client, doors):
    before = page(client, doors, {})
    assert "As it is: 1 doors" in before
    assert "As it is: not asked, because of a fact" in before
    text = page(client, doors, {"keys.doors": "3"})
    assert "now 2" in text
    assert "Now holds back: The cellar" in text
    assert 'value="3"' in text
    client.post(address("keep_what_if", doors), {"keys.doors": "3", "version:keys.doors": "1"})
    assert kept("keys.doors") == ("answered", None, 3, "")


def test_a_number_can_be_tried_as_unknown_which_hides_nothing(client, doors):
    text = page(client, doors, {"keys.doors": "unknown"})
    assert "Now holds back: The cellar" in text
    client.post(address("keep_what_if", doors), {"keys.doors": "unknown", "version:keys.doors": "1"})
    assert kept("keys.doors")[0] == "unknown"


def test_a_number_by_which_nothing_is_shown_or_hidden_is_not_offered(client, doors):
    text = page(client, doors, {})
    assert 'name="keys.doors"' in text
    assert 'name="keys.windows"' not in text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["many"], "asks for a number. Write digits"),
        (["99"], "Write a number from 0 to 20."),
        (["3", "unknown"], "Empty the field, or take the tick out."),
    ],
)
def test_a_wrong_number_is_told_beside_its_field_and_nothing_typed_is_lost(client, doors, typed, sentence):
    response = client.get(address("what_if", doors), {"keys.doors": typed, "keys.front": "1"})
    text = response.content.decode()
    assert response.status_code == 422
    assert text.count(sentence) == 2
    assert f'value="{typed[0]}"' in text
    assert 'aria-invalid="true"' in text
    # What can be tried is tried all the same.
    assert "Keep 1 answer" in text


def test_the_number_in_force_is_nothing_to_try_and_the_empty_field_neither(client, doors):
    for sent in ({"keys.doors": "1"}, {"keys.doors": ""}, {"keys.doors": "1.0"}):
        assert client.get(address("what_if", doors), sent)["Location"] == address("what_if", doors)
