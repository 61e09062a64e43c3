"""Requests that are known to do harm on some server, frozen here so that no plan can hold one."""

import json
import re
from collections.abc import Iterable

# Path pattern and what happens; a prober that knows no better would ask all of these.
HAZARDOUS_PATHS: tuple[tuple[str, str], ...] = (
    (r"/health/?", "LiteLLM calls every configured model"),
    (r"/health_generate/?", "SGLang and TensorRT-LLM generate tokens"),
    (r"/health/services/?", "LiteLLM sends a test message to a connected service"),
    (r"/slots(/.*)?", "llama-server shows what other people are asking"),
    (r"/server_info/?", "SGLang shows its whole command line, keys included"),
    (r"/mcp/tools/list/?", "LiteLLM holds the connection open for minutes"),
    (r"/test/?", "LiteLLM runs its own self-test"),
    (r"/reset/?", "transformers serve throws its loaded models out"),
    (r"/(flush_cache|sleep|wake_up|shutdown|models/(un)?load.*)/?", "changes the state of the server"),
    (r"/api/(pull|push|create|copy|delete|ps/.*)", "Ollama downloads or changes models"),
)

# The only bodies that are ever sent: one chat by the name of a listed model, and the calls that read an MCP server.
_POSTS: tuple[tuple[str, str], ...] = (
    (r"/chat/completions", "one completion of one token"),
    (r"/(mcp|sse)", "an introduction, server/discover or tools/list"),
)
_MCP_METHODS = {"initialize", "notifications/initialized", "server/discover", "tools/list"}


def hazard(method: str, path: str, headers: Iterable[tuple[str, str]] = (), body: bytes | None = None) -> str:
    """Return why this request must not be sent, or an empty text when it is harmless.

    `path` may carry a base path in front: its end is what is judged.
    """
    path = path.split("?", maxsplit=1)[0]
    for pattern, why in HAZARDOUS_PATHS:
        if re.search(f"{pattern}$", path):
            return f"{method} {path}: {why}"
    sent = {name.lower(): value for name, value in headers}
    if method == "GET" and re.search(r"/(mcp|sse)$", path) and "text/event-stream" in sent.get("accept", ""):
        return f"GET {path} with Accept: text/event-stream opens a stream without end"
    if method == "GET":
        return "a body with GET" if body else ""
    if method == "DELETE":
        return "" if sent.get("mcp-session-id") else f"DELETE {path} without a session of our own"
    return _post_hazard(path, body)


def _post_hazard(path: str, body: bytes | None) -> str:
    if not any(re.search(f"{pattern}$", path) for pattern, _ in _POSTS):
        return f"POST {path}: not one of the few requests that may carry a body"
    try:
        data = json.loads(body or b"")
    except ValueError:
        return f"POST {path}: the body is not JSON"
    if not isinstance(data, dict) or not data:
        return f"POST {path} with an empty body: llama-cpp-python generates a full completion"
    if path.endswith("/chat/completions"):
        if not data.get("model") or data.get("max_tokens") != 1 or data.get("stream"):
            return f"POST {path}: a completion asks for one token of a named model, and for no stream"
        return ""
    return (
        "" if data.get("method") in _MCP_METHODS else f"POST {path}: only {sorted(_MCP_METHODS)} read nothing but lists"
    )
