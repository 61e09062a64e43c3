"""What an answer has said over time, who changed it and when, and saying an earlier one again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessor.errors import AssessorError
from assessor.models import Answer, AnswerRevision, Organisation
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.services import answers
from assessor.services.questionnaires import questionnaire_of
from assessor.views.access import (
    chosen_workload,
    find_answer,
    find_asked,
    in_organisation,
    needs_role,
)
from assessor.views.answer_words import row_words

CONFLICT, REFUSED = 409, 422


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="contributor", assigned="their part")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, question: str) -> HttpResponse:
    """Show every state of an answer with what changed; restore one, which makes a new state."""
    found, asked = find_asked(assessment, question)
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    workload = chosen_workload(list(found.workloads.all()), request.GET.get("workload", ""))
    answer = find_answer(found, asked.id, workload)
    problem, status = "", 200
    if request.method == "POST" and answer is not None:
        try:
            _restore(request, answer)
        except answers.AnswerConflict:
            status = CONFLICT
            problem = _("Somebody changed the answer since this page was loaded. Nothing was restored; look again.")
            answer = find_answer(found, asked.id, workload)
        except AssessorError as refusal:
            status, problem = REFUSED, refusal.sentence(_)
        else:
            messages.success(request, _("Restored. What it said before stays in the history."))
            where = reverse("answer_history", args=[organisation.pk, found.pk, asked.id])
            return redirect(where + (f"?workload={workload.pk}" if workload else ""))
    context = {
        "assessment": found,
        "organisation": organisation,
        "question": asked,
        "workload": workload,
        "answer": answer,
        "rows": _rows(answers.history(answer), asked, questionnaire) if answer is not None else [],
        "problem": problem,
    }
    return render(request, "teamwork/history.html", context, status=status)


def _restore(request: HttpRequest, answer: Answer) -> None:
    numbers = [request.POST.get(name, "") for name in ("version", "expected_version")]
    version, seen = (int(one[:9]) if one.isdecimal() else 0 for one in numbers)
    answer.assessment.organisation = answer.organisation
    answers.restore(answer, version, request.user, seen)


def _rows(revisions: list[AnswerRevision], question: Question, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """Return the states in words, the latest first, each with what it changed against the one before."""
    rows = []
    for row, earlier in zip(revisions, [*revisions[1:], None], strict=True):
        words = row_words(question, questionnaire, row)
        before = row_words(question, questionnaire, earlier) if earlier is not None else None
        changed = {
            "answer": before is None or before["answer"] != words["answer"],
            "note": words["note"] != (before["note"] if before else ""),
        }
        rows.append({"row": row, **words, "changed": changed, "before": before})
    return rows
