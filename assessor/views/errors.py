"""Error pages that say what happened and what to do; what was typed stays in the browser's form."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assessor.views.access import RoleDoesNotReach


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old or came from elsewhere."""
    return render(request, "403.html", {"csrf": True}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request could not be understood."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that this is not open to the person; to a member, which role it needs."""
    known = {"role": exception.role, "needed": exception.needed} if isinstance(exception, RoleDoesNotReach) else {}
    return render(request, "403.html", known, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that nothing is there, or nothing this person may see."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; the page needs nothing that may be broken."""
    return render(request, "500.html", status=500)
