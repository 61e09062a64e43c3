"""What is made ready before the lock is written as it was made ready, or not at all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessor.models import AuditEvent, Component, ComponentQuestion, ComponentRevision, Fallback, Requires
from assessor.services.inventory.editing import snapshot
from assessor.services.inventory.files import read_file
from assessor.services.inventory.plan import PlanMoved, plan_of, standing
from assessor.services.inventory.taking_over import ready
from tests.services.inventory.made import letters

FILE = """what,id,name,kind,requires,questions
component,gateway,Gateway,gateway,fable,data.readers
component,cache,Cache,vector-store,own,data.orders; data.readers
"""


@pytest.fixture
def made(inside, owner):
    """A file that was shown, and made ready to be taken over."""
    parts = letters(inside)
    ComponentQuestion.objects.create(
        organisation=inside.organisation, component=parts["gateway"], question="air-gap.run"
    )
    file = read_file(FILE.encode(), "stock.csv", standing(inside.organisation))
    plan = plan_of(inside.organisation, file)
    assert not plan.faults
    return ready(inside.organisation, file, owner, shown=plan.fingerprint)


def keys():
    return set(Component.objects.filter(removed_at=None).values_list("key", flat=True))


def test_every_component_is_remembered_as_it_stands_then(made):
    made.take()
    for key in ("gateway", "cache"):
        row = Component.objects.get(key=key)
        assert row.revisions.get(version=row.version).data == snapshot(row)
    assert sorted(ComponentQuestion.objects.values_list("component__key", "question")) == [
        ("cache", "data.orders"),
        ("cache", "data.readers"),
        ("gateway", "data.readers"),
    ]


def test_while_the_lock_is_held_nothing_is_compared(made):
    with CaptureQueriesContext(connection) as queries:
        made.take()
    # Look whether anything moved, write, and keep it in the trail: whatever the size of the file.
    assert len(queries) <= 26


@pytest.mark.parametrize("moved", ["renamed", "removed", "edge", "question", "path"])
def test_what_moved_after_it_was_made_ready_is_seen(made, moved):
    gateway = Component.objects.get(key="gateway")
    if moved == "renamed":
        Component.objects.filter(key="gateway").update(name="Somebody's")
    elif moved == "removed":
        Component.objects.filter(key="own").update(removed_at=gateway.changed_at)
    elif moved == "edge":
        Requires.objects.filter(source=gateway).delete()
    elif moved == "question":
        ComponentQuestion.objects.filter(component=gateway).update(question="data.readers")
    elif moved == "path":
        Fallback.objects.get().safety_path.clear()
    before = ComponentRevision.objects.count()
    if moved == "path":
        # Nothing that was shown: it is taken over, and what moved stays.
        made.take()
        assert "cache" in keys()
        assert not Fallback.objects.get().safety_path.exists()
        return
    with pytest.raises(PlanMoved):
        made.take()
    assert "cache" not in keys()
    assert (ComponentRevision.objects.count(), AuditEvent.objects.filter(kind="data.imported").count()) == (before, 0)


def test_what_somebody_changed_beside_it_is_kept(made):
    other = Component.objects.get(key="check")
    Component.objects.filter(pk=other.pk).update(note="Meanwhile")
    Requires.objects.create(organisation=other.organisation, source=Component.objects.get(key="own"), target=other)
    made.take()
    other.refresh_from_db()
    assert (other.note, "cache" in keys()) == ("Meanwhile", True)
    own = Component.objects.get(key="own")
    assert [one["target"] for one in snapshot(own)["requires"]] == ["check"]
