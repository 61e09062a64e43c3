"""Laptop mode's one local user, what a page is asked for without a sign-in, and the few facts every page shows."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from assessor.models import LOCAL_USERNAME, Membership, Role, User
from assessor.services import kept

# So long somebody may take to sign in before what they typed is let go.
ANONYMOUS_SECONDS = 3600

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
        if request.method == "POST":
            found = kept.typed_in(request.get_full_path(), request.POST, has_files=bool(request.FILES))
            address = get_adapter(request).get_client_ip(request)
            if found is not None and kept.keep(request.session, found, address):
                request.session.set_expiry(ANONYMOUS_SECONDS)
                messages.info(request, _("You were signed out. Sign in: what you typed is kept and shown afterwards."))
                return redirect_to_login(reverse("kept"), resolve_url(self.get_login_url(view_func)))
        return super().handle_no_permission(request, view_func)


def local_user() -> User:
    """Return the local user of laptop mode, made on first use; it has no password and cannot sign in."""
    user = User.objects.filter(username=LOCAL_USERNAME).first()
    if user is None:
        user, made = User.objects.get_or_create(username=LOCAL_USERNAME, defaults={"first_name": "Local user"})
        if made:
            user.set_unusable_password()
            user.save(update_fields=["password"])
    return user


def runs_installation(request: HttpRequest) -> bool:
    """Return whether a request is that of an operator: on a laptop always, served by the account."""
    return settings.MODE == "laptop" or bool(getattr(getattr(request, "user", None), "is_superuser", False))


def site(request: HttpRequest) -> dict[str, object]:
    """Context of every page: mode, version, theme, languages."""
    theme = request.COOKIES.get("theme", "auto")
    languages = settings.LANGUAGES if len(settings.LANGUAGES) > 1 else []
    return {
        "languages": languages,
        "signed_in": settings.MODE == "laptop" or getattr(getattr(request, "user", None), "is_authenticated", False),
        "may": Reach(request),
        "operates": runs_installation(request),
        "mails": bool(settings.MAIL_HOST),
        "mode": settings.MODE,
        "version": settings.VERSION,
        "theme": theme if theme in THEMES else "auto",
    }
