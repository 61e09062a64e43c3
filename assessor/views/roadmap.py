"""The way to the target: moves in stages for both readings, and the targets themselves."""

from itertools import count
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from assessor.errors import AssessorError
from assessor.forms import ProfileForm, TargetsForm
from assessor.models import MoveOwner, Organisation
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.roadmap import Move, Route, Stage, roadmap, targets_of
from assessor.scoring.scorecard import Reading
from assessor.services import move_owners
from assessor.services import targets as target_service
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.fresh import CONFLICT, Fresh, one_at_a_time
from assessor.views.move_owners import owner_row
from assessor.views.panel import anchor
from assessor.views.rendering import Sheet

READINGS: tuple[Reading, ...] = ("claimed", "verified")


class Owners:
    """Who sees to what, handed out place by place; `named` are the questions with somebody, or a day or a state."""

    def __init__(self, named: dict[str, MoveOwner]) -> None:
        self.named = named
        self.shown: set[str] = set()
        self._places = count(1)

    def row(self, question: str) -> dict[str, Any]:
        """Return the owner's row for the next place of the page."""
        self.shown.add(question)
        return owner_row(self.named.get(question), question, next(self._places))


def stage_rows(questionnaire: Questionnaire, stage: Stage, owners: Owners | None = None) -> dict[str, Any]:
    """Return what a page shows of one stage: its moves, and the easier ones where there are any."""
    return {
        "kind": stage.kind,
        "overall": stage.overall,
        "fewest": _route(questionnaire, stage.fewest, owners),
        "least_effort": _route(questionnaire, stage.least_effort, owners) if stage.least_effort else None,
    }


def _route(questionnaire: Questionnaire, route: Route, owners: Owners | None) -> dict[str, Any]:
    moves = [_move(questionnaire, move, owners) for move in route.moves]
    return {"moves": moves, "count": len(moves), "low": route.effort[0], "high": route.effort[1]}


def _move(questionnaire: Questionnaire, move: Move, owners: Owners | None) -> dict[str, Any]:
    question = questionnaire.question(move.question)
    dimension = next(one for one in questionnaire.dimensions if one.id == move.dimension)
    others = [questionnaire.question(one) for one in move.together]
    return {
        "move": move,
        "question": question,
        "dimension": dimension,
        "anchor": anchor(move.question),
        "remedies": [question.remedy(step) for step in move.steps] if question else [],
        "together": [one.title for one in others if one],
        "owner": owners.row(move.question) if owners else None,
    }


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show the moves to the next level and on to the targets, as claimed and as verified."""
    sheet = Sheet(find_assessment(assessment))
    questionnaire, card = sheet.questionnaire, sheet.scorecard
    targets = targets_of(questionnaire, sheet.assessment.profile, sheet.assessment.targets)
    owners = Owners(move_owners.owners_of(sheet.assessment))
    readings = [
        {
            "reading": reading,
            "stages": [
                stage_rows(questionnaire, stage, owners)
                for stage in roadmap(questionnaire, card, reading, targets).stages
            ],
        }
        for reading in READINGS
    ]
    context = sheet.context(
        readings=readings,
        no_move=[
            {"question": question, "owner": owners.row(question.id)}
            for question in questionnaire.questions
            if question.id in owners.named and question.id not in owners.shown
        ],
        profile=questionnaire.profile(sheet.assessment.profile),
        has_targets=bool(targets),
        rows=[
            {"dimension": one, "score": card.dimension(one.id), "target": targets.get(one.id)}
            for one in questionnaire.dimensions
        ],
    )
    return render(request, "roadmap/show.html", context)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
@one_at_a_time
def targets(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Choose the profile, edit the target of each dimension, or go back to what the profile says."""
    found = find_assessment(assessment)
    sheet = Sheet(found)
    questionnaire = sheet.questionnaire
    action = request.POST.get("action", "")
    profile = ProfileForm(
        request.POST if action == "profile" else None,
        questionnaire=questionnaire,
        initial={"profile": found.profile},
    )
    form = TargetsForm(
        request.POST if action == "targets" else None,
        questionnaire=questionnaire,
        targets=targets_of(questionnaire, found.profile, found.targets),
    )
    fresh = Fresh(request, form)
    if request.method == "POST" and fresh.conflict is None:
        try:
            if action == "targets" and form.is_valid():
                target_service.edit_targets(found, questionnaire, form.levels())
            elif action == "reset":
                target_service.choose_profile(found, questionnaire, found.profile)
            elif action == "profile" and profile.is_valid():
                target_service.choose_profile(found, questionnaire, profile.cleaned_data["profile"])
            else:
                raise target_service.TargetRefused(_("Nothing was changed."))
        except AssessorError as refusal:
            if form.is_bound and not form.errors:
                form.add_error(None, refusal.sentence(_))
        else:
            messages.success(request, _("The targets were saved."))
            return redirect("roadmap", organisation.pk, found.pk)
    context = sheet.context(
        profile_form=profile if questionnaire.profiles else None,
        form=form,
        fresh=fresh,
        chosen=questionnaire.profile(found.profile),
        edited=bool(found.targets),
    )
    status = CONFLICT if fresh.conflict is not None else 422 if request.method == "POST" else 200
    return render(request, "roadmap/targets.html", context, status=status)
