"""Answers and evidence in the words of today's reader."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessor.models import Answer, Evidence
from assessor.questionnaire.schema import Question
from assessor.retelling import retold
from assessor.services.answer_file import FileEvidence
from assessor.services.exchange.plan import Said


def answer_words(question: Question, state: str, level: int | None, value: Any) -> str:
    """Return what was answered, without its note."""
    if state != Answer.State.ANSWERED:
        return str(Answer.State(state).label)
    match question.kind:
        case "ladder":
            choice = question.choice(level if level is not None else -1)
            return f"{level} · {choice.text}" if choice else str(level)
        case "checklist":
            ticked = [item.text for item in question.items if item.id in (value or ())]
            count = _("%(ticked)s of %(all)s") % {"ticked": len(ticked), "all": len(question.items)}
            return f"{count}: {'; '.join(ticked)}" if ticked else count
        case "yes-no":
            side = question.if_yes if value == "yes" else question.if_no
            word = _("Yes") if value == "yes" else _("No")
            return f"{word} · {side.text}" if side else word
        case "number":
            return f"{value} {question.unit}".strip()
        case _:
            return str(value)


def said(question: Question, state: str, level: int | None, value: Any, note: str) -> Said:
    """Return an answer with its note."""
    return Said(answer_words(question, state, level, value), note)


def evidence_words(row: Evidence | FileEvidence) -> Said:
    """Return a piece of evidence: its kind and what it shows, then its facts."""
    version = row.document_version if isinstance(row, Evidence) else row.version
    facts = [row.place, version]
    if row.taken_on:
        facts.append(date_format(row.taken_on))
    if row.minutes:
        facts.append(_("%(count)s minutes") % {"count": row.minutes})
    if row.share_of_load is not None:
        facts.append(_("%(share)s %% of the requests") % {"share": row.share_of_load})
    facts += [*(retold(one, _) for one in (row.pass_mark, row.result, row.witness)), row.link]
    label = Evidence.Kind(str(row.kind)).label
    return Said(f"{label}: {retold(row.description, _)}", " · ".join(fact for fact in facts if fact))
