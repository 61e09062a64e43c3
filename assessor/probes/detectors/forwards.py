"""Whom does a relay forward to: a hosted API, a server of the operator's own, or somebody unnamed?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.attribution import country_of
from assessor.probes.detectors.base import params, reason
from assessor.probes.detectors.upstreams import Upstream, is_local, literal, program_behind, upstreams
from assessor.probes.front import Front, front
from assessor.probes.products import Product, is_protocol, provider_of_host, provider_of_label
from assessor.probes.recognise import shown, walk
from assessor.probes.snapshot import Snapshot

NEEDS: tuple[str, ...] = ("models", "models-key", "litellm-models", "litellm-groups", "api-tags", "chat")

# The label of a server that was told of without a name.
UNNAMED = "custom"
OWNER = N_("the model list names {owner}")


@dataclass(frozen=True)
class Judged:
    """What one disclosed upstream amounts to."""

    code: str
    strength: Strength
    upstream: Upstream
    provider: Product | None = None


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each provider or address behind the relay, with the models that lead there."""
    at_the_door = front(snapshot)
    judged = [item for upstream in upstreams(snapshot) for item in _judge(upstream)]
    judged += [item for upstream in _owners(snapshot, at_the_door) for item in _judge(upstream)]
    groups: dict[tuple[str, str], list[Judged]] = {}
    for item in judged:
        groups.setdefault((item.code, item.upstream.host), []).append(item)
    for items in groups.values():
        yield _finding(items, _via(items[0], at_the_door))


def _via(item: Judged, at_the_door: Front) -> str:
    """Return through whom it was told: a hosted service at the door that forwards to another is named, too."""
    if not at_the_door.direct or at_the_door.seen is None:
        return at_the_door.via
    itself = item.provider is not None and item.provider.id == at_the_door.seen.product.id
    return "direct" if itself else at_the_door.seen.product.id


def _judge(upstream: Upstream) -> Iterator[Judged]:
    """Weigh address against label: an address in the catalogue decides, a local one contradicts a vendor's label."""
    if upstream.canned:
        yield from _judge_canned(upstream)
        return
    host, label = upstream.host, upstream.label
    by_host = provider_of_host(host) if host else None
    by_label = None if is_protocol(label) else provider_of_label(label)
    if by_host is not None:
        yield Judged(f"hosted.{by_host.id}", Strength.PROOF, upstream, by_host)
        return
    if host and is_local(host):
        yield Judged("forwards.local", Strength.STRONG if literal(host) else Strength.DEFAULT, upstream)
        if by_label is not None:
            yield Judged(f"hosted.{by_label.id}", Strength.STRONG, upstream, by_label)
        return
    if by_label is not None:
        yield Judged(f"hosted.{by_label.id}", Strength.PROOF, upstream, by_label)
        return
    openai = provider_of_label("openai") if label == "openai" and upstream.stated and not host else None
    if openai is not None:
        yield Judged(f"hosted.{openai.id}", Strength.STRONG, upstream, openai)
        return
    if host or label:
        yield Judged("forwards.unknown", Strength.STRONG if host else Strength.DEFAULT, upstream)


def _judge_canned(upstream: Upstream) -> Iterator[Judged]:
    """Weigh a model that the relay answers by itself: only a vendor's name says anything, and little."""
    named = None if is_protocol(upstream.label) else provider_of_label(upstream.label)
    if named is not None:
        yield Judged(f"hosted.{named.id}", Strength.DEFAULT, upstream, named)


def _owners(snapshot: Snapshot, at_the_door: Front) -> Iterator[Upstream]:
    """Yield what a guardrail program passes on of the model list behind it."""
    if at_the_door.group != "safety":
        return
    for name in ("models-key", "models"):
        exchange = snapshot.exchange(name)
        for owner in dict.fromkeys(
            str(value) for value in walk(exchange.json if exchange else None, "data.*.owned_by")
        ):
            # An owner's name is a label of the server behind, so it never names a provider by itself.
            program = program_behind(snapshot) or owner
            yield Upstream(program=program, label=UNNAMED, exchange=name, said=OWNER.format(owner=shown(owner)))


def _finding(items: Iterable[Judged], via: str) -> Finding:
    items = sorted(items, key=lambda item: -item.strength.rank)
    best, provider = items[0], items[0].provider
    models = dict.fromkeys(shown(item.upstream.model) for item in items if item.upstream.model)
    label = best.upstream.label
    protocol = label if is_protocol(label) and label != UNNAMED else ""
    return Finding(
        code=best.code,
        strength=best.strength,
        params=params(
            provider=provider.id if provider else "" if is_protocol(label) else label,
            protocol="" if provider else protocol,
            name=provider.name if provider else "",
            operator=provider.operator if provider else "",
            country=country_of(provider.operator) if provider else "",
            via=via,
            host=best.upstream.host,
            models=", ".join(list(models)[:6]),
            program=next((item.upstream.program for item in items if item.upstream.program), ""),
            because=reason(item.upstream.said for item in items),
        ),
        exchanges=tuple(dict.fromkeys(item.upstream.exchange for item in items)),
    )
