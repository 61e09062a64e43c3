"""The shipped templates: whole, without faults in the graph they make, and said in German."""

import pytest
from django.utils import translation

from assessor.questionnaire import overlay
from assessor.scenarios import graph
from assessor.services.inventory import templates
from assessor.services.inventory.rows import inventory_of
from assessor.services.inventory.templates import Said, Template

IDS = [one.id for one in templates.shipped().templates]


def used(assessment, owner, template):
    said = {one.id: Said(one.name, {}) for one in template.components}
    return templates.apply(assessment.organisation, template, assessment.workloads.get(), said, owner)


@pytest.mark.parametrize("name", IDS)
def test_each_makes_a_graph_in_which_the_workload_reaches_everything(inside, owner, name):
    template = templates.find(name)
    used(inside, owner, template)
    made = inventory_of(inside.organisation)
    assert graph.cross_faults(made) == []
    assert graph.notices(made) == []
    assert len(made.components) == len(template.components)
    assert len(made.requires) == len(template.requires)


def test_used_twice_it_gives_its_components_other_ids(inside, owner):
    template = templates.find("by-hand")
    used(inside, owner, template)
    used(inside, owner, template)
    keys = [one.id for one in inventory_of(inside.organisation).components]
    assert keys == ["model-in-use", "model-in-use-2", "procedure-by-hand", "procedure-by-hand-2"]


def test_the_check_of_a_local_second_stands_on_its_path(inside, owner):
    used(inside, owner, templates.find("hosted-with-local-second"))
    (way,) = inventory_of(inside.organisation).fallbacks
    assert way.safety_path == ("local-safety-check",)


def test_every_text_is_said_in_german_from_the_english_as_it_stands():
    source, told = templates.texts(), overlay.load_overlay(templates.FOLDER, "de").texts
    assert set(told) == set(source)
    assert [key for key, one in told.items() if one.of != overlay.source_hash(source[key])] == []
    with translation.override("de"):
        assert templates.find("by-hand").name == "Ein Verfahren von Hand steht bereit"


@pytest.mark.parametrize(
    "wrong",
    [
        {"requires": [{"source": "workload", "target": "nothing"}]},
        {"components": [{"id": "workload", "name": "A", "kind": "model"}]},
        {"components": [{"id": "a", "name": "A", "kind": "model", "ask": ["colour"]}]},
        {"components": [{"id": "a", "name": "A", "kind": "model", "facts": {"hosting": "cellar"}}]},
        {"colour": "red"},
    ],
)
def test_a_template_that_cannot_be_used_is_refused(wrong):
    data = {"id": "x", "name": "X", "meaning": "X.", "components": [{"id": "a", "name": "A", "kind": "model"}]}
    with pytest.raises(ValueError, match="Template"):
        Template.model_validate(data | wrong)
