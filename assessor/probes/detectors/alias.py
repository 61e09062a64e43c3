"""Does the host's name stand for somebody else's (CNAME), who can then send its callers where they like?"""

from collections.abc import Iterator

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.aliases import owner_of
from assessor.probes.attribution import country_of, operator
from assessor.probes.detectors.base import Params, params
from assessor.probes.products import provider_of_host
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ()
STANDS_FOR = N_("the name server gives {alias} for {host}")


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield whose names the host's name stands for, one finding for each operator or domain."""
    host = snapshot.network.host
    seen: set[str] = set()
    for name in snapshot.network.names:
        code, whose, strength, told = _judge(name, host)
        if whose and whose not in seen:
            seen.add(whose)
            given = {"host": host, "alias": name, **told}
            because = STANDS_FOR.format(alias=name, host=host)
            yield Finding(
                code=f"network.alias.{code}",
                strength=strength,
                params=params(**given, because=because),
                exchanges=("network",),
            )


def _judge(name: str, host: str) -> tuple[str, str, Strength, Params]:
    """Return the last part of the code, whose the name is, how sure that is, and what to tell of it."""
    if service := provider_of_host(name):
        told = params(name=service.name, operator=service.operator, country=country_of(service.operator))
        return "hosted", service.operator or service.name, Strength.STRONG, told
    if row := owner_of(name):
        owner = operator(row.operator)
        told = params(name=row.what, operator=row.operator, country=owner.country if owner else "")
        kind = owner.kind if owner else "other"
        return kind, row.operator, Strength.DEFAULT if row.general else Strength.STRONG, told
    if _domain(name) == _domain(host):
        return "", "", Strength.WEAK, {}
    return "other", _domain(name), Strength.DEFAULT, params(name=_domain(name))


def _domain(host: str) -> str:
    """Return the last two labels of a name: near enough to tell one's own from somebody else's."""
    return ".".join(host.lower().rstrip(".").split(".")[-2:])
