"""Which signs contradict each other? A contradiction is shown and left open, never smoothed away."""

from collections.abc import Iterator

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.detectors.base import params, reason
from assessor.probes.front import front
from assessor.probes.recognise import Seen, asked, in_group, shown, walk
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ("chat", "models", "models-key")

# Ends of a reply that an inference engine never gives by itself: something before it filtered.
FILTERED = {
    "content_filter", "content_filtered", "refusal", "guardrail_intervened", "SAFETY", "PROHIBITED_CONTENT",
    "BLOCKLIST", "SPII", "MODEL_ARMOR",
}  # fmt: skip
ENDS = ("choices.*.finish_reason", "stop_reason", "stopReason", "candidates.*.finishReason")
ENDED = N_("{request} ended with {end}")
# Engines whose own ends of a reply were read in their source.
ENGINES = {"vllm", "llama-cpp", "llama-cpp-python", "sglang"}


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield servers that cannot both answer, and a filter's end of reply from an engine that has no filter."""
    yield from _servers(snapshot)
    at_the_door = front(snapshot)
    if at_the_door.group != "server" or at_the_door.seen is None or at_the_door.seen.product.id not in ENGINES:
        return
    for exchange in snapshot.answered:
        for path in ENDS:
            for end in walk(exchange.json, path):
                if isinstance(end, str) and end in FILTERED:
                    yield Finding(
                        code="conflict.filter",
                        strength=Strength.STRONG,
                        params=params(
                            name=at_the_door.seen.product.name,
                            because=ENDED.format(request=asked(exchange), end=shown(end)),
                        ),
                        exchanges=(exchange.request.id,),
                    )


def _servers(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield two or more servers that strong signs point to, where neither is known to carry the other's signs."""
    strong = [seen for seen in in_group("server", snapshot) if seen.strength.rank >= Strength.STRONG.rank]
    if front(snapshot).group == "server" and len(strong) > 1:
        yield Finding(
            code="conflict.identity",
            strength=Strength.STRONG,
            params=params(
                name=" / ".join(seen.product.name for seen in strong),
                because=reason(said for seen in strong for said in _first(seen)),
            ),
            exchanges=tuple(dict.fromkeys(name for seen in strong for name in seen.exchanges)),
        )


def _first(seen: Seen) -> tuple[str, ...]:
    return seen.because[:1]
