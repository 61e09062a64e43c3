"""The questions of one dimension, the answer that is saved as it is given, the evidence behind it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor.errors import AssessorError
from assessor.forms import AnswerForm, EvidenceForm
from assessor.models import Answer, Organisation
from assessor.questionnaire.schema import Question
from assessor.services import answers
from assessor.services import evidence as evidence_service
from assessor.views.access import find_assessment, find_evidence, in_organisation
from assessor.views.panel import anchor
from assessor.views.rendering import Sheet, page_or_part

REFUSED, CONFLICT = 422, 409


def question_row(sheet: Sheet, question: Question, **more: Any) -> dict[str, Any]:
    """Return what a page shows of one question: its ladder, the answer in force, evidence and findings."""
    answer = sheet.answers.get(question.id)
    today = timezone.localdate()
    chosen = ""
    if answer is not None and answer.state != Answer.State.NOT_ASKED:
        chosen = str(answer.level) if answer.level is not None else answer.state
    evidence = [
        {"row": row, "tier": row.tier(today), "stale": row.is_stale(today), "confirm": row.level != answer.level}
        for row in (answer.evidence.all() if answer else ())
    ]
    names = {level.level: level.name for level in sheet.questionnaire.scale.levels}
    return {
        "question": question,
        "anchor": anchor(question.id),
        "choices": [
            {
                "level": choice.level,
                "name": names[choice.level],
                "text": choice.text,
                "chosen": str(choice.level) == more.get("chosen", chosen),
            }
            for choice in question.choices
        ],
        "answer": answer,
        "chosen": chosen,
        "note": answer.note if answer else "",
        "version": answer.version if answer else 0,
        "evidence": evidence,
        "score": sheet.scorecard.question(question.id),
        **more,
    }


@require_GET
@in_organisation
def resume(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Go to the first dimension that still has an unanswered question, or the first of all."""
    sheet = Sheet(find_assessment(assessment))
    asked = sheet.questionnaire.asked(sheet.assessment.scope)
    unanswered = (one for one in asked if sheet.scorecard.question(one.id).state == "not-asked")
    first = next(unanswered, asked[0])
    return redirect("dimension", organisation.pk, assessment, first.dimension)


@require_GET
@in_organisation
def dimension(request: HttpRequest, organisation: Organisation, assessment: UUID, dimension: str) -> HttpResponse:
    """Show the questions of one dimension with the level panel beside them."""
    sheet = Sheet(find_assessment(assessment))
    ids = [one.id for one in sheet.questionnaire.dimensions]
    if dimension not in ids:
        raise Http404
    here = ids.index(dimension)
    asked = [one for one in sheet.questionnaire.asked(sheet.assessment.scope) if one.dimension == dimension]
    context = sheet.context(
        dimension=sheet.questionnaire.dimensions[here],
        number=here + 1,
        of=len(ids),
        previous=sheet.questionnaire.dimensions[here - 1] if here else None,
        following=sheet.questionnaire.dimensions[here + 1] if here + 1 < len(ids) else None,
        rows=[question_row(sheet, question) for question in asked],
    )
    return render(request, "questions/dimension.html", context)


@require_POST
@in_organisation
def save(request: HttpRequest, organisation: Organisation, assessment: UUID, question: str) -> HttpResponse:
    """Save one answer; htmx gets the level panel back, a plain form goes back to its question."""
    found = find_assessment(assessment)
    form = AnswerForm(request.POST)
    status, problem, saved = 200, "", None
    if form.is_valid():
        state, level = form.state_and_level()
        note, version = form.cleaned_data["note"], form.cleaned_data["expected_version"]
        try:
            saved = answers.save_answer(found, question, state, level, note, request.user, version)
        except answers.AnswerConflict as conflict:
            status, problem = CONFLICT, conflict.sentence(_)
        except AssessorError as refusal:
            status, problem = REFUSED, refusal.sentence(_)
    else:
        status, problem = REFUSED, " ".join(f"{name}: {' '.join(faults)}" for name, faults in form.errors.items())
    sheet = Sheet(found, only_for_score=True)
    asked = sheet.questionnaire.question(question)
    if asked is None:
        raise Http404
    saved = saved or sheet.answers.get(question)
    context = sheet.context(anchor=anchor(question), saved=saved, problem=problem, saved_score=None)
    if asked in sheet.questionnaire.asked(found.scope):
        context["saved_score"] = sheet.scorecard.question(question)
    if request.htmx:
        return page_or_part(request, "questions/dimension.html", "saved", context, status)
    if problem:
        typed = {"chosen": request.POST.get("answer", ""), "note": request.POST.get("note", ""), "problem": problem}
        context["rows"] = [question_row(sheet, asked, **typed)]
        context["dimension"] = next(one for one in sheet.questionnaire.dimensions if one.id == asked.dimension)
        return render(request, "questions/dimension.html", context, status=status)
    response = redirect("dimension", organisation.pk, found.pk, asked.dimension)
    response["Location"] += f"#{anchor(question)}"
    return response


@require_http_methods(["GET", "POST"])
@in_organisation
def evidence(request: HttpRequest, organisation: Organisation, assessment: UUID, question: str) -> HttpResponse:
    """Attach evidence to the answer of one question."""
    sheet = Sheet(find_assessment(assessment))
    asked = sheet.questionnaire.question(question)
    if asked is None or asked not in sheet.questionnaire.asked(sheet.assessment.scope):
        raise Http404
    form = EvidenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = evidence_service.add_evidence(
                sheet.assessment, question, form.facts(), form.cleaned_data["description"], request.user
            )
        except AssessorError as refusal:
            form.add_error(None, refusal.sentence(_))
        else:
            tier = row.tier(timezone.localdate())
            messages.success(request, _("The evidence was attached; it counts as %(tier)s.") % {"tier": tier})
            return redirect("evidence", organisation.pk, assessment, question)
    status = REFUSED if request.method == "POST" else 200
    context = sheet.context(form=form, row=question_row(sheet, asked))
    return render(request, "questions/evidence.html", context, status=status)


@require_POST
@in_organisation
def confirm(request: HttpRequest, organisation: Organisation, assessment: UUID, evidence: UUID) -> HttpResponse:
    """Confirm that evidence given for an earlier choice still proves the one in force."""
    found = find_evidence(find_assessment(assessment), evidence)
    try:
        evidence_service.confirm_evidence(found)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    return redirect("evidence", organisation.pk, assessment, found.answer.question)
