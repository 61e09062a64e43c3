"""From answers and findings to a scorecard; pure, and the same for the same input."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from assessor.evidence import Tier
from assessor.questionnaire.schema import Control, Question, Questionnaire
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
from assessor.scoring.visibility import hidden_questions

Read = Callable[[QuestionScore], int | None]


def score(
    questionnaire: Questionnaire,
    answers: Mapping[str, GivenAnswer],
    endpoints: Sequence[ProbedEndpoint] = (),
    scope: Scope = "full",
    profile: str = "",
) -> Scorecard:
    """Score an assessment.

    `answers` are keyed by question id; a question without one is "not asked yet" and scores 0. Answers to questions
    outside the scope are ignored. `profile` is the kind of organisation, which some questions are asked of only.
    Raises KeyError for an answer at a level that its question does not have.
    """
    asked = questionnaire.asked(scope)
    scale = questionnaire.scale
    hidden = hidden_questions(questionnaire, asked, answers, endpoints, profile)
    scores = tuple(
        _hidden(question)
        if question.id in hidden
        else _lowest(questionnaire, question, answers.get(question.id), endpoints)
        for question in asked
    )
    claimed = _standings(questionnaire, scores, asked, lambda one: one.claimed)
    verified = _standings(questionnaire, scores, asked, lambda one: one.verified)
    best = _standings(questionnaire, scores, asked, lambda one: _at_best(one, scale.top))
    dimensions = tuple(
        _dimension(questionnaire, dimension.id, scores, claimed, verified, best)
        for dimension in questionnaire.dimensions
    )
    overall_claimed = _overall(questionnaire, dimensions, "claimed")
    overall_verified = _overall(questionnaire, dimensions, "verified")
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
        switches=_switches(asked, scores, answers),
        not_known=tuple(one.question for one in scores if one.state == "unknown" and one.claimed is not None),
    )


def _at_best(one: QuestionScore, top: int) -> int | None:
    return top if one.state == "unknown" and one.claimed is not None else one.claimed


def _hidden(question: Question) -> QuestionScore:
    """Score a question that a known fact makes pointless: it takes no part, and says so."""
    return QuestionScore(
        question=question.id,
        dimension=question.dimension,
        weight=question.weight,
        gate=question.gate,
        state="hidden",
        tier=Tier.DECLARED,
        claimed=None,
        verified=None,
        evidence_cap=0,
        finding_cap=None,
        supported=None,
        evidenced=True,
        weighed=(),
    )


def _lowest(
    questionnaire: Questionnaire,
    question: Question,
    answer: GivenAnswer | None,
    endpoints: Sequence[ProbedEndpoint],
) -> QuestionScore:
    """Score a question; where the critical workloads were asked one by one, the lowest of them counts."""
    if answer is None or not answer.others:
        return _question(questionnaire, question, answer, endpoints)
    each = [_question(questionnaire, question, one, endpoints) for one in (answer, *answer.others)]
    lowest = min(each, key=lambda one: questionnaire.scale.top + 1 if one.claimed is None else one.claimed)
    verified = [one.verified for one in each if one.verified is not None]
    return lowest.model_copy(
        update={
            "verified": min(verified, default=None),
            "evidenced": all(one.evidenced for one in each),
            "tier": min((one.tier for one in each), key=lambda tier: tier.rank),
            "evidence_cap": min(one.evidence_cap for one in each),
        }
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
    if not question.scored:
        claimed = None
    elif answer and state == "answered":
        claimed = answer.level
        if claimed is None or claimed not in question.levels:
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
        minimum=next(one.minimum for one in questionnaire.dimensions if one.id == dimension),
    )


def _overall(questionnaire: Questionnaire, dimensions: Sequence[DimensionScore], reading: str) -> Overall:
    read = {one.dimension: one.claimed if reading == "claimed" else one.verified for one in dimensions}
    levels = {dimension: one.level for dimension, one in read.items() if one.level is not None}
    lowest = min(levels.values(), default=0)
    weights = {one.id: one.weight for one in questionnaire.dimensions if levels.get(one.id) is not None}
    index = sum(read[dimension].index * weight for dimension, weight in weights.items())
    return Overall(
        level=lowest,
        held_by=tuple(dimension for dimension, level in levels.items() if level == lowest),
        index=round(index / sum(weights.values()), 1) if weights else 0.0,
    )


def _coverage(scores: Sequence[QuestionScore]) -> float:
    asked = [one for one in scores if one.state != "hidden"]
    weight = sum(one.weight for one in asked)
    return round(sum(one.weight for one in asked if one.state != "not-asked") / weight, 4) if weight else 0.0


def _confidence(scores: Sequence[QuestionScore]) -> float:
    applicable = [one for one in scores if one.claimed is not None]
    weight = sum(one.weight for one in applicable)
    return round(sum(one.weight for one in applicable if one.evidenced) / weight, 4) if weight else 0.0


def _said_controls(question: Question, one: QuestionScore, answer: GivenAnswer | None) -> tuple[Control, ...]:
    if one.state != "answered" or one.claimed is None or answer is None:
        return ()
    said = next((given for given in (answer, *answer.others) if given.level == one.claimed), answer)
    return question.controls(one.claimed, said.value if isinstance(said.value, tuple) else ())


def _switches(
    asked: Sequence[Question], scores: Sequence[QuestionScore], answers: Mapping[str, GivenAnswer]
) -> tuple[Switch, ...]:
    """Collect who can act today: by the rung chosen (said) and by findings (seen)."""
    switches: dict[tuple[str, str, str], Switch] = {}
    for question, one in zip(asked, scores, strict=True):
        for control in _said_controls(question, one, answers.get(question.id)):
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
