"""From the evidence behind one answer to the proofs a score reads: a failed test holds the answer at the lower rung."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assessor.questionnaire.schema import Question
from assessor.scoring.scorecard import Proof
from assessor.scoring.tiers import TESTS, EvidenceFacts, derive_tier, missing_for_tier


@dataclass(frozen=True)
class Attached:
    """A piece of evidence with the level of the choice it was given for."""

    facts: EvidenceFacts
    level: int


def lower_rung(question: Question, level: int) -> int:
    """Return the level below `level` that the question has; its lowest where there is none."""
    return max((one for one in question.levels if one < level), default=min(question.levels, default=0))


def proven_level(question: Question, one: Attached) -> int:
    """Return the level a piece of evidence speaks for: a failed test proves the rung below its choice."""
    return lower_rung(question, one.level) if one.facts.failed else one.level


def failed_last(question: Question, attached: Sequence[Attached]) -> Attached | None:
    """Return the complete record of a failed test that no passed one of the same day or later has made good."""
    tests = [
        one
        for one in attached
        if one.facts.kind in TESTS and not missing_for_tier(one.facts, question.proves_at(one.level))
    ]
    passed = max((one.facts.taken_on for one in tests if one.facts.passed and one.facts.taken_on), default=None)
    failed = [
        one
        for one in tests
        if one.facts.failed and one.facts.taken_on and (passed is None or one.facts.taken_on > passed)
    ]
    return min(failed, key=lambda one: one.level, default=None)


def weigh(question: Question, attached: Sequence[Attached], today: date) -> tuple[Proof, ...]:
    """Return the proofs that evidence earns on `today`.

    No document carries an answer past the rung at which a later test failed: the test is the better witness.
    """
    failed = failed_last(question, attached)
    most = None if failed is None else proven_level(question, failed)
    proofs = []
    for one in attached:
        level = proven_level(question, one)
        proofs.append(
            # Built from our own records: checked again for every page it would only cost time.
            Proof.model_construct(
                tier=derive_tier(one.facts, today, question.proves_at(one.level)),
                level=level if most is None else min(level, most),
            )
        )
    return tuple(proofs)
