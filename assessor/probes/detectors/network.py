"""Where does the endpoint's name lead, into whose network, in the clear or not, and does it send callers elsewhere?"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.attribution import operator_of_network
from assessor.probes.detectors.base import params
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ("root",)
BY_TABLE = N_("AS{number} by a table of {date}")


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield address classes, whose networks they are in, plain HTTP and redirects."""
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
    yield from _operators(snapshot)
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


def _operators(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield whose networks the public addresses are in; a table of networks can be old or wrong, so never as proof."""
    for name in dict.fromkeys(origin.name for origin in snapshot.origins):
        lying = [origin for origin in snapshot.origins if origin.name == name]
        row = operator_of_network(lying[0].number)
        countries = sorted({country for origin in lying for country in origin.countries})
        yield Finding(
            code=f"network.operator.{row.kind if row else 'other'}",
            strength=Strength.STRONG if row else Strength.DEFAULT,
            params=params(
                id=name,
                name=name,
                operator=row.name if row else "",
                country=row.country if row else "",
                registered=", ".join(countries),
                address=", ".join(origin.address for origin in lying[:4]),
                date=lying[0].date,
                because=BY_TABLE.format(number=lying[0].number, date=lying[0].date),
            ),
            exchanges=("network",),
        )


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return "?"
