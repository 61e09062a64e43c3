"""Small snapshots made by hand, for servers that were not recorded; each says where its shape comes from."""

import json
from typing import Any

from assessor.probes.snapshot import (
    AddressClass,
    Exchange,
    NetworkFacts,
    PlannedRequest,
    ResolvedAddress,
    Snapshot,
    TlsFacts,
)

PATHS = {
    "root": "/",
    "models": "/v1/models",
    "models-key": "/v1/models",
    "missing": "/assessor-no-such-path",
    "chat-route": "/v1/chat/completions",
    "chat": "/v1/chat/completions",
    "api-tags": "/api/tags",
    "api-status": "/api/status",
}


def exchange(
    request: str, status: int = 200, body: Any = None, headers: dict[str, str] | None = None, with_key: bool = False
) -> Exchange:
    """Return one exchange; a text body is sent as it is, anything else as JSON."""
    data = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    planned = PlannedRequest(
        request,
        1,
        "POST" if request == "chat" else "GET",
        PATHS.get(request, f"/{request}"),
        "",
        with_key=with_key or request.endswith("-key"),
    )
    return Exchange(planned, "answered", status, tuple((headers or {}).items()), data)


def snapshot(
    *exchanges: Exchange,
    host: str = "models.example",
    scheme: str = "https",
    kind: AddressClass = "private",
    address: str = "10.0.0.7",
    tls: TlsFacts | None = None,
) -> Snapshot:
    """Return a snapshot of an endpoint in a private network, unless told otherwise."""
    network = NetworkFacts(
        "https" if scheme == "https" else "http", host, 443, (ResolvedAddress(address, kind),), address
    )
    return Snapshot(network, tls, exchanges)


def models(*entries: dict[str, Any], request: str = "models") -> Exchange:
    """Return an answered list of models."""
    return exchange(request, body={"object": "list", "data": [{"object": "model", **entry} for entry in entries]})


def reply(headers: dict[str, str] | None = None, **body: Any) -> Exchange:
    """Return the reply to a completion of one token."""
    choices = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a"}}]
    return exchange(
        "chat", body={"id": "chatcmpl-1", "object": "chat.completion", "choices": choices, **body}, headers=headers
    )
