"""From answers and findings to a scorecard; pure, and the same for the same input."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from assessor.evidence import Tier
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring import roadmap, rules
from assessor.scoring.rules import Standing
from assessor.scoring.scorecard import (
    DimensionScore,
    GivenAnswer,
    Overall,
    ProbedEndpoint,
    QuestionScore,
    Scope,
    Scorecard,
    Switch,
)

Read = Callable[[QuestionScore], int | None]


def score(
    questionnaire: Questionnaire,
    answers: Mapping[str, GivenAnswer],
    endpoints: Sequence[ProbedEndpoint] = (),
    scope: Scope = "full",
) -> Scorecard:
    """Score an assessment.

    `answers` are keyed by question id; a question without one is "not asked yet" and scores 0. Answers to questions
    outside the scope are ignored. Raises KeyError for an answer at a level that its question does not have.
    """
    asked = questionnaire.asked(scope)
    scale = questionnaire.scale
    scores = tuple(_question(questionnaire, question, answers.get(question.id), endpoints) for question in asked)
    claimed = _standings(questionnaire, scores, asked, lambda one: one.claimed)
    verified = _standings(questionnaire, scores, asked, lambda one: one.verified)
    best = _standings(questionnaire, scores, asked, lambda one: scale.top if one.state == "unknown" else one.claimed)
    dimensions = tuple(
        _dimension(questionnaire, dimension.id, scores, claimed, verified, best)
        for dimension in questionnaire.dimensions
    )
    overall_claimed = _overall(dimensions, "claimed")
    overall_verified = _overall(dimensions, "verified")
    coverage, confidence = _coverage(scores), _confidence(scores)
    best_levels = [one.best_if_unknown_known for one in dimensions if one.best_if_unknown_known is not None]
    return Scorecard(
        method_version=rules.METHOD_VERSION,
        questionnaire=questionnaire.id,
        questionnaire_version=questionnaire.version,
        questionnaire_hash=questionnaire.content_hash(),
        scope=scope,
        indicative=scope == "quick",
        questions=scores,
        dimensions=dimensions,
        claimed=overall_claimed,
        verified=overall_verified,
        verified_printed=confidence >= scale.evidenced_share,
        best_if_unknown_known=min(best_levels, default=0),
        coverage=coverage,
        confidence=confidence,
        provisional=coverage < scale.coverage or any(one.provisional for one in dimensions),
        next_moves=roadmap.next_level(questionnaire, scores, claimed, overall_claimed.level, "claimed"),
        next_proofs=roadmap.next_level(questionnaire, scores, verified, overall_verified.level, "verified"),
        switches=_switches(asked, scores),
        not_known=tuple(one.question for one in scores if one.state == "unknown"),
    )


def _question(
    questionnaire: Questionnaire,
    question: Question,
    answer: GivenAnswer | None,
    endpoints: Sequence[ProbedEndpoint],
) -> QuestionScore:
    scale = questionnaire.scale
    state = answer.state if answer else "not-asked"
    proofs = answer.proofs if answer else ()
    tier = max((proof.tier for proof in proofs), key=lambda one: one.rank, default=Tier.DECLARED)
    claimed: int | None = 0
    if answer and state == "answered":
        claimed = answer.level
        if claimed is None or question.choice(claimed) is None:
            raise KeyError(f"{question.id} has no choice at level {claimed}")
    elif state == "not-applicable":
        claimed = None
    weighed = rules.weigh(question, endpoints)
    cap = rules.finding_cap(weighed)
    supported = rules.supported_level(weighed, endpoints)
    carries = rules.carried_level(proofs, question.proof, scale)
    if supported is not None:
        shown = Tier.DOCUMENTED if any(endpoint.stale for endpoint in endpoints) else Tier.OBSERVED
        seen = min(supported, rules.evidence_cap(shown, question.proof, scale))
        carries = max(carries, seen)
    verified: int | None
    if claimed is None:
        verified = None if cap is None else 0
    else:
        verified = min(claimed, carries, scale.top if cap is None else cap)
    asked = state != "not-asked"
    evidenced = asked and ((claimed or 0) <= scale.needs_no_proof or tier is not Tier.DECLARED or supported is not None)
    return QuestionScore(
        question=question.id,
        dimension=question.dimension,
        weight=question.weight,
        gate=question.gate,
        state=state,
        tier=tier,
        claimed=claimed,
        verified=verified,
        evidence_cap=carries,
        finding_cap=cap,
        supported=supported,
        evidenced=evidenced,
        weighed=weighed,
    )


def _standings(
    questionnaire: Questionnaire, scores: Sequence[QuestionScore], asked: Sequence[Question], read: Read
) -> dict[str, list[Standing]]:
    standings: dict[str, list[Standing]] = {dimension.id: [] for dimension in questionnaire.dimensions}
    for one, question in zip(scores, asked, strict=True):
        level = read(one)
        if level is not None:
            counted = rules.standing_level(question, level, questionnaire.scale)
            standings[one.dimension].append(Standing(one.question, counted, one.weight, one.gate))
    return standings


def _dimension(
    questionnaire: Questionnaire,
    dimension: str,
    scores: Sequence[QuestionScore],
    claimed: Mapping[str, list[Standing]],
    verified: Mapping[str, list[Standing]],
    best: Mapping[str, list[Standing]],
) -> DimensionScore:
    scale = questionnaire.scale
    own = [one for one in scores if one.dimension == dimension]
    weight = sum(one.weight for one in own)
    left_out = sum(one.weight for one in own if one.claimed is None)
    confidence, coverage = _confidence(own), _coverage(own)
    return DimensionScore(
        dimension=dimension,
        claimed=rules.read_level(claimed[dimension], scale),
        verified=rules.read_level(verified[dimension], scale),
        verified_printed=confidence >= scale.evidenced_share,
        best_if_unknown_known=rules.read_level(best[dimension], scale).level,
        coverage=coverage,
        confidence=confidence,
        provisional=coverage < scale.coverage or (weight > 0 and left_out / weight > scale.not_applicable_share),
    )


def _overall(dimensions: Sequence[DimensionScore], reading: str) -> Overall:
    read = {one.dimension: one.claimed if reading == "claimed" else one.verified for one in dimensions}
    levels = {dimension: one.level for dimension, one in read.items() if one.level is not None}
    lowest = min(levels.values(), default=0)
    indexes = [one.index for one in read.values() if one.level is not None]
    return Overall(
        level=lowest,
        held_by=tuple(dimension for dimension, level in levels.items() if level == lowest),
        index=round(sum(indexes) / len(indexes), 1) if indexes else 0.0,
    )


def _coverage(scores: Sequence[QuestionScore]) -> float:
    weight = sum(one.weight for one in scores)
    return round(sum(one.weight for one in scores if one.state != "not-asked") / weight, 4) if weight else 0.0


def _confidence(scores: Sequence[QuestionScore]) -> float:
    applicable = [one for one in scores if one.claimed is not None]
    weight = sum(one.weight for one in applicable)
    return round(sum(one.weight for one in applicable if one.evidenced) / weight, 4) if weight else 0.0


def _switches(asked: Sequence[Question], scores: Sequence[QuestionScore]) -> tuple[Switch, ...]:
    """Collect who can act today: by the rung chosen (said) and by findings (seen)."""
    switches: dict[tuple[str, str, str], Switch] = {}
    for question, one in zip(asked, scores, strict=True):
        choice = question.choice(one.claimed) if one.state == "answered" and one.claimed is not None else None
        for control in choice.controlled_by if choice else ():
            switch = Switch(party=control.party, by=control.by, known="said", question=question.id)
            switches.setdefault((control.party, control.by, "said"), switch)
        for item in one.weighed:
            for bearing in question.findings:
                if item.caps is not None and bearing.caps == item.caps and item.finding.is_under(bearing.code):
                    control_seen = bearing.controlled_by
                    if control_seen is not None:
                        switch = Switch(
                            party=control_seen.party,
                            by=control_seen.by,
                            known="seen",
                            question=question.id,
                            endpoint=item.endpoint,
                        )
                        switches.setdefault((control_seen.party, control_seen.by, "seen"), switch)
    acts = Counter(switch.party for switch in switches.values())
    seen = {switch.party for switch in switches.values() if switch.known == "seen"}
    # Whom a probe saw comes first, then who can act in most ways.
    order = sorted(
        switches.values(),
        key=lambda one: (one.party not in seen, -acts[one.party], one.party, one.known != "seen"),
    )
    return tuple(order)
