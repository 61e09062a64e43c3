"""Is a key asked for?"""

from collections.abc import Iterator

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params
from assessor.probes.recognise import asked, walk
from assessor.probes.snapshot import Exchange, Snapshot

NEEDS: tuple[str, ...] = ("models", "models-key", "api-tags", "rails", "mcp-tools")

WITHOUT_KEY = N_("{request} without a key answers {status}")


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield whether lists are open without a key or ask for one; nothing where that is not shown."""
    for request, path in (
        ("models", "data.*"),
        ("api-tags", "models"),
        ("rails", "*.id"),
        ("mcp-tools", "result.tools"),
    ):
        exchange = snapshot.exchange(request)
        if exchange is None or exchange.request.with_key:
            continue
        if exchange.status == 200 and next(walk(exchange.json, path), None) is not None:
            yield _finding("access.open", exchange)
        elif exchange.status in {401, 403} and request == "models":
            yield _finding("access.key-required", exchange)


def _finding(code: str, exchange: Exchange) -> Finding:
    return Finding(
        code=code,
        strength=Strength.STRONG,
        params=params(because=WITHOUT_KEY.format(request=asked(exchange), status=exchange.status)),
        exchanges=(exchange.request.id,),
    )
