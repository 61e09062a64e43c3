"""Does a gateway answer, which passes requests on?"""

from collections.abc import Iterator

from assessor.evidence import Finding
from assessor.probes.attribution import country_of
from assessor.probes.detectors.base import params, reason
from assessor.probes.front import candidates
from assessor.probes.recognise import version_of
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = (
    "root",
    "models",
    "models-key",
    "missing",
    "liveliness",
    "api-status",
    "litellm-version",
    "chat",
)


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield every gateway that shows more than weak signs: several may stand one behind the other."""
    for found in candidates("gateway", snapshot):
        yield Finding(
            code=f"gateway.{found.product.id}",
            strength=found.strength,
            params=params(
                product=found.product.id,
                name=found.product.name,
                operator=found.product.operator,
                country=country_of(found.product.operator),
                version=version_of(found.product, snapshot),
                because=reason(found.because),
            ),
            exchanges=found.exchanges,
        )
