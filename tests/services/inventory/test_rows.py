"""Rows become the graph that scenarios are played on, and nothing that nobody knows becomes a fact."""

import pytest
from django.utils import timezone

from assessor.models import Component, Fallback, Workload
from assessor.scenarios import graph
from assessor.services.inventory.rows import ATTRIBUTES, flat, inventory_of, nested
from tests.services.inventory.made import letters, part


def test_rows_become_a_graph_without_faults(inside):
    letters(inside)
    made = inventory_of(inside.organisation)
    assert graph.cross_faults(made) == []
    assert [one.id for one in made.components] == ["check", "fable", "gateway", "own"]
    fable = made.components[1]
    assert (fable.maker, fable.seller, fable.countries) == ("Anthropic", "Amazon Web Services", ("US",))
    assert fable.notices.suspend_days == 0
    assert [(one.source, one.target, one.survives_for) for one in made.requires] == [
        ("gateway", "fable", 1),
        (made.workloads[0].id, "gateway", None),
    ]
    assert made.fallbacks[0].safety_path == ("check",)


def test_what_nobody_knows_stays_unknown(inside):
    part(inside.organisation, "bare")
    (bare,) = inventory_of(inside.organisation).components
    known = {name for name, value in flat(bare.model_dump()).items() if value not in (None, (), "Bare", "model")}
    assert known == set()


def test_a_removed_component_takes_its_edges_along_and_keeps_them(inside):
    made = letters(inside)
    made["fable"].removed_at = timezone.now()
    made["fable"].save()
    graph_now = inventory_of(inside.organisation)
    assert "fable" not in [one.id for one in graph_now.components]
    assert (len(graph_now.requires), len(graph_now.fallbacks)) == (1, 0)
    made["fable"].removed_at = None
    made["fable"].save()
    assert len(inventory_of(inside.organisation).requires) == 2


def test_a_removed_check_leaves_the_safety_path(inside):
    made = letters(inside)
    made["check"].removed_at = timezone.now()
    made["check"].save()
    assert inventory_of(inside.organisation).fallbacks[0].safety_path == ()


def test_columns_and_graph_name_the_same_attributes():
    whole = graph.Component.model_validate({"id": "a", "name": "A", "kind": "model"})
    assert set(flat(whole.model_dump())) == set(ATTRIBUTES)
    assert flat(nested(dict.fromkeys(ATTRIBUTES, 1))) == dict.fromkeys(ATTRIBUTES, 1)


@pytest.mark.parametrize("size", [1, 40])
def test_reading_takes_five_queries_whatever_the_size(inside, django_assert_num_queries, size):
    letters(inside)
    for number in range(size):
        part(inside.organisation, f"more-{number}")
    with django_assert_num_queries(5):
        inventory_of(inside.organisation)


def test_the_choices_of_rows_are_the_words_of_the_graph():
    assert [*Component.Kind.values] == [one.value for one in graph.Kind]
    assert [*Component.Hosting.values] == [one.value for one in graph.Hosting]
    assert [*Component.Access.values] == [one.value for one in graph.Access]
    # Not known is an empty field here, and a word of its own there.
    assert [*Component.OnFailure.values, "unknown"] == [one.value for one in graph.OnFailure]
    assert [*Fallback.Quality.values] == [one.value for one in graph.Quality]
    assert [*Workload.Criticality.values] == [one.value for one in graph.Criticality]
