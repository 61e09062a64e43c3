"""Where does the endpoint's name lead, in the clear or not, and does it send callers elsewhere?"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ("root",)


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield address classes, plain HTTP and redirects."""
    network = snapshot.network
    for kind in dict.fromkeys(address.kind for address in network.addresses):
        addresses = [address.address for address in network.addresses if address.kind == kind]
        if kind != "never":
            yield Finding(
                code=f"network.address.{kind}",
                strength=Strength.PROOF,
                params=params(host=network.host, address=", ".join(addresses[:4])),
                exchanges=("network",),
            )
    if network.scheme == "http":
        yield Finding(
            code="network.plain-http",
            strength=Strength.PROOF,
            params=params(host=network.host, port=network.port),
            exchanges=("network",),
        )
    for exchange in snapshot.answered:
        location = exchange.header("location")
        if 300 <= exchange.status < 400 and location:
            host = _host(location) or network.host
            yield Finding(
                code="network.redirect",
                strength=Strength.PROOF,
                params=params(host=host, path=exchange.request.path or "/", status=exchange.status),
                exchanges=(exchange.request.id,),
            )


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return "?"
