"""Why a dimension stands where it does: every number of a level opens to the questions behind it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assessor.models import Organisation
from assessor.scoring.because import Conditions, Line, because
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.rendering import Sheet


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, dimension: str) -> HttpResponse:
    """Show what holds a dimension at its level, as claimed or as verified."""
    sheet = Sheet(find_assessment(assessment))
    found = next((one for one in sheet.questionnaire.dimensions if one.id == dimension), None)
    if found is None:
        raise Http404
    reading = "verified" if request.GET.get("reading") == "verified" else "claimed"
    why = because(sheet.questionnaire, sheet.scorecard, dimension, reading)
    names = {level.level: level.name for level in sheet.questionnaire.scale.levels}
    score = sheet.scorecard.dimension(dimension)
    context = sheet.context(
        dimension=found,
        why=why,
        reading=reading,
        level_name=names.get(why.level or 0, ""),
        index=(score.claimed if reading == "claimed" else score.verified).index,
        here=_told(sheet, why.here),
        above=_told(sheet, why.above),
        caps=[{"cap": cap, **_question(sheet, cap.question)} for cap in why.caps],
        left_out=[{"row": row, **_question(sheet, row.question)} for row in why.left_out],
        not_answered=[_question(sheet, name) for name in why.not_answered],
        not_evidenced=[_question(sheet, name) for name in why.not_evidenced],
        readings=[("claimed", _("Claimed")), ("verified", _("Verified"))],
    )
    return render(request, "because/show.html", context)


def _question(sheet: Sheet, name: str) -> dict[str, Any]:
    question = sheet.questionnaire.question(name)
    return {"title": question.title if question else name, "id": name}


def _lines(sheet: Sheet, lines: tuple[Line, ...]) -> list[dict[str, Any]]:
    return [{"line": line, **_question(sheet, line.question)} for line in lines]


def _told(sheet: Sheet, conditions: Conditions | None) -> dict[str, Any] | None:
    """Return the three conditions of a level with the titles of their questions."""
    if conditions is None:
        return None
    return {
        "is": conditions,
        "gates": _lines(sheet, conditions.gates),
        "gates_below": _lines(sheet, conditions.gates_below),
        "counting": _lines(sheet, conditions.counting),
        "missing": _lines(sheet, conditions.missing),
        "below_floor": _lines(sheet, conditions.below_floor),
    }
