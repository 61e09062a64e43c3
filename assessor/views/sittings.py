"""How long a session still lasts: asked by pages themselves, and put off by whoever stays."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def rest(request: HttpRequest) -> HttpResponse:
    """Say what is left, or that it is over; that a POST is sent at all puts the end off."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("home")
    return render(request, "accounts/_sitting.html", {"stayed": request.method == "POST"})
