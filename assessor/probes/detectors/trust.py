"""Is the certificate one that callers can trust, and by whose word?"""

from collections.abc import Iterator

from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ()


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding about the certificate, none without TLS."""
    tls = snapshot.tls
    if tls is None:
        return
    state = "trusted" if tls.trusted else "self-signed" if tls.self_signed else "untrusted"
    yield Finding(
        code=f"network.tls.{state}",
        strength=Strength.PROOF,
        params=params(
            issuer=tls.issuer, subject=tls.subject, ends=tls.not_after, protocol=tls.protocol, why=tls.reason
        ),
        exchanges=("tls",),
    )
