"""What is said to a tool server (MCP), in both eras of the protocol, and nothing that calls a tool.

Up to 2025-11-25 a client introduces itself and is given a session; from 2026-07-28 on each call stands by itself.
"""

import json
import re
from dataclasses import replace

from assessor.probes.recognise import walk
from assessor.probes.snapshot import Exchange, PlannedRequest, Snapshot

STATELESS, WITH_SESSION = "2026-07-28", "2025-11-25"
# The calls that follow from the answer to the one before; every other request of stage 2 follows from stage 1.
FOLLOWING = ("mcp-initialize", "mcp-initialized", "mcp-tools", "mcp-close")
# Requests of stage 2 kept free for them (introduction, its confirmation, the list of tools), and for the ends of
# sessions that a tool server may open for us (GET, discover, introduction).
MAX_CALLS = 3
MAX_SESSIONS = 3
# What the protocol allows as a session's name, within reason: it goes back in a header.
SESSION = re.compile(r"[\x21-\x7e]{1,256}")
VERSION = re.compile(r"\d{4}-\d\d-\d\d")
_CLIENT = {"name": "assessor-probe", "version": "0"}
_METHODS = {
    "mcp-discover": "server/discover",
    "mcp-initialize": "initialize",
    "mcp-initialized": "notifications/initialized",
    "mcp-tools": "tools/list",
}

Content = tuple[tuple[tuple[str, str], ...], bytes]


def content(call: str, version: str = STATELESS, session: str = "") -> Content:
    """Return headers and body of a call by the id of its request."""
    method = _METHODS[call]
    headers = [("accept", "application/json, text/event-stream"), ("content-type", "application/json")]
    params: dict[str, object] = {}
    if call == "mcp-initialize":
        params = {"protocolVersion": WITH_SESSION, "capabilities": {}, "clientInfo": _CLIENT}
    else:
        headers.append(("mcp-protocol-version", version))
    if session:
        headers.append(("mcp-session-id", session))
    if call in {"mcp-discover", "mcp-tools"} and version == STATELESS:
        prefix = "io.modelcontextprotocol"
        headers.append(("mcp-method", method))
        params["_meta"] = {
            f"{prefix}/protocolVersion": version,
            f"{prefix}/clientInfo": _CLIENT,
            f"{prefix}/clientCapabilities": {},
        }
    body: dict[str, object] = {"jsonrpc": "2.0", "method": method}
    if call != "mcp-initialized":
        body["id"] = 1
    if params:
        body["params"] = params
    return tuple(headers), json.dumps(body).encode()


def session_of(exchange: Exchange | None) -> str:
    """Return the session that an answer opened, empty when there is none, or none fit to be sent back."""
    session = exchange.header("mcp-session-id") if exchange else ""
    return session if SESSION.fullmatch(session) else ""


def sessions(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the sessions that were opened for us, at most 3."""
    found = dict.fromkeys(session for exchange in snapshot.answered if (session := session_of(exchange)))
    return tuple(found)[:MAX_SESSIONS]


def next_call(snapshot: Snapshot) -> tuple[str, str, str] | None:
    """Return the id of the call that what was said gives reason for, with version and session; None at the end."""
    discover = snapshot.exchange("mcp-discover")
    if discover is None or discover.outcome != "answered" or discover.status in {401, 403}:
        return None
    is_new = snapshot.exchange("mcp-tools") is None
    if next(walk(discover.json, "result.supportedVersions"), None) is not None:
        return ("mcp-tools", STATELESS, "") if is_new else None
    introduction = snapshot.exchange("mcp-initialize")
    if introduction is None:
        return "mcp-initialize", WITH_SESSION, ""
    agreed = next(walk(introduction.json, "result.protocolVersion"), None)
    if introduction.status != 200 or not isinstance(agreed, str) or not VERSION.fullmatch(agreed) or not is_new:
        return None
    if snapshot.exchange("mcp-initialized") is None:
        return "mcp-initialized", agreed, session_of(introduction)
    return "mcp-tools", agreed, session_of(introduction)


def ended(request: PlannedRequest, number: int, session: str) -> PlannedRequest:
    """Return the request that ends a session."""
    return replace(request, id=f"mcp-close-{number}", headers=(("mcp-session-id", session),))
