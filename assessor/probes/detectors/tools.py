"""Does a tool server answer, with which tools, and who signs people in to it?"""

from collections.abc import Iterator
from typing import Any

from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params, reason
from assessor.probes.detectors.upstreams import host_of
from assessor.probes.front import candidates
from assessor.probes.recognise import shown, version_of, walk
from assessor.probes.snapshot import Exchange, Snapshot

NEEDS: tuple[str, ...] = (
    *("mcp", "mcp-sse", "mcp-discover", "mcp-initialize", "mcp-initialized", "mcp-tools", "mcp-sign-in", "mcp-close"),
)
MAX_TOOLS = 20


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield the tool server with its tools, and a sign-in that stands under another domain."""
    for found in candidates("tools", snapshot):
        tools = [shown(name) for name in walk(_message(snapshot.exchange("mcp-tools")), "result.tools.*.name")]
        listed = next(walk(_message(snapshot.exchange("mcp-tools")), "result.tools"), None) is not None
        info = _info(snapshot)
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
    """Return the JSON-RPC message of a reply, plain or brought by a stream."""
    return exchange.json if exchange else None


def _info(snapshot: Snapshot) -> Any:
    """Return what the server says of itself, in the protocol's newer form or in the one with sessions."""
    for item in walk(_message(snapshot.exchange("mcp-discover")), "result._meta"):
        if isinstance(item, dict) and "io.modelcontextprotocol/serverInfo" in item:
            return item["io.modelcontextprotocol/serverInfo"]
    return next(walk(_message(snapshot.exchange("mcp-initialize")), "result.serverInfo"), None)


def _domain(host: str) -> str:
    """Return the last two labels of a name: near enough to tell one's own from somebody else's."""
    return ".".join(host.lower().rstrip(".").split(".")[-2:])
