"""What parts two scorecards of one questionnaire: which levels moved, and whether you, it, a probe or time did that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from assessor.questionnaire.changes import Change, compare
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.scorecard import AnswerState, QuestionScore, Reading, Scorecard

# `answer`: another answer, or none. `evidence`: attached or taken away. `dispute`: a finding counts no more, or again.
# `scope`: asked in one of the two only. `inventory`: scenarios on it show something else. `questionnaire`: another
# version of it. `method`: another way to score. `probe`: something else was seen. `age`: evidence, or the probe behind
# it, is past its age, or is no longer.
Cause = Literal["answer", "evidence", "dispute", "scope", "inventory", "questionnaire", "method", "probe", "age"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
# What scenarios show has codes of its own: nobody probed for it.
SHOWN_BY_SCENARIOS = "scenario."
Presence = Literal["both", "new", "gone"]
Level = int | None


@dataclass(frozen=True)
class Side:
    """One of the two: its questionnaire as the author wrote it, its scorecard, and what the scorecard does not keep.

    `evidence` holds for each question {what a piece of evidence says: whether it is past its age}, `lifted` the codes
    of findings that an accepted dispute took out of the score.
    """

    questionnaire: Questionnaire
    card: Scorecard
    evidence: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    lifted: frozenset[str] = frozenset()

    @cached_property
    def scores(self) -> dict[str, QuestionScore]:
        """The scores by question."""
        return {one.question: one for one in self.card.questions}

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code that bears on any question."""
        return frozenset(item.finding.code for one in self.card.questions for item in one.weighed)


@dataclass(frozen=True)
class LevelMove:
    """A level then and now (None: none is shown); `causes` only where it moved. An empty dimension is the whole."""

    dimension: str
    reading: Reading
    before: Level
    after: Level
    causes: tuple[Cause, ...]

    @property
    def moved(self) -> bool:
        """Whether it is another level now, or is shown in one of the two only."""
        return self.before != self.after


@dataclass(frozen=True)
class QuestionMove:
    """One question that something happened to; pairs are (then, now), None where it was not asked.

    `attached`, `removed`, `expired` and `renewed` count pieces of evidence, `appeared` and `vanished` name codes of
    findings that bear on it; `changed` names the fields in which two versions of the questionnaire differ.
    """

    question: str
    dimension: str
    presence: Presence
    state: tuple[AnswerState | None, AnswerState | None]
    claimed: tuple[Level, Level]
    verified: tuple[Level, Level]
    causes: tuple[Cause, ...]
    attached: int = 0
    removed: int = 0
    expired: int = 0
    renewed: int = 0
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether state or level differ."""
        return any(before != after for before, after in (self.state, self.claimed, self.verified))


@dataclass(frozen=True)
class Movement:
    """All that moved: the whole, each dimension of either side, and every question something happened to."""

    claimed: LevelMove
    verified: LevelMove
    dimensions: tuple[LevelMove, ...]
    questions: tuple[QuestionMove, ...]

    @property
    def still(self) -> bool:
        """Whether nothing at all happened."""
        levels = (self.claimed, self.verified, *self.dimensions)
        return not self.questions and not any(one.moved for one in levels)


def movement(before: Side, after: Side) -> Movement:
    """Return what parts two sides; exchanging them exchanges then and now and nothing else."""
    changes = _changes(before.questionnaire, after.questionnaire)
    ids = sorted({*before.scores, *after.scores})
    found = [one for name in ids if (one := _question(name, before, after, changes.get(name))) is not None]
    dimensions = [
        _dimension(name, reading, before, after, found)
        for name in sorted({one.dimension for side in (before, after) for one in side.card.dimensions})
        for reading in ("claimed", "verified")
    ]
    return Movement(
        claimed=_overall("claimed", before, after, dimensions),
        verified=_overall("verified", before, after, dimensions),
        dimensions=tuple(dimensions),
        questions=tuple(found),
    )


def _changes(before: Questionnaire, after: Questionnaire) -> dict[str, Change]:
    """Return what differs between two versions, by question; nothing where they are the same."""
    if before.content_hash() == after.content_hash():
        return {}
    return {one.question: one for one in compare(before, after) if one.kind != "unchanged"}


def _question(name: str, before: Side, after: Side, change: Change | None) -> QuestionMove | None:
    """Return what happened to a question that either side asks; None where nothing did."""
    old, new = before.scores.get(name), after.scores.get(name)
    one = new or old
    if one is None:
        return None
    was, now = before.evidence.get(name, {}), after.evidence.get(name, {})
    both = was.keys() & now.keys()
    appeared, vanished = _codes(old, new)
    move = QuestionMove(
        question=name,
        dimension=one.dimension,
        presence="new" if old is None else "gone" if new is None else "both",
        state=(old.state if old else None, new.state if new else None),
        claimed=(old.claimed if old else None, new.claimed if new else None),
        verified=(old.verified if old else None, new.verified if new else None),
        causes=(),
        attached=len(now.keys() - was.keys()),
        removed=len(was.keys() - now.keys()),
        expired=sum(now[key] and not was[key] for key in both),
        renewed=sum(was[key] and not now[key] for key in both),
        appeared=appeared,
        vanished=vanished,
        changed=tuple(sorted(change.fields)) if change else (),
    )
    causes = _causes(move, old, new, before, after, change)
    if not causes:
        return None
    return QuestionMove(**{**vars(move), "causes": causes})


def _codes(old: QuestionScore | None, new: QuestionScore | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the codes whose bearing on a question came, and those whose bearing went."""
    was, now = (
        {(item.finding.code, item.supports, item.caps) for item in one.weighed} if one else set() for one in (old, new)
    )
    return tuple(sorted({one[0] for one in now - was})), tuple(sorted({one[0] for one in was - now}))


def _causes(
    move: QuestionMove,
    old: QuestionScore | None,
    new: QuestionScore | None,
    before: Side,
    after: Side,
    change: Change | None,
) -> tuple[Cause, ...]:
    found: set[Cause] = set()
    if change is not None:
        found.add("questionnaire")
    if old is None or new is None:
        # In both versions, yet asked in one alone: the scan was widened, or narrowed.
        return ("questionnaire",) if change is not None and change.kind in {"new", "gone"} else ("scope",)
    if (old.state, old.claimed) != (new.state, new.claimed) and not (change is not None and change.kind == "rebuilt"):
        found.add("answer")
    if move.attached or move.removed:
        found.add("evidence")
    if move.expired or move.renewed:
        found.add("age")
    found |= _seen(move, before, after, change)
    if not found and (old.verified, old.claimed) != (new.verified, new.claimed):
        found.add(_silent(old, new, before, after))
    return tuple(one for one in CAUSES if one in found)


def _seen(move: QuestionMove, before: Side, after: Side, change: Change | None) -> set[Cause]:
    """Return why findings bear on a question otherwise than before."""
    codes = {*move.appeared, *move.vanished}
    lifted = codes & (before.lifted ^ after.lifted)
    if change is not None and "findings" in change.fields:
        # The questionnaire reads findings otherwise: a probe changed only what is seen on one side alone.
        codes &= before.codes ^ after.codes
    found: set[Cause] = {"dispute"} if lifted else set()
    for code in codes - lifted:
        found.add("inventory" if code.startswith(SHOWN_BY_SCENARIOS) else "probe")
    return found


def _silent(old: QuestionScore, new: QuestionScore, before: Side, after: Side) -> Cause:
    """Return what moved a level though nothing said, attached or seen differs."""
    if before.card.method_version != after.card.method_version:
        return "method"
    if before.card.questionnaire_hash != after.card.questionnaire_hash:
        return "questionnaire"
    # The same findings carry less once the probe behind them is too old; else another workload counts now.
    return "age" if old.weighed or new.weighed else "answer"


def _dimension(name: str, reading: Reading, before: Side, after: Side, questions: Sequence[QuestionMove]) -> LevelMove:
    was, now = _shown(before.card, name, reading), _shown(after.card, name, reading)
    own = [one for one in questions if one.dimension == name and len(set(getattr(one, reading))) > 1]
    # A fact that hides questions, or answers that leave the score, move levels of others: every change counts then.
    own = own or [one for one in questions if one.dimension == name]
    return LevelMove(name, reading, was, now, _because(was, now, own, before, after))


def _overall(reading: Reading, before: Side, after: Side, dimensions: Sequence[LevelMove]) -> LevelMove:
    was, now = _shown(before.card, "", reading), _shown(after.card, "", reading)
    own = [one for one in dimensions if one.reading == reading and one.moved]
    return LevelMove("", reading, was, now, _because(was, now, own, before, after))


def _because(
    was: Level, now: Level, parts: Sequence[QuestionMove | LevelMove], before: Side, after: Side
) -> tuple[Cause, ...]:
    if was == now:
        return ()
    found = {cause for one in parts for cause in one.causes}
    if found:
        return tuple(one for one in CAUSES if one in found)
    if before.card.method_version != after.card.method_version:
        return ("method",)
    return ("questionnaire",) if before.card.questionnaire_hash != after.card.questionnaire_hash else ("evidence",)


def _shown(card: Scorecard, dimension: str, reading: Reading) -> Level:
    """Return the level that is printed of a dimension, or of the whole (""); None where none is."""
    if not dimension:
        if card.coverage == 0:
            return None
        if reading == "claimed":
            return card.claimed.level
        return card.verified.level if card.verified_printed else None
    one = next((one for one in card.dimensions if one.dimension == dimension), None)
    if one is None or one.coverage == 0:
        return None
    if reading == "claimed":
        return one.claimed.level
    return one.verified.level if one.verified_printed else None
