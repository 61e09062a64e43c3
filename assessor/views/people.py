"""People: one's own account, and the first operator's."""

from typing import Any, cast

from allauth.account import views as account_views
from allauth.account.decorators import reauthentication_required
from allauth.account.utils import perform_login
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions import views as session_views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.mail import send_mail
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
from assessor.views.people_forms import AccountForm, EmailForm

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
@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out, and have the browser forget every page it keeps."""
    response = cast("HttpResponse", account_views.logout(request))
    if request.method == "POST":
        # Not the cookies: those that are left hold theme and language.
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_http_methods(["GET", "POST"])
@reauthentication_required(allow_get=True)
def sessions(request: HttpRequest) -> HttpResponse:
    """List one's own sessions; to end the others the password is asked for again."""
    return cast("HttpResponse", session_views.list_usersessions(request))


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


@never_cache
@require_http_methods(["GET", "POST"])
@reauthentication_required(allow_get=True)
def change_email(request: HttpRequest) -> HttpResponse:
    """Change the address one signs in with: by a link mailed to it, or at once where no mail goes out."""
    user, form = cast("User", request.user), EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].strip().lower()
        if not settings.MAIL_HOST:
            return _changed(request, user, email, form, proved=False)
        # Whether the address has an account is told to nobody but its reader.
        if not accounts.has_account(email):
            link = request.build_absolute_uri(accounts.change_link(user, email))
            words = _("This link makes this the address with which you sign in. It works for a day:")
            _mail(request, email, _("Your new address"), f"{words}\n\n{link}\n")
        messages.info(request, _("A link was sent to %(email)s. Open it while you are signed in.") % {"email": email})
        return redirect("account")
    status = REFUSED if form.errors else 200
    return render(request, "accounts/change_email.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Take the address in that a link proves."""
    user = cast("User", request.user)
    email = accounts.address_of_link(user, token)
    if email is None:
        raise Http404
    form = EmailForm({"email": email})
    if request.method == "POST" and form.is_valid():
        return _changed(request, user, email, form, proved=True)
    return render(request, "accounts/confirm_email.html", {"email": email})


def _changed(request: HttpRequest, user: User, email: str, form: EmailForm, *, proved: bool) -> HttpResponse:
    before = user.email
    try:
        accounts.change_email(user, email, proved=proved)
    except accounts.AddressTaken as taken:
        form.add_error("email", taken.sentence(_))
        return render(request, "accounts/change_email.html", {"form": form}, status=REFUSED)
    if settings.MAIL_HOST and before:
        words = _(
            "The address of your account is another one now. If this was not you, tell whoever runs the installation."
        )
        _mail(request, before, _("Your account has another address"), words)
    messages.success(request, _("You sign in with %(email)s from now on.") % {"email": email})
    return redirect("account")


def _mail(request: HttpRequest, to: str, subject: str, words: str) -> None:
    try:
        send_mail(f"Sovereignty Assessor: {subject}", words, None, [to])
    except OSError as error:
        messages.warning(request, _("The mail was not sent (%(why)s).") % {"why": type(error).__name__})
