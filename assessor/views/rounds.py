"""The review of a round: handing it in, remarks, sending it back, signing it off, and beginning the next one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assessor.errors import AssessorError
from assessor.models import Answer, Assessment, Organisation, Remark, ReviewStep, Role, SignOff
from assessor.questionnaire.schema import Questionnaire
from assessor.services import next_round, rounds, snapshots
from assessor.services.questionnaires import questionnaire_of
from assessor.views.access import find_assessment, find_remark, in_organisation, needs_role

REFUSED = 422
MOST_REMARKS = 300


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show where the round stands on its way to the signature, and what comes next."""
    return _page(request, find_assessment(assessment))


def _page(
    request: HttpRequest, found: Assessment, typed: dict[str, str] | None = None, problem: str = ""
) -> HttpResponse:
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    titles = {one.id: one.title for one in (*questionnaire.dimensions, *questionnaire.questions)}
    remarks = list(Remark.objects.filter(assessment=found).select_related("made_by", "settled_by")[:MOST_REMARKS])
    signed = SignOff.objects.filter(assessment=found).first() if found.is_signed else None
    following = Assessment.objects.filter(predecessor=found, archived_at=None).order_by("-created_at", "-pk").first()
    may_review = request.membership.reaches(Role.ASSESSOR)  # type: ignore[attr-defined]
    standing = rounds.standing(found, request.user) if may_review and not found.is_signed else None
    context = {
        "assessment": found,
        "organisation": found.organisation,
        "signed": signed,
        "fits": snapshots.fits(signed) if signed else True,
        "following": following,
        "predecessor": found.predecessor,
        "steps": list(ReviewStep.objects.filter(assessment=found).select_related("taken_by")),
        "remarks": [{"row": one, "title": titles.get(one.about, "")} for one in remarks],
        "open": sum(one.settled_at is None for one in remarks),
        "subjects": _subjects(questionnaire, found),
        "moved": _moved(found, titles) if found.status == found.Status.SUBMITTED else [],
        "standing": standing,
        "obstacle": standing.obstacle.sentence(_) if standing and standing.obstacle else "",
        "typed": typed or {},
        "problem": problem,
    }
    return render(request, "rounds/review.html", context, status=REFUSED if problem else 200)


def _subjects(questionnaire: Questionnaire, found: Assessment) -> list[dict[str, Any]]:
    """Return what can be remarked upon: each dimension with the questions that are asked of it."""
    asked = questionnaire.asked(found.scope)
    return [
        {"dimension": one, "questions": [question for question in asked if question.dimension == one.id]}
        for one in questionnaire.dimensions
    ]


def _moved(found: Assessment, titles: dict[str, str]) -> list[dict[str, Any]]:
    """Return the questions answered anew since the round was submitted."""
    rows = Answer.objects.filter(assessment=found, answered_at__gt=found.submitted_at)
    names = sorted(set(rows.values_list("question", flat=True)))
    return [{"id": one, "title": titles.get(one, one)} for one in names]


def _carried_out(
    request: HttpRequest, found: Assessment, refusal: AssessorError | None, said: str, **typed: str
) -> HttpResponse:
    """Go back to the review with what was done, or show it with the refusal and what was typed."""
    if refusal is not None:
        return _page(request, find_assessment(found.pk), typed, refusal.sentence(_))
    messages.success(request, said)
    return redirect("review", found.organisation_id, found.pk)


def _tried(step: Any, *args: Any) -> AssessorError | None:
    try:
        step(*args)
    except rounds.RoundClosed:
        raise
    except AssessorError as refusal:
        return refusal
    return None


@require_POST
@in_organisation
@needs_role("contributor")
def submit(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Hand the round in for review."""
    found, note = find_assessment(assessment), request.POST.get("note", "")
    refusal = _tried(rounds.submit, found, request.user, note)
    return _carried_out(request, found, refusal, _("Submitted. An owner or assessor reviews it now."), note=note)


@require_POST
@in_organisation
@needs_role("assessor")
def send_back(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Give the round back to be worked on."""
    found, note = find_assessment(assessment), request.POST.get("note", "")
    refusal = _tried(rounds.send_back, found, request.user, note)
    return _carried_out(request, found, refusal, _("Sent back. The remarks stand beside the questions."), back=note)


@require_POST
@in_organisation
@needs_role("assessor")
def remark(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Remark upon a question, a dimension or the whole."""
    found = find_assessment(assessment)
    about, text = request.POST.get("about", ""), request.POST.get("text", "")
    refusal = _tried(rounds.remark, found, request.user, about, text)
    return _carried_out(request, found, refusal, _("The remark is kept."), about=about, text=text)


@require_POST
@in_organisation
@needs_role("contributor")
def settle(request: HttpRequest, organisation: Organisation, assessment: UUID, remark: UUID) -> HttpResponse:
    """Note that a remark was seen to."""
    found = find_assessment(assessment)
    rounds.settle(find_remark(found, remark), request.user)
    return _carried_out(request, found, None, _("The remark is settled."))


@require_POST
@in_organisation
@needs_role("assessor")
def sign_off(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Freeze the round with a signature."""
    found = find_assessment(assessment)
    refusal = _tried(rounds.sign_off, found, request.user, request.POST.get("seen", ""))
    return _carried_out(request, found, refusal, _("Signed off. What was signed does not change any more."))


@require_POST
@in_organisation
@needs_role("assessor")
def begin_next(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Begin the next round with what was signed."""
    found = find_assessment(assessment)
    try:
        begun = next_round.begin(found, request.user)
    except AssessorError as refusal:
        return _carried_out(request, found, refusal, "")
    messages.success(request, _("The new round has begun. Answers and evidence were carried over with their dates."))
    return redirect("assessment", organisation.pk, begun.pk)


@require_GET
@in_organisation
@needs_role("viewer")
def snapshot(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Hand out what was signed, with its hash."""
    signed = SignOff.objects.filter(assessment=find_assessment(assessment)).first()
    if signed is None:
        raise Http404
    response = JsonResponse(
        {"sha256": signed.sha256, "snapshot": signed.snapshot}, json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    name = f"{slugify(organisation.name) or 'round'}-signed-{signed.signed_at:%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
