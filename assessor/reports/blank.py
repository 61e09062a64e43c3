"""The empty questionnaire on paper: boxes to tick, lines to write on, the ids by which answers come back."""

from pathlib import Path
from typing import Any, Literal

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from assessor.questionnaire.schema import Question, Questionnaire
from assessor.reports import printable
from assessor.reports.sheet import Sheet

STYLE = Path(__file__).resolve().parents[2] / "templates" / "reports" / "blank.css"


def blank_sheet(
    questionnaire: Questionnaire, scope: Literal["quick", "full"], language: str, answer_file: str
) -> Sheet:
    """Return everything the press needs; `answer_file` is the empty answer file that goes into the PDF as data."""
    with translation.override(language):
        html = render_to_string("reports/blank.html", _context(questionnaire, scope, language))
    year, month = questionnaire.version.split(".")[:2]
    return Sheet(
        html=html,
        css=STYLE.read_text("utf-8"),
        attachment=answer_file,
        # The day of the version, not of the printing: the same questionnaire gives the same bytes.
        made_at=f"{year}-{int(month):02}-01T00:00:00+00:00",
        name="answers.yaml",
        description="An empty answer file",
    )


def _context(questionnaire: Questionnaire, scope: Literal["quick", "full"], language: str) -> dict[str, Any]:
    asked = questionnaire.asked(scope)
    missing: set[str] = set()
    dimensions, number = [], 0
    for dimension in questionnaire.dimensions:
        questions = []
        for question in (one for one in asked if one.dimension == dimension.id):
            number += 1
            data = printable.printable_data(_question(questionnaire, question, language), missing)
            questions.append({**data, "number": number})
        if questions:
            title, asks = printable.printable_data([dimension.title, dimension.asks], missing)
            dimensions.append({"id": dimension.id, "title": title, "asks": asks, "questions": questions})
    title, introduction = printable.printable_data([questionnaire.title, questionnaire.introduction], missing)
    return {
        "language": language,
        "title": title,
        "introduction": introduction,
        "id": questionnaire.id,
        "version": questionnaire.version,
        "scope": scope,
        "count": len(asked),
        "dimensions": dimensions,
    }


def _question(questionnaire: Questionnaire, question: Question, language: str) -> dict[str, Any]:
    spoken = questionnaire.foreign.get(question.id, questionnaire.language)
    return {
        "id": question.id,
        "kind": question.kind,
        "title": question.title,
        "text": question.text,
        "only_if": _condition(questionnaire, question),
        "lines": _lines(question),
        "unit": question.unit,
        "scored": question.scored,
        "may_not_apply": question.may_not_apply and question.scored,
        "evidence": list(question.evidence),
        "lang": "" if spoken == language else spoken,
    }


def _lines(question: Question) -> list[dict[str, str]]:
    """Return what can be ticked: a mark for the box, and what it says."""
    if question.kind == "ladder":
        return [{"mark": str(one.level), "text": one.text} for one in question.choices]
    if question.kind == "checklist":
        return [{"mark": "", "text": one.text} for one in question.items]
    if question.kind == "yes-no":
        sides = ((_("Yes"), question.if_yes), (_("No"), question.if_no))
        return [{"mark": word, "text": side.text if side else ""} for word, side in sides]
    return []


def _condition(questionnaire: Questionnaire, question: Question) -> str:
    """Return when a question is asked, "" where it always is."""
    condition = question.show_if
    if condition is None:
        return ""
    if condition.profile:
        names = [found.name for one in condition.profile if (found := questionnaire.profile(one)) is not None]
        return _("Only for: %(names)s.") % {"names": ", ".join(names)}
    tested = questionnaire.question(condition.question or "")
    title = tested.title if tested is not None else str(condition.question)
    if condition.equals is not None:
        word = _("Yes") if condition.equals == "yes" else _("No")
        return _("Only if the answer to “%(title)s” is “%(word)s”, or not known.") % {"title": title, "word": word}
    low, high = condition.at_least, condition.at_most
    if low is not None and high is not None:
        span = _("from %(low)g to %(high)g") % {"low": low, "high": high}
    else:
        span = _("at least %(low)g") % {"low": low} if low is not None else _("at most %(high)g") % {"high": high}
    return _("Only if the answer to “%(title)s” is %(span)s, or not known.") % {"title": title, "span": span}
