"""Origins in a result: whose law, where it is processed, where the address is registered, what a model's name means."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from assessor.evidence import Finding
from assessor.probes.attribution import country_of_region, operator, operator_of_network
from assessor.probes.known_models import known, lists
from assessor.probes.networks import network_table
from assessor.probes.result import AddressOrigin, Attribution, Law, ModelFacts, Processing
from assessor.probes.snapshot import Origin, Snapshot

Role = Literal["answers", "behind", "filters", "network"]


def placed(snapshot: Snapshot, path: Path | None = None) -> Snapshot:
    """Return the snapshot with the network of each public address, by the shipped table or the one at `path`."""
    public = [one.address for one in snapshot.network.addresses if one.kind == "public"]
    if not public:
        return snapshot
    table = network_table(path)
    found = tuple(origin for address in public if (origin := table.find(address)))
    return replace(snapshot, origins=found, table_date=table.facts.date, table_source=table.facts.source)


def attribution(snapshot: Snapshot, findings: tuple[Finding, ...]) -> Attribution | None:
    """Return the three facts about origin that a run shows, or None when it shows none of them."""
    known_addresses = {one.address for one in snapshot.origins}
    public = [one.address for one in snapshot.network.addresses if one.kind == "public"]
    made = Attribution(
        law=tuple(_laws(snapshot, findings)),
        processing=tuple(_processing(findings)),
        addresses=tuple(_address(one) for one in snapshot.origins),
        unplaced=tuple(address for address in public if address not in known_addresses),
        table_date=snapshot.table_date if public else "",
        table_source=snapshot.table_source if public else "",
    )
    return made if made != Attribution() else None


def _laws(snapshot: Snapshot, findings: tuple[Finding, ...]) -> Iterator[Law]:
    """Yield each operator once for each place it stands in."""
    seen: set[tuple[Role, str]] = set()
    named = [(_role(finding), str(finding.params.get("operator") or "")) for finding in findings]
    named += [("network", _network_operator(one)) for one in snapshot.origins]
    for role, name in named:
        row = operator(name) if role else None
        if role is None or row is None or (role, name) in seen:
            continue
        seen.add((role, name))
        yield Law(
            role=role,
            operator=row.name,
            controlled_by=row.legal,
            country=row.country,
            kind=row.kind,
            note=row.note,
            general=row.general,
            source=row.source,
            date=row.date,
        )


def _role(finding: Finding) -> Role | None:
    if finding.is_under("safety"):
        return "filters"
    if finding.is_under("gateway"):
        return "answers"
    if finding.is_under("hosted"):
        return "answers" if finding.params.get("via") == "direct" else "behind"
    return None


def _network_operator(origin: Origin) -> str:
    row = operator_of_network(origin.number)
    return row.name if row else ""


def _processing(findings: tuple[Finding, ...]) -> Iterator[Processing]:
    for finding in findings:
        if finding.is_under("region.processing"):
            region = str(finding.params.get("region") or "")
            yield Processing(
                region=region,
                country=country_of_region(region),
                by=str(finding.params.get("name") or ""),
                strength=finding.strength,
                because=tuple(part for part in str(finding.params.get("because") or "").split("; ") if part),
            )


def _address(origin: Origin) -> AddressOrigin:
    row = operator_of_network(origin.number)
    return AddressOrigin(
        address=origin.address,
        number=origin.number,
        network=row.name if row else origin.name,
        countries=origin.countries,
        edge=row is not None and row.kind == "edge",
    )


def model_facts(name: str) -> ModelFacts | None:
    """Return what is known of models of this name, or None: unknown names stay unknown."""
    found = known(name)
    if found is None:
        return None
    told = {"said_open": found.said_open, "said_closed": found.said_closed}
    where = {"lists_source": lists().source, "lists_date": lists().date} if any(told.values()) else {}
    row = found.row
    if row is None:
        return ModelFacts.model_validate({"weights": found.weights, **told, **where})
    return ModelFacts.model_validate(
        {
            "name": row.name,
            "maker": row.maker,
            "origin": row.origin,
            "weights": found.weights,
            "data": row.data,
            "recipe": row.recipe,
            "code": row.code,
            "licence": row.licence,
            "terms": row.terms,
            "memory_gb": found.memory,
            "general": row.general,
            "source": row.source,
            "date": row.date,
            **told,
            **where,
        }
    )
