"""Streams as servers write them: events with data lines, or one JSON object a line."""

import json
from typing import Any

from assessor.probes.snapshot import Exchange

MAX_EVENTS = 5000
END = "[DONE]"


def events(exchange: Exchange) -> tuple[list[Any], bool]:
    """Return the JSON of each event of a stream, and whether `[DONE]` was said; what is no JSON is left out."""
    found: list[Any] = []
    done = False
    for line in exchange.text.splitlines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == END:
            done = True
        elif len(found) < MAX_EVENTS and (item := parsed(data)) is not None:
            found.append(item)
    return found, done


def lines(exchange: Exchange) -> list[Any]:
    """Return the JSON of each line of a stream of lines."""
    return [item for line in exchange.text.splitlines()[:MAX_EVENTS] if (item := parsed(line)) is not None]


def parsed(text: str) -> Any:
    """Return JSON, or None for anything else and for what is nested past reason."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
