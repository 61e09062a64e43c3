"""The sandbox: what would follow if some answers were others; nothing is kept."""

from collections.abc import Mapping, Sequence

from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.roadmap import Roadmap, roadmap
from assessor.scoring.score import score
from assessor.scoring.scorecard import (
    AnswerState,
    AnswerValue,
    Blocker,
    GivenAnswer,
    ProbedEndpoint,
    Reading,
    Record,
    Scope,
    Scorecard,
)

READINGS: tuple[Reading, ...] = ("claimed", "verified")


class Change(Record):
    """What a question would be answered instead: a level, or a value that has one, or why there is none."""

    state: AnswerState
    level: int | None = None
    value: AnswerValue = None


class HeldBack(Record):
    """A blocker with the dimension and the reading in which it holds the next level back."""

    dimension: str
    reading: Reading
    blocker: Blocker


class Shift(Record):
    """A level before and after; `dimension` is "" for the whole, a level None where nothing applies.

    Each pair is (before, after). `index` is the claimed one, 0 to 100.
    """

    dimension: str
    claimed: tuple[int | None, int | None]
    verified: tuple[int | None, int | None]
    index: tuple[float, float]

    @property
    def moved(self) -> bool:
        """Whether a level is another one than before."""
        return self.claimed[0] != self.claimed[1] or self.verified[0] != self.verified[1]


class Comparison(Record):
    """What the changes do: levels before and after, blockers that go and come, the roadmaps afterwards.

    `changed` are the questions whose answer is really another one than before.
    """

    changed: tuple[str, ...]
    before: Scorecard
    after: Scorecard
    overall: Shift
    dimensions: tuple[Shift, ...]
    vanished: tuple[HeldBack, ...]
    appeared: tuple[HeldBack, ...]
    roadmaps: tuple[Roadmap, ...]


def what_if(
    questionnaire: Questionnaire,
    answers: Mapping[str, GivenAnswer],
    endpoints: Sequence[ProbedEndpoint],
    scope: Scope,
    changes: Mapping[str, Change],
    targets: Mapping[str, int] | None = None,
    profile: str = "",
) -> Comparison:
    """Score the assessment as it is and as it would be with `changes` (question id to change).

    A changed answer keeps its evidence, which is bound to the level it was given for and carries no higher one, and
    the answers of other workloads, of which the lowest still counts. Changes to questions outside the scope are
    ignored; raises KeyError for a level that a question does not have.
    """
    asked = {question.id for question in questionnaire.asked(scope)}
    given = dict(answers)
    for question, change in changes.items():
        if question in asked:
            given[question] = _changed(answers.get(question), question, change)
    before = score(questionnaire, answers, endpoints, scope, profile)
    after = score(questionnaire, given, endpoints, scope, profile)
    held_before, held_after = _held_back(before), _held_back(after)
    return Comparison.built(
        changed=tuple(one for one in given if given[one] != answers.get(one, _not_asked(one))),
        before=before,
        after=after,
        overall=Shift(
            dimension="",
            claimed=(before.claimed.level, after.claimed.level),
            verified=(before.verified.level, after.verified.level),
            index=(before.claimed.index, after.claimed.index),
        ),
        dimensions=tuple(
            Shift(
                dimension=old.dimension,
                claimed=(old.claimed.level, new.claimed.level),
                verified=(old.verified.level, new.verified.level),
                index=(old.claimed.index, new.claimed.index),
            )
            for old, new in zip(before.dimensions, after.dimensions, strict=True)
        ),
        vanished=tuple(one for key, one in held_before.items() if key not in held_after),
        appeared=tuple(one for key, one in held_after.items() if key not in held_before),
        roadmaps=tuple(roadmap(questionnaire, after, reading, targets) for reading in READINGS),
    )


def _not_asked(question: str) -> GivenAnswer:
    return GivenAnswer(question=question, state="not-asked")


def _changed(answer: GivenAnswer | None, question: str, change: Change) -> GivenAnswer:
    said = {"state": change.state, "level": change.level, "value": change.value}
    return (answer or _not_asked(question)).model_copy(update=said)


def _held_back(card: Scorecard) -> dict[tuple[str, str, str, str], HeldBack]:
    """Return every blocker by reading, dimension, question and kind: at whatever level, it is the same one."""
    return {
        (reading, one.dimension, blocker.question, blocker.kind): HeldBack(
            dimension=one.dimension, reading=reading, blocker=blocker
        )
        for one in card.dimensions
        for reading in READINGS
        for blocker in (one.claimed if reading == "claimed" else one.verified).blockers
    }
