"""What a probe's result proposes for the inventory: pure, from what was seen; nothing is taken by itself.

Whose it is comes from the catalogues of operators and models; a model's name is its operator's claim. A program at the
door says nothing of where it stands, so the form of hosting is proposed only for a service that is known to be hosted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from assessor.content import content_hash
from assessor.evidence import Finding
from assessor.models import Component
from assessor.probes.attribution import Operator, operator
from assessor.probes.origins import model_facts
from assessor.probes.result import Identity, ModelFacts, ProbeResult

FRONT = "front"
MOST_MODELS = 12
MAX_ASPECT = 120
MAX_TEXT = 120
KINDS = {
    "gateway": Component.Kind.GATEWAY,
    "safety": Component.Kind.SAFETY_CHECK,
    "tool-server": Component.Kind.TOOL_SERVER,
}


@dataclass(frozen=True)
class Proposal:
    """One component that a probe saw. `values` are attributes by column, `because` where each part was read.

    `aspect` names it at its endpoint: the same thing seen again has the same one. `needs` tells that the one at the
    door stops without it; it is left open where the door leads to several models, any of which may serve alone.
    """

    aspect: str
    name: str
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    needs: bool = True


def proposals(result: ProbeResult, endpoint_name: str) -> list[Proposal]:
    """Return what a result proposes, the one at the door first; nothing for a run that saw nothing."""
    if result.outcome not in {"completed", "partly"}:
        return []
    found = [*_behind(result), *_checks(result)]
    door = _door(result, endpoint_name)
    serving = sum(one.kind == Component.Kind.MODEL for one in found)
    told = [*door, *(one if serving < 2 or one.kind != Component.Kind.MODEL else _may_serve(one) for one in found)]
    unique: dict[str, Proposal] = {}
    for one in [*told, *_edges(result)]:
        unique.setdefault(one.aspect, one)
    return list(unique.values())


def _may_serve(one: Proposal) -> Proposal:
    return Proposal(one.aspect, one.name, one.kind, one.values, one.because, needs=False)


def _aspect(*parts: str) -> str:
    text = ":".join(part for part in parts if part).lower()
    return text if len(text) <= MAX_ASPECT else f"{text[: MAX_ASPECT - 13]}:{content_hash(text)[:12]}"


def _said(**values: Any) -> dict[str, Any]:
    """Return what is known, texts cut to what a column holds; what is not known is left out."""
    found = {name: value[:MAX_TEXT] if isinstance(value, str) else value for name, value in values.items()}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _controlled(row: Operator | None) -> dict[str, Any]:
    return {"parent": row.legal, "countries": [row.country]} if row else {}


def _model(facts: ModelFacts | None) -> dict[str, Any]:
    """Return what a model of this name would be; whether it is one is the server's claim."""
    if facts is None:
        return {}
    free = {"free": True, "contract": False}.get(facts.terms)
    return _said(product=facts.name, maker=facts.maker, origin=facts.origin, licence=facts.licence, licence_open=free)


def _door(result: ProbeResult, endpoint_name: str) -> Iterator[Proposal]:
    """Yield what answers at the address itself."""
    identity = result.identity
    if identity.kind == "hosted-api":
        yield from _hosted_at_the_door(result, identity, endpoint_name)
        return
    if identity.kind == "inference-server":
        yield from _served(result, identity, endpoint_name)
        return
    kind = KINDS.get(identity.kind)
    if kind is None:
        return
    name = identity.name or identity.product
    row = operator(identity.provider)
    values = _said(product=name, maker=identity.provider, fates=_clouds(result), **_controlled(row))
    if row:
        values |= {"hosting": Component.Hosting.PUBLIC_SAAS.value, "needs_internet": True}
    yield Proposal(FRONT, f"{name} ({endpoint_name})"[:MAX_TEXT], kind, values, identity.because)


def _clouds(result: ProbeResult) -> list[dict[str, str]]:
    laws = result.attribution.law if result.attribution else ()
    return [{"kind": "cloud", "name": one.operator} for one in laws if one.role == "network" and one.kind == "cloud"]


def _hosted_at_the_door(result: ProbeResult, identity: Identity, endpoint_name: str) -> Iterator[Proposal]:
    finding = next((one for one in result.findings if one.is_under("hosted")), None)
    row = operator(str(finding.params.get("operator") or "")) if finding else None
    names = [one.id for one in result.models][:MOST_MODELS]
    facts = model_facts(names[0]) if len(names) == 1 else None
    values = _hosted_values(row, facts, result)
    values.setdefault("product", identity.name or identity.product)
    yield Proposal(FRONT, (identity.name or endpoint_name)[:MAX_TEXT], Component.Kind.MODEL, values, identity.because)


def _hosted_values(row: Operator | None, facts: ModelFacts | None, result: ProbeResult) -> dict[str, Any]:
    places = {one.country for one in result.attribution.processing} if result.attribution else set()
    values = _said(
        hosting=Component.Hosting.PUBLIC_SAAS.value,
        needs_internet=True,
        seller=row.name if row else "",
        # One's own models are sold by their maker; what others' are called, the name of the model says.
        maker=row.name if row and row.kind == "model" else "",
        place=next(iter(places)) if len(places) == 1 else "",
    )
    return values | _controlled(row) | _model(facts)


def _served(result: ProbeResult, identity: Identity, endpoint_name: str) -> Iterator[Proposal]:
    """Yield the models a server lists; that it runs them itself is its claim, so nothing is said of where."""
    program = identity.name or identity.product
    listed = [one for one in result.models if one.id][:MOST_MODELS]
    for number, one in enumerate(listed):
        values = _said(product=one.id) | _model(one.facts)
        name = f"{one.id} ({program})"[:MAX_TEXT]
        aspect = FRONT if number == 0 and len(listed) == 1 else _aspect("model", one.id)
        yield Proposal(aspect, name, Component.Kind.MODEL, values, identity.because, needs=len(listed) == 1)
    if not listed:
        yield Proposal(FRONT, f"{program} ({endpoint_name})"[:MAX_TEXT], Component.Kind.MODEL, {}, identity.because)


def _models_of(finding: Finding) -> list[str]:
    told = str(finding.params.get("models") or "")
    return [one.strip() for one in told.split(",") if one.strip()][:MOST_MODELS]


def _because(finding: Finding) -> tuple[str, ...]:
    return tuple(part for part in str(finding.params.get("because") or "").split("; ") if part)


def _behind(result: ProbeResult) -> Iterator[Proposal]:
    """Yield the services and servers behind the one at the door, one for each model that was named.

    A service that was seen without a model is left out where the same one was named with models, and a model that is
    told to lie with a service as well as at an address is one model.
    """
    listed = {one.id: one.facts for one in result.models}
    hosted = [
        one
        for one in result.findings
        if one.is_under("hosted") and one.params.get("via") != "direct" and result.identity.kind != "hosted-api"
    ]
    named = {one.params.get("provider") for one in hosted if _models_of(one)}
    for finding in hosted:
        if _models_of(finding) or finding.params.get("provider") not in named:
            yield from _one_behind(result, finding, listed, is_hosted=True)
    taken = {model for one in hosted for model in _models_of(one)}
    for finding in result.findings:
        if finding.is_under("forwards") and (not taken or not set(_models_of(finding)) & taken):
            yield from _one_behind(result, finding, listed, is_hosted=False)


def _one_behind(
    result: ProbeResult, finding: Finding, listed: Mapping[str, ModelFacts | None], *, is_hosted: bool
) -> Iterator[Proposal]:
    params = finding.params
    # A dialect is nobody: a local server that speaks OpenAI's is named by where it stands.
    provider = str(params.get("name") or params.get("provider") or params.get("program") or params.get("host") or "")
    where = str(params.get("provider") or params.get("protocol") or params.get("host") or provider)
    row = operator(str(params.get("operator") or "")) if is_hosted else None
    for model in _models_of(finding) or [""]:
        facts = listed.get(model) or (model_facts(model) if model else None)
        # What a relay calls a model is an alias that somebody chose: only a name that is known says a product.
        values = _hosted_values(row, facts, result) if is_hosted else _model(facts)
        name = " ".join(part for part in (model, f"({provider})" if model and provider else provider) if part)
        aspect = _aspect("service" if is_hosted else "forward", where, model)
        yield Proposal(aspect, (name or where)[:MAX_TEXT], Component.Kind.MODEL, _said(**values), _because(finding))


def _checks(result: ProbeResult) -> Iterator[Proposal]:
    for finding in result.findings:
        if not finding.is_under("safety") or (result.identity.kind == "safety" and finding.params.get("program")):
            continue
        name = str(finding.params.get("name") or finding.params.get("filter") or "")
        if not name:
            continue
        row = operator(str(finding.params.get("operator") or ""))
        values = _said(product=name, seller=row.name if row else "", maker=row.name if row else "")
        values |= _controlled(row)
        if finding.is_under("safety.hosted"):
            values |= {"hosting": Component.Hosting.PUBLIC_SAAS.value, "needs_internet": True}
        aspect = _aspect("safety", str(finding.params.get("filter") or name))
        yield Proposal(aspect, name[:MAX_TEXT], Component.Kind.SAFETY_CHECK, values, _because(finding))


def _edges(result: ProbeResult) -> Iterator[Proposal]:
    """Yield whoever stands between the world and the address, by the network it is announced in."""
    for law in result.attribution.law if result.attribution else ():
        if law.role == "network" and law.kind == "edge":
            values = _said(product=law.operator, maker=law.operator, parent=law.controlled_by, countries=[law.country])
            values |= {"hosting": Component.Hosting.PUBLIC_SAAS.value, "needs_internet": True}
            yield Proposal(
                _aspect("edge", law.operator), law.operator[:MAX_TEXT], Component.Kind.NETWORK_LINK, values, ()
            )
