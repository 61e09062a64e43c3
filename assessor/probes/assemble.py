"""From a snapshot and its findings to the result of a run: one place where both become plain facts."""

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.detectors.dialects import spoken
from assessor.probes.detectors.models import Listed, listed
from assessor.probes.gaps import not_tested, unknown
from assessor.probes.origins import attribution, model_facts
from assessor.probes.plan import base_path, full_path
from assessor.probes.plan_file import method_version
from assessor.probes.recognise import shown
from assessor.probes.redact import address_of, kept_headers
from assessor.probes.result import (
    Behind,
    Dialect,
    Identity,
    Kind,
    Model,
    Network,
    Place,
    ProbeResult,
    Request,
    RunOutcome,
    Safety,
    Tls,
)
from assessor.probes.snapshot import Exchange, NetworkFacts, Snapshot
from assessor.probes.target import Target
from assessor.probes.version import catalogue_version


def stamp(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain_url(target: Target) -> str:
    """Return the target's URL without user, query and fragment."""
    return address_of(target.url) + (base_path(target) or "")


def empty_result(
    target: Target, outcome: RunOutcome, error: str, vantage: str, started: datetime, finished: datetime
) -> ProbeResult:
    """Return the result of a run that sent nothing."""
    return ProbeResult(
        catalogue_version=catalogue_version(),
        method_version=method_version(),
        outcome=outcome,
        error=error,
        target_url=plain_url(target),
        base_path=base_path(target),
        vantage=vantage,
        started=stamp(started),
        finished=stamp(finished),
        unknown=unknown(None, ()),
    ).sealed()


def assemble(
    target: Target,
    snapshot: Snapshot,
    findings: tuple[Finding, ...],
    *,
    outcome: RunOutcome,
    error: str,
    vantage: str,
    started: datetime,
    finished: datetime,
) -> ProbeResult:
    """Return the sealed result of a run."""
    return ProbeResult(
        catalogue_version=catalogue_version(),
        method_version=method_version(),
        outcome=outcome,
        error=error,
        target_url=plain_url(target),
        base_path=base_path(target),
        vantage=vantage,
        started=stamp(started),
        finished=stamp(finished),
        network=_network(snapshot.network),
        tls=Tls.model_validate(asdict(snapshot.tls)) if snapshot.tls else None,
        requests=tuple(_request(target, exchange) for exchange in snapshot.exchanges),
        identity=identity(findings),
        behind=behind(findings),
        dialects=tuple(Dialect(name=item.name, state=item.state, because=item.because) for item in spoken(snapshot)),
        models=tuple(_model(item) for item in listed(snapshot)),
        safety=safety(findings),
        unknown=unknown(snapshot, findings),
        not_tested=not_tested(target, snapshot, outcome),
        findings=findings,
        attribution=attribution(snapshot, findings),
    ).sealed()


def _model(item: Listed) -> Model:
    return Model(
        id=shown(item.id), owned_by=shown(item.owned_by), root=shown(item.root), facts=model_facts(item.root or item.id)
    )


def _network(facts: NetworkFacts) -> Network:
    return Network.model_validate(asdict(facts))


def _request(target: Target, exchange: Exchange) -> Request:
    request = exchange.request
    return Request(
        id=request.id,
        stage=request.stage,
        method=request.method,
        path=full_path(target, request),
        purpose=request.purpose,
        with_key=request.with_key,
        outcome=exchange.outcome,
        status=exchange.status,
        headers=kept_headers(exchange.headers),
        length=len(exchange.body),
        sha256=hashlib.sha256(exchange.body).hexdigest() if exchange.outcome in {"answered", "cut"} else "",
        elapsed_ms=round(exchange.elapsed_ms, 1),
        error=exchange.error,
    )


_KINDS: tuple[tuple[str, Kind], ...] = (
    ("hosted", "hosted-api"),
    ("gateway", "gateway"),
    ("safety.local", "safety"),
    ("safety.hosted", "safety"),
    ("server", "inference-server"),
    ("tools.mcp", "tool-server"),
)


def identity(findings: tuple[Finding, ...]) -> Identity:
    """Return who answers: the strongest finding about the program or service at the door.

    Among equals the order is hosted service by its own host, gateway, guardrail program, inference server, tools.
    """
    best: Finding | None = None
    kind: Kind = "unknown"
    for prefix, named in _KINDS:
        for finding in findings:
            if not finding.is_under(prefix) or not _at_the_door(finding):
                continue
            if best is None or finding.strength.rank > best.strength.rank:
                best, kind = finding, named
    if best is None:
        return Identity()
    params = best.params
    return Identity(
        product=str(params.get("product") or params.get("filter") or params.get("provider") or ""),
        name=str(params.get("name") or ""),
        kind=kind,
        provider=str(params.get("operator") or ""),
        confidence=best.strength,
        because=_because(best),
    )


def _at_the_door(finding: Finding) -> bool:
    if finding.is_under("hosted"):
        return finding.params.get("via") == "direct"
    if finding.is_under("safety.local"):
        return finding.params.get("program") is True
    if finding.is_under("safety.hosted"):
        return finding.params.get("via") == "direct"
    return True


def behind(findings: tuple[Finding, ...]) -> tuple[Behind, ...]:
    """Return who stands behind the one that answers."""
    return tuple(
        Behind(
            provider=_provider(finding),
            host=str(finding.params.get("host") or ""),
            strength=finding.strength,
            because=_because(finding),
            place="hosted"
            if finding.is_under("hosted")
            else "local"
            if finding.is_under("forwards.local")
            else "unknown",
            operator=str(finding.params.get("operator") or ""),
        )
        for finding in findings
        if finding.is_under("forwards") or (finding.is_under("hosted") and finding.params.get("via") != "direct")
    )


def _provider(finding: Finding) -> str:
    """Return a provider's name, else the program that was told of, else what is known: local, or not named."""
    for key in ("name", "program", "provider"):
        if named := finding.params.get(key):
            return str(named)
    return N_("a local server") if finding.is_under("forwards.local") else N_("a server that is not named")


def safety(findings: tuple[Finding, ...]) -> tuple[Safety, ...]:
    """Return the filters that were seen, and where they run."""
    places: dict[str, Place] = {"hosted": "hosted", "local": "local"}
    seen: dict[tuple[str, Place], Strength] = {}
    for finding in findings:
        if finding.is_under("safety"):
            place = places.get(finding.code.split(".")[1], "unknown")
            name = str(finding.params.get("name") or finding.code.split(".")[-1])
            known = seen.get((name, place), Strength.WEAK)
            seen[name, place] = max(known, finding.strength, key=lambda strength: strength.rank)
    return tuple(Safety(name=name, place=place, strength=strength) for (name, place), strength in seen.items())


def _because(finding: Finding) -> tuple[str, ...]:
    return tuple(part for part in str(finding.params.get("because") or "").split("; ") if part)
