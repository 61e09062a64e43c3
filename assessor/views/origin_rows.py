"""Facts about origin as rows of a page: whose law, where processed, where the address is, what a model's name means."""

from typing import Any

from django.utils.translation import gettext as _

from assessor.probes.origin_words import (
    AREAS,
    NOT_LOOKED_UP,
    ROLES,
    address_text,
    law_source,
    law_text,
    memory_text,
    openness_pairs,
    processing_text,
    sources_text,
    table_text,
)
from assessor.probes.result import Attribution, Model, ProbeResult

MODELS_SHOWN = 20


def origin_context(result: ProbeResult | None) -> dict[str, Any]:
    """Return what the page needs to show facts about origin; empty parts are left out by the page."""
    if result is None:
        return {}
    known = [model for model in result.models if model.facts is not None][:MODELS_SHOWN]
    return {
        "origin_areas": _areas(result.attribution) if result.attribution else (),
        "known_models": [_model(model) for model in known],
        "not_looked_up": _(NOT_LOOKED_UP) if any(one.facts and one.facts.general for one in known) else "",
    }


def _areas(facts: Attribution) -> list[dict[str, Any]]:
    law = [{"text": f"{_(ROLES[one.role])}: {law_text(one, _)}", "source": law_source(one, _)} for one in facts.law]
    processing = [{"text": processing_text(one, _), "strength": one.strength} for one in facts.processing]
    addresses = [{"text": address_text(one, _)} for one in facts.addresses]
    addresses += [{"text": _("{address}: not in the table").format(address=one)} for one in facts.unplaced]
    return [
        {"head": _(AREAS["law"]), "rows": law, "none": _("no operator of the catalogue was seen"), "foot": ""},
        {"head": _(AREAS["processing"]), "rows": processing, "none": _("not shown"), "foot": ""},
        {
            "head": _(AREAS["addresses"]),
            "rows": addresses,
            "none": _("the address is not a public one"),
            "foot": table_text(facts, _) if facts.table_date else "",
        },
    ]


def _model(model: Model) -> dict[str, Any]:
    facts = model.facts
    assert facts is not None  # noqa: S101 - only known names come here
    return {
        "id": model.id,
        "whose": ", ".join(part for part in (facts.name, facts.maker, facts.origin) if part),
        "pairs": openness_pairs(facts, _),
        "memory": memory_text(facts, _),
        "sources": sources_text(facts, _),
    }
