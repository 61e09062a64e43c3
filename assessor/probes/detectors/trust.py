"""Is the certificate one that callers can trust, by whose word, for how long, and is it well made?"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from assessor.evidence import Finding, Strength
from assessor.probes.attribution import country_of
from assessor.probes.authorities import authorities, cloud_authority, public_list
from assessor.probes.detectors.base import params
from assessor.probes.snapshot import Snapshot, TlsFacts, TlsLink

NEEDS: tuple[str, ...] = ()

# A certificate that is renewed by itself is renewed while a third of its time is left.
SOON, SHARE = timedelta(days=30), 3
WEAK_HASHES = {"md5", "sha1"}
# Below these, keys are no longer approved (NIST SP 800-131A rev. 2).
LEAST = {"RSA": 2048, "EC": 224}


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield what the certificate tells; none without TLS."""
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
    yield from _authority(tls)
    yield from _time(tls)
    yield from _make(tls)


def _authority(tls: TlsFacts) -> Iterator[Finding]:
    """Yield whose authority the certificate hangs on; of one that is not trusted nobody can say."""
    if not tls.trusted or not tls.chain:
        return
    root = tls.chain[-1]
    cloud = cloud_authority(tuple(link.issuer for link in tls.chain))
    listed = next((key for key in (root.sha256, root.subject, root.issuer) if key and key in public_list()), "")
    state = "cloud" if cloud else "public" if listed else "unlisted"
    yield Finding(
        code=f"network.certificate.authority.{state}",
        # That a name is on no list of that day shows less than that it is on one.
        strength=Strength.DEFAULT if state == "unlisted" or (cloud and cloud.general) else Strength.STRONG,
        params=params(
            name=cloud.operator if cloud else root.subject,
            authority=root.subject,
            issuer=tls.issuer,
            operator=cloud.operator if cloud else "",
            country=country_of(cloud.operator) if cloud else public_list().get(listed, "") or root.country,
            elsewhere=cloud is not None and cloud.elsewhere,
            date=authorities().public.date,
        ),
        exchanges=("tls",),
    )


def _time(tls: TlsFacts) -> Iterator[Finding]:
    begins, ends, now = (_moment(text) for text in (tls.not_before, tls.not_after, tls.read))
    if begins is None or ends is None or now is None:
        return
    left = ends - now
    state = "expired" if left < timedelta() else "ends-soon" if left < min(SOON, (ends - begins) / SHARE) else ""
    if state:
        yield Finding(
            code=f"network.certificate.{state}",
            strength=Strength.PROOF,
            params=params(subject=tls.subject, issuer=tls.issuer, ends=tls.not_after[:10]),
            exchanges=("tls",),
        )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _make(tls: TlsFacts) -> Iterator[Finding]:
    """Yield keys and signatures that can be forged, in every certificate that callers depend on."""
    own = TlsLink(tls.subject, tls.issuer, key=tls.key, signature=tls.signature)
    for place, link in enumerate(tls.chain or (own,)):
        said = {"subject": link.subject, "issuer": link.issuer, "above": place > 0}
        if _is_weak(link.key):
            yield _weak("key", key=link.key, **said)
        # What signs itself is trusted for lying there, not for its signature.
        if link.signature in WEAK_HASHES and link.subject != link.issuer:
            yield _weak("signature", hash=link.signature, **said)


def _is_weak(key: str) -> bool:
    kind, _, size = key.partition(" ")
    return kind == "DSA" or (bool(re.fullmatch(r"\d+", size)) and int(size) < LEAST.get(kind, 0))


def _weak(what: str, **said: object) -> Finding:
    return Finding(
        code=f"network.certificate.weak-{what}", strength=Strength.PROOF, params=params(**said), exchanges=("tls",)
    )
