"""The lines about origin in a terminal: whose law, where it is processed, where the address is, what models are."""

from collections.abc import Iterator

from assessor.errors import N_
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
from assessor.probes.render_text import Translate, strength_text, wrapped
from assessor.probes.result import Attribution, Model, ProbeResult

MODELS_SHOWN = 12


def origins(result: ProbeResult, translate: Translate) -> list[str]:
    """Return the three facts about origin, each under its own head, with source and date."""
    facts = result.attribution
    if facts is None:
        return []
    return [*_law(facts, translate), *_processing(facts, translate), *_addresses(facts, translate)]


def _law(facts: Attribution, translate: Translate) -> Iterator[str]:
    if not facts.law:
        return
    yield translate(AREAS["law"])
    for item in facts.law:
        yield from wrapped(f"{translate(ROLES[item.role])}: {law_text(item, translate)}")
        yield from wrapped(law_source(item, translate), 6, "    - ")


def _processing(facts: Attribution, translate: Translate) -> Iterator[str]:
    yield translate(AREAS["processing"])
    for item in facts.processing:
        yield from wrapped(f"{processing_text(item, translate)}; {strength_text(item.strength, translate)}")
    if not facts.processing:
        yield from wrapped(translate(N_("Not shown. Neither an address nor an operator's seat tells.")))


def _addresses(facts: Attribution, translate: Translate) -> Iterator[str]:
    if not facts.table_date:
        return
    yield translate(AREAS["addresses"])
    for item in facts.addresses:
        yield from wrapped(address_text(item, translate))
    for address in facts.unplaced:
        yield from wrapped(translate(N_("{address}: not in the table")).format(address=address))
    yield from wrapped(table_text(facts, translate), 6, "    - ")


def models(result: ProbeResult, translate: Translate) -> list[str]:
    """Return the listed models with what is known of their names, or an empty list."""
    if not result.models:
        return []
    lines = [translate(N_("Models listed (names are labels)"))]
    plain = [item.id for item in result.models if item.facts is None]
    known = [item for item in result.models if item.facts is not None]
    if plain:
        names = ", ".join(plain[:MODELS_SHOWN])
        more = len(plain) - MODELS_SHOWN
        lines += wrapped(names + (translate(N_(" and {count} more")).format(count=more) if more > 0 else ""))
    for item in known[:MODELS_SHOWN]:
        lines += _known(item, translate)
    if any(item.facts and item.facts.general for item in known[:MODELS_SHOWN]):
        lines += wrapped(f"* {translate(NOT_LOOKED_UP)}")
    return lines


def _known(item: Model, translate: Translate) -> Iterator[str]:
    facts = item.facts
    if facts is None:
        return
    whose = ", ".join(part for part in (facts.name, facts.maker, facts.origin) if part)
    yield from wrapped(f"{item.id}" + (f": {whose}" if whose else ""))
    pairs = "; ".join(f"{name}: {value}" for name, value in openness_pairs(facts, translate))
    yield from wrapped(pairs, 6, "    - ")
    if memory := memory_text(facts, translate):
        yield from wrapped(memory, 6, "    - ")
    yield from wrapped(sources_text(facts, translate), 6, "    - ")
