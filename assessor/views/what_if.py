"""The sandbox: other answers tried out in the address alone, then discarded or kept as real ones."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from assessor import queries
from assessor.errors import AssessorError
from assessor.models import Organisation
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.roadmap import targets_of
from assessor.scoring.scorecard import QuestionScore
from assessor.scoring.what_if import Change, Comparison, what_if
from assessor.services.answers import AnswerConflict
from assessor.services.what_if import keep_changes
from assessor.views.access import find_assessment, in_organisation
from assessor.views.rendering import Sheet, page_or_part
from assessor.views.roadmap import stage_rows

STATES = ("unknown", "not-applicable")


def options(question: Question, questionnaire: Questionnaire) -> dict[str, tuple[str, Change]]:
    """Return what a question can be tried with: what the browser sends, the words, and the change it stands for.

    A fact that is a number, a day or a text cannot be tried.
    """
    names = {level.level: level.name for level in questionnaire.scale.levels}
    found: dict[str, tuple[str, Change]] = {}
    if question.kind == "yes-no":
        for side, name, choice in (("yes", _("Yes"), question.if_yes), ("no", _("No"), question.if_no)):
            level = choice.level if choice else None
            words = name if level is None else f"{name} · {level} · {names[level]}"
            found[side] = words, Change(state="answered", level=level, value=side)
    elif question.scored:
        for level in question.levels:
            ticked = tuple(item.id for item in question.items if item.level <= level)
            choice = question.choice(level)
            words = choice.text if choice else _("all lines up to level %(level)s") % {"level": level}
            value = ticked if question.kind == "checklist" else None
            found[str(level)] = f"{level} · {words}", Change(state="answered", level=level, value=value)
    if found:
        found["unknown"] = _("I don't know"), Change(state="unknown")
    if question.scored and question.may_not_apply:
        found["not-applicable"] = _("Not applicable"), Change(state="not-applicable")
    return found


def changes_in(sent: QueryDict, sheet: Sheet) -> dict[str, Change]:
    """Return the changes an address or a form names; what no question can be is left out, as is the answer in force."""
    found = {}
    for question in sheet.questionnaire.asked(sheet.assessment.scope):
        wanted = sent.get(question.id, "")
        option = options(question, sheet.questionnaire).get(wanted) if wanted else None
        if option is not None and not _in_force(sheet, question, option[1]):
            found[question.id] = option[1]
    return found


def _in_force(sheet: Sheet, question: Question, change: Change) -> bool:
    answer = sheet.answers.get(question.id)
    if answer is None or answer.state != change.state:
        return False
    if question.kind == "yes-no":
        return answer.value == change.value
    return answer.level == change.level


def _words(sheet: Sheet, question: Question, score: QuestionScore) -> str:
    """Return the answer in force in a few words."""
    answer = sheet.answers.get(question.id)
    if score.state == "hidden":
        return _("not asked, because of a fact")
    if answer is None or answer.state == "not-asked":
        return _("not answered yet")
    said = answer.value if question.kind == "yes-no" else str(answer.level)
    known = options(question, sheet.questionnaire).get(said if answer.state == "answered" else answer.state)
    return known[0] if known else str(answer.value)


def _compare(sheet: Sheet, changes: Mapping[str, Change]) -> Comparison:
    found = sheet.assessment
    given = queries.given_answers(sheet.all_answers, found, sheet.questionnaire, timezone.localdate())
    targets = targets_of(sheet.questionnaire, found.profile, found.targets)
    endpoints = queries.probed_endpoints(found, sheet.disputes)
    return what_if(sheet.questionnaire, given, endpoints, found.scope, changes, targets, found.profile)


def _row(sheet: Sheet, question: Question, changes: Mapping[str, Change]) -> dict[str, Any]:
    known = options(question, sheet.questionnaire)
    wanted = changes.get(question.id)
    chosen = next((key for key, (_name, change) in known.items() if change == wanted), "")
    answer = sheet.answers.get(question.id)
    return {
        "question": question,
        "now": _words(sheet, question, sheet.scorecard.question(question.id)),
        "options": [(key, words) for key, (words, _change) in known.items()],
        "chosen": chosen,
        "then": known[chosen][0] if chosen else "",
        "version": answer.version if answer else 0,
        "note": answer.note if answer else "",
    }


def _blockers(sheet: Sheet, comparison: Comparison) -> dict[str, list[str]]:
    """Return the titles of the questions that stop holding a level back, and of those that begin to, as claimed."""
    titles = {one.id: one.title for one in sheet.questionnaire.questions}
    return {
        name: list(dict.fromkeys(titles[one.blocker.question] for one in rows if one.reading == "claimed"))
        for name, rows in (("vanished", comparison.vanished), ("appeared", comparison.appeared))
    }


@require_GET
@in_organisation
def show(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show every question with another answer to try, and what follows from those tried; nothing is saved."""
    sheet = Sheet(find_assessment(assessment))
    changes = changes_in(request.GET, sheet)
    tried = urlencode({key: request.GET[key] for key in changes})
    address = reverse("what_if", args=[organisation.pk, assessment]) + (f"?{tried}" if tried else "")
    if not request.htmx and any(key not in changes for key in request.GET):
        # The address says what is tried and nothing else.
        return redirect(address)
    comparison = _compare(sheet, changes)
    rows = [_row(sheet, one, changes) for one in sheet.questionnaire.asked(sheet.assessment.scope)]
    groups = [
        {
            "dimension": one,
            "rows": own,
        }
        for one in sheet.questionnaire.dimensions
        if (own := [row for row in rows if row["question"].dimension == one.id and row["options"]])
    ]
    titles = {one.id: one for one in sheet.questionnaire.dimensions}
    context = sheet.context(
        groups=groups,
        changed=[row for row in rows if row["chosen"]],
        tried=tried,
        comparison=comparison,
        shifts=[{"dimension": titles[one.dimension], "shift": one} for one in comparison.dimensions],
        stages=[stage_rows(sheet.questionnaire, stage) for stage in comparison.roadmaps[0].stages[:1]],
        **_blockers(sheet, comparison),
    )
    response = page_or_part(request, "what_if/show.html", "outcome", context)
    if request.htmx:
        response["HX-Replace-Url"] = address
    return response


@require_http_methods(["GET", "POST"])
@in_organisation
def keep(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Ask before what was tried becomes real answers, then save all of it or nothing."""
    sheet = Sheet(find_assessment(assessment))
    sent = request.POST if request.method == "POST" else request.GET
    changes = changes_in(sent, sheet)
    if not changes:
        return redirect("what_if", organisation.pk, assessment)
    asked = [one for one in sheet.questionnaire.asked(sheet.assessment.scope) if one.id in changes]
    rows = [_row(sheet, one, changes) for one in asked]
    status, problem = 200, ""
    if request.method == "POST":
        for row in rows:
            row["note"] = request.POST.get(f"note:{row['question'].id}", row["note"])[:4000]
        notes = {row["question"].id: row["note"] for row in rows}
        seen = {one.id: request.POST.get(f"version:{one.id}", "") for one in asked}
        versions = {name: int(version) for name, version in seen.items() if version.isdecimal()}
        try:
            count = keep_changes(sheet.assessment, changes, notes, versions, request.user)
        except AnswerConflict as conflict:
            status, problem = 409, conflict.sentence(_)
        except AssessorError as refusal:
            status, problem = 422, refusal.sentence(_)
        else:
            messages.success(request, _("%(count)s answers were saved.") % {"count": count})
            return redirect("assessment", organisation.pk, assessment)
    context = sheet.context(
        rows=rows,
        comparison=_compare(sheet, changes),
        problem=problem,
        tried=urlencode({row["question"].id: row["chosen"] for row in rows}),
    )
    return render(request, "what_if/keep.html", context, status=status)
