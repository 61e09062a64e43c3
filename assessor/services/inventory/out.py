"""An inventory as files say it: the same content gives the same file."""

from typing import Any

from assessor.models import ComponentQuestion, Organisation
from assessor.services.inventory.columns import write_table
from assessor.services.inventory.files import write_yaml
from assessor.services.inventory.rows import Rows, flat, rows_of, to_graph

FORMATS = ("csv", "yaml")
TYPES = {"csv": "text/csv; charset=utf-8", "yaml": "application/yaml"}


def standing_data(organisation: Organisation, rows: Rows | None = None) -> dict[str, Any]:
    """Return an inventory as plain data in the form of a file, everything said: six queries, one where it was read."""
    rows = rows or rows_of(organisation)
    notes = {one.key: one.note for one in rows.components}
    questions: dict[str, list[str]] = {}
    linked = ComponentQuestion.objects.filter(organisation=organisation, component__removed_at=None)
    for key, question in linked.order_by("question").values_list("component__key", "question"):
        questions.setdefault(key, []).append(question)
    data: dict[str, Any] = to_graph(rows, organisation).model_dump(mode="json")
    for row in data["components"]:
        row |= {"note": notes[row["id"]] or None, "questions": questions.get(row["id"], [])}
    return data


def export(organisation: Organisation, kind: str) -> bytes:
    """Return an inventory as a table or as YAML."""
    data = standing_data(organisation)
    if kind == "yaml":
        return write_yaml(data)
    return write_table(data | {"components": [{"id": row["id"], **flat(row)} for row in data["components"]]})
