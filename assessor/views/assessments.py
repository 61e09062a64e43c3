"""Starting an assessment, its overview, its scope."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor import queries, tasks
from assessor.errors import AssessorError
from assessor.forms import ScopeForm, StartForm
from assessor.models import Assessment, AssessmentTemplate, Organisation
from assessor.scoring.roadmap import roadmap, targets_of
from assessor.services import assessments, memberships, next_round, saved_templates
from assessor.services.questionnaires import installed, newer_version, offered_to, questionnaire_of
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.crosswalks import overviews
from assessor.views.fresh import CONFLICT, Fresh, one_at_a_time
from assessor.views.panel import seen
from assessor.views.rendering import Sheet


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Ask for the scope of an organisation's first assessment, then open the first question."""
    if not memberships.may_found(request.user):
        raise PermissionDenied
    like = assessments.pattern(request.user, request.GET.get("like", ""))
    template = saved_templates.find(request.user, request.GET.get("template", ""))
    initial = {"kind": request.GET.get("kind"), **_as_in(template or like)}
    form = StartForm(request.POST or None, questionnaires=installed(), initial=initial)
    if request.method == "POST" and form.is_valid():
        questionnaire, kind = form.chosen()
        assessment = assessments.start_assessment(request.user, questionnaire, form.facts(), kind)
        if template is not None:
            _follow(request, assessment, template)
        elif like is not None:
            assessments.follow(assessment, like)
        return redirect("questions", assessment.organisation_id, assessment.pk)
    status = 422 if request.method == "POST" else 200
    kept = saved_templates.offered(request.user)
    context = {"form": form, "like": like, "template": template, "templates": kept}
    return render(request, "assessments/start.html", context, status=status)


def _as_in(like: Assessment | AssessmentTemplate | None) -> dict[str, str]:
    """Return what a form begins with that follows another assessment or a template."""
    if like is None:
        return {}
    chosen = like.questionnaire_version.content_hash
    return {"kind": like.scope, "profile": like.profile, "questionnaire": chosen}


def _follow(request: HttpRequest, assessment: Assessment, template: AssessmentTemplate) -> None:
    try:
        saved_templates.follow(assessment, template, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    tasks.enqueue_simulation(assessment.organisation)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def start_in(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Begin a further assessment of an organisation, with an installed questionnaire or one of its own."""
    template = saved_templates.find(request.user, request.GET.get("template", ""), organisation)
    initial = {
        "organisation": organisation.name,
        "home_jurisdictions": ", ".join(organisation.home_jurisdictions),
        "questionnaire": request.GET.get("questionnaire"),
        **_as_in(template),
    }
    form = StartForm(request.POST or None, questionnaires=offered_to(organisation), initial=initial)
    if request.method == "POST" and form.is_valid():
        questionnaire, kind = form.chosen()
        found = assessments.start_assessment(request.user, questionnaire, form.facts(), kind, organisation)
        if template is not None:
            _follow(request, found, template)
        return redirect("questions", organisation.pk, found.pk)
    status = 422 if request.method == "POST" else 200
    context = {
        "form": form,
        "organisation": organisation,
        "template": template,
        "templates": saved_templates.offered(request.user, organisation),
        "signed": next_round.to_follow(organisation),
    }
    return render(request, "assessments/start.html", context, status=status)


@require_GET
@in_organisation
@needs_role("viewer")
def overview(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show where the assessment stands: level, who can act, what to do next."""
    found = find_assessment(assessment)
    sheet = Sheet(found)
    card = sheet.scorecard
    texts = {question.id: question for question in sheet.questionnaire.questions}
    targets = targets_of(sheet.questionnaire, found.profile, found.targets)
    stages = roadmap(sheet.questionnaire, card, "claimed", targets).stages
    context = sheet.context(
        workloads=list(found.workloads.order_by("criticality", "name")),
        workload=assessments.first_workload(found),
        can_widen=found.scope == found.Scope.QUICK,
        newer=newer_version(found),
        full_count=len(sheet.questionnaire.asked("full")),
        stage=stages[0] if stages else None,
        moves=[
            {
                "move": move,
                "question": texts[move.question],
                "remedy": texts[move.question].remedy(move.steps[0]) if move.steps else None,
            }
            for move in (stages[0].fewest.moves if stages else ())
        ],
        contradictions=[
            {"score": one, "question": texts[one.question], "seen": seen(one)} for one in card.contradictions
        ],
        quick_day=date.fromisoformat(found.quick_reading["on"]) if found.quick_reading else None,
        not_known=[texts[question] for question in card.not_known],
        endpoints=queries.endpoints_with_runs(found),
        reports=list(queries.reports_of(found)[:5]),
        frameworks=overviews(sheet),
    )
    return render(request, "assessments/overview.html", context)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
@one_at_a_time
def scope(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Correct organisation, jurisdiction and workload; answers stay what they are."""
    found = find_assessment(assessment)
    workload = assessments.first_workload(found)
    initial = {
        "organisation": organisation.name,
        "home_jurisdictions": ", ".join(organisation.home_jurisdictions),
        "workload": workload.name,
        "workload_owner": workload.owner,
        "criticality": workload.criticality,
        "tolerance_hours": workload.tolerance_hours,
        "profile": found.profile,
    }
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    form = ScopeForm(request.POST or None, initial=initial, questionnaires=[questionnaire])
    fresh = Fresh(request, form)
    if request.method == "POST" and form.is_valid() and fresh.conflict is None:
        assessments.change_scope(found, form.facts())
        messages.success(request, _("The scope was saved. Answers stay as they are: check that they still fit."))
        return redirect("assessment", organisation.pk, found.pk)
    status = CONFLICT if fresh.conflict is not None else 422 if request.method == "POST" else 200
    context = {
        "form": form,
        "fresh": fresh,
        "assessment": found,
        "organisation": organisation,
        "workloads": [one for one in found.workloads.order_by("criticality", "name") if one.pk != workload.pk],
    }
    return render(request, "assessments/scope.html", context, status=status)


@require_POST
@in_organisation
@needs_role("assessor")
def widen(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Go on from the quick scan to the full questionnaire; what the scan said is kept beside it."""
    found = find_assessment(assessment)
    if found.scope == found.Scope.QUICK:
        card = Sheet(found).scorecard
        reading = {
            "on": timezone.localdate().isoformat(),
            "claimed": card.claimed.level,
            "verified": card.verified.level if card.verified_printed else None,
            "coverage": card.coverage,
            "dimensions": {one.dimension: one.claimed.level for one in card.dimensions},
        }
        assessments.widen(found, reading)
        messages.success(request, _("The full questionnaire is open. Your answers stand, and the quick scan is kept."))
    return redirect("questions", organisation.pk, found.pk)
