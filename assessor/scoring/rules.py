"""The rules of the method as pure functions; docs/method.md says them in words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assessor.evidence import Finding, Strength, Tier
from assessor.questionnaire.schema import Question, Scale
from assessor.scoring.scorecard import Blocker, BlockerKind, LevelReading, ProbedEndpoint, Proof, Weighed

METHOD_VERSION = "2026.11"
# Two thirds written as a decimal must not fail by rounding.
ROUNDING = 1e-3
# In Python 3.11 each look-up of a member by name costs as much as a call.
_DECLARED, _DOCUMENTED = Tier.DECLARED, Tier.DOCUMENTED
_TO_SUPPORT, _TO_CAP = Strength.STRONG.rank, Strength.DEFAULT.rank


class Standing(NamedTuple):
    """Where one applicable question stands in one reading."""

    question: str
    level: int
    weight: int
    gate: bool


def standing_level(question: Question, level: int, top: int) -> int:
    """Return the level a rung counts for: the top rung of a ladder that ends early satisfies all levels to `top`."""
    return top if level >= question.top else level


def evidence_cap(tier: Tier, proof: Tier, scale: Scale) -> int:
    """Return the highest level that evidence of `tier` carries on a question that asks for `proof`."""
    if tier.rank >= proof.rank:
        return scale.top
    if tier is _DECLARED:
        return scale.caps.declared
    return scale.caps.documented if tier is _DOCUMENTED else scale.caps.observed


def carried_level(proofs: Sequence[Proof], proof: Tier, scale: Scale) -> int:
    """Return the highest level the attached proofs carry.

    Evidence is bound to the choice it was given for: it never carries a later, higher answer, and still carries
    what it carried before until somebody confirms it for the new one.
    """
    nothing = max(scale.caps.declared, scale.needs_no_proof)
    return (
        max([nothing, *[min(evidence_cap(one.tier, proof, scale), one.level) for one in proofs]]) if proofs else nothing
    )


def weakest_tier_for(level: int, proof: Tier, scale: Scale) -> Tier | None:
    """Return the weakest evidence that carries `level`, or None where no proof is needed."""
    if level <= scale.needs_no_proof:
        return None
    return next(tier for tier in Tier if evidence_cap(tier, proof, scale) >= level)


# Every beginning of every code that was seen, with where it stands in the order of endpoints and findings.
Sightings = Mapping[str, Sequence[tuple[int, str, Finding]]]


def sightings(endpoints: Sequence[ProbedEndpoint]) -> Sightings:
    """Return the findings of all endpoints by each beginning of their codes, so that a bearing is looked up once."""
    found: dict[str, list[tuple[int, str, Finding]]] = {}
    seen = ((endpoint.id, finding) for endpoint in endpoints for finding in endpoint.findings)
    for place, (endpoint, finding) in enumerate(seen):
        code = finding.code
        while code:
            found.setdefault(code, []).append((place, endpoint, finding))
            code = code.rpartition(".")[0]
    return found


def weigh(question: Question, seen: Sightings) -> tuple[Weighed, ...]:
    """Return the findings that bear on a question, in the order of endpoints and findings.

    Weak signals (strength C) corroborate and weigh nothing; B can cap; only A or better can support.
    """
    if not question.findings or not seen:
        return ()
    bears = [
        (place, rank, bearing, endpoint, finding)
        for rank, bearing in enumerate(question.findings)
        for place, endpoint, finding in seen.get(bearing.code, ())
        if finding.strength.rank >= (_TO_SUPPORT if bearing.supports is not None else _TO_CAP)
    ]
    # Place and rank differ for any two, so nothing behind them is ever compared.
    bears.sort()
    return tuple(
        [
            Weighed.built(
                endpoint=endpoint,
                finding=finding,
                supports=bearing.supports,
                caps=bearing.caps,
                because=bearing.because,
                controlled_by=bearing.controlled_by if bearing.caps is not None else None,
            )
            for _place, _rank, bearing, endpoint, finding in bears
        ]
    )


def finding_cap(weighed: Sequence[Weighed]) -> int | None:
    """Return the lowest cap among the findings, or None."""
    return min([item.caps for item in weighed if item.caps is not None], default=None)


def supported_level(weighed: Sequence[Weighed], endpoints: Sequence[ProbedEndpoint]) -> int | None:
    """Return the level findings support: only where every endpoint of that role supports, and then the lowest."""
    best: dict[str, int] = {}
    for item in weighed:
        if item.supports is not None:
            best[item.endpoint] = max(item.supports, best.get(item.endpoint, 0))
    if not best:
        return None
    levels = []
    for role in {endpoint.role for endpoint in endpoints if endpoint.id in best}:
        of_role = [endpoint.id for endpoint in endpoints if endpoint.role == role]
        if all(endpoint in best for endpoint in of_role):
            levels.append(min(best[endpoint] for endpoint in of_role))
    return max(levels, default=None)


def weight_needed(whole: int, scale: Scale) -> int:
    """Return the least weight that is the share of `whole` a level needs."""
    weight = max(0, int((scale.share - ROUNDING) * whole) - 1)
    while weight < whole and weight / whole + ROUNDING < scale.share:
        weight += 1
    return weight


def dimension_level(standings: Sequence[Standing], scale: Scale) -> int:
    """Return the highest level that holds: every gate is there, enough weight is, and nothing lies too far below.

    Each of the three sets a bound of its own, and the lowest bound counts. Nothing standing is at the top.
    """
    at = _weight_at(standings, scale)
    return _level(standings, at, weight_needed(sum(at), scale), scale)


def _weight_at(standings: Sequence[Standing], scale: Scale) -> list[int]:
    """Return the weight that stands at each level."""
    at = [0] * len(scale.levels)
    for _question, level, weight, _gate in standings:
        at[level] += weight
    return at


def _level(standings: Sequence[Standing], at: Sequence[int], needed: int, scale: Scale) -> int:
    bound, slack = len(at) - 1, scale.slack
    for _question, level, _weight, gate in standings:
        allows = level if gate else level + slack
        if allows < bound:  # noqa: PLR1730 -- calling min() for every question is a sixth of a score
            bound = allows
    reached = sum(at[bound:])
    while reached < needed:
        bound -= 1
        reached += at[bound]
    return bound


def read_level(standings: Sequence[Standing], scale: Scale) -> LevelReading:
    """Return the level of a dimension with what holds it there, and its index from 0 to 100."""
    if not standings:
        return LevelReading(level=None, index=0.0, share_reached=0.0, share_needed=scale.share, blockers=())
    at = _weight_at(standings, scale)
    whole, top = sum(at), len(at) - 1
    needed = weight_needed(whole, scale)
    level = _level(standings, at, needed, scale)
    above = min(level + 1, top)
    reached = sum(at[above:])
    points = sum([level * weight for level, weight in enumerate(at)])
    return LevelReading.built(
        level=level,
        index=round(100 * points / whole / top, 1),
        share_reached=round(reached / whole, 4),
        share_needed=scale.share,
        blockers=_blockers(standings, above, reached >= needed, scale) if level < top else (),
    )


def _blockers(standings: Sequence[Standing], level: int, enough: bool, scale: Scale) -> tuple[Blocker, ...]:
    """Return what keeps a dimension from `level`: gates below it, missing weight, questions lying too low."""
    floor = level - scale.slack
    found = []
    for standing in standings:
        if standing.level >= level:
            continue
        if standing.gate:
            found.append(_blocker(standing, "gate", level))
        elif standing.level < floor:
            found.append(_blocker(standing, "floor", level if not enough else floor))
        elif not enough:
            found.append(_blocker(standing, "share", level))
    return tuple(found)


def _blocker(standing: Standing, kind: BlockerKind, needed: int) -> Blocker:
    return Blocker.built(question=standing.question, kind=kind, level=standing.level, needed=needed)
