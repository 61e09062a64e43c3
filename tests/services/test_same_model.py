"""The report of the demo says the same whatever ids its rows drew and wherever the database keeps them.

A PDF follows from its model alone, byte for byte (`tests/reports/test_pdf.py`), so what holds of the model holds of it.
Run on SQLite and on PostgreSQL: a query without an order gives another one on the second once rows were changed.
"""

import itertools
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.models import Assessment, AuditChain, AuditEvent
from assessor.reports import viewmodel
from assessor.services import reporting

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def said(assessment):
    """Return the model of a report as data, with ids in the order in which they appear, and without its hashes."""
    with scope(organisation=assessment.organisation):
        source, _card = reporting.report_input(assessment, language="en")
        data = viewmodel.build(source).model_dump(mode="json")
    numbers = {}
    text = ID.sub(lambda one: numbers.setdefault(one[0], f"id-{len(numbers)}"), json.dumps(data, sort_keys=True))
    plain = json.loads(text)
    # Both are over the ids themselves.
    assert plain.pop("input_hash")
    plain.pop("sha256", None)
    return plain


def differing(one, other):
    """Return what two models say differently, by the name of the part, so that a failure says where."""
    return {name: (one[name], other.get(name)) for name in one if one[name] != other.get(name)}


@pytest.fixture
def at_noon(monkeypatch):
    """The clock stands at noon but for microseconds: what came later is later, and every day is the same."""
    steps = itertools.count()
    monkeypatch.setattr(timezone, "now", lambda: NOON + timedelta(microseconds=next(steps)))


def demo():
    call_command("demo", verbosity=0)
    with scopes_disabled():
        return Assessment.objects.select_related("organisation", "questionnaire_version").latest("created_at")


def stir(organisation):
    """Write every row anew, the last one first: on PostgreSQL that moves it to another place of its table."""
    with scopes_disabled():
        for model in apps.get_app_config("assessor").get_models():
            fields = {field.name for field in model._meta.concrete_fields}
            if "organisation" in fields and model not in (AuditChain, AuditEvent):
                rows = model._base_manager.filter(organisation=organisation)
                for pk in list(rows.order_by("-pk").values_list("pk", flat=True)):
                    model._base_manager.filter(pk=pk).update(organisation=organisation)


def test_the_demos_report_depends_on_no_id_and_on_no_place_of_a_row(db, owner, at_noon):
    first = demo()
    before = said(first)
    stir(first.organisation)
    assert differing(before, said(first)) == {}
    first.organisation.name += " (the first)"
    first.organisation.save()
    second = demo()
    assert second.organisation_id != first.organisation_id
    assert differing(before, said(second)) == {}
