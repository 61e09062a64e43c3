"""Who stands at the door: the one program or service that answers, which is not yet who stands behind it."""

from dataclasses import dataclass
from typing import cast

from assessor.evidence import Strength
from assessor.probes.products import Group, Product, provider_of_host, serving
from assessor.probes.recognise import HOST, HOST_FOR, Seen, in_group
from assessor.probes.snapshot import Snapshot

# A relay shows the signs of what it passes on, so relays are looked for first.
ORDER: tuple[Group, ...] = ("gateway", "safety", "server", "tools")


@dataclass(frozen=True)
class Front:
    """What answers: `group` and `seen` are None when nothing is known; `direct` marks a service by its own host."""

    group: Group | None = None
    seen: Seen | None = None
    direct: bool = False

    @property
    def relays(self) -> bool:
        """Whether it passes requests on to somebody else."""
        return self.group in {"gateway", "safety"}

    @property
    def via(self) -> str:
        """The name by which findings say through whom something was seen."""
        if self.direct:
            return "direct"
        return self.seen.product.id if self.seen else "unrecognised"


def own_name(snapshot: Snapshot) -> str:
    """Return the name that a hosted service is known by: the host's own, or one that it stands for (CNAME)."""
    names = (snapshot.network.host, *snapshot.network.names)
    return next((name for name in names if provider_of_host(name)), "")


def own_host(snapshot: Snapshot) -> Product | None:
    """Return the hosted service that the endpoint's own host name belongs to, or leads to."""
    return provider_of_host(own_name(snapshot))


def name_said(snapshot: Snapshot) -> str:
    """Return how a host name gave a service away, as a phrase."""
    name, host = own_name(snapshot), snapshot.network.host
    return HOST.format(host=host) if name == host else HOST_FOR.format(host=host, name=name)


def candidates(group: Group, snapshot: Snapshot) -> tuple[Seen, ...]:
    """Return what shows in one file of the catalogue by more than weak signs, strongest first."""
    seen = [found for found in in_group(group, snapshot) if found.strength.rank >= Strength.DEFAULT.rank]
    host = snapshot.network.host
    known = {found.product.id for found in seen}
    for row in serving(group, host):
        if row.id not in known:
            seen.insert(0, Seen(row, Strength.STRONG, (HOST.format(host=host),), ("network",)))
    if group == "safety":
        return tuple(found for found in seen if found.product.program)
    if group == "gateway" and own_host(snapshot):
        return ()
    return tuple(seen)


def front(snapshot: Snapshot) -> Front:
    """Tell who answers.

    A service known by its host name comes first. Then the strongest signs decide, and among equals the relay: what
    it shows of another program it may only pass on.
    """
    known = snapshot.noted.get("front")
    if known is None:
        known = snapshot.noted["front"] = _front(snapshot)
    return cast("Front", known)


def _front(snapshot: Snapshot) -> Front:
    if service := own_host(snapshot):
        trusted = snapshot.tls is not None and snapshot.tls.trusted
        by_own_name = own_name(snapshot) == snapshot.network.host
        # A certificate speaks for the name that was asked for, not for one behind it.
        strength = Strength.PROOF if trusted and by_own_name else Strength.STRONG
        return Front("hosted", Seen(service, strength, (name_said(snapshot),), ("network",)), True)
    best = Front()
    for group in ORDER:
        for seen in candidates(group, snapshot)[:1]:
            if best.seen is None or seen.strength.rank > best.seen.strength.rank:
                best = Front(group, seen)
    return best
