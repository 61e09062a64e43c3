"""The findings of a dimension: observation, implication, recommendation, evidence; and what holds in it."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from assessor.reports import labels
from assessor.reports.answers import SCENARIOS, Desk
from assessor.reports.model import AnswerEntry, BlockerRow, FindingRow
from assessor.reports.planned import MoveRow
from assessor.reports.text import first_sentence, shorten
from assessor.reports.told import HoldRow, Observation
from assessor.scoring.lift import effort

SHOWN = 10
HOLDS_SHOWN = 4
LONG = 260
DESCRIPTION, PLACE = 140, 60


def observations(
    desk: Desk, answers: tuple[AnswerEntry, ...], blockers: tuple[BlockerRow, ...], moves: tuple[MoveRow, ...]
) -> tuple[Observation, ...]:
    """Return a finding for each answer that is contradicted, unknown or in the way of a level; the heaviest first."""
    held = {one.question: one for one in blockers}
    steps = {one.question: one for one in moves}
    chosen = [one for one in answers if one.contradicted or one.state == "unknown" or one.id in held]
    chosen.sort(key=lambda one: (not one.contradicted, one.state != "unknown", not one.gate))
    return tuple(_observation(desk, one, held.get(one.id), steps) for one in chosen[:SHOWN])


def _observation(
    desk: Desk, entry: AnswerEntry, blocker: BlockerRow | None, moves: Mapping[str, MoveRow]
) -> Observation:
    seen = min((one for one in entry.findings if one.caps is not None), key=lambda one: one.caps or 0, default=None)
    seen = seen if entry.contradicted else None
    return Observation(
        question=entry.id,
        number=entry.number,
        title=entry.title,
        mark=_mark(entry, blocker),
        observation=_observed(entry, seen, blocker),
        implication=seen.because if seen else first_sentence(entry.event or entry.why, LONG),
        recommendation=_recommended(desk, entry, moves.get(entry.id)),
        evidence=_evidence(entry, seen),
    )


def _mark(entry: AnswerEntry, blocker: BlockerRow | None) -> str:
    if entry.contradicted:
        return _("contradicted")
    if entry.state == "unknown":
        return _("not known")
    if blocker is not None and blocker.reading == "verified":
        return _("not shown")
    return _("gate") if entry.gate else _("holds back")


def _observed(entry: AnswerEntry, seen: FindingRow | None, blocker: BlockerRow | None) -> str:
    if seen is not None:
        return _("Said, level {level}: {said} Seen at {place}: {seen}.").format(
            level=entry.claimed_label,
            said=first_sentence(entry.answer, LONG),
            place=seen.endpoint_name,
            seen=seen.title,
        )
    if entry.state == "unknown":
        return _("Nobody asked could answer.")
    if entry.state == "not-asked":
        return _("Not assessed: this was not answered yet.")
    said = first_sentence(entry.answer, LONG)
    if blocker is not None and blocker.reading == "verified":
        return _("Said, level {level}, and counted as {counted}: {said}").format(
            level=entry.claimed_label, counted=entry.verified_label, said=said
        )
    return _("Level {level}: {said}").format(level=entry.claimed_label, said=said)


def _recommended(desk: Desk, entry: AnswerEntry, move: MoveRow | None) -> str:
    if move is not None:
        done = " ".join((*move.actions, *(f"{one[:1].upper()}{one[1:]}." for one in (move.proof, *move.lift) if one)))
        return f"{done} ({move.effort})"
    question = desk.questions[entry.id]
    claimed = entry.claimed or 0
    step = next((one for one in question.remedies if one.to > claimed), None)
    if step is None:
        return _("Attach evidence for the answer as it stands.")
    return f"{step.text} ({labels.days(effort(question, claimed, step.to))})"


def _evidence(entry: AnswerEntry, seen: FindingRow | None) -> str:
    parts = [_shown_by(seen)] if seen else []
    first = next(iter(entry.evidence), None)
    if first is not None:
        # The column is narrow; the whole of it stands with the answer.
        place = f", {shorten(first.place, PLACE)}" if first.place else ""
        parts.append(f"{first.tier_label}: {shorten(first.description, DESCRIPTION)}{place}")
        if len(entry.evidence) > 1:
            parts.append(labels.more(len(entry.evidence) - 1))
    elif not seen:
        parts.append(_("none: somebody’s word") if entry.state == "answered" else _("none"))
    return "; ".join(parts)


def _shown_by(seen: FindingRow) -> str:
    """Return by what a finding was seen: scenarios are played, endpoints are probed."""
    words = _("observed: {place}") if seen.endpoint == SCENARIOS else _("observed: probe of {place}")
    return words.format(place=seen.endpoint_name)


def strengths(answers: tuple[AnswerEntry, ...], top: int) -> tuple[HoldRow, ...]:
    """Return what stands above half of the scale in the verified reading, the highest first."""
    high = [one for one in answers if one.verified is not None and one.verified * 2 > top]
    high.sort(key=lambda one: -(one.verified or 0))
    return tuple(
        HoldRow(
            question=one.id,
            number=one.number,
            title=one.title,
            level=one.verified or 0,
            text=first_sentence(one.answer, LONG),
            tier_label=one.tier_label,
        )
        for one in high[:HOLDS_SHOWN]
    )
