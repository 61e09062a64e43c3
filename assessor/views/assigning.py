"""Who answers what in an assessment: giving questions to members, inviting a colleague to answer just those."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from assessor.errors import AssessorError
from assessor.models import Assessment, Organisation
from assessor.services import assigned, assigning, memberships
from assessor.services.questionnaires import questionnaire_of
from assessor.views.access import find_assessment, find_assignment, in_organisation, needs_role
from assessor.views.assigning_forms import AssignForm
from assessor.views.invitations import mail_link

REFUSED = 422


@never_cache
@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="assessor")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show who answers what and how far that is; give questions to a member, or to somebody new by a link."""
    found = find_assessment(assessment)
    chosen = request.POST.getlist("parts") if request.method == "POST" else request.GET.getlist("part")
    members = list(memberships.answering(organisation))
    form = AssignForm(request.POST or None, members=members, by_link=settings.MODE == "served")
    link = None
    if request.method == "POST" and form.is_valid():
        try:
            parts = assigning.parts_of(found, chosen)
            if form.cleaned_data["who"] == form.NEW:
                link = _invite(request, found, parts, form)
            else:
                _assign(request, found, parts, form)
                return redirect("assignments", organisation.pk, found.pk)
        except AssessorError as refusal:
            form.add_error(None, refusal.sentence(_))
    if link is not None:
        form, chosen = AssignForm(members=members, by_link=True), []
    status = REFUSED if form.errors else 200
    return render(request, "teamwork/people.html", _page(found, form, chosen) | {"link": link}, status=status)


def _assign(request: HttpRequest, found: Assessment, parts: assigning.Parts, form: AssignForm) -> None:
    member = form.member()
    assigning.assign(found, parts, member.user, form.cleaned_data["due_on"], request.user)
    messages.success(request, _("Assigned to %(who)s, who finds it under “Mine”.") % {"who": member.user})


def _invite(request: HttpRequest, found: Assessment, parts: assigning.Parts, form: AssignForm) -> dict[str, Any]:
    data = form.cleaned_data
    invited, word = assigning.invite_to_answer(
        found, parts, data["email"], data["ends_on"], data["due_on"], request.user
    )
    address = request.build_absolute_uri(reverse("invitation", args=[word]))
    mail_link(request, invited, address, _("This link lets you answer the questions that were chosen for you."))
    return {"address": address, "invited": invited}


def _page(found: Assessment, form: AssignForm, chosen: list[str]) -> dict[str, Any]:
    """Return what the page shows: assignments with how far they are, guests, and everything that can be assigned."""
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    asked = questionnaire.asked(found.scope)
    rows = assigned.standings(list(assigned.with_assessments(assigned.of_assessment(found))))
    duties = {row.row.pk: row for row in rows}
    members = {one.user_id for one in memberships.current(found.organisation)}
    groups = []
    for dimension in questionnaire.dimensions:
        questions = [one for one in asked if one.dimension == dimension.id]
        if questions:
            value = assigning.DIMENSION + dimension.id
            opened = value in chosen or any(one.id in chosen for one in questions)
            groups.append({"dimension": dimension, "value": value, "questions": questions, "open": opened})
    covered = {one.id for row in duties.values() for one in row.asked}
    return {
        "assessment": found,
        "organisation": found.organisation,
        "rows": [{"one": row, "left": row.row.user_id is not None and row.row.user_id not in members} for row in rows],
        "groups": groups,
        "chosen": chosen,
        "form": form,
        "nobody": sum(one.id not in covered for one in asked),
        "guests": memberships.guests(found.organisation),
        "invitations": assigning.open_invitations(found.organisation),
    }


@require_POST
@in_organisation
@needs_role("assessor")
def end(request: HttpRequest, organisation: Organisation, assessment: UUID, assignment: UUID) -> HttpResponse:
    """Take an assignment away; answers stay."""
    found = find_assessment(assessment)
    assigning.end(find_assignment(found, assignment), request.user)
    messages.success(request, _("Taken back. The answers stay; nobody is asked for the rest any more."))
    return redirect("assignments", organisation.pk, found.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def take_back(request: HttpRequest, organisation: Organisation, assessment: UUID, invitation: UUID) -> HttpResponse:
    """Take back an invitation to answer: its link opens nothing any more."""
    found = find_assessment(assessment)
    wanted = next((one for one in assigning.open_invitations(organisation) if one.pk == invitation), None)
    if wanted is None:
        raise Http404
    assigning.take_back(wanted, request.user)
    messages.success(request, _("The link to %(email)s opens nothing any more.") % {"email": wanted.email})
    return redirect("assignments", organisation.pk, found.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def end_guest(request: HttpRequest, organisation: Organisation, assessment: UUID, member: UUID) -> HttpResponse:
    """End the access of somebody who sees only what was assigned to them, at once."""
    found = find_assessment(assessment)
    guest = get_object_or_404(memberships.guests(organisation), pk=member)
    memberships.remove(guest, request.user)
    messages.success(request, _("%(who)s sees nothing of this any more. The answers stay.") % {"who": guest.user})
    return redirect("assignments", organisation.pk, found.pk)
