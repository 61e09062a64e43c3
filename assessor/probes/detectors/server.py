"""Which inference server answers? It names the program at the door, never where the weights run."""

from collections.abc import Iterator

from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params, reason
from assessor.probes.front import candidates, front
from assessor.probes.recognise import version_of
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = (
    "root",
    "models",
    "models-key",
    "missing",
    "models-missing",
    "healthz",
    "version",
    "api-tags",
    "api-status",
    "props",
    "props-key",
    "info",
    "v2",
    "api-version",
    "localai",
    "lmstudio-models",
    "nim-metadata",
    "model-info",
    "metrics",
    "openapi",
    "chat",
)


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield the servers with the strongest signs; behind a relay their signs are only passed on, so none."""
    at_the_door = front(snapshot)
    if at_the_door.group is None and snapshot.answered:
        yield Finding(
            code="identity.unknown",
            strength=Strength.WEAK,
            params=params(host=snapshot.network.host),
            exchanges=tuple(exchange.request.id for exchange in snapshot.answered),
        )
    if at_the_door.group != "server":
        return
    seen = candidates("server", snapshot)
    for found in seen:
        if found.strength == seen[0].strength:
            yield Finding(
                code=f"server.{found.product.id}",
                strength=found.strength,
                params=params(
                    product=found.product.id,
                    name=found.product.name,
                    version=version_of(found.product, snapshot),
                    because=reason(found.because),
                ),
                exchanges=found.exchanges,
            )
