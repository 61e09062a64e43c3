"""Signing in through the operator's provider: going there, coming back, and connecting an account to it."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from assessor.models import User
from assessor.services import audit
from assessor.services.provider.setup import ProviderFails, ProviderRefused, Setup, provider

logger = logging.getLogger("assessor.sign_in")
FORBIDDEN, BAD_GATEWAY = 403, 502


def _with_provider(view: Callable[[HttpRequest, Setup], HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the provider to a view, 404 without one; what is refused becomes a page with a sentence."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        setup = provider()
        if setup is None:
            raise Http404
        try:
            return view(request, setup)
        except ProviderRefused as refusal:
            fails = isinstance(refusal, ProviderFails)
            if fails:
                logger.warning("The sign-in provider fails: %s", refusal)
            context: dict[str, Any] = {"refusal": refusal.sentence(_), "fails": fails, "provider": setup}
            status = BAD_GATEWAY if fails else FORBIDDEN
            return render(request, "accounts/provider_refused.html", context, status=status)

    return guarded


def _lead(request: HttpRequest, setup: Setup, process: str) -> HttpResponse:
    from assessor.services.provider import flow

    to = flow.begin(request, setup, process=process, next_url=get_next_redirect_url(request))
    # A page and no redirect: the policy of the browser lets no form lead to another site, at none of its turns.
    return render(request, "accounts/provider_lead.html", {"to": to, "provider": setup})


@login_not_required
@never_cache
@require_POST
@_with_provider
def begin(request: HttpRequest, setup: Setup) -> HttpResponse:
    """Lead somebody to the provider to sign in."""
    return _lead(request, setup, AuthProcess.LOGIN)


@never_cache
@require_POST
@reauthentication_required
@_with_provider
def connect(request: HttpRequest, setup: Setup) -> HttpResponse:
    """Lead somebody to the provider to connect their account with the one there."""
    return _lead(request, setup, AuthProcess.CONNECT)


@login_not_required
@never_cache
@require_GET
@_with_provider
def back(request: HttpRequest, setup: Setup) -> HttpResponse:
    """Take in whoever comes back from the provider."""
    from assessor.services.provider import flow

    return flow.come_back(request, setup)


@require_POST
@reauthentication_required
@transaction.atomic
def disconnect(request: HttpRequest) -> HttpResponse:
    """Take the connection away from an account that has a password."""
    user = cast("User", request.user)
    if not user.has_usable_password():
        messages.error(request, _("Without a password this is your only way in. Set a password first."))
    elif SocialAccount.objects.filter(user=user).delete()[0]:
        audit.record("person.disconnected", organisation=None, actor=user, subject=user)
        messages.success(request, _("The connection is taken away."))
    return redirect("account")
