"""Who can switch you off, as a person meets it: matrix, story, party, concentration, map, own scenarios."""

from dataclasses import replace

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django_tasks_db.models import DBTaskResult

from assessor.models import Component, OwnScenario, Simulation, Workload
from assessor.reports.scenario_map import Line, Map
from assessor.services import simulating
from assessor.services.answers import save_answer
from assessor.services.scenario_catalogue import shipped
from assessor.templatetags.assessor_scenarios import map_lines
from tests.services.inventory.made import letters

NASTY = '<script>alert(1)</script>{"a":1}%(x)s{y}'
OWN = {
    "title": "Our host is sold",
    "story": "A competitor buys the host.",
    "causes": ["commercial"],
    "maker": "Anthropic",
    "effect": "removed",
    "notice_hours": "0",
    "recourse": "Wait and see.",
}
FILE = """
id: sold
version: "1"
title: Our host is sold
story: A competitor buys the host.
causes: [commercial]
recourse: Wait and see.
acts:
  - matches:
      - maker: [Anthropic]
    effect: removed
"""


def address(name, assessment, *more):
    return reverse(name, args=[assessment.organisation_id, assessment.pk, *more])


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def stocked(inside):
    """An assessment whose first workload hangs on a hosted model behind a gateway."""
    letters(inside)
    return inside


PAGES = {
    "scenarios": (),
    "map": (),
    "concentration": (),
    "supplier": (),
    "own_scenarios": (),
    "new_scenario": (),
    "exercises": (),
    "scenario": ("one-model-withdrawn",),
    "new_exercise": ("one-model-withdrawn",),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_finds_none_of_it(client, owner, strangers_scan, name):
    assert client.get(address(name, strangers_scan, *PAGES[name])).status_code == 404


@pytest.mark.parametrize("name", ["scenarios", "map", "concentration"])
def test_without_an_inventory_the_page_says_what_to_do(client, inside, name):
    page = text(client.get(address(name, inside)))
    assert "The inventory is empty" in page


def test_the_matrix_says_how_many_scenarios_leave_a_critical_workload_dark(client, stocked):
    page = text(client.get(address("scenarios", stocked)))
    assert "leave a critical workload dark after 1 day" in page or "leaves a critical workload dark" in page
    assert "Letter drafting" in page
    assert 'class="state state-dark"' in page


def test_another_horizon_shows_another_state(client, stocked):
    at_once = text(client.get(address("scenarios", stocked) + "?at=now"))
    assert "Worst case at once" in at_once
    assert "Worst case after 1 day" in text(client.get(address("scenarios", stocked) + "?at=nonsense"))


def test_the_results_are_kept_until_the_inventory_changes(client, stocked):
    client.get(address("scenarios", stocked))
    first = Simulation.objects.get()
    client.get(address("scenarios", stocked))
    assert Simulation.objects.get().computed_at == first.computed_at
    workload = stocked.workloads.get()
    workload.tolerance_hours = 1
    workload.save()
    client.get(address("scenarios", stocked))
    assert Simulation.objects.get().key != first.key


def test_the_matrix_costs_a_bounded_number_of_queries(client, stocked, django_assert_max_num_queries):
    client.get(address("scenarios", stocked))
    with django_assert_max_num_queries(12):
        client.get(address("scenarios", stocked))


def test_a_story_explains_who_needs_what(client, stocked):
    page = text(client.get(address("supplier", stocked) + "?by=party&name=Anthropic"))
    assert "Letter drafting needs Gateway; Gateway needs Fable; Fable is taken away." in page
    assert "Hour by hour" in page
    assert "makes it" in page


@pytest.mark.parametrize(
    ("name", "more", "query", "most"),
    [
        ("scenario", ("friday-letter-2026",), "", 14),
        ("scenario", ("friday-letter-2026",), "?at=month", 14),
        ("map", (), "?scenario=friday-letter-2026", 14),
        ("map", (), "", 14),
        ("supplier", (), "?by=party&name=Anthropic", 14),
        ("concentration", (), "", 14),
    ],
)
def test_a_page_costs_a_bounded_number_of_queries(
    client, stocked, django_assert_max_num_queries, name, more, query, most
):
    client.get(address(name, stocked, *more) + query)
    with django_assert_max_num_queries(most):
        assert client.get(address(name, stocked, *more) + query).status_code == 200


def test_the_story_leads_to_what_it_hits_and_that_to_who_stands_behind_it(client, stocked):
    fable = stocked.organisation.components.get(key="fable")
    there = address("component", stocked, fable.pk)
    client.post(address("new_scenario", stocked), OWN)
    assert f'href="{there}"' in text(client.get(address("scenario", stocked, "our-host-is-sold")))
    party = address("supplier", stocked) + "?by=party&amp;name=Anthropic"
    assert f'href="{party}"' in text(client.get(there))
    assert f'href="{there}"' in text(client.get(party.replace("&amp;", "&")))


def test_a_hit_that_is_only_possible_is_not_told_as_certain(client, stocked):
    stocked.organisation.components.filter(key="fable").update(maker="")
    client.post(address("new_scenario", stocked), OWN | {"maker": "Nobody at all"})
    page = text(client.get(address("scenario", stocked, "our-host-is-sold")))
    assert "Nothing is hit for certain." in page
    assert "In the worst case:" in page


def test_without_an_inventory_the_scenarios_can_be_read(client, inside):
    page = text(client.get(address("scenarios", inside)))
    there = address("scenario", inside, "friday-letter-2026")
    assert f'href="{there}"' in page
    assert "17:21" in text(client.get(there))


def test_an_inventory_that_names_nobody_is_not_called_empty(client, stocked):
    stocked.organisation.components.update(maker="", seller="", parent="", countries=None, fates=None, version=9)
    page = text(client.get(address("concentration", stocked)))
    assert "No component names who stands behind it" in page
    assert "The inventory is empty" not in page


def test_an_inventory_in_ones_own_hands_is_not_told_to_name_nobody(client, stocked):
    stocked.organisation.components.update(hosting="own-premises", maker="Ourselves", fates=None, version=9)
    page = text(client.get(address("concentration", stocked)))
    assert "All of it is in your own hands" in page
    assert "No component names who stands behind it" not in page
    stocked.organisation.components.filter(key="fable").update(hosting="public-saas", maker="", version=10)
    assert "All of it is in your own hands" not in text(client.get(address("concentration", stocked)))


def test_a_party_nobody_knows_takes_nothing(client, stocked):
    page = text(client.get(address("supplier", stocked) + "?by=party&name=" + "Nobody"))
    assert "Nothing in the inventory names it." in page


@pytest.mark.parametrize("query", ["?by=weather&name=x", "?by=party", "?by=party&name=%20"])
def test_a_question_that_makes_no_sense_is_not_found(client, stocked, query):
    assert client.get(address("supplier", stocked) + query).status_code == 404


def test_a_scenario_that_is_not_there_is_not_found(client, stocked):
    assert client.get(address("scenario", stocked, "no-such-thing")).status_code == 404
    assert client.get(address("map", stocked) + "?scenario=no-such-thing").status_code == 404


def test_concentration_counts_what_stands_behind_a_supplier_and_what_stops(client, stocked):
    page = text(client.get(address("concentration", stocked)))
    assert "1 of 1 critical workloads stops within a day if" in page
    assert "1 (100 %)" in page
    assert "By country of control" in page


def test_concentration_calls_no_workload_critical_that_nobody_marked(client, stocked):
    Workload.objects.update(criticality="supporting")
    page = text(client.get(address("concentration", stocked)))
    assert "1 of 1 workloads stops within a day if" in page
    assert "because none is marked as critical" in page
    assert "critical workload" not in page.casefold()


@pytest.mark.parametrize("query", ["", "?scenario=friday-letter-2026"])
def test_every_box_and_every_line_of_the_map_leads_to_its_page(client, stocked, query):
    page = text(client.get(address("map", stocked) + query))
    pages = [address("component", stocked, one.pk) for one in stocked.organisation.components.all()]
    pages.append(address("workload_needs", stocked, stocked.workloads.get().pk))
    for one in pages:
        assert page.count(f'<a class="chart-link" href="{one}">') == 1
        assert f'<strong data-content><a href="{one}">' in page
        assert client.get(one).status_code == 200


def test_the_map_as_a_list_shows_hostile_names_as_text():
    bad = Line(0, NASTY, NASTY, NASTY, NASTY, "dark", NASTY, True, (), f"/{NASTY}")
    whole = Line(0, NASTY, NASTY, NASTY, NASTY, "dark", NASTY, True, (bad, replace(bad, depth=1)), f"/{NASTY}")
    shown = map_lines(Map(SafeString(""), (whole,), 1, False))
    assert "<script" not in shown
    assert '"a":1' not in shown
    assert shown.count(conditional_escape(NASTY)) == 16


def test_hostile_names_are_shown_as_text_everywhere(client, stocked):
    component = stocked.organisation.components.get(key="fable")
    component.name = component.maker = NASTY
    component.save()
    for path in (address("map", stocked), address("concentration", stocked), address("scenarios", stocked)):
        assert "<script>alert" not in text(client.get(path))
    page = client.get(address("supplier", stocked), {"by": "party", "name": NASTY})
    assert "<script>alert" not in text(page)
    assert "&lt;script&gt;" in text(page)


def test_an_own_scenario_from_the_form_can_be_played_at_once(client, stocked):
    response = client.post(address("new_scenario", stocked), OWN, follow=True)
    page = text(response)
    assert response.status_code == 200
    assert "Our host is sold" in page
    assert "1 of 1 workloads goes dark" in page
    assert "Our host is sold" in text(client.get(address("scenarios", stocked)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "This field is required"),
        ({"causes": []}, "This field is required"),
        ({"maker": ""}, "Say at least one thing about whom it hits."),
        ({"country": "Germany"}, "“Germany” is no country code."),
        ({"effect": "price-times"}, "Say how many times the price"),
        ({"until_hours": "0"}, "It must end after it begins"),
    ],
)
def test_a_scenario_that_does_not_hang_together_is_refused_and_nothing_typed_is_lost(client, stocked, wrong, said):
    response = client.post(address("new_scenario", stocked), OWN | wrong)
    page = text(response)
    assert response.status_code == 422
    assert said in page
    assert "Wait and see." in page
    assert not OwnScenario.objects.exists()


def test_changing_an_own_scenario_keeps_the_earlier_version(client, stocked):
    client.post(address("new_scenario", stocked), OWN)
    path = address("change_scenario", stocked, "our-host-is-sold")
    assert 'value="Anthropic"' in text(client.get(path))
    client.post(path, OWN | {"story": "A competitor buys the host at night."})
    client.post(path, OWN | {"story": "A competitor buys the host at night."})
    rows = list(OwnScenario.objects.order_by("version"))
    assert [row.version for row in rows] == [1, 2]
    assert rows[0].replaced_at is not None
    assert rows[1].replaced_at is None


def test_an_own_scenario_goes_out_and_in_as_a_file(client, stocked):
    upload = SimpleUploadedFile("sold.yaml", FILE.encode())
    assert client.post(address("own_scenarios", stocked), {"file": upload}).status_code == 302
    told = client.get(address("scenario_file", stocked, "sold")).content
    kept = OwnScenario.objects.get()
    assert yaml.safe_load(told)["title"] == "Our host is sold"
    assert (
        client.post(address("own_scenarios", stocked), {"file": SimpleUploadedFile("again.yaml", told)}).status_code
        == 302
    )
    assert OwnScenario.objects.get().content_hash == kept.content_hash


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (FILE.replace("effect: removed", "effect: exploded"), "line 11"),
        (FILE + "bonus: 1\n", "“bonus” is not a known key here."),
        ("a: &x [1]\n", "An anchor (&amp;name) is not allowed here."),
        ("a: [", "line"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_reason(client, stocked, content, said):
    upload = SimpleUploadedFile("own.yaml", content.encode())
    response = client.post(address("own_scenarios", stocked), {"file": upload})
    assert response.status_code == 422
    assert said in text(response)
    assert not OwnScenario.objects.exists()


def test_the_id_of_a_shipped_scenario_cannot_be_taken(client, stocked):
    taken = FILE.replace("id: sold", f"id: {shipped()[0].id}")
    response = client.post(address("own_scenarios", stocked), {"file": SimpleUploadedFile("own.yaml", taken.encode())})
    assert "is the id of a shipped scenario" in text(response)


def test_an_own_scenario_that_was_taken_out_is_played_no_longer(client, stocked):
    client.post(address("new_scenario", stocked), OWN)
    client.post(address("take_out_scenario", stocked, "our-host-is-sold"))
    assert client.get(address("scenario", stocked, "our-host-is-sold")).status_code == 404
    assert "None yet" in text(client.get(address("own_scenarios", stocked)))


def test_what_scenarios_show_weighs_at_the_question_it_bears_on(client, stocked):
    save_answer(stocked, "lock-in.leaving", "answered", 4, "", stocked.created_by)
    page = reverse("dimension", args=[stocked.organisation_id, stocked.pk, "lock-in"])
    assert "By the inventory a critical workload stops" not in text(client.get(page))
    client.get(address("scenarios", stocked))
    after = text(client.get(page))
    assert "By the inventory a critical workload stops for longer than its tolerance when one maker is gone." in after
    assert address("scenario", stocked, "maker-gone") in after
    report = text(client.get(address("report", stocked)))
    assert "the play-through of the scenarios" in report
    assert 'href="#scenarios"' in report


def test_a_changed_inventory_is_played_anew_by_the_worker(client, stocked, django_capture_on_commit_callbacks):
    client.get(address("scenarios", stocked))
    first = Simulation.objects.get().key
    with django_capture_on_commit_callbacks(execute=True):
        component = stocked.organisation.components.get(key="fable")
        client.post(address("remove_component", stocked, component.pk))
    assert DBTaskResult.objects.filter(task_path="assessor.tasks.simulate").count() == 1
    simulating.carry_out(stocked.organisation_id)
    assert Simulation.objects.get().key != first
    assert simulating.carry_out(stocked.organisation_id) == 0


def test_a_workload_outside_the_scope_weighs_nothing(client, stocked):
    other = Workload.objects.create(organisation=stocked.organisation, name="Elsewhere")
    stocked.workloads.set([other])
    client.get(address("scenarios", stocked))
    assert Simulation.objects.get().findings == []


def test_what_is_hit_only_if_something_unknown_is_so_is_not_told_as_a_fact(client, inside):
    gateway = letters(inside)["gateway"]
    Component.objects.filter(pk=gateway.pk).update(hosting="")
    where = address("supplier", inside) + "?by=party&name=Anthropic"
    assert "Gateway is taken away, if what is not known of it is so." in text(client.get(where))
    gateway.maker, gateway.seller, gateway.parent, gateway.countries = "BerriAI", "BerriAI", "BerriAI", ["DE"]
    gateway.save()
    page = text(client.get(where))
    assert "Fable is taken away." in page
    assert "if what is not known" not in page
