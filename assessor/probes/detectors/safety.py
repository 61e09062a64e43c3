"""Which filters run, and where: in a vendor's cloud, in a program of the operator's, or nowhere that is shown?"""

import re
from collections.abc import Iterator
from typing import Any

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.attribution import country_of
from assessor.probes.detectors.base import params, reason
from assessor.probes.detectors.upstreams import host_of, is_local
from assessor.probes.front import candidates
from assessor.probes.products import Product, catalogue
from assessor.probes.recognise import HEADER, HOST, MAX_VALUE, Seen, asked, in_group, passed_on, shown, walk
from assessor.probes.snapshot import Exchange, Snapshot

NEEDS: tuple[str, ...] = (
    "root",
    "rails",
    "models",
    "models-key",
    "openapi",
    "guards",
    "recognizers",
    "litellm-guardrails",
    "litellm-guardrails-2",
    "chat",
)
MAX_GUARDRAILS = 50
HOOKS = "portkey-hooks"
LISTS = ("litellm-guardrails", "litellm-guardrails-2")
LISTED = N_("{request} lists {name} of type {kind}")
LISTED_AT = N_("{request} lists {name} of type {kind} at {host}")
CHECKED = N_("{request} shows that check {check} ran")
# `{list}` is the id of a request.
GUARD_MODEL = N_("{list} lists {model}")
_OWN_CODE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def detect(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield filters by their signs, programs that answer, guardrails that a relay lists, and guard models."""
    hooks = tuple(_hooks(snapshot))
    for found in in_group("safety", snapshot):
        # Checks that are named one by one say more than that there are some.
        is_told = found.product.id == HOOKS and hooks and None not in hooks
        if not found.product.program and found.strength.rank >= Strength.DEFAULT.rank and not is_told:
            yield _seen(found)
    for found in in_group("safety", snapshot, passed_on):
        if found.strength.rank >= Strength.DEFAULT.rank:
            yield _seen(found)
    host = snapshot.network.host
    for row in catalogue("safety").products:
        if row.serves(host) and not row.program:
            yield _finding(row, Strength.STRONG, (HOST.format(host=host),), ("network",), via="direct")
    for found in candidates("safety", snapshot):
        parts = _parts(found.product, snapshot)
        yield _finding(found.product, found.strength, found.because, found.exchanges, program=True, parts=parts)
    for name in LISTS:
        exchange = snapshot.exchange(name)
        if exchange is not None and exchange.status == 200:
            yield from _listed(exchange)
    yield from _applied(snapshot)
    yield from (finding for finding in hooks if finding is not None)
    yield from _guard_models(snapshot)


def _seen(found: Seen) -> Finding:
    return _finding(found.product, found.strength, found.because, found.exchanges)


def _finding(
    row: Product,
    strength: Strength,
    because: tuple[str, ...],
    exchanges: tuple[str, ...],
    place: str = "",
    **more: object,
) -> Finding:
    return Finding(
        code=f"safety.{place or row.place}.{row.id}",
        strength=strength,
        params=params(
            filter=row.id,
            name=row.name,
            operator=row.operator,
            country=country_of(row.operator),
            because=reason(because),
            **more,
        ),
        exchanges=exchanges,
    )


def _parts(row: Product, snapshot: Snapshot) -> str:
    """Return what a guardrail program says it is made of: configurations, guards, recognisers."""
    path, request = {
        "nemo-guardrails": ("*.id", "rails"),
        "guardrails-ai": ("*.validators.*.id", "guards"),
        "presidio": ("*", "recognizers"),
    }.get(row.id, ("", ""))
    exchange = snapshot.exchange(request) if request else None
    names = [shown(value) for value in walk(exchange.json, path) if isinstance(value, str)] if exchange else []
    return ", ".join(dict.fromkeys(names[:12]))


def _listed(exchange: Exchange) -> Iterator[Finding]:
    """Yield the guardrails in LiteLLM's list: the type says whose it is, an address overrides where it runs."""
    for entry in _entries(exchange):
        given = entry.get("litellm_params")
        parameters: dict[str, Any] = given if isinstance(given, dict) else {}
        kind = str(parameters.get("guardrail") or "unknown")
        host = _address(parameters)
        row = next((row for row in catalogue("safety").products if _type(kind) in row.types), None)
        name = shown(entry.get("guardrail_name") or kind)
        told = {"request": asked(exchange), "name": name, "kind": shown(kind), "host": shown(host)}
        said = (LISTED_AT if host else LISTED).format(**told)
        more = {"id": name, "host": host, "mode": _mode(parameters), "always": parameters.get("default_on") is True}
        if row is None:
            yield Finding(
                code=f"safety.unplaced.{_slug(kind)}",
                strength=Strength.STRONG,
                params=params(filter=_slug(kind), name=kind, because=said, **more),
                exchanges=(exchange.request.id,),
            )
            continue
        yield _finding(row, Strength.PROOF, (said,), (exchange.request.id,), place=_place(row, host), **more)


def _entries(exchange: Exchange) -> list[dict[str, Any]]:
    return [entry for entry in walk(exchange.json, "guardrails.*") if isinstance(entry, dict)][:MAX_GUARDRAILS]


def _type(kind: str) -> str:
    """Return a guardrail's type: one written as a place in Python code (`module.Class`) is the operator's own code."""
    return "custom_code" if _OWN_CODE.fullmatch(kind) else kind


def _address(parameters: dict[str, Any]) -> str:
    """Return the host that a guardrail calls, of several (Presidio's two) one that is not local before one that is."""
    given = [value for name, value in parameters.items() if name.endswith(("api_base", "api_endpoint"))]
    hosts = [host for value in given if isinstance(value, str) and (host := host_of(value))]
    return next((host for host in hosts if not is_local(host)), hosts[0] if hosts else "")


def _place(row: Product, host: str) -> str:
    """Return where a listed guardrail runs: a program where its address says, a vendor's service with the vendor."""
    if row.program or row.place == "unplaced":
        return "local" if host and is_local(host) else "unplaced"
    if row.place == "hosted" and host and is_local(host):
        return "unplaced"
    return row.place


def _mode(parameters: dict[str, Any]) -> str:
    mode = parameters.get("mode")
    return ", ".join(str(part) for part in mode) if isinstance(mode, list) else str(mode or "")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "unknown"


def _applied(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield guardrails that were applied and stand in no list that was read."""
    lists = [exchange for name in LISTS if (exchange := snapshot.exchange(name)) and exchange.status == 200]
    listed = {str(entry.get("guardrail_name")) for exchange in lists for entry in _entries(exchange)}
    for exchange in snapshot.answered:
        applied = exchange.header("x-litellm-applied-guardrails").split(",")
        if names := ", ".join(name for one in applied if (name := one.strip()) and name not in listed):
            yield Finding(
                code="safety.unplaced.litellm-guardrail",
                strength=Strength.STRONG,
                params=params(
                    filter="litellm-guardrail", name=names, because=HEADER.format(field="x-litellm-applied-guardrails")
                ),
                exchanges=(exchange.request.id,),
            )


def _hooks(snapshot: Snapshot) -> Iterator[Finding | None]:
    """Yield the checks of Portkey that ran, None for one that is not known.

    A row names a check as a whole, or by its first part, which is the plugin and so the vendor.
    """
    for exchange in snapshot.answered:
        for side in ("before_request_hooks", "after_request_hooks"):
            for check in walk(exchange.json, f"hook_results.{side}.*.checks.*.id"):
                whole = str(check).strip().lower()
                rows = catalogue("safety").products
                named = (row for name in (whole, whole.partition(".")[0]) for row in rows if name in row.plugins)
                row = next(named, None)
                said = (CHECKED.format(request=asked(exchange), check=shown(check)),)
                yield _finding(row, Strength.STRONG, said, (exchange.request.id,)) if row else None


def _guard_models(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield models that are made to judge text; their names are labels, and whether they are used is not shown."""
    for request, path in (("models-key", "data.*.id"), ("models", "data.*.id"), ("api-tags", "models.*.name")):
        exchange = snapshot.exchange(request)
        for value in walk(exchange.json, path) if exchange is not None and exchange.status == 200 else ():
            for row in catalogue("safety").products:
                if row.models and isinstance(value, str) and re.search(row.models, value[:MAX_VALUE]):
                    said = (GUARD_MODEL.format(list=request, model=shown(value)),)
                    yield _finding(row, Strength.DEFAULT, said, (request,))
