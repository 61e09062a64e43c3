"""The level panel beside the questions: claimed, verified, what holds it, who can act; from the scorecard alone."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from assessor.addresses import address
from assessor.models import Assessment
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.scorecard import QuestionScore, Scorecard, Switch


def anchor(question_id: str) -> str:
    """Return the id of a question's form in the page: no dots, which selectors would read as classes."""
    return f"q-{question_id.replace('.', '-')}"


def level_panel(
    questionnaire: Questionnaire,
    card: Scorecard,
    assessment: Assessment,
) -> dict[str, Any]:
    """Return everything the panel prints, so that the template holds no rule."""
    names = {level.level: level.name for level in questionnaire.scale.levels}
    titles = {dimension.id: dimension.title for dimension in questionnaire.dimensions}
    counts = answered_by_dimension(card)
    started = any(done for done, _asked in counts.values())
    return {
        "started": started,
        "claimed": card.claimed.level,
        "claimed_name": names[card.claimed.level],
        "verified": card.verified.level if card.verified_printed else None,
        "verified_name": names[card.verified.level],
        "best": card.best_if_unknown_known,
        "top": questionnaire.scale.top,
        "index": card.claimed.index if questionnaire.weighted else None,
        "coverage": round(card.coverage * 100),
        "confidence": round(card.confidence * 100),
        "held_by": [titles[dimension] for dimension in card.claimed.held_by],
        "answered": sum(done for done, _asked in counts.values()),
        "asked": sum(asked for _done, asked in counts.values()),
        "dimensions": [
            {
                "id": dimension.id,
                "title": dimension.title,
                "short": dimension.short,
                "claimed": card.dimension(dimension.id).claimed.level,
                "verified": card.dimension(dimension.id).verified.level
                if card.dimension(dimension.id).verified_printed
                else None,
                "done": counts[dimension.id][0],
                "asked": counts[dimension.id][1],
                "holds": dimension.id in card.claimed.held_by,
                "minimum": card.dimension(dimension.id).minimum,
                "below_minimum": card.dimension(dimension.id).below_minimum,
                "url": address("dimension", assessment.organisation_id, assessment.pk, dimension.id),
            }
            for dimension in questionnaire.dimensions
            if dimension.id in counts
        ],
        "switches": switches(questionnaire, card),
        "contradictions": len(card.contradictions),
    }


def assigned_panel(
    questionnaire: Questionnaire, card: Scorecard, assessment: Assessment, only: Collection[str]
) -> dict[str, Any]:
    """Return what stands beside the questions for somebody who sees only theirs: progress, and no level."""
    counts = answered_by_dimension(card, only)
    return {
        "only": True,
        "answered": sum(done for done, _asked in counts.values()),
        "asked": sum(asked for _done, asked in counts.values()),
        "dimensions": [
            {
                "id": dimension.id,
                "title": dimension.title,
                "done": counts[dimension.id][0],
                "asked": counts[dimension.id][1],
                "url": address("dimension", assessment.organisation_id, assessment.pk, dimension.id),
            }
            for dimension in questionnaire.dimensions
            if dimension.id in counts
        ],
    }


def answered_by_dimension(card: Scorecard, only: Collection[str] | None = None) -> dict[str, tuple[int, int]]:
    """Return {dimension: (answered, asked)} for honest progress: what a fact hides is not asked.

    `only` are the ids of the questions to count; None for every one.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in card.questions:
        if one.state != "hidden" and (only is None or one.question in only):
            counts[one.dimension][1] += 1
            counts[one.dimension][0] += one.state != "not-asked"
    return {dimension: (done, asked) for dimension, (done, asked) in counts.items()}


def switches(questionnaire: Questionnaire, card: Scorecard) -> list[dict[str, Any]]:
    """Return who can act today, one row a party, seen before said."""
    rows: dict[str, dict[str, Any]] = {}
    for switch in card.switches:
        row = rows.setdefault(switch.party, {"name": questionnaire.party(switch.party).name, "acts": [], "seen": False})
        row["seen"] = row["seen"] or switch.known == "seen"
        if switch.by not in [act.by for act in row["acts"]]:
            row["acts"].append(switch)
    return sorted(rows.values(), key=_seen_first)


def _seen_first(row: dict[str, Any]) -> tuple[bool, int]:
    acts: list[Switch] = row["acts"]
    return (not row["seen"], -len(acts))


def seen(score: QuestionScore) -> list[dict[str, Any]]:
    """Return what findings say about a question: each sentence once, with its codes and where they were seen."""
    rows: dict[tuple[str, int | None, int | None], dict[str, Any]] = {}
    for item in score.weighed:
        key = (item.because, item.caps, item.supports)
        new = {"because": item.because, "caps": item.caps, "supports": item.supports, "codes": [], "places": []}
        row = rows.setdefault(key, new)
        if item.finding.code not in row["codes"]:
            row["codes"].append(item.finding.code)
        if (item.endpoint, item.finding.code) not in row["places"]:
            row["places"].append((item.endpoint, item.finding.code))
    return list(rows.values())
