"""Comments on a question: said, answered, settled, opened again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessor.errors import AssessorError
from assessor.models import Comment, Organisation
from assessor.services import assigned, commenting
from assessor.services.questionnaires import questionnaire_of
from assessor.views.access import find_asked, find_assessment, find_comment, in_organisation, needs_role

REFUSED = 422


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="contributor", assigned="their part")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, question: str) -> HttpResponse:
    """Show what was said about a question, and take a comment or a reply."""
    found, asked = find_asked(assessment, question)
    people = commenting.people(found, asked)
    problem, thread = "", None
    if request.method == "POST":
        thread = _thread(request)
        text = request.POST.get("text", "")
        named = {one.pk for one in people if str(one.pk) in request.POST.getlist("named")}
        try:
            if thread is not None:
                parent = find_comment(found, thread)
                commenting.say(found, asked, text, request.user, thread=parent, named=named)
            else:
                commenting.say(found, asked, text, request.user, named=named)
        except AssessorError as refusal:
            problem = refusal.sentence(_)
        else:
            return redirect("comments", organisation.pk, found.pk, asked.id)
    threads = commenting.threads_of(found, asked.id)
    context = {
        "assessment": found,
        "organisation": organisation,
        "questionnaire": questionnaire_of(found.questionnaire_version.content_hash),
        "question": asked,
        "duty": assigned.Duties(found).of(asked),
        "people": [one for one in people if one.pk != request.user.pk],
        "open": [one for one in threads if one[0].resolved_at is None],
        "resolved": [one for one in threads if one[0].resolved_at is not None],
        "most": commenting.MAX_COMMENT,
        "problem": problem,
        "typed": request.POST.get("text", "") if problem else "",
        "typed_in": thread,
        "named": request.POST.getlist("named") if problem else [],
    }
    return render(request, "teamwork/comments.html", context, status=REFUSED if problem else 200)


def _thread(request: HttpRequest) -> UUID | None:
    """Return the id of the comment that is replied to; one that is no id is none that exists."""
    wanted = request.POST.get("thread", "")
    if not wanted:
        return None
    try:
        return UUID(wanted)
    except ValueError:
        return UUID(int=0)


def place_of(comment: Comment) -> str:
    """Return the address at which a comment stands."""
    where = reverse("comments", args=[comment.organisation_id, comment.assessment_id, comment.question])
    return f"{where}#c-{comment.thread_id or comment.pk}"


@require_POST
@in_organisation
@needs_role("contributor", assigned="their part")
def settle(request: HttpRequest, organisation: Organisation, assessment: UUID, comment: UUID) -> HttpResponse:
    """Say that a thread is settled, or open it again."""
    row = find_comment(find_assessment(assessment), comment)
    if request.POST.get("as") == "open":
        commenting.reopen(row)
    else:
        commenting.resolve(row, request.user)
        messages.success(request, _("Resolved. It stands below under “Resolved”, and can be opened again."))
    return redirect(place_of(row))
