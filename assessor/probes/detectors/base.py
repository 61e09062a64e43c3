"""What a detector is, and how findings about the same thing are put together."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from assessor.evidence import Finding
from assessor.probes.recognise import shown
from assessor.probes.snapshot import Snapshot

MAX_REASON = 400

Params = dict[str, str | int | float | bool]


class Detector(Protocol):
    """A module that asks one question of a snapshot.

    `NEEDS` names the planned requests it reads; the engine collects the union of them once. `detect` is pure: it
    reads the snapshot and nothing else, and no reply may make it raise.
    """

    NEEDS: tuple[str, ...]

    def detect(self, snapshot: Snapshot) -> Iterator[Finding]:
        """Yield the findings in this snapshot."""


def params(**given: object) -> Params:
    """Return parameters fit to keep and print; empty ones are left out.

    `because` is put together by `reason` from phrases that are fit already, so it may be longer than a server's word.
    """
    kept: Params = {}
    for name, value in given.items():
        if isinstance(value, (bool, int, float)):
            kept[name] = value
        elif value:
            kept[name] = str(value)[:MAX_REASON] if name == "because" else shown(value)
    return kept


def reason(because: Iterable[str]) -> str:
    """Return what was seen as one text, phrases parted by semicolons."""
    text = "; ".join(dict.fromkeys(because))
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 1] + "…"


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put findings about the same thing together: strongest first seen wins, reasons and exchanges add up."""
    kept: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        identity = (finding.code, *(str(finding.params.get(key, "")) for key in ("via", "host", "id", "region")))
        known = kept.get(identity)
        kept[identity] = finding if known is None else _joined(known, finding)
    return tuple(kept.values())


def _joined(one: Finding, other: Finding) -> Finding:
    first, second = (one, other) if one.strength.rank >= other.strength.rank else (other, one)
    told = [str(item.params["because"]) for item in (first, second) if item.params.get("because")]
    joined = {**second.params, **first.params}
    if told:
        joined["because"] = reason(part for text in told for part in text.split("; "))
    return Finding(
        code=one.code,
        strength=first.strength,
        params=joined,
        exchanges=tuple(dict.fromkeys((*one.exchanges, *other.exchanges))),
    )
