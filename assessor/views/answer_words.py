"""An answer in words: as history, restore and a conflict between two people show it."""

from typing import Any

from django.utils.translation import gettext as _

from assessor.models import Answer, AnswerRevision
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.services.answers import AnswerConflict


def answer_words(question: Question, questionnaire: Questionnaire, state: str, level: int | None, value: Any) -> str:
    """Return what was answered in words of the questionnaire, as far as it still has them."""
    if state != Answer.State.ANSWERED:
        return str(Answer.State(state).label)
    if question.kind == "checklist" and isinstance(value, list):
        titles = [item.text for item in question.items if item.id in value]
        return _("Ticked: %(items)s") % {"items": " · ".join(titles)} if titles else _("Nothing ticked")
    if question.kind == "yes-no" and value in ("yes", "no"):
        return _("Yes") if value == "yes" else _("No")
    if level is not None:
        names = {one.level: one.name for one in questionnaire.scale.levels}
        return _("Level %(level)s, %(name)s") % {"level": level, "name": names.get(level, "–")}
    return f"{value} {question.unit}".strip() if question.kind == "number" else str(value)


def row_words(question: Question, questionnaire: Questionnaire, row: Answer | AnswerRevision) -> dict[str, str]:
    """Return answer and note of a row in words."""
    return {"answer": answer_words(question, questionnaire, row.state, row.level, row.value), "note": row.note}


def conflict(
    question: Question, questionnaire: Questionnaire, found: AnswerConflict, typed: dict[str, Any]
) -> dict[str, Any]:
    """Return both sides of a conflict: what somebody else saved and when, what was typed here, and what to refer to."""
    theirs = found.current
    mine = answer_words(question, questionnaire, typed["state"], typed["level"], typed["value"])
    by = {"who": theirs.answered_by or _("Somebody"), "at": theirs.answered_at}
    return {
        "version": theirs.version,
        "theirs": row_words(question, questionnaire, theirs) | by,
        "mine": {"answer": mine, "note": typed["note"]},
    }
