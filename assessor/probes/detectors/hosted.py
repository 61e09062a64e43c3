"""Is the request served by a hosted API, by its own host name or by the signs in a reply?"""

from collections.abc import Iterator

from assessor.evidence import Finding, Strength
from assessor.probes.attribution import country_of
from assessor.probes.detectors.base import params, reason
from assessor.probes.front import front, own_host
from assessor.probes.recognise import Seen, in_group, passed_on
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ("root", "models", "models-key", "missing", "chat-route", "chat")


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield each hosted service with more than weak signs.

    These signs are not produced by accident, so each is strong evidence of dependence. `via` says through whom it
    was seen: "direct" for the endpoint's own host, a product that passes requests on, or "unrecognised".
    """
    service, at_the_door = own_host(snapshot), front(snapshot)
    if service is not None and at_the_door.seen is not None:
        yield _finding(at_the_door.seen, "direct", snapshot.network.host)
    for found in in_group("hosted", snapshot):
        if found.strength.rank < Strength.DEFAULT.rank:
            continue
        if service is not None and found.product.id == service.id:
            yield _finding(found, "direct", snapshot.network.host)
        elif service is None or found.strength.rank >= Strength.STRONG.rank:
            via = service.id if service is not None else at_the_door.via
            yield _finding(found, via, "")
    for found in in_group("hosted", snapshot, passed_on):
        if found.strength.rank >= Strength.STRONG.rank:
            yield _finding(found, at_the_door.via, "")


def _finding(found: Seen, via: str, host: str) -> Finding:
    return Finding(
        code=f"hosted.{found.product.id}",
        strength=found.strength,
        params=params(
            provider=found.product.id,
            name=found.product.name,
            operator=found.product.operator,
            country=country_of(found.product.operator),
            via=via,
            host=host,
            because=reason(found.because),
        ),
        exchanges=found.exchanges,
    )
