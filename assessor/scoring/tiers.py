"""From what is attached to the tier it earns; nobody picks a tier from a list."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from assessor.evidence import Tier


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    STATEMENT = "statement"
    CONTRACT = "contract"
    LICENCE = "licence"
    CERTIFICATE = "certificate"
    CONFIGURATION = "configuration"
    LOG = "log"
    INSPECTION = "inspection"
    PROBE = "probe"
    DRILL = "drill"
    SWITCH = "switch"
    OUTAGE = "outage"
    TABLE_TOP = "table-top"


K = EvidenceKind
DOCUMENTS = frozenset({K.CONTRACT, K.LICENCE, K.CERTIFICATE, K.CONFIGURATION, K.LOG})
TESTS = frozenset({K.DRILL, K.SWITCH, K.OUTAGE, K.TABLE_TOP})

# Days until evidence counts one tier lower (method: probe 90, configuration 180, contract and test 12 months).
MAX_AGE = {
    K.CONTRACT: 365,
    K.LICENCE: 365,
    K.CERTIFICATE: 365,
    K.CONFIGURATION: 180,
    K.LOG: 180,
    K.INSPECTION: 180,
    K.PROBE: 90,
    K.DRILL: 365,
    K.SWITCH: 365,
    K.OUTAGE: 365,
    K.TABLE_TOP: 365,
}

# The facts a kind must have before it earns the tier of its own.
NEEDED: dict[EvidenceKind, tuple[str, ...]] = {
    K.STATEMENT: (),
    **dict.fromkeys(DOCUMENTS, ("place", "taken_on", "version", "read")),
    K.INSPECTION: ("place", "taken_on"),
    K.PROBE: ("taken_on", "supports", "signed"),
    K.DRILL: ("place", "taken_on", "pass_mark", "minutes", "share_of_load", "result", "shown"),
    K.SWITCH: ("place", "taken_on", "pass_mark", "minutes", "share_of_load", "result", "shown"),
    # Nobody sets a pass mark before an outage; what it carried, and for how long, is the test.
    K.OUTAGE: ("place", "taken_on", "minutes", "share_of_load", "result"),
    K.TABLE_TOP: ("place", "taken_on", "pass_mark", "result", "counts_here"),
}


@dataclass(frozen=True)
class EvidenceFacts:
    """The facts of one piece of evidence that decide its tier.

    `place` says where it lies or was looked at, for tests what took part; `read` that somebody read it. `pass_mark`,
    `minutes`, `share_of_load` (per cent), `result` and `passed` belong to tests: the mark set beforehand, the length,
    the part of the real requests, what came out. `supports` and `signed` belong to a probe: a finding of strength A
    supports the choice, and the run was held in this installation. `observed_only` marks a drill held here whose own
    record says that it lacks what a test needs (a closing that is shown, own cases, a share of real requests).
    """

    kind: EvidenceKind
    place: str = ""
    version: str = ""
    taken_on: date | None = None
    expires_on: date | None = None
    read: bool = False
    pass_mark: str = ""
    minutes: int = 0
    passed: bool = False
    share_of_load: int | None = None
    result: str = ""
    supports: bool = False
    signed: bool = True
    observed_only: bool = False

    @property
    def failed(self) -> bool:
        """Whether this is the record of a test that did not reach its mark."""
        return self.kind in TESTS and not self.passed


# Whether a fact of that name is there.
GIVEN: dict[str, Callable[[EvidenceFacts], bool]] = {
    "place": lambda facts: bool(facts.place.strip()),
    "taken_on": lambda facts: facts.taken_on is not None,
    "version": lambda facts: bool(facts.version.strip()),
    "read": lambda facts: facts.read,
    "pass_mark": lambda facts: bool(facts.pass_mark.strip()),
    "minutes": lambda facts: facts.minutes > 0,
    "share_of_load": lambda facts: bool(facts.share_of_load),
    "result": lambda facts: bool(facts.result.strip()),
    "supports": lambda facts: facts.supports,
    "signed": lambda facts: facts.signed,
    "shown": lambda facts: not facts.observed_only,
}
# What no fact says, but the question.
COUNTS = "counts_here"


def own_tier(kind: EvidenceKind) -> Tier:
    """Return the tier a kind earns when nothing is missing and nothing is stale."""
    if kind in TESTS:
        return Tier.TESTED
    if kind in {K.INSPECTION, K.PROBE}:
        return Tier.OBSERVED
    return Tier.DOCUMENTED if kind in DOCUMENTS else Tier.DECLARED


def missing_for_tier(facts: EvidenceFacts, proves: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names of the facts that are missing before this kind earns its own tier.

    `proves` names the kinds that the question lets count where they otherwise would not (`table-top`).
    """
    return tuple(
        [name for name in NEEDED[facts.kind] if not (facts.kind in proves if name == COUNTS else GIVEN[name](facts))]
    )


def fresh_tier(facts: EvidenceFacts, proves: Collection[str] = ()) -> Tier:
    """Return the tier the facts earn while they are fresh.

    Where one fact is missing it is a statement. There are two exceptions: a drill held here that lacks what a test
    needs was seen at work all the same, and a probe that is no proof of its own is still a document, once somebody has
    read it. A failed test earns its tier like a passed one: it proves a lower rung (`proofs.weigh`).
    """
    missing = missing_for_tier(facts, proves)
    if not missing:
        return own_tier(facts.kind)
    if facts.kind in {K.DRILL, K.SWITCH} and facts.observed_only and not {"place", "taken_on", "result"} & set(missing):
        return Tier.OBSERVED
    if facts.kind is K.PROBE and "taken_on" not in missing and facts.read:
        return Tier.DOCUMENTED
    return Tier.DECLARED


def counts_until(facts: EvidenceFacts) -> date | None:
    """Return the last day on which the evidence counts in full; None where nothing ends it."""
    ends = []
    if facts.expires_on is not None:
        ends.append(facts.expires_on)
    if facts.taken_on is not None and facts.kind in MAX_AGE:
        ends.append(facts.taken_on + timedelta(days=MAX_AGE[facts.kind]))
    return min(ends, default=None)


def is_stale(facts: EvidenceFacts, today: date) -> bool:
    """Tell whether the evidence is past its age or its own end, or lies in the future."""
    until = counts_until(facts)
    if until is not None and until < today:
        return True
    return facts.taken_on is not None and facts.kind in MAX_AGE and facts.taken_on > today


def derive_tier(facts: EvidenceFacts, today: date, proves: Collection[str] = ()) -> Tier:
    """Return the tier the facts earn on `today`: stale evidence counts one tier lower."""
    tier = fresh_tier(facts, proves)
    if is_stale(facts, today) and tier.rank:
        return list(Tier)[tier.rank - 1]
    return tier
