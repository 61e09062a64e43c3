"""What an assessment by one questionnaire already says about the dimensions of another; pure, and always "derived".

A derived level is no answer and no evidence: it is computed anew whenever somebody looks, and stored nowhere as either.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from assessor.questionnaire.schema import CrosswalkRow, Dimension, Question, Questionnaire
from assessor.scoring.scorecard import AnswerState, GivenAnswer, QuestionScore, Record, Scope, Scorecard

# `absent`: the version that was answered has no scored question of that id.
RowState = Literal[AnswerState, "absent"]
# Whether a minimum is met as far as the rows say; `not-said` where they leave it open.
DerivedStanding = Literal["met", "not-met", "not-said", "no-minimum"]
MISSING = frozenset({"unknown", "not-asked"})


class DerivedRow(Record):
    """What one question says about one dimension of the other questionnaire.

    `answered` and `verified` are levels of the questionnaire that was answered. `worst` to `best` is what they amount
    to on the other scale (two ends where something is unknown, missing, or was not asked), `proven` what the verified
    level does, and `ceiling` the most this question can show there; all four are None for a row that takes no part.
    `evidenced` tells whether anything beyond a word stands behind the answer. `missing` tells that an answer would say
    more than the row does now. `holds` marks the rows that keep it from higher levels.
    """

    question: str
    state: RowState
    answered: int | None
    verified: int | None
    worst: int | None
    best: int | None
    proven: int | None
    ceiling: int | None
    weight: int
    evidenced: bool
    says: str
    about: tuple[str, ...]
    missing: bool = False
    holds: bool = False


class DerivedLevel(Record):
    """One dimension of the other questionnaire, as far as the answers given say anything about it.

    `worst` to `best` is the derived level on its scale, one level where they are the same; None where nothing is said.
    `verified` is the level that evidence carries, None where less than `evidenced_share` of the weight is evidenced.
    `asked` are the scored questions of the dimension, `covered` those that an answer speaks about, `silent` the others.
    `ceiling` is the most the rows can show together.
    """

    dimension: str
    weight: float
    minimum: int | None
    worst: int | None
    best: int | None
    verified: int | None
    ceiling: int | None
    standing: DerivedStanding
    evidenced_share: float
    rows: tuple[DerivedRow, ...]
    asked: tuple[str, ...]
    covered: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def share(self) -> float:
        """The part of the dimension's questions, 0 to 1, that an answer speaks about."""
        return round(len(self.covered) / len(self.asked), 4) if self.asked else 0.0

    @property
    def is_range(self) -> bool:
        """Whether the derived level has two ends."""
        return self.worst != self.best

    def about(self, question: str) -> tuple[DerivedRow, ...]:
        """Return the rows that speak about one question of the dimension and take part."""
        return tuple(row for row in self.rows if question in row.about and row.worst is not None)


class Derivation(Record):
    """Everything one assessment says about another questionnaire, with the versions of both; marked as derived."""

    questionnaire: str
    questionnaire_version: str
    questionnaire_hash: str
    answered: str
    answered_version: str
    answered_hash: str
    scope: Scope
    dimensions: tuple[DerivedLevel, ...]

    def dimension(self, dimension_id: str) -> DerivedLevel:
        """Return what is said about one dimension; raises KeyError for another."""
        for one in self.dimensions:
            if one.dimension == dimension_id:
                return one
        raise KeyError(dimension_id)

    def count(self, standing: DerivedStanding) -> int:
        """Return how many dimensions stand so."""
        return sum(one.standing == standing for one in self.dimensions)


def derive(
    other: Questionnaire, questionnaire: Questionnaire, card: Scorecard, answers: Mapping[str, GivenAnswer]
) -> Derivation:
    """Return what `card` and `answers`, given to `questionnaire`, already say about `other` by its crosswalk.

    In a dimension the lowest row counts, and so does the lowest workload in a row. What is unknown or was not asked
    spans from the lowest to the highest level its question has. Not applicable and hidden rows take no part.
    """
    return Derivation(
        questionnaire=other.id,
        questionnaire_version=other.version,
        questionnaire_hash=other.content_hash(),
        answered=questionnaire.id,
        answered_version=questionnaire.version,
        answered_hash=questionnaire.content_hash(),
        scope=card.scope,
        dimensions=tuple(_dimension(other, one, questionnaire, card, answers) for one in other.dimensions),
    )


def _dimension(
    other: Questionnaire,
    dimension: Dimension,
    questionnaire: Questionnaire,
    card: Scorecard,
    answers: Mapping[str, GivenAnswer],
) -> DerivedLevel:
    scores = {one.question: one for one in card.questions}
    rows = [
        _row(row, questionnaire.question(row.question), scores.get(row.question), answers.get(row.question))
        for row in other.rows_from(questionnaire.id, dimension.id)
    ]
    said = any(row.state == "answered" for row in rows)
    worst = _lowest(row.worst for row in rows) if said else None
    best = _lowest(row.best for row in rows) if said else None
    share = _evidenced_share(rows)
    printed = said and worst is not None and share >= questionnaire.scale.evidenced_share
    asked = tuple(one.id for one in other.questions if one.dimension == dimension.id and one.scored)
    spoken = {name for row in rows if row.state == "answered" for name in row.about}
    return DerivedLevel(
        dimension=dimension.id,
        weight=dimension.weight,
        minimum=dimension.minimum,
        worst=worst,
        best=best,
        verified=_lowest(row.proven for row in rows) if printed else None,
        ceiling=_lowest(row.ceiling for row in rows),
        standing=_standing(rows, worst, dimension.minimum),
        evidenced_share=share,
        rows=tuple(row.model_copy(update={"holds": _holds(row, best)}) for row in rows),
        asked=asked,
        covered=tuple(one for one in asked if one in spoken),
        silent=tuple(one for one in asked if one not in spoken),
    )


def _lowest(levels: Iterable[int | None]) -> int | None:
    return min((level for level in levels if level is not None), default=None)


def _holds(row: DerivedRow, best: int | None) -> bool:
    return row.best is not None and row.best == best and not row.missing


def _standing(rows: Sequence[DerivedRow], worst: int | None, minimum: int | None) -> DerivedStanding:
    """Return whether the minimum is met; a row that can never show it does not deny it either."""
    if worst is None:
        return "not-said"
    if minimum is None:
        return "no-minimum"
    if worst >= minimum:
        return "met"
    denied = any(row.best is not None and row.ceiling is not None and row.best < minimum <= row.ceiling for row in rows)
    return "not-met" if denied else "not-said"


def _evidenced_share(rows: Sequence[DerivedRow]) -> float:
    part = [row for row in rows if row.worst is not None]
    whole = sum(row.weight for row in part)
    return round(sum(row.weight for row in part if row.evidenced) / whole, 4) if whole else 0.0


def _row(
    row: CrosswalkRow, question: Question | None, score: QuestionScore | None, answer: GivenAnswer | None
) -> DerivedRow:
    if question is None or not question.scored:
        return DerivedRow(
            question=row.question,
            state="absent",
            answered=None,
            verified=None,
            worst=row.levels[0],
            best=row.reaches(len(row.levels)),
            proven=row.levels[0],
            ceiling=row.reaches(len(row.levels)),
            weight=1,
            evidenced=False,
            says=row.says,
            about=row.about,
            missing=_span(row, 0) != _span(row, len(row.levels)),
        )
    state: RowState = score.state if score is not None else "not-asked"
    takes_part = state not in {"not-applicable", "hidden"}
    low, high = _ends(question, score, answer)
    verified = score.verified if score is not None else 0
    return DerivedRow(
        question=row.question,
        state=state,
        answered=score.claimed if score is not None and state == "answered" else None,
        verified=verified,
        worst=row.amounts_to(low) if takes_part else None,
        best=row.reaches(high) if takes_part else None,
        proven=None if verified is None else row.amounts_to(verified),
        ceiling=row.reaches(question.top) if takes_part else None,
        weight=question.weight,
        evidenced=score is not None and score.evidenced and state == "answered",
        says=row.says,
        about=row.about,
        missing=takes_part and _span(row, low) != _span(row, high),
    )


def _span(row: CrosswalkRow, level: int) -> tuple[int, int]:
    return row.amounts_to(level), row.reaches(level)


def _ends(question: Question, score: QuestionScore | None, answer: GivenAnswer | None) -> tuple[int, int]:
    """Return the lowest and the highest level that the answers of all workloads leave open."""
    each = [] if answer is None else [one for one in (answer, *answer.others) if one.state != "not-applicable"]
    if score is None or not each:
        return question.levels[0], question.top
    lows = [question.levels[0] if one.state in MISSING else one.level or 0 for one in each]
    highs = [question.top if one.state in MISSING else one.level or 0 for one in each]
    return min(lows), min(highs)
