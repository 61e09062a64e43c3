"""The questions of one dimension, and the answer that is saved as it is given."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessor import queries
from assessor.errors import AssessorError
from assessor.forms import AnswerForm
from assessor.models import Answer, Assessment, Organisation, Workload
from assessor.questionnaire.schema import Question
from assessor.services import answers, assigned, rounds
from assessor.services.questionnaires import questionnaire_of
from assessor.views.access import (
    chosen_workload,
    find_answer,
    find_assessment,
    find_question,
    in_organisation,
    needs_role,
)
from assessor.views.answer_words import conflict as conflict_words
from assessor.views.answer_words import row_words
from assessor.views.crosswalks import derived_dimension, derived_hints
from assessor.views.evidence_rows import dispute_rows, evidence_items
from assessor.views.panel import anchor, seen
from assessor.views.rendering import Sheet, page_or_part

REFUSED, CONFLICT = 422, 409
# Questions on one page: a longer dimension goes on over, so that a page stays quick to load and to read.
PER_PAGE = 12


def question_row(sheet: Sheet, question: Question, **more: Any) -> dict[str, Any]:
    """Return what a page shows of one question: what can be answered, the answer in force, evidence and findings."""
    answer = sheet.answers.get(question.id)
    today = timezone.localdate()
    chosen, value = "", None
    if answer is not None and answer.state != Answer.State.NOT_ASKED:
        chosen, value = _chosen(question, answer), answer.value
    chosen, value = more.pop("chosen", chosen), more.pop("value", value)
    evidence = evidence_items(answer, question, today)
    # What probes saw is none of those who were asked for an answer alone.
    disputes = dispute_rows(sheet, question) if sheet.only is None else []
    open_at = {(str(one["row"].endpoint_id), one["row"].code) for one in disputes if one["state"] == "open"}
    score = sheet.scorecard.question(question.id)
    scenarios = {
        one.finding.code: str(one.finding.params.get("scenario", ""))
        for one in score.weighed
        if one.endpoint == queries.SCENARIOS
    }
    return {
        "question": question,
        "anchor": anchor(question.id),
        "lang": sheet.foreign(question.id),
        "hidden_by": _hidden_by(sheet, question) if score.state == "hidden" else None,
        "conditional": question.show_if is not None,
        # Called by the template, as the components below: a page that shows no question does not read them.
        "duty": partial(_duty, sheet, question),
        "talk": partial(_open_threads, sheet, question),
        "derived": derived_hints(sheet, question) if sheet.only is None else None,
        "choices": _choices(sheet, question, chosen, value),
        "answer": answer,
        "chosen": chosen,
        "value": value,
        "note": answer.note if answer else "",
        "version": answer.version if answer else 0,
        "components": partial(sheet.components_of, question.id),
        "evidence": evidence,
        "to_confirm": [one for one in evidence if one["confirm"]],
        "disputes": disputes,
        "score": score,
        "seen": [
            row
            | {
                "links": [
                    {
                        "endpoint": endpoint,
                        "code": code,
                        "disputed": (endpoint, code) in open_at,
                        "scenario": scenarios.get(code, "") if endpoint == queries.SCENARIOS else "",
                    }
                    for endpoint, code in row["places"]
                ]
            }
            for row in (seen(score) if sheet.only is None else ())
        ],
        **more,
    }


def _duty(sheet: Sheet, question: Question) -> dict[str, Any] | None:
    """Return who answers a question and by when, None where that is nobody."""
    row = sheet.duties.of(question)
    if row is None:
        return None
    answer = sheet.answers.get(question.id)
    is_open = answer is None or answer.state == Answer.State.NOT_ASKED
    return {"row": row, "state": assigned.state_on(row.due_on, is_open, timezone.localdate())}


def _open_threads(sheet: Sheet, question: Question) -> int:
    return sheet.duties.open_threads[question.id]


def _chosen(question: Question, answer: Answer) -> str:
    """Return the value of the radio button that stands for an answer."""
    if answer.state != Answer.State.ANSWERED:
        return answer.state
    if question.kind == "ladder":
        return str(answer.level)
    return str(answer.value) if question.kind == "yes-no" else answer.state


def _choices(sheet: Sheet, question: Question, chosen: str, value: Any) -> list[dict[str, Any]]:
    """Return the lines one can choose or tick: rungs, items, or yes and no."""
    names = {level.level: level.name for level in sheet.questionnaire.scale.levels}
    if question.kind == "ladder":
        return [
            {
                "value": value,
                "level": choice.level,
                "name": names[choice.level],
                "text": choice.text,
                "chosen": value == chosen,
            }
            for choice in question.choices
            if (value := str(choice.level))
        ]
    if question.kind == "checklist":
        ticked = value if isinstance(value, list) else []
        return [
            {"value": item.id, "level": item.level, "text": item.text, "chosen": item.id in ticked}
            for item in question.items
        ]
    if question.kind == "yes-no":
        sides = [("yes", _("Yes"), question.if_yes), ("no", _("No"), question.if_no)]
        return [
            {
                "value": side,
                "level": choice.level if choice else None,
                "name": name,
                "text": choice.text if choice else "",
                "chosen": side == chosen,
            }
            for side, name, choice in sides
        ]
    return []


def _hidden_by(sheet: Sheet, question: Question) -> Question | None:
    """Return the fact because of which a question is not asked; None where the profile is the reason."""
    condition = question.show_if
    fact = condition.question if condition is not None else None
    return sheet.questionnaire.question(fact) if fact else None


@require_GET
@in_organisation
@needs_role("viewer", assigned="their part")
def resume(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Go to the first dimension that still has an unanswered question, or the first of all."""
    sheet = Sheet(find_assessment(assessment))
    asked = sheet.asked()
    unanswered = (one for one in asked if sheet.scorecard.question(one.id).state == "not-asked")
    first = next(unanswered, asked[0])
    return redirect("dimension", organisation.pk, assessment, first.dimension)


def _part_of(asked: list[Question], question: Question) -> int:
    return asked.index(question) // PER_PAGE + 1 if question in asked else 1


@require_GET
@in_organisation
@needs_role("viewer", assigned="their part")
def to_question(request: HttpRequest, organisation: Organisation, assessment: UUID, question: str) -> HttpResponse:
    """Go to a question on whichever page it stands."""
    found = find_assessment(assessment)
    wanted = find_question(found, question)
    beside = _beside(found, wanted)
    if wanted not in beside:
        raise Http404
    return _at_question(found, wanted, beside)


def _beside(found: Assessment, question: Question) -> list[Question]:
    """Return the questions in scope of a question's dimension that the person may see."""
    asked = questionnaire_of(found.questionnaire_version.content_hash).asked(found.scope)
    only = assigned.allowed_in(found)
    return [one for one in asked if one.dimension == question.dimension and (only is None or one.id in only)]


def _at_question(
    found: Assessment, question: Question, asked: list[Question], workload: Workload | None = None
) -> HttpResponse:
    response = redirect("dimension", found.organisation_id, found.pk, question.dimension)
    part = _part_of(asked, question)
    query = ([f"part={part}"] if part > 1 else []) + ([f"workload={workload.pk}"] if workload else [])
    response["Location"] += ("?" + "&".join(query) if query else "") + f"#{anchor(question.id)}"
    return response


@require_GET
@in_organisation
@needs_role("viewer", assigned="their part")
def dimension(request: HttpRequest, organisation: Organisation, assessment: UUID, dimension: str) -> HttpResponse:
    """Show the questions of one dimension with the level panel beside them."""
    found = find_assessment(assessment)
    workloads = queries.workloads_of(found)
    sheet = Sheet(found, workload=chosen_workload(workloads, request.GET.get("workload", "")))
    dimensions = [one for one in sheet.questionnaire.dimensions if sheet.only is None or sheet.asked(one.id)]
    ids = [one.id for one in dimensions]
    if dimension not in ids:
        raise Http404
    here = ids.index(dimension)
    asked = sheet.asked(dimension)
    parts = -(-len(asked) // PER_PAGE) or 1
    part = request.GET.get("part", "1")
    if not part.isdecimal() or not 1 <= int(part) <= parts:
        raise Http404
    first = (int(part) - 1) * PER_PAGE
    context = sheet.context(
        dimension=dimensions[here],
        derived=derived_dimension(sheet, dimension) if sheet.only is None else None,
        number=here + 1,
        of=len(ids),
        previous=dimensions[here - 1] if here else None,
        following=dimensions[here + 1] if here + 1 < len(ids) else None,
        rows=[
            question_row(sheet, question, number=number, total=len(asked))
            for number, question in enumerate(asked[first : first + PER_PAGE], first + 1)
        ],
        part=int(part),
        remarks=_remarks(sheet, sheet.questionnaire.dimensions[here].title, dimension, asked),
        parts=parts,
        part_numbers=range(1, parts + 1),
        workloads=workloads if len(workloads) > 1 else [],
    )
    return render(request, "questions/dimension.html", context)


def _remarks(sheet: Sheet, title: str, dimension: str, asked: list[Question]) -> list[dict[str, Any]]:
    """Return what a reviewer remarked upon a dimension and its questions; read only where there was a review."""
    found = sheet.assessment
    if found.submitted_at is None or found.is_signed:
        return []
    titles = {one.id: one.title for one in asked} | ({dimension: title} if sheet.only is None else {})
    rows = rounds.open_remarks(found).filter(about__in=titles).select_related("made_by")
    return [{"row": one, "title": titles[one.about]} for one in rows]


@require_POST
@in_organisation
@needs_role("contributor", assigned="their part")
def save(request: HttpRequest, organisation: Organisation, assessment: UUID, question: str) -> HttpResponse:
    """Save one answer; htmx gets the level panel back, a plain form goes back to its question."""
    found = find_assessment(assessment)
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    asked = find_question(found, question)
    workload = None
    if request.POST.get("workload"):
        workload = chosen_workload(queries.workloads_of(found), request.POST["workload"])
    if "theirs" in request.POST:
        return _back_to(found, asked, workload)
    status, problem, saved, both = 200, "", None, None
    hidden = set() if asked.scored else _hidden_in(Sheet(found, workload=workload, only_for_score=True))
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            said = form.said(asked, request.POST)
            saved = answers.save_answer(found, question, user=request.user, workload=workload, **said)
        except answers.AnswerConflict as conflict:
            status, problem = CONFLICT, conflict.sentence(_)
            both = conflict_words(asked, questionnaire, conflict, said)
        except AssessorError as refusal:
            status, problem = REFUSED, refusal.sentence(_)
    else:
        status, problem = REFUSED, " ".join(f"{name}: {' '.join(faults)}" for name, faults in form.errors.items())
    if not (request.htmx or problem):
        return _back_to(found, asked, workload)
    sheet = Sheet(found, workload=workload, only_for_score=bool(request.htmx))
    own = next(one for one in questionnaire.dimensions if one.id == asked.dimension)
    if request.htmx:
        context = sheet.context(anchor=anchor(question), problem=problem, dimension=own, question=asked, conflict=both)
        context["saved"] = saved or find_answer(found, question, workload)
        context["saved_words"] = row_words(asked, questionnaire, context["saved"]) if context["saved"] else None
        context["saved_score"] = sheet.scorecard.question(question) if asked in sheet.asked(own.id) else None
        context["slots"] = [] if asked.scored else _slots(sheet, own.id, hidden ^ _hidden_in(sheet))
        current = sheet.answers.get(question)
        context["to_confirm"] = sum(one.level != current.level for one in current.attached) if current else 0
        return page_or_part(request, "questions/dimension.html", "saved", context, status)
    row = question_row(sheet, asked, **_typed(request, asked), problem=problem, conflict=both, **_place(sheet, asked))
    return render(request, "questions/dimension.html", sheet.context(dimension=own, rows=[row]), status=status)


def _back_to(found: Assessment, asked: Question, workload: Workload | None) -> HttpResponse:
    return _at_question(found, asked, _beside(found, asked), workload)


def _typed(request: HttpRequest, asked: Question) -> dict[str, Any]:
    """Return what a form holds that was not saved, with the version it had seen."""
    seen = request.POST.get("expected_version", "")
    return {
        "chosen": request.POST.get("answer", ""),
        "note": request.POST.get("note", ""),
        "value": request.POST.getlist("item") if asked.kind == "checklist" else request.POST.get("value", ""),
        "version": seen if seen.isdecimal() else 0,
    }


def _place(sheet: Sheet, asked: Question) -> dict[str, int]:
    beside = sheet.asked(asked.dimension)
    return {"number": beside.index(asked) + 1 if asked in beside else 1, "total": len(beside)}


SHOWN = {
    "all": lambda row: True,
    "unanswered": lambda row: row["score"].state == "not-asked",
    "unknown": lambda row: row["score"].state == "unknown",
    "contradicted": lambda row: row["score"].contradicted,
    "unproven": lambda row: row["score"].claimed is not None and not row["score"].evidenced,
    "again": lambda row: row["answer"] is not None and row["answer"].look_again,
}


@require_GET
@in_organisation
@needs_role("viewer")
def listing(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """List every question in scope in a line each, by what is open about it."""
    sheet = Sheet(find_assessment(assessment))
    show, who = request.GET.get("show", "all"), request.GET.get("who", "")
    people = _people(request, sheet)
    if show not in SHOWN or who not in people:
        raise Http404
    asked = sheet.questionnaire.asked(sheet.assessment.scope)
    rows = [
        {
            "question": question,
            "anchor": anchor(question.id),
            "score": sheet.scorecard.question(question.id),
            "answer": sheet.answers.get(question.id),
            "duty": _duty(sheet, question),
        }
        for question in asked
        if _is_of(sheet, question, who)
    ]
    names = {
        "all": _("All"),
        "unanswered": _("Not answered yet"),
        "unknown": _("Not known"),
        "contradicted": _("Contradicted by a probe"),
        "unproven": _("Without evidence"),
        "again": _("Reworded since"),
    }
    groups = [
        {
            "dimension": one,
            "rows": [row for row in rows if row["question"].dimension == one.id and SHOWN[show](row)],
        }
        for one in sheet.questionnaire.dimensions
    ]
    context = sheet.context(
        groups=[group for group in groups if group["rows"]],
        show=show,
        filters=[(key, names[key], sum(map(keep, rows))) for key, keep in SHOWN.items()],
        who=who,
        people=people.items() if len(people) > 2 else (),
    )
    return render(request, "questions/listing.html", context)


def _people(request: HttpRequest, sheet: Sheet) -> dict[str, str]:
    """Return the choices of whose questions to list: everybody's, one's own, each person's, nobody's."""
    found = {str(row.user_id): row.who for row in sheet.duties.rows if row.user_id}
    own = str(request.user.pk)
    mine = {own: _("Assigned to me")} if found.pop(own, None) else {}
    others = dict(sorted(found.items(), key=lambda one: one[1].casefold()))
    return {"": _("Everybody’s"), **mine, **others, "nobody": _("Nobody’s")}


def _is_of(sheet: Sheet, question: Question, who: str) -> bool:
    row = sheet.duties.of(question)
    person = "nobody" if row is None else str(row.user_id)
    return who in ("", person)


def _hidden_in(sheet: Sheet) -> set[str]:
    return {one.question for one in sheet.scorecard.questions if one.state == "hidden"}


def _slots(sheet: Sheet, dimension: str, changed: set[str]) -> list[dict[str, Any]]:
    """Return the questions of a page that a fact just showed or hid; the others are left alone while somebody types."""
    asked = sheet.asked(dimension)
    if not changed & {question.id for question in asked}:
        return []
    whole = Sheet(sheet.assessment, workload=sheet.workload)
    return [
        question_row(whole, question, number=number, total=len(asked))
        for number, question in enumerate(asked, 1)
        if question.id in changed
    ]
