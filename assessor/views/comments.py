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
from assessor.services import assigned, commenting, threads
from assessor.services.questionnaires import questionnaire_of
from assessor.views.access import find_asked, find_assessment, find_comment, in_organisation, needs_role

REFUSED = 422
MOST_DIGITS = 6


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
            parent = find_comment(found, thread) if thread is not None else None
            made = commenting.say(found, asked, text, request.user, thread=parent, named=named)
        except AssessorError as refusal:
            problem = refusal.sentence(_)
        else:
            return redirect(place_of(made))
    wanted = {"at": thread or _id(request.GET.get("at", "")), "part": _number(request, "replies")}
    context = {
        "assessment": found,
        "organisation": organisation,
        "questionnaire": questionnaire_of(found.questionnaire_version.content_hash),
        "question": asked,
        "duty": assigned.Duties(found).of(asked),
        "people": [one for one in people if one.pk != request.user.pk],
        "open": threads.page_of(found, asked.id, resolved=False, number=_number(request, "page"), **wanted),
        "resolved": threads.page_of(found, asked.id, resolved=True, number=_number(request, "resolved"), **wanted),
        "at": wanted["at"],
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
    return (_id(wanted) or UUID(int=0)) if wanted else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(request: HttpRequest, name: str) -> int:
    """Return the number of a page that was asked for; 1 for anything that is none."""
    wanted = request.GET.get(name, "")
    return max(1, int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) <= MOST_DIGITS else 1


def place_of(comment: Comment) -> str:
    """Return the address at which a comment stands, on whichever page that is by now."""
    where = reverse("comments", args=[comment.organisation_id, comment.assessment_id, comment.question])
    thread = comment.thread_id or comment.pk
    return f"{where}?at={thread}#c-{thread}"


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
