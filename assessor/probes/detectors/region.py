"""Where is a request processed, by the service's own word or by its host name?"""

import re
from collections.abc import Iterator

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.attribution import country_of_region
from assessor.probes.detectors.base import params
from assessor.probes.front import name_said, own_host, own_name
from assessor.probes.products import catalogue
from assessor.probes.recognise import HEADER, passed_on, read, where
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ("models", "models-key", "chat")
# What services answer when they do not say.
_SILENT = {"not_available", "unknown", "none", ""}
NOT_STATED = N_("not stated")


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield each processing region that is stated."""
    service = own_host(snapshot)
    if service is not None and service.region and (match := re.search(service.region, own_name(snapshot))):
        yield _finding(match["region"], service.name, name_said(snapshot), Strength.STRONG, "network")
    passed_by = [(exchange, passed) for exchange in snapshot.answered if (passed := dict(passed_on(exchange)))]
    for row in catalogue("hosted").products:
        for value, exchange, place in read(row.regions, snapshot):
            said = where(exchange, place)
            yield _finding(value, row.name, said, Strength.PROOF, exchange.request.id)
        for exchange, passed in passed_by:
            for place in row.regions:
                if place.header in passed:
                    said = HEADER.format(field=f"llm_provider-{place.header}")
                    yield _finding(passed[place.header], row.name, said, Strength.PROOF, exchange.request.id)
    for exchange in snapshot.answered:
        if value := exchange.header("x-litellm-model-region"):
            said = HEADER.format(field="x-litellm-model-region")
            yield _finding(value, "LiteLLM", said, Strength.STRONG, exchange.request.id)


def _finding(region: str, name: str, said: str, strength: Strength, exchange: str) -> Finding:
    silent = region.strip().lower() in _SILENT
    return Finding(
        code="region.processing",
        strength=Strength.WEAK if silent else strength,
        params=params(
            region=NOT_STATED if silent else region,
            country="" if silent else country_of_region(region),
            name=name,
            because=said,
        ),
        exchanges=(exchange,),
    )
