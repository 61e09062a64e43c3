"""Does a tool server answer, with which tools, and who signs people in to it?"""

import json
from collections.abc import Iterator
from typing import Any

from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params, reason
from assessor.probes.detectors.upstreams import host_of
from assessor.probes.front import candidates
from assessor.probes.recognise import shown, version_of, walk
from assessor.probes.snapshot import Exchange, Snapshot

NEEDS: tuple[str, ...] = ("mcp", "mcp-discover", "mcp-tools", "mcp-sign-in", "mcp-close")
MAX_TOOLS = 20


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield the tool server with its tools, and a sign-in that stands under another domain."""
    for found in candidates("tools", snapshot):
        tools = [shown(name) for name in walk(_message(snapshot.exchange("mcp-tools")), "result.tools.*.name")]
        listed = next(walk(_message(snapshot.exchange("mcp-tools")), "result.tools"), None) is not None
        meta = walk(_message(snapshot.exchange("mcp-discover")), "result._meta")
        info = next((item.get("io.modelcontextprotocol/serverInfo") for item in meta if isinstance(item, dict)), None)
        yield Finding(
            code="tools.mcp",
            strength=found.strength,
            params=params(
                product=found.product.id,
                name=info.get("name") if isinstance(info, dict) else "",
                version=version_of(found.product, snapshot),
                tools=", ".join(tools[:MAX_TOOLS]),
                **({"count": len(tools)} if listed else {}),
                because=reason(found.because),
            ),
            exchanges=found.exchanges,
        )
    sign_in = snapshot.exchange("mcp-sign-in")
    for address in walk(sign_in.json if sign_in else None, "authorization_servers.*"):
        host = host_of(str(address))
        if host and _domain(host) != _domain(snapshot.network.host):
            yield Finding(
                code="tools.foreign-identity",
                strength=Strength.STRONG,
                params=params(host=host),
                exchanges=("mcp-sign-in",),
            )


def _message(exchange: Exchange | None) -> Any:
    """Return the JSON-RPC message of a reply, plain or as the first event of a stream."""
    if exchange is None:
        return None
    if exchange.json is not None:
        return exchange.json
    for line in exchange.text.splitlines():
        if line.startswith("data:"):
            try:
                return json.loads(line.removeprefix("data:"))
            except (ValueError, RecursionError):
                return None
    return None


def _domain(host: str) -> str:
    """Return the last two labels of a name: near enough to tell one's own from somebody else's."""
    return ".".join(host.lower().rstrip(".").split(".")[-2:])
