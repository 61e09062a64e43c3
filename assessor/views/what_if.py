"""The sandbox: other answers tried out in the address alone, then discarded or kept as real ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from assessor.errors import N_, AssessorError
from assessor.models import Organisation
from assessor.questionnaire.schema import Question, Questionnaire
from assessor.scoring.roadmap import targets_of
from assessor.scoring.scorecard import QuestionScore
from assessor.scoring.what_if import Change, Comparison, what_if
from assessor.services.answers import AnswerConflict, AnswerRefused, check_answer
from assessor.services.what_if import keep_changes
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.rendering import Sheet, page_or_part
from assessor.views.roadmap import stage_rows

REFUSED = 422


def options(question: Question, questionnaire: Questionnaire) -> dict[str, tuple[str, Change]]:
    """Return what a question can be tried with: what the browser sends, the words, and the change it stands for.

    A number is typed instead (`typed_change`). A day or a text decides nothing, so there is nothing to try.
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


def deciding_numbers(asked: Sequence[Question]) -> frozenset[str]:
    """Return the ids of the numbers by which another question is shown or hidden: those are worth trying."""
    tested = {one.show_if.question for one in asked if one.show_if is not None}
    return frozenset(one.id for one in asked if one.kind == "number" and one.id in tested)


def typed_change(question: Question, sent: Sequence[str]) -> Change:
    """Return the change that a typed number or “I don't know” stands for; raises `AnswerRefused`."""
    typed = [one for one in sent if one != "unknown"]
    if typed and len(typed) < len(sent):
        raise AnswerRefused(
            N_("Something is entered, and “I don't know” is ticked."),
            remedy=N_("Empty the field, or take the tick out."),
        )
    if not typed:
        return Change(state="unknown")
    _level, value = check_answer(question, "answered", None, typed[-1])
    return Change(state="answered", value=value if isinstance(value, int | float) else None)


@dataclass
class Tried:
    """What an address or a form names: changes by question, what was sent for each, and what was refused and why."""

    changes: dict[str, Change]
    sent: dict[str, str]
    refused: dict[str, tuple[str, str]]


def tried_in(sent: QueryDict, sheet: Sheet) -> Tried:
    """Return what is tried; what no question can be is left out, as is the answer in force. A wrong number is told."""
    found = Tried({}, {}, {})
    asked = sheet.questionnaire.asked(sheet.assessment.scope)
    numbers = deciding_numbers(asked)
    for question in asked:
        wanted = [one.strip() for one in sent.getlist(question.id) if one.strip()]
        change = None
        if wanted and question.id in numbers:
            try:
                change = typed_change(question, wanted)
            except AnswerRefused as refusal:
                found.refused[question.id] = wanted[0], refusal.sentence(_)
        elif wanted:
            change = options(question, sheet.questionnaire).get(wanted[-1], ("", None))[1]
        if change is not None and not _in_force(sheet, question, change):
            found.changes[question.id], found.sent[question.id] = change, wanted[-1]
    return found


def _in_force(sheet: Sheet, question: Question, change: Change) -> bool:
    answer = sheet.answers.get(question.id)
    if answer is None or answer.state != change.state:
        return False
    if question.kind in ("yes-no", "number"):
        return answer.value == change.value
    return answer.level == change.level


def _words(sheet: Sheet, question: Question, score: QuestionScore) -> str:
    """Return the answer in force in a few words."""
    answer = sheet.answers.get(question.id)
    if score.state == "hidden":
        return _("not asked, because of a fact")
    if answer is None or answer.state == "not-asked":
        return _("not answered yet")
    if question.kind == "number":
        return _number_words(question, answer.state, answer.value)
    said = answer.value if question.kind == "yes-no" else str(answer.level)
    known = options(question, sheet.questionnaire).get(said if answer.state == "answered" else answer.state)
    return known[0] if known else str(answer.value)


def _number_words(question: Question, state: str, value: Any) -> str:
    return _("I don't know") if state == "unknown" else f"{value:g} {question.unit}".strip()


def _compare(sheet: Sheet, changes: Mapping[str, Change]) -> Comparison:
    found = sheet.assessment
    given = queries.given_answers(sheet.all_answers, found, sheet.questionnaire, timezone.localdate())
    targets = targets_of(sheet.questionnaire, found.profile, found.targets)
    endpoints = queries.probed_endpoints(found, sheet.disputes)
    return what_if(sheet.questionnaire, given, endpoints, found.scope, changes, targets, found.profile)


def _row(sheet: Sheet, question: Question, tried: Tried) -> dict[str, Any]:
    known = options(question, sheet.questionnaire)
    wanted = tried.changes.get(question.id)
    is_typed = question.id in deciding_numbers(sheet.questionnaire.asked(sheet.assessment.scope))
    chosen, then = next(((key, words) for key, (words, change) in known.items() if change == wanted), ("", ""))
    if is_typed and wanted is not None:
        chosen, then = tried.sent[question.id], _number_words(question, wanted.state, wanted.value)
    typed, problem = tried.refused.get(question.id, ("" if chosen == "unknown" else chosen, ""))
    answer = sheet.answers.get(question.id)
    return {
        "question": question,
        "is_typed": is_typed,
        "typed": typed,
        "problem": problem,
        "now": _words(sheet, question, sheet.scorecard.question(question.id)),
        "options": [(key, words) for key, (words, _change) in known.items()],
        "chosen": chosen,
        "then": then,
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
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show every question with another answer to try, and what follows from those tried; nothing is saved."""
    sheet = Sheet(find_assessment(assessment))
    found = tried_in(request.GET, sheet)
    tried = urlencode(found.sent)
    address = reverse("what_if", args=[organisation.pk, assessment]) + (f"?{tried}" if tried else "")
    if not (request.htmx or found.refused) and request.GET.urlencode() != tried:
        # The address says what is tried and nothing else.
        return redirect(address)
    comparison = _compare(sheet, found.changes)
    rows = [_row(sheet, one, found) for one in sheet.questionnaire.asked(sheet.assessment.scope)]
    groups = [
        {
            "dimension": one,
            "rows": own,
        }
        for one in sheet.questionnaire.dimensions
        if (own := [row for row in rows if row["question"].dimension == one.id and (row["options"] or row["is_typed"])])
    ]
    titles = {one.id: one for one in sheet.questionnaire.dimensions}
    context = sheet.context(
        groups=groups,
        changed=[row for row in rows if row["chosen"]],
        refused=[row for row in rows if row["problem"]],
        tried=tried,
        comparison=comparison,
        shifts=[{"dimension": titles[one.dimension], "shift": one} for one in comparison.dimensions],
        stages=[stage_rows(sheet.questionnaire, stage) for stage in comparison.roadmaps[0].stages[:1]],
        **_blockers(sheet, comparison),
    )
    status = REFUSED if found.refused else 200
    response = page_or_part(request, "what_if/show.html", "outcome", context, status)
    if request.htmx:
        response["HX-Replace-Url"] = address
    return response


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def keep(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Ask before what was tried becomes real answers, then save all of it or nothing."""
    sheet = Sheet(find_assessment(assessment))
    sent = request.POST if request.method == "POST" else request.GET
    tried = tried_in(sent, sheet)
    changes = tried.changes
    if not changes:
        return redirect("what_if", organisation.pk, assessment)
    asked = [one for one in sheet.questionnaire.asked(sheet.assessment.scope) if one.id in changes]
    rows = [_row(sheet, one, tried) for one in asked]
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
            status, problem = REFUSED, refusal.sentence(_)
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
