"""From what is attached to the tier it earns; nobody picks a tier from a list."""

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
    DRILL = "drill"


# Days until evidence counts one tier lower (method: configuration 180, contract and test 12 months).
MAX_AGE = {
    EvidenceKind.CONTRACT: 365,
    EvidenceKind.LICENCE: 365,
    EvidenceKind.CERTIFICATE: 365,
    EvidenceKind.CONFIGURATION: 180,
    EvidenceKind.LOG: 180,
    EvidenceKind.INSPECTION: 180,
    EvidenceKind.DRILL: 365,
}


@dataclass(frozen=True)
class EvidenceFacts:
    """The facts of one piece of evidence that decide its tier.

    `place` says where it lies or was looked at, `read` that somebody read it. `pass_mark`, `minutes` and `passed`
    belong to drills: the mark set beforehand, the length, the result.
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


def fresh_tier(facts: EvidenceFacts) -> Tier:
    """Return the tier the facts earn while they are fresh.

    A document needs place, version and date and must be marked as read; an inspection needs place and date; a drill
    needs place, date, a pass mark set before, a length, and to have been passed. Anything less is a statement.
    """
    dated = bool(facts.place.strip()) and facts.taken_on is not None
    match facts.kind:
        case EvidenceKind.STATEMENT:
            return Tier.DECLARED
        case EvidenceKind.INSPECTION:
            return Tier.OBSERVED if dated else Tier.DECLARED
        case EvidenceKind.DRILL:
            proven = dated and bool(facts.pass_mark.strip()) and facts.minutes > 0 and facts.passed
            return Tier.TESTED if proven else Tier.DECLARED
        case _:
            return Tier.DOCUMENTED if dated and facts.version.strip() and facts.read else Tier.DECLARED


def is_stale(facts: EvidenceFacts, today: date) -> bool:
    """Tell whether the evidence is past its age or its own end, or lies in the future."""
    if facts.expires_on is not None and facts.expires_on < today:
        return True
    if facts.taken_on is None or facts.kind not in MAX_AGE:
        return False
    return facts.taken_on > today or facts.taken_on + timedelta(days=MAX_AGE[facts.kind]) < today


def derive_tier(facts: EvidenceFacts, today: date) -> Tier:
    """Return the tier the facts earn on `today`: stale evidence counts one tier lower."""
    tier = fresh_tier(facts)
    if is_stale(facts, today) and tier.rank:
        return list(Tier)[tier.rank - 1]
    return tier


def missing_for_tier(facts: EvidenceFacts) -> tuple[str, ...]:
    """Return the names of the facts that are missing before this kind earns its own tier."""
    needed: dict[str, bool] = {"place": bool(facts.place.strip()), "taken_on": facts.taken_on is not None}
    if facts.kind is EvidenceKind.STATEMENT:
        return ()
    if facts.kind is EvidenceKind.DRILL:
        needed |= {"pass_mark": bool(facts.pass_mark.strip()), "minutes": facts.minutes > 0, "passed": facts.passed}
    elif facts.kind is not EvidenceKind.INSPECTION:
        needed |= {"version": bool(facts.version.strip()), "read": facts.read}
    return tuple(name for name, given in needed.items() if not given)
