"""Words for facts about origin, shared by the terminal, the page and the report."""

from collections.abc import Callable

from assessor.errors import N_
from assessor.probes.result import AddressOrigin, Attribution, Law, ModelFacts, Processing
from assessor.retelling import retold

Translate = Callable[[str], str]

# The three facts that are never mixed.
AREAS = {
    "law": N_("Whose law reaches the operator"),
    "processing": N_("Where requests are processed"),
    "addresses": N_("Where the address is registered"),
}
ROLES = {
    "answers": N_("answers at the door"),
    "behind": N_("stands behind"),
    "filters": N_("filters"),
    "network": N_("runs the network"),
}
OPENNESS = {
    "open": N_("open"),
    "partly": N_("partly open"),
    "closed": N_("closed"),
    "unknown": N_("unknown"),
    "disputed": N_("lists differ"),
}
FACTS = {
    "weights": N_("weights"),
    "data": N_("training data"),
    "recipe": N_("recipe"),
    "code": N_("code"),
    "licence": N_("licence"),
}
NOT_LOOKED_UP = N_("generally known, not looked up")


def law_text(item: Law, translate: Translate = str) -> str:
    """Return an operator, its controlling company and that one's seat in one line."""
    company = f" ({item.controlled_by})" if item.controlled_by != item.operator else ""
    return f"{item.operator}{company}, {item.country}" + (f"; {translate(item.note)}" if item.note else "")


def law_source(item: Law, translate: Translate = str) -> str:
    """Return where a seat was read, with its date; a document keeps its own name."""
    return f"{translate(item.source) if item.source else '?'}, {item.date}"


def openness_pairs(facts: ModelFacts, translate: Translate = str) -> list[tuple[str, str]]:
    """Return the five facts of openness, each with its value and whether it was looked up."""
    values = {
        "weights": translate(OPENNESS[facts.weights]),
        "data": translate(OPENNESS[facts.data]),
        "recipe": translate(OPENNESS[facts.recipe]),
        "code": translate(OPENNESS[facts.code]),
        "licence": facts.licence or translate(OPENNESS["unknown"]),
    }
    if facts.said_open or facts.said_closed:
        told = translate(N_("lists that say open: {open}, closed: {closed}"))
        values["weights"] += " (" + told.format(open=facts.said_open, closed=facts.said_closed) + ")"
    return [(translate(FACTS[name]), value + ("*" if name in facts.general else "")) for name, value in values.items()]


def memory_text(facts: ModelFacts, translate: Translate = str) -> str:
    """Return the accelerator memory that a model of this name needs, as a range, or an empty text."""
    if facts.memory_gb is None:
        return ""
    low, high = facts.memory_gb
    return translate(N_("accelerator memory: {low} to {high} GB")).format(low=low, high=high)


def sources_text(facts: ModelFacts, translate: Translate = str) -> str:
    """Return where the facts about a model come from, each source with its date."""
    # A row that rests on the lists names them itself.
    named = facts.lists_source.partition(",")[0]
    lists = () if named and named in facts.source else ((facts.lists_source, facts.lists_date),)
    parts = ((facts.source, facts.date), *lists)
    return "; ".join(f"{translate(source)}, {date}" for source, date in parts if source)


def address_text(item: AddressOrigin, translate: Translate = str) -> str:
    """Return whose network an address is in and where it is registered, with what that does not tell."""
    said = translate(N_("{address}: AS{number} {network}, registered in {countries}")).format(
        address=item.address, number=item.number, network=item.network, countries=", ".join(item.countries) or "?"
    )
    if item.edge:
        return f"{said}; {translate(N_('a network at the edge: where it is registered tells nothing'))}"
    return f"{said}; {translate(N_('tables differ on the country'))}" if len(item.countries) > 1 else said


def processing_text(item: Processing, translate: Translate = str) -> str:
    """Return a processing region with its country and who says so."""
    return f"{retold(item.region, translate)}{f' ({item.country})' if item.country else ''}, {item.by}"


def table_text(facts: Attribution, translate: Translate = str) -> str:
    """Return which table of networks was asked, with its date."""
    return translate(N_("table of networks of {date} ({source})")).format(
        date=facts.table_date, source=facts.table_source
    )
