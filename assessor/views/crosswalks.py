"""What an assessment already says about another questionnaire: derived, marked as that, and never an answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessor.models import Assessment, Organisation
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.crosswalk import Derivation, DerivedLevel, DerivedRow
from assessor.services import crosswalks
from assessor.services.questionnaires import questionnaire_of
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.rendering import Sheet


def _framework(found: Assessment, questionnaire: Questionnaire, name: str) -> Questionnaire:
    """Return the framework an address names, among those this assessment speaks about; 404 for another."""
    for one in crosswalks.frameworks_of(found.organisation, questionnaire):
        if one.id == name:
            return one
    raise Http404


def _derived(sheet: Sheet, framework: Questionnaire) -> Derivation:
    return crosswalks.derivation(framework, sheet.assessment, sheet.questionnaire, sheet.scorecard, sheet.all_answers)


def overviews(sheet: Sheet) -> list[dict[str, Any]]:
    """Return each framework the assessment speaks about, with how many of its dimensions stand how: one query."""
    rows = []
    for framework in crosswalks.frameworks_of(sheet.assessment.organisation, sheet.questionnaire):
        found = _derived(sheet, framework)
        counts = {name: found.count(name) for name in ("met", "not-met", "not-said", "no-minimum")}
        rows.append(
            {
                "framework": framework,
                "met": counts["met"],
                "not_met": counts["not-met"],
                "not_said": counts["not-said"],
                "no_minimum": counts["no-minimum"],
            }
        )
    return rows


def _said(questionnaire: Questionnaire, row: DerivedRow) -> dict[str, Any]:
    """Return what a page shows of one row: the question that was answered, what was said, and what it amounts to."""
    question = questionnaire.question(row.question)
    return {"row": row, "title": question.title if question else row.question}


def _line(framework: Questionnaire, sheet: Sheet, level: DerivedLevel, whole: float) -> dict[str, Any]:
    dimension = next(one for one in framework.dimensions if one.id == level.dimension)
    titles = {one.id: one.title for one in framework.questions}
    in_scope = {one.question for one in sheet.scorecard.questions}
    return {
        "dimension": dimension,
        "level": level,
        "weight": round(100 * level.weight / whole),
        "rows": [{**_said(sheet.questionnaire, row), "in_scope": row.question in in_scope} for row in level.rows],
        "silent": [titles[one] for one in level.silent],
        "evidenced": round(level.evidenced_share * 100),
        # The rows can show less than is asked, so the minimum can never be met from here.
        "out_of_reach": level.minimum is not None and level.ceiling is not None and level.ceiling < level.minimum,
    }


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, framework: str) -> HttpResponse:
    """Show what the answers amount to in each dimension of the framework, why, and what they leave unsaid."""
    sheet = Sheet(find_assessment(assessment))
    other = _framework(sheet.assessment, sheet.questionnaire, framework)
    found = _derived(sheet, other)
    whole = sum(one.weight for one in other.dimensions)
    context = sheet.context(
        framework=other,
        derived=found,
        lines=[_line(other, sheet, one, whole) for one in found.dimensions],
        scale_top=other.scale.top,
        begun=crosswalks.begun_beside(sheet.assessment, other),
    )
    return render(request, "crosswalks/show.html", context)


@require_POST
@in_organisation
@needs_role("assessor")
def start(request: HttpRequest, organisation: Organisation, assessment: UUID, framework: str) -> HttpResponse:
    """Begin an assessment of the framework with this one's scope, and with no answer filled in."""
    found = find_assessment(assessment)
    other = _framework(found, questionnaire_of(found.questionnaire_version.content_hash), framework)
    begun = crosswalks.start_beside(request.user, found, other)
    said = _("“%(title)s” has begun with the same scope. No answer is filled in; hints stand beside the questions.")
    messages.success(request, said % {"title": other.title})
    return redirect("questions", organisation.pk, begun.pk)


def derived_hints(sheet: Sheet, question: Question) -> list[dict[str, Any]]:
    """Return what the assessment begun beside says about one question; [] where there is none."""
    if sheet.beside is None or not question.scored:
        return []
    rows = sheet.beside.derivation.dimension(question.dimension).about(question.id)
    return [_said(sheet.beside.questionnaire, row) for row in rows if row.state in {"answered", "unknown"}]


def derived_dimension(sheet: Sheet, dimension: str) -> dict[str, Any] | None:
    """Return what the assessment begun beside says about a dimension; None where there is none."""
    if sheet.beside is None:
        return None
    return {"level": sheet.beside.derivation.dimension(dimension), "source": sheet.beside.assessment}
