"""What changed at an endpoint between two runs: what appeared, what vanished, what is otherwise than before."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from assessor.errors import N_
from assessor.evidence import Finding, Strength
from assessor.probes.result import Facts, ProbeResult
from assessor.probes.words import finding_title
from assessor.retelling import retold

Kind = Literal["appeared", "vanished", "changed"]
# Parameters that say which of several things with the same code a finding is about.
NAMING = ("id", "model", "alias", "name", "host", "address", "provider", "filter", "tool", "label", "url")
# How something was seen is no change of what was seen.
LOOSE = ("because", "program")
MAX_CHANGES = 200
# What a finding's parameters are called; those that say which thing it is about stand in its title.
PARAMETERS = {
    "always": N_("always on"),
    "count": N_("count"),
    "country": N_("country"),
    "date": N_("date"),
    "elsewhere": N_("elsewhere"),
    "ends": N_("ends"),
    "issuer": N_("issuer"),
    "licence": N_("licence"),
    "memory": N_("memory"),
    "mode": N_("mode"),
    "models": N_("models"),
    "operator": N_("operator"),
    "parts": N_("parts"),
    "path": N_("path"),
    "port": N_("port"),
    "product": N_("product"),
    "protocol": N_("protocol"),
    "region": N_("region"),
    "registered": N_("registered"),
    "root": N_("weights"),
    "said_closed": N_("said closed"),
    "said_open": N_("said open"),
    "status": N_("status"),
    "strength": N_("strength"),
    "subject": N_("subject"),
    "tools": N_("tools"),
    "version": N_("version"),
    "via": N_("through"),
    "why": N_("because"),
}


class Change(Facts):
    """One difference. `code` is a finding's code, or `request.<id>`, `tls`, `addresses`, `identity`.

    `title` is what it is about in English (`title_of` says it in another language, from the finding's `params`);
    `before` and `after` are what was and what is, where that can be said.
    """

    kind: Kind
    code: str
    title: str
    params: dict[str, str | int | float | bool] = Field(default_factory=dict)
    before: str = ""
    after: str = ""


class Drift(Facts):
    """Every difference between two runs of one endpoint; `notes` say what else differed than the endpoint."""

    before: str
    after: str
    before_sha256: str
    after_sha256: str
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


OTHER_CATALOGUE = N_("The two runs were judged with different catalogues: some changes may be the catalogue's.")
OTHER_METHOD = N_("The two runs sent different requests: some changes may come from that.")
OTHER_VANTAGE = N_("The two runs were made from different places.")
NOT_WHOLE = N_("One of the runs was not answered in full: what vanished may only not have been asked.")


def comparable(result: ProbeResult) -> bool:
    """Tell whether a run saw enough to be compared: a run that could not test shows no drift."""
    return result.outcome in {"completed", "partly"}


def title_of(change: Change, translate: Callable[[str], str]) -> str:
    """Return what a change is about, in the language of `translate`."""
    if not change.params:
        return translate(change.title)
    return finding_title(Finding(code=change.code, strength=Strength.WEAK, params=change.params), translate)


def values_in_words(told: str, translate: Callable[[str], str]) -> str:
    """Return what was or is (`before`, `after`), in the language of `translate`; values stay as they were seen."""
    return ", ".join(_value(part, translate) for part in told.split(", "))


def _value(part: str, translate: Callable[[str], str]) -> str:
    name, space, value = part.partition(" ")
    if space and name in PARAMETERS:
        return f"{translate(PARAMETERS[name])} {retold(value, translate)}"
    return retold(part, translate)


def compare(before: ProbeResult, after: ProbeResult) -> Drift:
    """Return what changed from one run to another, most telling first; both must be `comparable`."""
    found = [*_identity(before, after), *_findings(before, after), *_network(before, after)]
    found += _requests(before, after)
    notes = (
        (OTHER_CATALOGUE, before.catalogue_version != after.catalogue_version),
        (OTHER_METHOD, before.method_version != after.method_version),
        (OTHER_VANTAGE, before.vantage != after.vantage),
        (NOT_WHOLE, "partly" in {before.outcome, after.outcome}),
    )
    return Drift(
        before=before.finished,
        after=after.finished,
        before_sha256=before.sha256,
        after_sha256=after.sha256,
        changes=tuple(found[:MAX_CHANGES]),
        notes=tuple(sentence for sentence, holds in notes if holds),
    )


def _identity(before: ProbeResult, after: ProbeResult) -> Iterator[Change]:
    old, new = before.identity, after.identity
    if (old.product, old.provider) != (new.product, new.provider):
        yield Change(
            kind="changed",
            code="identity",
            title=N_("Who answers"),
            before=old.name or old.product or N_("unknown"),
            after=new.name or new.product or N_("unknown"),
        )


def _key(finding: Finding) -> tuple[str, ...]:
    return (finding.code, *(str(finding.params.get(name, "")) for name in NAMING))


def _told(finding: Finding, other: Mapping[str, Any] | None = None) -> str:
    """Return a finding's parameters in words, only those that differ from another's."""
    shown = {name: value for name, value in finding.params.items() if name not in LOOSE and name not in NAMING}
    if other is not None:
        shown = {name: value for name, value in shown.items() if other.get(name) != value}
    return ", ".join(f"{name} {value}" for name, value in sorted(shown.items()))


def _about(finding: Finding, kind: Kind, *, before: str = "", after: str = "") -> Change:
    title = finding_title(finding)
    return Change(kind=kind, code=finding.code, title=title, params=finding.params, before=before, after=after)


def _findings(before: ProbeResult, after: ProbeResult) -> Iterator[Change]:
    old, new = ({_key(one): one for one in result.findings} for result in (before, after))
    for key, finding in new.items():
        if key not in old:
            yield _about(finding, "appeared", after=_told(finding))
    for key, finding in old.items():
        if key not in new:
            yield _about(finding, "vanished", before=_told(finding))
    for key, now in new.items():
        if key not in old:
            continue
        was = old[key]
        differs = _told(was, now.params), _told(now, was.params)
        if was.strength != now.strength:
            differs = tuple(  # type: ignore[assignment]
                ", ".join(part for part in (text, f"strength {one.strength.value}") if part)
                for text, one in zip(differs, (was, now), strict=True)
            )
        if differs != ("", ""):
            yield _about(now, "changed", before=differs[0], after=differs[1])


def _network(before: ProbeResult, after: ProbeResult) -> Iterator[Change]:
    old, new = (
        ", ".join(sorted(one.address for one in (result.network.addresses if result.network else ())))
        for result in (before, after)
    )
    if old != new:
        yield Change(kind="changed", code="addresses", title=N_("Where the name leads"), before=old, after=new)
    was, now = before.tls, after.tls
    if was and now and was.sha256 != now.sha256:
        yield Change(
            kind="changed",
            code="tls",
            title=N_("Certificate"),
            before=f"{was.issuer}, {was.not_after}",
            after=f"{now.issuer}, {now.not_after}",
        )


def _requests(before: ProbeResult, after: ProbeResult) -> Iterator[Change]:
    old = {one.id: one for one in before.requests}
    for now in after.requests:
        was = old.get(now.id)
        if was and was.status and now.status and was.status != now.status:
            yield Change(
                kind="changed",
                code=f"request.{now.id}",
                title=f"{now.method} {now.path}",
                before=str(was.status),
                after=str(now.status),
            )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what changed."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Drift.model_json_schema()}
