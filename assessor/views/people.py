"""People: one's own account, and the first operator's."""

from typing import Any, cast

from allauth.account.utils import perform_login
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from assessor.models import User
from assessor.services import accounts, kept
from assessor.services.kept import Kept
from assessor.services.memberships import memberships_of
from assessor.services.provider.setup import provider
from assessor.views.people_forms import AccountForm

REFUSED = 422
# What a form sends along and nobody typed.
NOT_SHOWN = {"expected_version", "shown", "workload", "seen", "shown_kind", "thread", "until", "over", "version"}


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Show a person their account: how they sign in, and where they are a member."""
    user, setup = cast("User", request.user), provider()
    context = {
        "memberships": memberships_of(user),
        "provider": setup,
        "connected": setup and SocialAccount.objects.filter(user=user, provider=setup.id).exists(),
    }
    return render(request, "accounts/account.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def first(request: HttpRequest, token: str) -> HttpResponse:
    """Make the account of whoever runs this installation, by the link printed at the first start."""
    if not accounts.first_link_holds(token):
        raise Http404
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = accounts.make_first_operator(**form.cleaned_data)
        except accounts.AddressTaken as taken:
            form.add_error(None, taken.sentence(_))
        else:
            return sign_in(request, user)
    status = REFUSED if request.method == "POST" else 200
    return render(request, "accounts/first.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def show_kept(request: HttpRequest) -> HttpResponse:
    """Show what was typed when the session ended, to be sent once more; a POST throws it away."""
    found = kept.kept_in(request.session)
    if request.method == "POST" or found is None:
        kept.forget(request.session)
        return redirect("home")
    return render(request, "accounts/kept.html", {"kept": found, "rows": kept_rows(found)})


def kept_rows(found: Kept) -> list[tuple[str, str]]:
    """Return what a person reads of a kept form: the longer texts and choices, by the name of their field."""
    return [
        (name.replace("_", " ").capitalize(), value)
        for name, values in found.fields.items()
        for value in values
        if value.strip() and name not in NOT_SHOWN
    ]


def sign_in(request: HttpRequest, user: User, to: str | None = None) -> HttpResponse:
    """Sign a person in after making their account; the session before it ends, whatever it was."""
    response: Any = perform_login(request, user, redirect_url=to)
    return cast("HttpResponse", response)
