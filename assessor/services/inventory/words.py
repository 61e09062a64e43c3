"""What stands in an inventory, in words: for previews, conflicts and proposals."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from assessor.models import Component, Fallback, Workload
from assessor.scenarios.graph import FateKind
from assessor.services.inventory.attributes import BY_NAME

CHOICES: dict[str, dict[str, Any]] = {
    "kind": dict(Component.Kind.choices),
    "hosting": dict(Component.Hosting.choices),
    "access": dict(Component.Access.choices),
    "on_failure": dict(Component.OnFailure.choices),
    "quality": dict(Fallback.Quality.choices),
    "criticality": dict(Workload.Criticality.choices),
}


def label(name: str) -> str:
    """Return the name of an attribute, an edge or a fact of a workload."""
    if name in BY_NAME:
        return str(BY_NAME[name].label)
    return {
        "name": _("Name"),
        "kind": _("Kind"),
        "note": _("Note"),
        "requires": _("Requires"),
        "needed_by": _("Needed by"),
        "fallbacks": _("Falls back to"),
        "questions": _("Questions it bears on"),
        "endpoints": _("Endpoints it stands at or behind"),
        "owner": _("Owner of the workload"),
        "criticality": _("Criticality"),
        "tolerance_hours": _("Tolerance in hours"),
        "load": _("Load"),
        "data_classes": _("Classes of data"),
        "source": _("What needs it"),
        "target": _("What is needed"),
        "survives_for": _("Goes on without it for, in hours"),
        "survives_restart": _("Also after a restart"),
        "workload": _("Only for the workload"),
        "capacity_percent": _("Carries, in per cent of the load"),
        "quality": _("Quality"),
        "tested_on": _("Tested on"),
        "tested_share": _("With per cent of the real load"),
        "safety_path": _("Its own safety checks"),
    }.get(name, name)


def value(name: str, said: Any) -> str:
    """Return what an attribute says; what nobody knows is called so."""
    if said is None or said == "":
        return _("not known")
    if isinstance(said, bool):
        return _("Yes") if said else _("No")
    if name in CHOICES:
        return str(CHOICES[name].get(said, said))
    if isinstance(said, list | tuple):
        return "; ".join(_item(one) for one in said) or _("none")
    if isinstance(said, float | int):
        return number_format(int(said) if float(said).is_integer() else said, use_l10n=True)
    return str(said)


def _item(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    if "survives_for" in one:
        return requires(one)
    if "switch_hours" in one:
        return fallback(one)
    return f"{fate_kind(str(one.get('kind')))}: {one.get('name')}"


def fate_kind(kind: str) -> str:
    """Return what two components may share."""
    return {
        FateKind.CLOUD.value: _("cloud"),
        FateKind.SITE.value: _("site"),
        FateKind.SIGN_IN.value: _("sign-in"),
        FateKind.OWNER.value: _("owner"),
    }.get(kind, kind)


def requires(edge: Mapping[str, Any]) -> str:
    """Return a requirement in one line."""
    hours = edge.get("survives_for")
    told = f"{edge['source']} → {edge['target']}"
    if hours is not None:
        told += ", " + _("goes on for {hours} h").format(hours=value("", hours))
    if edge.get("survives_restart") is not None:
        told += ", " + (_("also after a restart") if edge["survives_restart"] else _("not after a restart"))
    return told


def fallback(edge: Mapping[str, Any]) -> str:
    """Return a fallback in one line."""
    told = [f"{edge['source']} → {edge['target']}"]
    names = ("workload", "switch_hours", "capacity_percent", "quality", "data_classes", "tested_on", "tested_share")
    for name in (*names, "safety_path"):
        if edge.get(name) not in (None, "", (), []):
            told.append(f"{label(name).lower()}: {value(name, edge[name])}")
    return ", ".join(told)
