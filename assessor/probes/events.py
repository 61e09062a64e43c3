"""JSON and server-sent events from strangers: read within bounds, without a parser's leniency."""

import json
import re
from typing import Any

END = (b"\r\n\r\n", b"\n\n", b"\r\r")
_END = re.compile("|".join(sign.decode() for sign in END))
_LINE = re.compile(r"\r\n|\n|\r")
MAX_EVENTS = 200
# A megabyte of empty lists is 350,000 objects of 64 bytes: beyond this many, a body is nothing that a server means.
MAX_JSON_PARTS = 100_000


def parsed(data: bytes) -> Any:
    """Return what a server wrote as JSON, or None when it is none, or more than memory should be spent on."""
    if sum(data.count(sign) for sign in (b",", b"[", b"{")) > MAX_JSON_PARTS:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def events(body: bytes) -> list[tuple[str, str]]:
    """Return kind and data of each complete event, at most 200; the kind is "message" where none is named."""
    found = []
    for block in _END.split(body.decode("utf-8", "replace"))[:-1][:MAX_EVENTS]:
        kind, data = "message", []
        for line in _LINE.split(block):
            name, _colon, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
        if data:
            found.append((kind, "\n".join(data)))
    return found


def messages(body: bytes) -> list[Any]:
    """Return the JSON of each event that carries any."""
    return [message for _kind, data in events(body) if (message := parsed(data.encode())) is not None]


def is_reply(message: Any) -> bool:
    """Tell whether a message answers a call (JSON-RPC), and is not one that the server sent by itself."""
    return isinstance(message, dict) and ("result" in message or "error" in message)


def reply(body: bytes) -> Any:
    """Return the reply among the messages of a stream, else the first message, else None."""
    found = messages(body)
    return next(filter(is_reply, found), found[0] if found else None)
