"""Error pages that say what happened and what to do; what was typed stays in the browser's form."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _

from assessor.adapters import SecondStepUnreadable
from assessor.services import kept
from assessor.views.access import AssessmentArchived, RoleDoesNotReach
from assessor.views.people import kept_rows


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old or came from elsewhere; offer to send ours again to somebody who is signed in.

    Signing in anew, in another tab, makes every open form too old: the browser names its origin, and a form from
    elsewhere cannot claim ours.
    """
    context: dict[str, object] = {"csrf": True}
    if request.user.is_authenticated and _is_ours(request):
        found = kept.typed_in(request.get_full_path(), request.POST, has_files=bool(request.FILES))
        if found is not None:
            # Our own token, not the one that was sent.
            get_token(request)
            context |= {"kept": found, "rows": kept_rows(found)}
    return render(request, "403.html", context, status=403)


def _is_ours(request: HttpRequest) -> bool:
    scheme = "https" if request.is_secure() else "http"
    return request.method == "POST" and request.headers.get("Origin") == f"{scheme}://{request.get_host()}"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request could not be understood."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that this is not open to the person; to a member, which role it needs, or that it is archived."""
    known: dict[str, object] = {}
    if isinstance(exception, RoleDoesNotReach):
        known = {"role": exception.role, "needed": exception.needed}
    elif isinstance(exception, AssessmentArchived):
        known = {"archived": exception}
    elif isinstance(exception, SecondStepUnreadable):
        known = {"sentence": exception.problem.sentence(_)}
    return render(request, "403.html", known, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that nothing is there, or nothing this person may see."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; the page needs nothing that may be broken."""
    return render(request, "500.html", status=500)
