"""From answers and findings to a scorecard; pure, and the same for the same input."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Literal

from assessor.evidence import Tier
from assessor.questionnaire.schema import Control, Dimension, Question, Questionnaire, Scale
from assessor.scoring import rules
from assessor.scoring.rules import Standing
from assessor.scoring.scorecard import (
    DimensionScore,
    GivenAnswer,
    LevelReading,
    Overall,
    ProbedEndpoint,
    QuestionScore,
    Scope,
    Scorecard,
    Switch,
)
from assessor.scoring.visibility import hidden_questions

_rank = attrgetter("rank")
# In Python 3.11 each look-up of a member by name costs as much as a call.
_DECLARED = Tier.DECLARED


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
    seen = rules.sightings(endpoints)
    scores = tuple(
        _hidden(question)
        if question.id in hidden
        else _lowest(questionnaire, question, answers.get(question.id), endpoints, seen)
        for question in asked
    )
    claimed = _standings(questionnaire, asked, [one.claimed for one in scores])
    verified = _standings(questionnaire, asked, [one.verified for one in scores])
    read = {name: rules.read_level(standings, scale) for name, standings in claimed.items()}
    worst, best = (_if_known(questionnaire, asked, scores, answers, read, end) for end in (0, -1))
    by_dimension: dict[str, list[QuestionScore]] = {dimension.id: [] for dimension in questionnaire.dimensions}
    for one in scores:
        by_dimension[one.dimension].append(one)
    weights = {name: _Weights(own) for name, own in by_dimension.items()}
    dimensions = tuple(
        _dimension(scale, dimension, weights[name], read[name], verified[name], (worst[name], best[name]))
        for dimension in questionnaire.dimensions
        if (name := dimension.id)
    )
    overall_claimed = _overall(questionnaire, dimensions, "claimed")
    overall_verified = _overall(questionnaire, dimensions, "verified")
    whole = _Weights.of(weights.values())
    coverage, confidence = whole.coverage, whole.confidence
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
        worst_if_unknown_known=min((level for level in worst.values() if level is not None), default=0),
        best_if_unknown_known=min((level for level in best.values() if level is not None), default=0),
        coverage=coverage,
        confidence=confidence,
        provisional=coverage < scale.coverage or any(one.provisional for one in dimensions),
        switches=_switches(asked, scores, answers),
        not_known=tuple(one.question for one in scores if one.state == "unknown" and one.claimed is not None),
    )


def _if_known(
    questionnaire: Questionnaire,
    asked: Sequence[Question],
    scores: Sequence[QuestionScore],
    answers: Mapping[str, GivenAnswer],
    read: Mapping[str, LevelReading],
    end: Literal[0, -1],
) -> dict[str, int | None]:
    """Return the claimed level of each dimension if every unknown answer turned out worst (0) or best (-1)."""
    if not any(one.state == "unknown" for one in scores):
        return {dimension: claimed.level for dimension, claimed in read.items()}
    levels = [
        min(one.levels[end] if said.state == "unknown" else said.level or 0 for said in _each(answers[one.id]))
        if score.state == "unknown" and one.levels
        else score.claimed
        for one, score in zip(asked, scores, strict=True)
    ]
    return {
        dimension: rules.dimension_level(standings, questionnaire.scale) if standings else None
        for dimension, standings in _standings(questionnaire, asked, levels).items()
    }


def _each(answer: GivenAnswer) -> list[GivenAnswer]:
    """Return the answers of the workloads that the question applies to."""
    return [one for one in (answer, *answer.others) if one.state != "not-applicable"]


def _hidden(question: Question) -> QuestionScore:
    """Score a question that a known fact makes pointless: it takes no part, and says so."""
    return QuestionScore.built(
        question=question.id,
        dimension=question.dimension,
        weight=question.weight,
        gate=question.gate,
        state="hidden",
        tier=_DECLARED,
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
    seen: rules.Sightings,
) -> QuestionScore:
    """Score a question; where the critical workloads were asked one by one, the lowest of them counts."""
    if answer is None or not answer.others:
        return _question(questionnaire, question, answer, endpoints, seen)
    each = [_question(questionnaire, question, one, endpoints, seen) for one in (answer, *answer.others)]
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
    seen: rules.Sightings,
) -> QuestionScore:
    scale = questionnaire.scale
    state = answer.state if answer else "not-asked"
    proofs = answer.proofs if answer else ()
    tier = _DECLARED
    if proofs:
        tier = proofs[0].tier if len(proofs) == 1 else max([proof.tier for proof in proofs], key=_rank)
    claimed: int | None = 0
    if not question.scored:
        claimed = None
    elif answer and state == "answered":
        claimed = answer.level
        if claimed is None or claimed not in question.levels:
            raise KeyError(f"{question.id} has no choice at level {claimed}")
    elif state == "not-applicable":
        claimed = None
    weighed = rules.weigh(question, seen)
    cap = rules.finding_cap(weighed) if weighed else None
    supported = rules.supported_level(weighed, endpoints) if weighed else None
    carries = rules.carried_level(proofs, question.proof, scale)
    if supported is not None:
        weak = any(endpoint.stale or endpoint.unsigned for endpoint in endpoints)
        shown = Tier.DOCUMENTED if weak else Tier.OBSERVED
        carries = max(carries, min(supported, rules.evidence_cap(shown, question.proof, scale)))
    verified: int | None
    if claimed is None:
        verified = None if cap is None else 0
    else:
        verified = min(claimed, carries) if cap is None else min(claimed, carries, cap)
    asked = state != "not-asked"
    evidenced = asked and ((claimed or 0) <= scale.needs_no_proof or tier is not _DECLARED or supported is not None)
    return QuestionScore.built(
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
    questionnaire: Questionnaire, asked: Sequence[Question], levels: Sequence[int | None]
) -> dict[str, list[Standing]]:
    """Return what the level rule reads, by dimension, from the level of each question asked (None: takes no part)."""
    top = questionnaire.scale.top
    standings: dict[str, list[Standing]] = {dimension.id: [] for dimension in questionnaire.dimensions}
    for question, level in zip(asked, levels, strict=True):
        if level is not None:
            counted = rules.standing_level(question, level, top)
            standings[question.dimension].append(Standing(question.id, counted, question.weight, question.gate))
    return standings


def _dimension(
    scale: Scale,
    dimension: Dimension,
    weights: "_Weights",
    claimed: LevelReading,
    verified: Sequence[Standing],
    if_known: tuple[int | None, int | None],
) -> DimensionScore:
    coverage, confidence = weights.coverage, weights.confidence
    return DimensionScore.built(
        dimension=dimension.id,
        claimed=claimed,
        verified=rules.read_level(verified, scale),
        verified_printed=confidence >= scale.evidenced_share,
        worst_if_unknown_known=if_known[0],
        best_if_unknown_known=if_known[1],
        coverage=coverage,
        confidence=confidence,
        provisional=coverage < scale.coverage or weights.left_out > scale.not_applicable_share,
        minimum=dimension.minimum,
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


class _Weights:
    """The weights behind coverage, confidence and what was left out, added up in one pass."""

    def __init__(self, scores: Sequence[QuestionScore]) -> None:
        self.whole = self.asked = self.answered = self.applicable = self.evidenced = 0
        for one in scores:
            weight, state = one.weight, one.state
            self.whole += weight
            if state != "hidden":
                self.asked += weight
                if state != "not-asked":
                    self.answered += weight
            if one.claimed is not None:
                self.applicable += weight
                if one.evidenced:
                    self.evidenced += weight

    @classmethod
    def of(cls, parts: Iterable["_Weights"]) -> "_Weights":
        """Return the weights of all parts together."""
        sums = cls(())
        for part in parts:
            sums.whole += part.whole
            sums.asked += part.asked
            sums.answered += part.answered
            sums.applicable += part.applicable
            sums.evidenced += part.evidenced
        return sums

    @property
    def coverage(self) -> float:
        """The part answered, of what is asked."""
        return round(self.answered / self.asked, 4) if self.asked else 0.0

    @property
    def confidence(self) -> float:
        """The part evidenced, of what applies."""
        return round(self.evidenced / self.applicable, 4) if self.applicable else 0.0

    @property
    def left_out(self) -> float:
        """The part that does not apply or is hidden."""
        return (self.whole - self.applicable) / self.whole if self.whole else 0.0


def _said_controls(question: Question, one: QuestionScore, answer: GivenAnswer | None) -> tuple[Control, ...]:
    if one.state != "answered" or one.claimed is None or answer is None:
        return ()
    said = answer
    if answer.others:
        said = next((given for given in (answer, *answer.others) if given.level == one.claimed), answer)
    return question.controls(one.claimed, said.value if isinstance(said.value, tuple) else ())


def _switches(
    asked: Sequence[Question], scores: Sequence[QuestionScore], answers: Mapping[str, GivenAnswer]
) -> tuple[Switch, ...]:
    """Collect who can act today: by the rung chosen (said) and by findings (seen)."""
    switches: dict[tuple[str, str, str], Switch] = {}
    for question, one in zip(asked, scores, strict=True):
        for control in _said_controls(question, one, answers.get(question.id)):
            key = (control.party, control.by, "said")
            if key not in switches:
                switches[key] = Switch.built(
                    party=control.party, by=control.by, known="said", question=question.id, endpoint=""
                )
        for item in one.weighed:
            if (act := item.controlled_by) is not None and (key := (act.party, act.by, "seen")) not in switches:
                switches[key] = Switch.built(
                    party=act.party, by=act.by, known="seen", question=question.id, endpoint=item.endpoint
                )
    acts = Counter(switch.party for switch in switches.values())
    seen = {switch.party for switch in switches.values() if switch.known == "seen"}
    # Whom a probe saw comes first, then who can act in most ways.
    order = sorted(
        switches.values(),
        key=lambda one: (one.party not in seen, -acts[one.party], one.party, one.known != "seen"),
    )
    return tuple(order)
