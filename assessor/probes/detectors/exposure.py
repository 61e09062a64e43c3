"""What lies open that nobody outside needs to see?"""

from collections.abc import Iterator

from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params
from assessor.probes.recognise import walk
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ("props", "metrics", "api-status")


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield open properties, open measurements, and Ollama's switch for cloud models left on."""
    for request, code in (("props", "exposure.properties"), ("metrics", "exposure.metrics")):
        exchange = snapshot.exchange(request)
        if exchange is None or exchange.status != 200 or exchange.request.with_key:
            continue
        data = exchange.json
        shows = isinstance(data, dict) and "model_path" in data if request == "props" else "# TYPE " in exchange.text
        if shows:
            yield Finding(
                code=code,
                strength=Strength.STRONG,
                params=params(path=exchange.request.path),
                exchanges=(request,),
            )
    status = snapshot.exchange("api-status")
    for switch in walk(status.json if status else None, "cloud"):
        if isinstance(switch, dict) and switch.get("disabled") is False:
            yield Finding(code="exposure.ollama-cloud", strength=Strength.STRONG, exchanges=("api-status",))
