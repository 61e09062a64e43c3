"""The rules of the method as pure functions; docs/method.md says them in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from assessor.evidence import Strength, Tier
from assessor.questionnaire.schema import Question, Scale
from assessor.scoring.scorecard import Blocker, BlockerKind, LevelReading, ProbedEndpoint, Proof, Weighed

METHOD_VERSION = "2026.11"
# Two thirds written as a decimal must not fail by rounding.
ROUNDING = 1e-3


@dataclass(frozen=True)
class Standing:
    """Where one applicable question stands in one reading."""

    question: str
    level: int
    weight: int
    gate: bool


def standing_level(question: Question, level: int, scale: Scale) -> int:
    """Return the level a rung counts for: the top rung of a ladder that ends early satisfies all levels above."""
    return scale.top if level >= question.top else level


def evidence_cap(tier: Tier, proof: Tier, scale: Scale) -> int:
    """Return the highest level that evidence of `tier` carries on a question that asks for `proof`."""
    if tier.rank >= proof.rank:
        return scale.top
    caps = {
        Tier.DECLARED: scale.caps.declared,
        Tier.DOCUMENTED: scale.caps.documented,
        Tier.OBSERVED: scale.caps.observed,
    }
    return caps[tier]


def carried_level(proofs: Sequence[Proof], proof: Tier, scale: Scale) -> int:
    """Return the highest level the attached proofs carry.

    Evidence is bound to the choice it was given for: it never carries a later, higher answer, and still carries
    what it carried before until somebody confirms it for the new one.
    """
    carried = [min(evidence_cap(one.tier, proof, scale), one.level) for one in proofs]
    return max([scale.caps.declared, scale.needs_no_proof, *carried])


def weakest_tier_for(level: int, proof: Tier, scale: Scale) -> Tier | None:
    """Return the weakest evidence that carries `level`, or None where no proof is needed."""
    if level <= scale.needs_no_proof:
        return None
    return next(tier for tier in Tier if evidence_cap(tier, proof, scale) >= level)


def weigh(question: Question, endpoints: Sequence[ProbedEndpoint]) -> tuple[Weighed, ...]:
    """Return the findings that bear on a question.

    Weak signals (strength C) corroborate and weigh nothing; B can cap; only A or better can support.
    """
    weighed: list[Weighed] = []
    if not question.findings:
        return ()
    for endpoint in endpoints:
        for finding in endpoint.findings:
            for bearing in question.findings:
                if not finding.is_under(bearing.code):
                    continue
                least = Strength.STRONG if bearing.supports is not None else Strength.DEFAULT
                if finding.strength.rank >= least.rank:
                    weighed.append(
                        Weighed(
                            endpoint=endpoint.id,
                            finding=finding,
                            supports=bearing.supports,
                            caps=bearing.caps,
                            because=bearing.because,
                        )
                    )
    return tuple(weighed)


def finding_cap(weighed: Sequence[Weighed]) -> int | None:
    """Return the lowest cap among the findings, or None."""
    return min((item.caps for item in weighed if item.caps is not None), default=None)


def supported_level(weighed: Sequence[Weighed], endpoints: Sequence[ProbedEndpoint]) -> int | None:
    """Return the level findings support: only where every endpoint of that role supports, and then the lowest."""
    best: dict[str, int] = {}
    for item in weighed:
        if item.supports is not None:
            best[item.endpoint] = max(item.supports, best.get(item.endpoint, 0))
    levels = []
    for role in {endpoint.role for endpoint in endpoints if endpoint.id in best}:
        of_role = [endpoint.id for endpoint in endpoints if endpoint.role == role]
        if all(endpoint in best for endpoint in of_role):
            levels.append(min(best[endpoint] for endpoint in of_role))
    return max(levels, default=None)


def holds(standings: Sequence[Standing], level: int, scale: Scale) -> bool:
    """Tell whether a dimension with these standings is at `level`: the same rule as `blockers`, without the list."""
    floor = level - scale.slack
    whole = reached = 0
    for standing in standings:
        if standing.level < floor or (standing.gate and standing.level < level):
            return False
        whole += standing.weight
        reached += standing.weight if standing.level >= level else 0
    return not whole or reached / whole + ROUNDING >= scale.share


def share_at(standings: Sequence[Standing], level: int) -> float:
    """Return the part of the weight, 0 to 1, that is at `level` or above."""
    whole = sum(standing.weight for standing in standings)
    return sum(standing.weight for standing in standings if standing.level >= level) / whole if whole else 0.0


def blockers(standings: Sequence[Standing], level: int, scale: Scale) -> tuple[Blocker, ...]:
    """Return what keeps a dimension from `level`: gates below it, missing weight, questions lying too low."""
    enough = share_at(standings, level) + ROUNDING >= scale.share
    found = []
    for standing in standings:
        if standing.level >= level:
            continue
        if standing.gate:
            found.append(_blocker(standing, "gate", level))
        elif standing.level < level - scale.slack:
            found.append(_blocker(standing, "floor", level if not enough else level - scale.slack))
        elif not enough:
            found.append(_blocker(standing, "share", level))
    return tuple(found)


def _blocker(standing: Standing, kind: BlockerKind, needed: int) -> Blocker:
    return Blocker(question=standing.question, kind=kind, level=standing.level, needed=needed)


def read_level(standings: Sequence[Standing], scale: Scale) -> LevelReading:
    """Return the level of a dimension with what holds it there, and its index from 0 to 100."""
    if not standings:
        return LevelReading(level=None, index=0.0, share_reached=0.0, share_needed=scale.share, blockers=())
    level = max(number.level for number in scale.levels if holds(standings, number.level, scale))
    above = min(level + 1, scale.top)
    weight = sum(standing.weight for standing in standings)
    mean = sum(standing.level * standing.weight for standing in standings) / weight
    return LevelReading(
        level=level,
        index=round(100 * mean / scale.top, 1),
        share_reached=round(share_at(standings, above), 4),
        share_needed=scale.share,
        blockers=blockers(standings, above, scale),
    )
