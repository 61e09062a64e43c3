"""Which API dialects does the endpoint speak: what would have to be rewritten to go elsewhere?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params
from assessor.probes.front import front
from assessor.probes.recognise import ANSWERS, asked, walk
from assessor.probes.snapshot import Snapshot

# Dialect, the request that tests its route, whether the route is a standard one of the OpenAI family.
ROUTES: tuple[tuple[str, str], ...] = (
    ("openai-chat", "chat-route"),
    ("openai-responses", "responses-route"),
    ("anthropic-messages", "messages-route"),
    ("openai-embeddings", "embeddings-route"),
    ("openai-moderations", "moderations-route"),
    ("cohere-rerank", "rerank-route"),
    ("ollama", "ollama-chat-route"),
)
IN_IT = N_("{request} answers in it")
KNOWN = N_("{name} is known to speak it")
NEEDS: tuple[str, ...] = (*(request for _, request in ROUTES), "missing", "api-tags", "v2", "info", "chat", "mcp")


@dataclass(frozen=True)
class Spoken:
    """A dialect, whether it is spoken, and what shows it; `strength` is that of the showing."""

    name: str
    state: Literal["yes", "no", "unknown"]
    because: str = ""
    strength: Strength = Strength.STRONG
    exchange: str = ""


def spoken(snapshot: Snapshot) -> tuple[Spoken, ...]:
    """Return the state of each dialect of the table, and of those that the product at the door is known for.

    A route counts as there when it answers 405 to GET, as missing only where this server does answer 405 elsewhere.
    """
    known = _known(snapshot)
    missing = snapshot.exchange("missing")
    tells = missing is not None and missing.status == 404 and _status(snapshot, "chat-route") == 405
    found = {}
    for name, request in ROUTES:
        shown = _shown(name, snapshot)
        status = _status(snapshot, request)
        exchange = snapshot.exchange(request)
        if shown:
            found[name] = shown
        elif status == 405 and tells and exchange:
            found[name] = Spoken(name, "yes", ANSWERS.format(request=asked(exchange), status=405), exchange=request)
        elif status == 404 and tells and exchange:
            found[name] = Spoken(name, "no", ANSWERS.format(request=asked(exchange), status=404), exchange=request)
        elif name in known:
            found[name] = known.pop(name)
        else:
            found[name] = Spoken(name, "unknown")
        known.pop(name, None)
    for name in ("kserve-v2",):
        if shown := _shown(name, snapshot):
            found[name] = shown
            known.pop(name, None)
    return (*found.values(), *known.values())


def _status(snapshot: Snapshot, request: str) -> int:
    exchange = snapshot.exchange(request)
    return exchange.status if exchange else 0


def _shown(name: str, snapshot: Snapshot) -> Spoken | None:
    """Return a dialect that a reply speaks itself."""
    for dialect, request, path in (
        ("openai-chat", "chat", "choices.*.message"),
        ("ollama", "api-tags", "models.*.digest"),
        ("kserve-v2", "v2", "extensions"),
    ):
        exchange = snapshot.exchange(request)
        if dialect != name or exchange is None or exchange.status != 200:
            continue
        if next(walk(exchange.json, path), None) is not None:
            return Spoken(name, "yes", IN_IT.format(request=asked(exchange)), exchange=request)
    return None


def _known(snapshot: Snapshot) -> dict[str, Spoken]:
    """Return what the product at the door is known to speak: an inference, so weaker than a reply."""
    at_the_door = front(snapshot)
    if at_the_door.group not in {"server", "gateway"} or at_the_door.seen is None:
        return {}
    if at_the_door.seen.strength.rank < Strength.STRONG.rank:
        return {}
    row = at_the_door.seen.product
    exchange = at_the_door.seen.exchanges[0]
    return {name: Spoken(name, "yes", KNOWN.format(name=row.name), Strength.DEFAULT, exchange) for name in row.dialects}


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield the dialects that are spoken; a missing or untested one is no finding."""
    for item in spoken(snapshot):
        if item.state == "yes":
            yield Finding(
                code=f"dialect.{item.name}",
                strength=item.strength,
                params=params(because=item.because),
                exchanges=(item.exchange,),
            )
