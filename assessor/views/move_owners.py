"""Who sees to a move of the roadmap: said on a page of its own, or in its place on the roadmap where htmx runs."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessor.errors import AssessorError
from assessor.models import Assessment, MoveOwner, Organisation
from assessor.questionnaire.schema import Question
from assessor.services import assigned, memberships, move_owners
from assessor.views.access import find_asked, in_organisation, needs_role
from assessor.views.fresh import CONFLICT, Fresh, one_at_a_time
from assessor.views.move_owner_forms import MoveOwnerForm
from assessor.views.panel import anchor
from assessor.views.rendering import page_or_part

PAGE = "roadmap/owner.html"
MOST_PLACES = 9999


def owner_row(row: MoveOwner | None, question: str, place: int) -> dict[str, Any]:
    """Return what a page shows of who sees to a move; `place` tells apart the places of a page that show the same."""
    is_open = row is None or row.state != MoveOwner.State.DONE
    return {
        "row": row,
        "question": question,
        "anchor": anchor(question),
        "place": place,
        "due": assigned.state_on(row.due_on if row else None, is_open, timezone.localdate()) if is_open else "open",
    }


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
@one_at_a_time
def change(request: HttpRequest, organisation: Organisation, assessment: UUID, question: str) -> HttpResponse:
    """Say who sees to the moves about a question, until when, and how far they are."""
    found, asked = find_asked(assessment, question)
    standing = move_owners.owners_of(found).get(question)
    place = _place(request)
    if request.method == "GET" and ("line" in request.GET or "back" in request.GET):
        # Whoever goes back without saving was in the form, and is at its line then.
        row = owner_row(standing, question, place)
        return _page(request, "line", found, asked, owner=row, focus="back" in request.GET)
    form = MoveOwnerForm(
        request.POST or None,
        standing=standing,
        members=list(memberships.current(organisation)),
        auto_id=f"id_{place}_%s" if request.htmx else "id_%s",
    )
    if request.htmx:
        form.fields["member"].widget.attrs["autofocus"] = True
    fresh = Fresh(request, form)
    if request.method == "POST" and form.is_valid() and fresh.conflict is None:
        try:
            move_owners.set_owner(found, asked, form.given(), request.user)
        except AssessorError as refusal:
            form.add_error("member", refusal.sentence(_))
        else:
            return _saved(request, found, asked, place)
    status = CONFLICT if fresh.conflict is not None else 422 if request.method == "POST" else 200
    row = owner_row(standing, question, place)
    return _page(request, "form", found, asked, status, form=form, fresh=fresh, owner=row)


def _place(request: HttpRequest) -> int:
    said = request.GET.get("place", "")
    return int(said) if said.isdecimal() and len(said) < len(str(MOST_PLACES)) + 1 else 0


def _saved(request: HttpRequest, found: Assessment, asked: Question, place: int) -> HttpResponse:
    if not request.htmx:
        messages.success(request, _("Saved: who sees to “%(title)s”.") % {"title": asked.title})
        return redirect("roadmap", found.organisation_id, found.pk)
    row = move_owners.owners_of(found).get(asked.id)
    response = _page(request, "line", found, asked, owner=owner_row(row, asked.id, place), focus=True)
    # The same move may stand in several lists of the page: they ask for their own line again.
    response.headers["HX-Trigger-After-Settle"] = f"owner-{anchor(asked.id)}"
    return response


def _page(
    request: HttpRequest, part: str, found: Assessment, asked: Question, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"assessment": found, "organisation": found.organisation, "question": asked, **more}
    return page_or_part(request, PAGE, part, context, status)
