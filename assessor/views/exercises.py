"""Walking a team through a scenario: begin, go step by step, write down, end, keep as evidence."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor.errors import AssessorError
from assessor.models import Assessment, Exercise, Organisation, Role
from assessor.reports.scenario_story import frozen_steps
from assessor.services import exercises
from assessor.services.questionnaires import questionnaire_of
from assessor.services.scenario_catalogue import catalogue, in_own_words
from assessor.views.access import find_assessment, find_exercise, find_played, in_organisation, needs_role
from assessor.views.exercise_forms import STEP_FORM, BeginForm, EndForm, EntryForm

# A longer conclusion is cut while it is kept, far beyond what the form takes.
MOST_KEPT = 20_000


def _context(assessment: Assessment, **more: Any) -> dict[str, Any]:
    return {"assessment": assessment, "organisation": assessment.organisation, **more}


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def new(request: HttpRequest, organisation: Organisation, assessment: UUID, scenario: str) -> HttpResponse:
    """Begin an exercise on one scenario."""
    found = find_assessment(assessment)
    played = find_played(found, scenario, request.GET.get("pick", ""))
    form = BeginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            content = played.scenario.model_dump(mode="json")
            begun = exercises.begin(found, content, frozen_steps(played.story), form.facts(), request.user)
        except AssessorError as refusal:
            form.add_error(None, refusal.sentence(_))
        else:
            return redirect("exercise", organisation.pk, found.pk, begun.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "exercises/new.html", _context(found, form=form, played=played), status=status)


@require_GET
@in_organisation
@needs_role("viewer")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """List the exercises of an assessment."""
    found = find_assessment(assessment)
    return render(
        request,
        "exercises/index.html",
        _context(
            found,
            exercises=[(one, in_own_words(one.content).get("title", one.scenario)) for one in found.exercises.all()],
        ),
    )


def _page(
    request: HttpRequest,
    exercise: Exercise,
    entry: EntryForm,
    end: EndForm,
    status: int = 200,
    *,
    shown: str | None = None,
) -> HttpResponse:
    """Show the exercise; `shown` is what stood in the field of the conclusion before it was typed, if it is known."""
    assessment = exercise.assessment
    shown = exercise.conclusion if shown is None else shown
    entries = list(exercise.entries.select_related("workload"))
    title, told = exercises.in_own_words(exercise)
    steps = [
        {**step, "number": at, "entries": [one for one in entries if one.step == at]} for at, step in enumerate(told)
    ]
    named, others = [], []
    if exercise.ended_at is not None:
        questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
        named, others = exercises.concerned(questionnaire, assessment.scope)
    context = _context(
        assessment,
        exercise=exercise,
        title=title,
        steps=steps,
        here=steps[exercise.step],
        # An own scenario may have been taken out since.
        playable=exercise.scenario in {one.id for one in catalogue(assessment.organisation)},
        first=exercise.step == 0,
        last=exercise.step == len(steps) - 1,
        form=entry,
        end_form=end,
        step_form=STEP_FORM,
        shown=shown,
        named=named,
        others=others,
    )
    return render(request, "exercises/show.html", context, status=status)


def _over(request: HttpRequest, exercise: Exercise) -> HttpResponse | None:
    """Say that a record does not change any more, where somebody else ended the exercise meanwhile."""
    if exercise.ended_at is None:
        return None
    messages.error(request, _("This exercise is over; its record does not change any more."))
    return redirect("exercise", exercise.organisation_id, exercise.assessment_id, exercise.pk)


def _forms(exercise: Exercise, request: HttpRequest | None = None, which: str = "") -> tuple[EntryForm, EndForm]:
    workloads = list(exercise.assessment.workloads.all())
    data = request.POST if request is not None else None
    # Both are sent together: what was typed into the one stays though the other is wrong.
    entered, judged = _typed(data, "entry"), {"conclusion": exercise.conclusion} | _typed(data, "end")
    entry = EntryForm(data if which == "entry" else None, workloads=workloads, prefix="entry", initial=entered)
    return entry, EndForm(data if which == "end" else None, prefix="end", initial=judged)


def _typed(data: QueryDict | None, prefix: str) -> dict[str, str]:
    return {name.removeprefix(f"{prefix}-"): value for name, value in (data or {}).items() if name.startswith(prefix)}


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, exercise: UUID) -> HttpResponse:
    """Show the step the team is at, with what was written down; the record once it is over."""
    found = find_exercise(find_assessment(assessment), exercise)
    return _page(request, found, *_forms(found))


@require_POST
@in_organisation
@needs_role("contributor")
def note(request: HttpRequest, organisation: Organisation, assessment: UUID, exercise: UUID) -> HttpResponse:
    """Write something down at the step the team is at."""
    found = find_exercise(find_assessment(assessment), exercise)
    if over := _over(request, found):
        return over
    if wrong := _noted(request, found):
        return wrong
    _keep_conclusion(request, found)
    return redirect("exercise", organisation.pk, assessment, found.pk)


def _keep_conclusion(request: HttpRequest, found: Exercise) -> None:
    """Keep what stands in the field below, which only whoever may end the exercise sees."""
    reaches = request.membership.reaches  # type: ignore[attr-defined]
    if "end-conclusion" in request.POST and reaches(Role.ASSESSOR):
        try:
            exercises.keep_conclusion(found, request.POST["end-conclusion"][:MOST_KEPT], _shown(request))
        except AssessorError as refusal:
            messages.error(request, refusal.sentence(_))


def _shown(request: HttpRequest) -> str:
    """Return what stood in the field of the conclusion when the page was opened."""
    return request.POST.get("end-shown", "")[:MOST_KEPT]


def _entered(request: HttpRequest) -> bool:
    return any(request.POST.get(f"entry-{name}", "").strip() for name in ("text", "decided_by", "runbook"))


def _noted(request: HttpRequest, found: Exercise) -> HttpResponse | None:
    """Write down what was entered; returns the page with what is wrong about it, None when it was kept."""
    entry, end = _forms(found, request, "entry")
    if not entry.is_valid():
        return _page(request, found, entry, end, 422, shown=_shown(request))
    data = entry.cleaned_data
    try:
        exercises.note(
            found,
            data["kind"],
            data["text"],
            request.user,
            decided_by=data["decided_by"],
            runbook=data["runbook"],
            workload=entry.chosen(),
        )
    except AssessorError as refusal:
        entry.add_error(None, refusal.sentence(_))
        return _page(request, found, entry, end, 422, shown=_shown(request))
    return None


@require_POST
@in_organisation
@needs_role("assessor")
def go(request: HttpRequest, organisation: Organisation, assessment: UUID, exercise: UUID) -> HttpResponse:
    """Take the team to another step, once what was entered and not yet written down is."""
    found = find_exercise(find_assessment(assessment), exercise)
    if over := _over(request, found):
        return over
    if _entered(request) and (wrong := _noted(request, found)):
        return wrong
    _keep_conclusion(request, found)
    wanted = request.POST.get("step", "")
    try:
        exercises.go_to(found, int(wanted) if wanted.isdecimal() and len(wanted) < 4 else -1)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    return redirect("exercise", organisation.pk, assessment, found.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def end(request: HttpRequest, organisation: Organisation, assessment: UUID, exercise: UUID) -> HttpResponse:
    """End the exercise with a judgement, once what was entered and not yet written down is."""
    found = find_exercise(find_assessment(assessment), exercise)
    if over := _over(request, found):
        return over
    entry, form = _forms(found, request, "end")
    if not form.is_valid():
        return _page(request, found, entry, form, 422, shown=_shown(request))
    both = exercises.with_theirs(found, form.cleaned_data["conclusion"], _shown(request))
    if both != form.cleaned_data["conclusion"].replace("\r\n", "\n"):
        form = EndForm(request.POST.dict() | {"end-conclusion": both}, prefix="end")
        form.add_error("conclusion", _("Somebody else wrote here meanwhile. Make one text of both, then end it."))
        return _page(request, found, entry, form, 409)
    if _entered(request) and (wrong := _noted(request, found)):
        return wrong
    try:
        exercises.end(found, form.verdict(), form.cleaned_data["conclusion"])
    except AssessorError as refusal:
        form.add_error(None, refusal.sentence(_))
        return _page(request, found, entry, form, 422, shown=_shown(request))
    messages.success(request, _("The exercise is over. Its record is kept and goes into the report."))
    return redirect("exercise", organisation.pk, assessment, found.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def attach(request: HttpRequest, organisation: Organisation, assessment: UUID, exercise: UUID) -> HttpResponse:
    """Attach the record as evidence to an answer."""
    sheet = find_assessment(assessment)
    found = find_exercise(sheet, exercise)
    questionnaire = questionnaire_of(sheet.questionnaire_version.content_hash)
    asked = questionnaire.question(request.POST.get("question", ""))
    if asked is None or not asked.scored or asked not in questionnaire.asked(sheet.scope):
        messages.error(request, _("This question is not part of the assessment."))
        return redirect("exercise", organisation.pk, assessment, found.pk)
    try:
        said = exercises.HELD.format(scenario=found.content.get("title", found.scenario))
        exercises.attach(found, asked.id, said, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    else:
        messages.success(request, _("Attached to “%(title)s”.") % {"title": asked.title})
    return redirect("exercise", organisation.pk, assessment, found.pk)


@require_GET
@in_organisation
@needs_role("viewer")
def record(request: HttpRequest, organisation: Organisation, assessment: UUID, exercise: UUID) -> HttpResponse:
    """Hand out the record as JSON."""
    found = find_exercise(find_assessment(assessment), exercise)
    response = JsonResponse(exercises.record(found), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="exercise-{found.pk}.json"'
    return response
