"""One section for each dimension: its levels, why it stands there, what holds, and what moves it."""

from assessor.questionnaire.schema import Dimension, Scale
from assessor.reports import labels, sentences
from assessor.reports.answers import Desk
from assessor.reports.because import reasons
from assessor.reports.chapters import tables
from assessor.reports.findings import observations, strengths
from assessor.reports.model import (
    AnswerEntry,
    BlockerRow,
    DimensionSection,
    FindingRow,
    ShownLevel,
    Standing,
)
from assessor.reports.roadmaps import moves_of
from assessor.reports.told import ChapterKind, DrillEntry
from assessor.scoring.scorecard import DimensionScore, LevelReading, Reading

HOLDS_SHOWN = 4


def shown_level(scale: Scale, level: int | None, index: float, *, printed: bool, assessed: bool) -> ShownLevel:
    """Return a level as it is printed, or the reason why none is."""
    standing: Standing = "level"
    if not assessed:
        standing = "not-assessed"
    elif level is None:
        standing = "not-applicable"
    elif not printed:
        standing = "not-verified"
    if standing != "level" or level is None:
        label = labels.standing_label(standing)
        return ShownLevel(standing=standing, level=None, label=label, name="", meaning="", index=index)
    step = scale.levels[level]
    return ShownLevel(
        standing="level",
        level=level,
        label=labels.level_label(level, step.name),
        name=step.name,
        meaning=step.meaning,
        index=index,
    )


def sections(desk: Desk, drills: tuple[DrillEntry, ...] = ()) -> tuple[DimensionSection, ...]:
    """Return a section for each dimension of the questionnaire, in its order."""
    return tuple(_section(desk, one, drills) for one in desk.source.questionnaire.dimensions)


def _section(desk: Desk, dimension: Dimension, drills: tuple[DrillEntry, ...]) -> DimensionSection:
    score = desk.source.scorecard.dimension(dimension.id)
    scale = desk.source.questionnaire.scale
    answers = tuple(
        desk.entries[one.question] for one in desk.source.scorecard.questions if one.dimension == dimension.id
    )
    assessed = score.coverage > 0
    claimed = shown_level(scale, score.claimed.level, score.claimed.index, printed=True, assessed=assessed)
    verified = shown_level(
        scale, score.verified.level, score.verified.index, printed=score.verified_printed, assessed=assessed
    )
    holds = [one.answer for one in answers if one.verified is not None and one.verified * 2 > scale.top]
    blockers = _blockers(desk, score)
    moves = moves_of(desk, dimension.id, score.claimed.blockers) if answers else ()
    found = _findings(answers)
    kind: ChapterKind = dimension.chapter if isinstance(dimension.chapter, str) else ""
    return DimensionSection(
        id=dimension.id,
        title=dimension.title,
        short=dimension.short,
        chapter=bool(dimension.chapter),
        asks=dimension.asks,
        assessed=assessed,
        headline=_headline(desk, dimension, claimed, verified),
        claimed=claimed,
        verified=verified,
        coverage=score.coverage,
        confidence=score.confidence,
        provisional=score.provisional,
        because=_because(score, claimed, verified, scale),
        reasons=reasons(desk, score),
        blockers=blockers,
        holds=tuple(holds[:HOLDS_SHOWN]),
        answers=answers,
        probed=any(one.probe is not None and not one.removed_because for one in desk.source.endpoints),
        findings=found,
        moves=moves,
        minimum=score.minimum,
        minimum_label=sentences.minimum_label(score.minimum, missed=score.below_minimum) if assessed else "",
        kind=kind,
        steps=dimension.levels,
        reached=_reached(answers, scale.top) if assessed else (),
        observations=observations(desk, answers, blockers, moves) if assessed else (),
        strengths=strengths(answers, scale.top),
        tables=tables(desk, kind, answers, found, drills),
    )


def _reached(answers: tuple[AnswerEntry, ...], top: int) -> tuple[float, ...]:
    """Return the share of the applicable weight that is claimed at each level or above, from 0 upward."""
    weighed = [(one.claimed, one.weight) for one in answers if one.claimed is not None and one.weight]
    whole = sum(weight for _level, weight in weighed)
    if not whole:
        return ()
    return tuple(sum(weight for level, weight in weighed if level >= step) / whole for step in range(top + 1))


def _findings(answers: tuple[AnswerEntry, ...]) -> tuple[FindingRow, ...]:
    """Return each finding once, where it weighs most, however many questions it bears on; the lowest cap first."""
    rows: dict[tuple[str, str], FindingRow] = {}
    for row in (row for entry in answers for row in entry.findings):
        told = rows.setdefault((row.endpoint, row.code), row)
        if _heavier(row, told):
            rows[row.endpoint, row.code] = row
    return tuple(sorted(rows.values(), key=lambda row: (row.caps is None, row.caps or 0, row.code)))


def _heavier(row: FindingRow, other: FindingRow) -> bool:
    """Return whether a row caps lower than the other."""
    return row.caps is not None and (other.caps is None or row.caps < other.caps)


def _headline(desk: Desk, dimension: Dimension, claimed: ShownLevel, verified: ShownLevel) -> str:
    if claimed.standing != "level" or claimed.level is None:
        return f"{dimension.title}: {claimed.label[:1].lower()}{claimed.label[1:]}"
    own = [one for one in desk.source.scorecard.questions if one.dimension == dimension.id]
    return sentences.dimension_headline(
        dimension.title,
        labels.level_only(claimed.level),
        contradicted=sum(one.contradicted for one in own),
        unknown=sum(one.state == "unknown" for one in own),
        unasked=sum(one.state == "not-asked" for one in own),
        verified=sentences.verified_clause(verified.level, claimed.level),
    )


def _because(score: DimensionScore, claimed: ShownLevel, verified: ShownLevel, scale: Scale) -> tuple[str, ...]:
    if claimed.standing != "level" or claimed.level is None:
        return ()
    lines = [sentences.level_reason("claimed", claimed.level, score.claimed.share_reached, score.claimed, scale.top)]
    if verified.level is None:
        lines.append(sentences.not_verified(score.confidence, scale.evidenced_share))
    else:
        lines.append(
            sentences.level_reason("verified", verified.level, score.verified.share_reached, score.verified, scale.top)
        )
    if score.coverage < scale.coverage:
        lines.append(sentences.low_coverage(score.coverage, scale.coverage))
    elif score.provisional:
        lines.append(sentences.much_set_aside(scale.not_applicable_share))
    best = score.best_if_unknown_known
    if best is not None and best > claimed.level:
        lines.append(sentences.best_case(best))
    return tuple(lines)


def _blockers(desk: Desk, score: DimensionScore) -> tuple[BlockerRow, ...]:
    readings: tuple[tuple[Reading, LevelReading], ...] = (("claimed", score.claimed), ("verified", score.verified))
    rows: dict[str, BlockerRow] = {}
    for reading, level in readings:
        for blocker in level.blockers:
            entry = desk.entries[blocker.question]
            row = BlockerRow(
                reading=reading,
                kind=blocker.kind,
                question=entry.id,
                number=entry.number,
                title=entry.title,
                text=entry.text,
                sentence=sentences.blocker_sentence(blocker, level.share_reached, level.share_needed),
            )
            # A question that blocks both readings is named once, for the claim.
            rows.setdefault(entry.id, row)
    return tuple(rows.values())
