"""Server-sent events as tool servers (MCP) write them: read from a body, without a parser's leniency."""

import re
from typing import Any

from assessor.probes.snapshot import parsed

END = (b"\r\n\r\n", b"\n\n", b"\r\r")
_END = re.compile("|".join(sign.decode() for sign in END))
_LINE = re.compile(r"\r\n|\n|\r")
MAX_EVENTS = 200


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
    return [message for _kind, data in events(body) if (message := parsed(data)) is not None]
