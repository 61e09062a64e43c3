"""What answers to one questionnaire say about another, as a person meets it: always derived, never an answer."""

import re

import pytest
from django.urls import reverse
from django_scopes import scope

from assessor.models import Answer, Assessment, Endpoint, EndpointRole, Workload
from assessor.services import answers, assessments, questionnaires, workloads
from tests.conftest import FACTS
from tests.questionnaire.crossed import framework
from tests.questionnaire.sample import sample

NAME = framework().id


@pytest.fixture
def house(owner):
    """An assessment by the sample questionnaire in an organisation that also keeps the framework."""
    found = assessments.start_assessment(owner, sample(), FACTS, "full")
    questionnaires.keep_own(found.organisation, framework())
    with scope(organisation=found.organisation):
        yield found


def answer(house, owner, **levels):
    for name, level in levels.items():
        answers.save_answer(house, f"keys.{name}", "answered", level, "", owner)


def address(assessment, name="crosswalk", *more):
    more = more or ((NAME,) if name in ("crosswalk", "start_beside") else ())
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200
    html = re.sub(r"<svg.*?</svg>", "", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def line(text, title):
    """Return what the page says of one objective, up to the next."""
    rest = text[text.index(f" {title} ") :]
    return rest[: rest.index("Because …")]


def test_each_objective_says_level_weight_minimum_and_whether_it_is_met_marked_as_derived(client, house, owner):
    answer(house, owner, front=1, cellar=2)
    text = page(client, address(house))
    doors, watch, fence = (line(text, one) for one in ("Doors and locks", "People who watch", "The fence"))
    assert "50 %" in doors
    assert re.search(r"Level 1 +Level 1 derived", doors)
    assert "met, as far as said" in doors
    assert "2 of 3" in doors
    assert "not said" in watch
    assert "no minimum" not in watch
    assert "nothing said" in fence
    assert "0 of 1" in fence


def test_an_answer_below_the_minimum_is_not_met_in_words_and_shape(client, house, owner):
    answer(house, owner, front=2, cellar=0)
    html = client.get(address(house)).content.decode()
    assert "not met" in line(page(client, address(house)), "Doors and locks")
    assert re.search(r'standing-not-met">\s*<svg class="icon"', html)


def test_because_names_the_questions_the_answers_and_what_is_not_said_at_all(client, house, owner):
    answer(house, owner, front=2)
    text = page(client, address(house))
    assert (
        "The front door : answered level 2, of which 0 is verified; amounts to 3 here. Whoever holds the keys" in text
    )
    assert "The cellar : not answered yet; that leaves 0 to 2 open here." in text
    assert "Not said at all: back door · skylight" in text
    assert "No question of this assessment speaks about it." in text
    assert "These questions can show level 1 at most; the minimum, 2, takes the framework’s own questions." in text


def test_a_missing_answer_gives_a_range(client, house, owner):
    answer(house, owner, front=2)
    assert re.search(r"Level 0 to Level 2 derived", line(page(client, address(house)), "Doors and locks"))


def test_the_overview_leads_there_where_a_crosswalk_exists_and_nowhere_else(client, house, inside, owner):
    with scope(organisation=house.organisation):
        answer(house, owner, front=2, cellar=2)
    assert address(house) in client.get(address(house, "assessment")).content.decode()
    assert "1 met as far as said, 0 not met, 2 not said" in page(client, address(house, "assessment"))
    assert "/crosswalk/" not in client.get(address(inside, "assessment")).content.decode()


def test_nothing_derived_is_stored(client, house, owner):
    answer(house, owner, front=2)
    before = Answer.objects.count()
    client.get(address(house))
    client.get(address(house, "assessment"))
    client.get(address(house, "report"))
    assert Answer.objects.count() == before


def begin(client, house):
    response = client.post(address(house, "start_beside"))
    assert response.status_code == 302
    return Assessment.objects.exclude(pk=house.pk).get()


def test_an_assessment_begun_from_there_has_the_same_scope_and_no_answer(client, house, owner):
    answer(house, owner, front=2, cellar=2)
    second = workloads.add_workload(house, Workload(name="Search"))
    endpoint = Endpoint.objects.create(organisation=house.organisation, name="Gateway", url="https://ai.example")
    first = assessments.first_workload(house)
    EndpointRole.objects.create(
        organisation=house.organisation, assessment=house, workload=first, endpoint=endpoint, part="model"
    )
    begun = begin(client, house)
    assert begun.organisation == house.organisation
    assert assessments.first_workload(begun) == first
    assert set(begun.workloads.all()) == {first, second}
    assert [role.endpoint for role in begun.endpoint_roles.all()] == [endpoint]
    assert not Answer.objects.filter(assessment=begun).exists()
    assert begun.questionnaire_version.questionnaire == NAME
    assert (begun.profile, begun.targets, begun.quick_reading) == ("", {}, None)


def test_its_questions_carry_the_hint_marked_as_derived_and_nothing_is_chosen(client, house, owner):
    answer(house, owner, front=2, cellar=2)
    begun = begin(client, house)
    path = reverse("dimension", args=[begun.organisation_id, begun.pk, "doors"])
    text, html = page(client, path), client.get(path).content.decode()
    assert "derived A hint from “A sample”, not an answer" in text
    assert "The front door: answered level 2" in text
    assert "checked" not in html
    assert "which speaks about 2 of 3 questions here" in text
    levels = page(client, address(begun, "assessment"))
    assert "No question answered yet" in levels


def test_a_hint_goes_with_the_assessment_it_came_from(client, house, owner):
    answer(house, owner, front=2)
    begun = begin(client, house)
    house.delete()
    path = reverse("dimension", args=[begun.organisation_id, begun.pk, "doors"])
    assert "A hint from" not in page(client, path)


def test_a_person_finds_the_assessment_begun_before(client, house, owner):
    answer(house, owner, front=2)
    begun = begin(client, house)
    html = client.get(address(house)).content.decode()
    assert address(begun, "assessment") in html
    assert "Start another assessment of this framework" in html


def test_opening_the_page_begins_nothing(client, house):
    assert client.get(address(house, "start_beside")).status_code == 405
    assert Assessment.objects.count() == 1


@pytest.mark.parametrize("name", ["crosswalk", "start_beside"])
def test_what_the_assessment_says_nothing_about_has_no_page(client, house, inside, name):
    ask = client.get if name == "crosswalk" else client.post
    assert ask(address(house, name, "weather")).status_code == 404
    # The organisation of `inside` does not keep the framework: it belongs to another tenant.
    assert ask(address(inside, name)).status_code == 404
    assert Assessment.objects.filter(organisation=inside.organisation).count() == 1


@pytest.mark.parametrize("name", ["crosswalk", "start_beside"])
def test_a_stranger_gets_404(client, owner, strangers_scan, name):
    with scope(organisation=strangers_scan.organisation):
        questionnaires.keep_own(strangers_scan.organisation, framework())
    ask = client.get if name == "crosswalk" else client.post
    assert ask(address(strangers_scan, name)).status_code == 404


def test_a_hint_never_comes_from_another_organisation(client, house, owner, strangers_scan):
    begun = begin(client, house)
    Assessment.objects.filter(pk=begun.pk).update(hints_from=strangers_scan)
    path = reverse("dimension", args=[begun.organisation_id, begun.pk, "doors"])
    assert "A hint from" not in page(client, path)


def test_the_pages_cost_a_bounded_number_of_queries(client, house, owner, django_assert_max_num_queries):
    answer(house, owner, front=2, cellar=2)
    begun = begin(client, house)
    questions = reverse("dimension", args=[begun.organisation_id, begun.pk, "doors"])
    for path, most in ((address(house), 10), (address(house, "assessment"), 16), (questions, 14)):
        client.get(path)
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200


def test_an_overview_names_its_questionnaire_what_lies_below_a_minimum_and_the_weighted_index(client, owner):
    found = assessments.start_assessment(owner, framework(), FACTS, "full")
    with scope(organisation=found.organisation):
        for door in ("front", "back", "roof"):
            answers.save_answer(found, f"doors.{door}", "answered", 3, "", owner)
    text = page(client, address(found, "assessment"))
    assert "Burglary standard" in text
    assert re.search(r"People who watch +(holds the level +)?below the minimum, 2", text)
    assert not re.search(r"The fence +(holds the level +)?below the minimum", text)
    assert "Index, as claimed: 50.0 of 100" in text
    assert "Burglary standard · " in page(client, reverse("home"))
