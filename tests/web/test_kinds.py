"""Questions that are no ladders, and answers about one workload alone, as a person meets them in the browser."""

import re

import pytest
from django.urls import reverse
from django_scopes import scope

from assessor.content import read_yaml
from assessor.models import Answer, Workload
from assessor.questionnaire.loader import parse_questionnaire
from assessor.services import assessments
from tests.conftest import FACTS
from tests.questionnaire.sample import SAMPLE, sample
from tests.questionnaire.test_kinds import CELLAR, FACT, LIST

HTMX = {"HTTP_HX_REQUEST": "true"}
MORE = """  - id: keys.copies
    dimension: keys
    kind: number
    title: Copies
    text: How many copies of the front door key have been cut since you moved in?
    why: Each copy is one more key.
    unit: keys
    least: 0
    most: 50
  - id: keys.moved
    dimension: keys
    kind: date
    title: Moving in
    text: On which day did you move into this house with your first box?
    why: Earlier keys are not yours.
"""
SHOWN_IF = CELLAR + '    show_if: {question: keys.lodger, is: "yes"}\n'


@pytest.fixture
def house(owner, client):
    whole = sample((CELLAR, LIST + FACT + MORE + SHOWN_IF))
    found = assessments.start_assessment(owner, whole, FACTS, "full")
    with scope(organisation=found.organisation):
        yield found


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def page(client, assessment, query=""):
    return client.get(address("dimension", assessment, "keys") + query).content.decode()


def save(client, assessment, question, **data):
    headers = data.pop("headers", HTMX)
    return client.post(address("save_answer", assessment, question), data, **headers)


def test_ticking_saves_the_level_up_to_which_nothing_is_missing(client, house):
    response = save(client, house, "keys.list", item=["shed"], expected_version=0)
    answer = Answer.objects.get()
    assert (response.status_code, answer.level, answer.value) == (200, 1, ["shed"])
    assert re.search(r'name="item" value="shed" checked', page(client, house))


def test_nothing_ticked_is_an_answer_only_when_it_is_said(client, house):
    save(client, house, "keys.list", expected_version=0)
    assert not Answer.objects.filter(state="answered").exists()
    save(client, house, "keys.list", answer="answered", expected_version=1)
    assert Answer.objects.get().level == 0


def test_an_item_that_is_not_on_the_list_is_refused_with_those_that_are(client, house):
    response = save(client, house, "keys.list", item=["roof"], expected_version=0)
    assert response.status_code == 422
    assert "has no item “roof”" in response.content.decode()
    assert "shed, gate" in response.content.decode()


def test_a_fact_that_is_saved_shows_and_hides_what_depends_on_it_at_once(client, house):
    assert "Not asked, because of your answer" not in page(client, house)
    hidden = save(client, house, "keys.lodger", answer="no", expected_version=0).content.decode()
    assert 'id="slot-q-keys-cellar" hx-swap-oob="true"' in hidden
    assert "Not asked, because of your answer to “A lodger”" in hidden
    shown = save(client, house, "keys.lodger", answer="yes", expected_version=1).content.decode()
    assert "Who outside can lock the cellar" in shown
    save(client, house, "keys.lodger", answer="no", expected_version=2)
    assert "Not asked, because of your answer to “A lodger”" in page(client, house)


def test_progress_counts_only_what_is_asked_now(client, house):
    assert "0 of 6 answered" in page(client, house)
    assert "1 of 5 answered" in save(client, house, "keys.lodger", answer="no", expected_version=0).content.decode()


@pytest.mark.parametrize(
    ("question", "typed", "kept"),
    [("keys.copies", "4", 4), ("keys.copies", "2.5", 2.5), ("keys.moved", "2020-05-01", "2020-05-01")],
)
def test_numbers_and_days_are_kept_as_typed(client, house, question, typed, kept):
    assert save(client, house, question, value=typed, expected_version=0).status_code == 200
    assert Answer.objects.get().value == kept
    assert f'value="{typed}"' in page(client, house)


@pytest.mark.parametrize(
    ("question", "typed", "sentence"),
    [
        ("keys.copies", "many", "asks for a number. Write digits"),
        ("keys.copies", "nan", "asks for a number"),
        ("keys.copies", "51", "Write a number from 0 to 50"),
        ("keys.moved", "1.5.2020", "asks for a day. Write year, month, day"),
        ("keys.moved", "2020-02-30", "asks for a day"),
    ],
)
def test_what_is_no_number_or_day_is_refused_and_stays_in_the_form(client, house, question, typed, sentence):
    response = save(client, house, question, value=typed, expected_version=0, headers={})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert f'value="{typed}"' in response.content.decode()
    assert not Answer.objects.exists()


def test_a_number_and_i_dont_know_at_once_are_refused(client, house):
    response = save(client, house, "keys.copies", value="3", answer="unknown", expected_version=0)
    assert response.status_code == 422
    assert "Empty the field, or take the tick out" in response.content.decode()


@pytest.fixture
def second(client, house):
    data = {"name": "Letters", "owner": "", "criticality": "critical", "tolerance_hours": "4"}
    assert client.post(address("new_workload", house), data).status_code == 302
    return Workload.objects.get(name="Letters")


def test_the_lowest_of_the_critical_workloads_counts(client, house, second):
    save(client, house, "keys.front", answer="2", expected_version=0)
    text = save(client, house, "keys.front", answer="0", workload=str(second.pk), expected_version=0).content.decode()
    assert Answer.objects.count() == 2
    card = client.get(address("assessment", house)).content.decode()
    assert "and 1 further workload" in card
    assert "Saved" in text
    general, own = page(client, house), page(client, house, f"?workload={second.pk}")
    assert re.search(r'value="2" checked', general)
    assert re.search(r'value="0" checked', own)
    assert "These answers are about Letters alone" in own


def test_a_workload_of_another_assessment_is_not_found(client, house, quick):
    with scope(organisation=quick.organisation):
        other = quick.workloads.get()
    assert client.get(address("dimension", house, "keys") + f"?workload={other.pk}").status_code == 404
    assert save(client, house, "keys.front", answer="2", workload=str(other.pk)).status_code == 404


def test_a_workload_with_answers_of_its_own_stays_in_scope(client, house, second):
    save(client, house, "keys.front", answer="1", workload=str(second.pk), expected_version=0)
    client.post(address("remove_workload", house, second.pk))
    assert "There are answers about “Letters” alone" in client.get(address("scope", house)).content.decode()
    save(client, house, "keys.front", answer="not-asked", workload=str(second.pk), expected_version=1)
    client.post(address("remove_workload", house, second.pk))
    assert list(house.workloads.values_list("name", flat=True)) == [FACTS.workload]


def test_the_same_name_twice_is_refused_and_what_was_typed_stays(client, house, second):
    data = {"name": "letters", "owner": "Head of post", "criticality": "critical", "tolerance_hours": ""}
    response = client.post(address("new_workload", house), data)
    assert response.status_code == 422
    assert "in scope already" in response.content.decode()
    assert "Head of post" in response.content.decode()


def test_the_list_of_questions_shows_what_is_open_unknown_or_unproven(client, house):
    save(client, house, "keys.front", answer="2", expected_version=0)
    save(client, house, "keys.list", answer="unknown", expected_version=0)
    path = address("listing", house)
    shown = {name: client.get(path, {"show": name}).content.decode() for name in ("unknown", "unproven", "unanswered")}
    assert "Around the house" in shown["unknown"]
    assert "The front door" not in shown["unknown"]
    assert "The front door" in shown["unproven"]
    assert "The cellar" in shown["unanswered"]
    assert client.get(path, {"show": "everything"}).status_code == 404


def test_the_report_says_what_is_so_what_is_not_and_what_a_fact_hid(client, house):
    save(client, house, "keys.list", item=["shed"], expected_version=0)
    save(client, house, "keys.lodger", answer="no", expected_version=0)
    save(client, house, "keys.copies", value="4", expected_version=0)
    report = client.get(address("report", house)).content.decode()
    assert "Holds: The shed is locked" in report
    assert "Does not hold: The gate closes" in report
    assert "4 keys" in report
    assert "A fact: it carries no score." in report
    assert "Not asked, because of a fact" in report


def test_a_long_dimension_goes_on_over_several_pages_and_links_find_their_question(client, owner):
    cellar = SAMPLE[SAMPLE.index(CELLAR) :]
    rooms = [
        cellar.replace("keys.cellar", f"keys.room-{number}").replace("The cellar", f"Room {number}")
        for number in range(20)
    ]
    long = parse_questionnaire(read_yaml((SAMPLE + "".join(rooms)).encode(), "long.yaml"))
    found = assessments.start_assessment(owner, long, FACTS, "full")
    first, second = page(client, found), page(client, found, "?part=2")
    assert "Question 1 of 22" in first
    assert "Question 13 of 22" in second
    assert "Room 19" not in first
    assert "Room 19" in second
    assert client.get(address("dimension", found, "keys") + "?part=3").status_code == 404
    there = client.get(address("question", found, "keys.room-19")).headers["Location"]
    assert there.endswith("?part=2#q-keys-room-19")
    saved = save(client, found, "keys.room-19", answer="2", expected_version=0, headers={})
    assert saved.headers["Location"].endswith("?part=2#q-keys-room-19")
