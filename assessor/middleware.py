"""Laptop mode's one local user, what a page is asked for without a sign-in, and the few facts every page shows."""

import logging
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from assessor.models import LOCAL_USERNAME, Membership, Role, User
from assessor.retelling import LOCAL_NAME
from assessor.services import kept, pace, second_steps, sittings

# So long somebody may take to sign in before what they typed is let go.
ANONYMOUS_SECONDS = 3600

# Not 401: pages that are left open ask on after the session is over.
REFUSED = {400, 403, 409, 413, 415, 422, 429}
refusals = logging.getLogger("assessor.refused")

LOOPBACK = {"127.0.0.1", "::1", ""}
THEMES = ("auto", "light", "dark")


class Reach:
    """What a page may offer: which roles the member's own includes; on pages outside any organisation, all."""

    def __init__(self, request: HttpRequest) -> None:
        membership: Membership | None = getattr(request, "membership", None)
        self.owner, self.assessor, self.contributor, self.viewer = (
            membership is None or membership.reaches(role)
            for role in (Role.OWNER, Role.ASSESSOR, Role.CONTRIBUTOR, Role.VIEWER)
        )
        # Not only the questions that were assigned to them.
        self.everything = membership is None or not membership.only_assigned


class LazyLocalUser(SimpleLazyObject):
    """The local user, not yet looked up; that they are signed in is known without."""

    is_authenticated = True
    is_anonymous = False


class LocalUserMiddleware:
    """Signs the one local user in on every request of laptop mode.

    Only the loopback interface is served; a request that says it came from elsewhere is refused all the same.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the local user and go on."""
        if settings.MODE == "laptop":
            if request.META.get("REMOTE_ADDR", "") not in LOOPBACK:
                raise PermissionDenied("Laptop mode answers this computer only.")
            # Looked up when it is first needed: pages of an organisation learn it together with the membership.
            request.user = LazyLocalUser(local_user)
        return self.get_response(request)


class SittingEnds:
    """Ends a session whose time is over, and keeps when somebody last did something.

    What a page asks for by itself is nothing that somebody did: htmx reads what is new every second on some pages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Judge the session before anything looks at who it is."""
        session = request.session
        if settings.MODE == "served" and SESSION_KEY in session:
            if sittings.ENDS not in session:
                # Of an earlier release.
                sittings.begin(session, settings.SESSION_COOKIE_AGE)
            found = sittings.left(session)
            if not found.seconds:
                if request.user.is_authenticated:
                    sittings.end(session, request.user, found)
                request.user, request.rested = AnonymousUser(), found  # type: ignore[attr-defined]
            elif not (request.method == "GET" and request.headers.get("HX-Request") == "true"):
                sittings.note(session)
        return self.get_response(request)


class Refusals:
    """Holds the pace of one person, and writes every refusal of a served installation into the log: who, what, how.

    The line names the page by its name: a path may hold the secret of a link.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.minute = pace.Minute()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on unless it is too fast."""
        if settings.MODE == "laptop":
            return self.get_response(request)
        person = str(request.session.get(SESSION_KEY, ""))
        if person and self.minute.is_too_much(person):
            response = render(request, "429.html", {"pages": True}, status=429)
            response["Retry-After"] = str(pace.RETRY_SECONDS)
        else:
            response = self.get_response(request)
        match = request.resolver_match
        inside = match.kwargs.get("organisation") if match else None
        if response.status_code in REFUSED or (response.status_code == 404 and inside and person):
            page, of = (match.url_name if match else None) or "-", inside or "-"
            refusals.info(
                "%s %s %s organisation %s person %s", response.status_code, request.method, page, of, person or "-"
            )
        return response


class SignInKeepsTyped(LoginRequiredMiddleware):
    """Asks for a sign-in without losing what was typed when the session ended.

    A form is kept in the session of whoever signs in next in this browser, and shown to them to be sent once more. A
    request of htmx gets 401 and leaves the page as it is: what was typed is still in its field.
    """

    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        """Forget what was kept once it is sent by somebody who is signed in."""
        if request.method == "POST" and kept.MARK in request.POST and request.user.is_authenticated:
            kept.forget(request.session)
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:
        """Send to the sign-in, and from there back to what was typed."""
        if request.htmx:
            return HttpResponse(status=401)
        # The form proved by its token that it is ours: another site cannot have anything kept here.
        if request.method == "POST" and keep_typed(request):
            request.session.set_expiry(ANONYMOUS_SECONDS)
            messages.info(request, _("You were signed out. Sign in: what you typed is kept and shown afterwards."))
            return redirect_to_login(reverse("kept"), resolve_url(self.get_login_url(view_func)))
        if hasattr(request, "rested"):
            messages.info(request, _("You were signed out: your session was over. Sign in to go on."))
        return super().handle_no_permission(request, view_func)


def keep_typed(request: HttpRequest) -> bool:
    """Keep the form that was sent for whoever goes on in this browser; returns False where that cannot be."""
    found = kept.typed_in(request.get_full_path(), request.POST, has_files=bool(request.FILES))
    return found is not None and kept.keep(request.session, found, get_adapter(request).get_client_ip(request))


class SecondStepFirst:
    """Leads whoever must have a second step, and has none, to setting one up before anything else.

    Whoever signed in through the operator's provider is left alone: what it asks for is decided there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on; the view is judged below."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view_func: Any, _args: Any, kwargs: Any) -> HttpResponse | None:
        """Let through what is open to everybody and what sets a second step up.

        Inside an organisation the owners' wish is known with the membership: `in_organisation` sees to it.
        """
        if settings.MODE == "laptop" or not request.user.is_authenticated or _is_on_the_way(request, view_func):
            return None
        if "organisation" in kwargs and not second_steps.operator_wants(request.user):
            return None
        return led_to_second_step(request)


def led_to_second_step(request: HttpRequest) -> HttpResponse | None:
    """Return the way to setting a second step up, keeping what was typed; None for whoever need not take it."""
    user = request.user
    if came_through_provider(request) or not second_steps.must_have_one(user) or second_steps.has_one(user):
        return None
    if request.htmx:
        return HttpResponse(status=403)
    request.session[NEXT] = request.get_full_path() if request.method == "GET" else reverse("home")
    if request.method == "POST" and keep_typed(request):
        request.session[NEXT] = reverse("kept")
    return redirect("second_step")


NEXT = "second_step_next"
# Beside allauth's own pages of sign-in and second steps.
ON_THE_WAY = {"second_step", "account", "kept", "change_email", "confirm_email", "usersessions_list", "rest"}


def _is_on_the_way(request: HttpRequest, view_func: Any) -> bool:
    name = (request.resolver_match.url_name if request.resolver_match else None) or ""
    return (
        not getattr(view_func, "login_required", True)
        or name in ON_THE_WAY
        or name.startswith(("account_", "mfa_", "connect_", "disconnect_"))
    )


def came_through_provider(request: HttpRequest) -> bool:
    """Return whether the person signed in through the operator's provider."""
    records = get_authentication_records(request, request.user)
    return any(one.get("method") == "socialaccount" for one in records)


def local_user() -> User:
    """Return the local user of laptop mode, made on first use; it has no password and cannot sign in."""
    user = User.objects.filter(username=LOCAL_USERNAME).first()
    if user is None:
        user, made = User.objects.get_or_create(username=LOCAL_USERNAME, defaults={"first_name": LOCAL_NAME})
        if made:
            user.set_unusable_password()
            user.save(update_fields=["password"])
    return user


def runs_installation(request: HttpRequest) -> bool:
    """Return whether a request is that of an operator: on a laptop always, served by the account."""
    return settings.MODE == "laptop" or bool(getattr(getattr(request, "user", None), "is_superuser", False))


def _sitting(request: HttpRequest) -> sittings.Left | None:
    if settings.MODE == "laptop" or not getattr(getattr(request, "user", None), "is_authenticated", False):
        return None
    return sittings.left(request.session)


def site(request: HttpRequest) -> dict[str, object]:
    """Context of every page: mode, version, theme, languages."""
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "auto")
    languages = settings.LANGUAGES if len(settings.LANGUAGES) > 1 else []
    return {
        "languages": languages,
        "signed_in": settings.MODE == "laptop" or getattr(getattr(request, "user", None), "is_authenticated", False),
        "may": Reach(request),
        "operates": runs_installation(request),
        "mails": bool(settings.MAIL_HOST),
        "sitting": _sitting(request),
        "mode": settings.MODE,
        "version": settings.VERSION,
        "theme": theme if theme in THEMES else "auto",
    }
