"""Every model takes a stand: it is carried, or left out because; and no secret column goes along by oversight."""

import re

import pytest
from django.apps import apps
from django.db import models

from assessor.models import Organisation
from assessor.services.relocation.tables import BLANKED, CARRIED, LEFT_OUT, fields_of, name_of

OURS = [one for one in apps.get_app_config("assessor").get_models() if not one._meta.auto_created]
SUSPICIOUS = re.compile(r"seal|secret|passw|digest|token|reference|certificate|(^|_)key(_|$)|lease|(^|_)file$")
# Columns that sound like one and are none.
HARMLESS = {
    "Component.key": "its name in files",
    "Simulation.key": "a hash of what was computed",
    "Report.content_key": "a hash of what it says",
    "Endpoint.key_mode": "how the key is had, not the key",
    "Endpoint.key_header": "the name of the header",
    "ProbeImport.token": "names a row that is left out, so it is always empty",
}


def test_every_model_is_carried_or_left_out_with_a_reason():
    carried = {name_of(one) for one in CARRIED}
    unsaid = sorted({name_of(one) for one in OURS} - carried - set(LEFT_OUT))
    assert unsaid == [], "name the model in CARRIED or LEFT_OUT (services/relocation/tables.py)"
    assert carried & set(LEFT_OUT) == set()
    assert all(len(reason) > 10 for reason in LEFT_OUT.values())


def test_what_is_left_out_exists():
    assert sorted(set(LEFT_OUT) - {name_of(one) for one in OURS}) == []


@pytest.mark.parametrize("model", CARRIED, ids=name_of)
def test_no_column_that_sounds_like_a_secret_is_carried_unless_somebody_said_why(model):
    carried = [f"{name_of(model)}.{field.name}" for field in fields_of(model)]
    assert [one for one in carried if SUSPICIOUS.search(one.split(".")[1]) and one not in HARMLESS] == []


@pytest.mark.parametrize("model", CARRIED, ids=name_of)
def test_what_a_row_names_is_carried_before_it_or_may_be_empty(model):
    before = CARRIED[: CARRIED.index(model) + 1]
    for field in fields_of(model):
        if isinstance(field, models.ForeignKey) and name_of(field.related_model) not in LEFT_OUT:
            assert field.related_model in CARRIED
            assert field.null or field.related_model in before, field


def test_every_carried_row_belongs_to_one_organisation():
    for model in CARRIED:
        if model is not Organisation:
            assert model._meta.get_field("organisation").related_model is Organisation


def test_blanked_columns_exist_and_have_a_default():
    for model in CARRIED:
        for name in BLANKED.get(name_of(model), ()):
            field = model._meta.get_field(name)
            assert field.has_default() or field.null or field.empty_strings_allowed
