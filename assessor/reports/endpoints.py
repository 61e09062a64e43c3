"""The evidence log: every endpoint in scope, what the latest probe asked, and what it saw."""

from django.utils.translation import gettext as _

from assessor.evidence import Finding
from assessor.probes.origin_words import (
    AREAS,
    NOT_LOOKED_UP,
    ROLES,
    address_text,
    law_source,
    law_text,
    memory_text,
    openness_pairs,
    processing_text,
    sources_text,
    table_text,
)
from assessor.probes.result import ProbeResult
from assessor.probes.words import behind_words, finding_meaning, finding_title
from assessor.reports import labels
from assessor.reports.inputs import EndpointRecord, ReportInput
from assessor.reports.model import EndpointEntry, Fact, RequestRow, SeenRow
from assessor.reports.text import NAME_LENGTH, clean
from assessor.retelling import retold

ENDPOINTS_SHOWN = 40
REQUESTS_SHOWN = 80
SEEN_SHOWN = 60
LINES_SHOWN = 40
MODELS_SHOWN = 12
BEHIND_NAMED = 4


def entries(source: ReportInput) -> tuple[EndpointEntry, ...]:
    """Return an entry for each endpoint, in the order they were registered."""
    return tuple(_entry(one) for one in source.endpoints[:ENDPOINTS_SHOWN])


def _entry(record: EndpointRecord) -> EndpointEntry:
    probe = record.probe
    return EndpointEntry(
        id=clean(record.id, NAME_LENGTH),
        name=clean(record.name, NAME_LENGTH) or clean(record.url, NAME_LENGTH),
        url=clean(record.url),
        role=labels.role_label(clean(record.role, NAME_LENGTH)),
        workload=clean(record.workload, NAME_LENGTH),
        removed_because=clean(record.removed_because),
        probed=probe is not None,
        headline=_headline(record, probe),
        facts=_facts(probe) if probe else (),
        seen=tuple(_seen(one) for one in probe.findings[:SEEN_SHOWN]) if probe else (),
        requests=_requests(probe) if probe else (),
        unknown=_lines(probe.unknown) if probe else (),
        not_tested=_lines(probe.not_tested) if probe else (_("Everything: this endpoint was not probed."),),
        sha256=probe.sha256 if probe else "",
    )


def _headline(record: EndpointRecord, probe: ProbeResult | None) -> str:
    name = clean(record.name, NAME_LENGTH) or clean(record.url, NAME_LENGTH)
    if record.removed_because:
        return _("{name}: taken out of scope").format(name=name)
    if probe is None:
        return _("{name}: not probed").format(name=name)
    if probe.outcome in ("unreachable", "refused", "cancelled"):
        return _("{name}: could not be tested").format(name=name)
    identity = probe.identity
    product = clean(identity.name or identity.product, NAME_LENGTH)
    if not product:
        return _("{name}: the product was not recognised").format(name=name)
    behind = [clean(one, NAME_LENGTH) for one in _behind(probe)]
    if behind:
        more = [labels.more(len(behind) - BEHIND_NAMED)] if len(behind) > BEHIND_NAMED else []
        return _("{name}: {product}, with {behind} behind it").format(
            name=name, product=product, behind=labels.listed(behind[:BEHIND_NAMED] + more)
        )
    return _("{name}: {product}").format(name=name, product=product)


def _behind(probe: ProbeResult) -> list[str]:
    """Return who stands behind an endpoint, each once: "azure" says nothing beside "Azure OpenAI"."""
    names = list(dict.fromkeys(filter(None, (behind_words(one, _) or one.host for one in probe.behind))))
    return [one for one in names if not any(one.lower() in other.lower().split() for other in names if other != one)]


def _facts(probe: ProbeResult) -> tuple[Fact, ...]:
    identity = probe.identity
    pairs = [
        (_("Outcome"), labels.outcome_label(probe.outcome)),
        (_("Error"), retold(probe.error, _) or _("none")),
        (_("Probed from"), probe.vantage),
        (_("Time"), labels.span(probe.started, probe.finished)),
        (_("Leads to"), _network(probe)),
        (_("Certificate"), _certificate(probe)),
        (_("Product"), identity.name or identity.product),
        (_("Kind"), labels.kind_label(identity.kind)),
        (_("Provider"), identity.provider),
        (_("Strength of the signs"), labels.strength_label(identity.confidence)),
        (_("Because"), "; ".join(retold(one, _) for one in identity.because)),
        (_("Behind it"), "; ".join(_behind(probe))),
        (_("Dialects it speaks"), ", ".join(one.name for one in probe.dialects if one.state == "yes")),
        *_origins(probe),
        (_("Models it names"), _models(probe)),
        *_known_models(probe),
        (
            _("Safety checks seen"),
            "; ".join(f"{one.name} ({labels.place_label(one.place)})" for one in probe.safety),
        ),
    ]
    return tuple(Fact(label=label, value=clean(value) or _("not seen")) for label, value in pairs)


def _origins(probe: ProbeResult) -> list[tuple[str, str]]:
    """Return the three facts about origin, each for itself; none where the run shows none."""
    facts = probe.attribution
    if facts is None:
        return []
    law = [(_(AREAS["law"]), f"{_(ROLES[one.role])}: {law_text(one, _)} [{law_source(one, _)}]") for one in facts.law]
    addresses = [address_text(one, _) for one in facts.addresses]
    addresses += [_("{address}: not in the table").format(address=one) for one in facts.unplaced]
    if facts.table_date:
        addresses.append(table_text(facts, _))
    return [
        *(law or [(_(AREAS["law"]), "")]),
        (_(AREAS["processing"]), "; ".join(processing_text(one, _) for one in facts.processing)),
        (_(AREAS["addresses"]), "; ".join(addresses)),
    ]


def _known_models(probe: ProbeResult) -> list[tuple[str, str]]:
    """Return what is known of models by these names, one fact for each."""
    found = []
    for model in [one for one in probe.models if one.facts is not None][:MODELS_SHOWN]:
        facts = model.facts
        if facts is None:
            continue
        whose = ", ".join(part for part in (facts.name, facts.maker, facts.origin) if part)
        pairs = "; ".join(f"{name}: {value}" for name, value in openness_pairs(facts, _))
        told = "; ".join(part for part in (whose, pairs, memory_text(facts, _)) if part)
        name = clean(model.id, 80)
        note = f"; * {_(NOT_LOOKED_UP)}" if facts.general else ""
        # Two rows, so that neither is cut short.
        found.append((_("The name {model}").format(model=name), told + note))
        found.append((_("Sources for {model}").format(model=name), sources_text(facts, _)))
    return found


def _network(probe: ProbeResult) -> str:
    if probe.network is None:
        return ""
    kinds = ", ".join(f"{one.address} ({labels.address_label(one.kind)})" for one in probe.network.addresses[:6])
    return f"{probe.network.scheme}, {probe.network.host}:{probe.network.port}{f'; {kinds}' if kinds else ''}"


def _certificate(probe: ProbeResult) -> str:
    if probe.tls is None:
        return _("none: the connection is not encrypted") if probe.network and probe.network.scheme == "http" else ""
    state = _("trusted") if probe.tls.trusted else _("not trusted")
    return ", ".join(filter(None, (state, probe.tls.issuer, probe.tls.protocol, probe.tls.not_after, probe.tls.reason)))


def _models(probe: ProbeResult) -> str:
    named = [one.id for one in probe.models[:MODELS_SHOWN]]
    more = len(probe.models) - len(named)
    return ", ".join(named) + (_(" and {count} more").format(count=more) if more > 0 else "")


def _seen(finding: Finding) -> SeenRow:
    return SeenRow(
        code=finding.code,
        title=clean(finding_title(finding, _)),
        meaning=clean(finding_meaning(finding, _)),
        strength=finding.strength,
        exchanges=finding.exchanges[:LINES_SHOWN],
    )


def _requests(probe: ProbeResult) -> tuple[RequestRow, ...]:
    return tuple(
        RequestRow(
            id=one.id,
            request=clean(f"{one.method} {one.path}", NAME_LENGTH),
            purpose=clean(retold(one.purpose, _)),
            with_key=one.with_key,
            outcome=labels.exchange_label(one.outcome),
            status=one.status,
            length=one.length,
            sha256=one.sha256,
            elapsed_ms=round(one.elapsed_ms, 1),
            error=clean(retold(one.error, _)),
        )
        for one in probe.requests[:REQUESTS_SHOWN]
    )


def _lines(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clean(retold(one, _)) for one in lines[:LINES_SHOWN] if one)
