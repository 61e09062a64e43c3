"""What of sign-in is ours to decide: nobody signs up alone, and mail goes out only where there is a mail server."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessor.errors import N_, AssessorError
from assessor.models import User
from assessor.services import audit, second_steps, sittings
from assessor.services.provider import admission
from assessor.services.provider.setup import (
    ProviderFails,
    ProviderRefused,
    Setup,
    passwords_are_for_operators,
    provider,
)

logger = logging.getLogger("assessor.sign_in")
# Whoever leaves is taken out at the provider: a session of it ends within a working day.
PROVIDER_SESSION_SECONDS = 10 * 3600


class Accounts(DefaultAccountAdapter):
    """Accounts are made by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: an account begins with an invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail where the operator has set a mail server; elsewhere links are copied."""
        if settings.MAIL_HOST:
            super().send_mail(template_prefix, email, context)

    def pre_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse | None:
        """Refuse password and passkey where everybody but operators signs in through the provider."""
        through_provider = "sociallogin" in (about.get("signal_kwargs") or {})
        if not through_provider and not user.is_superuser and passwords_are_for_operators():
            return render(request, "accounts/provider_only.html", {"provider": provider()}, status=403)
        refused: HttpResponse | None = super().pre_login(request, user, **about)
        return refused

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        """End a session that began at the provider within a working day."""
        if "sociallogin" in (about.get("signal_kwargs") or {}):
            request.session.set_expiry(PROVIDER_SESSION_SECONDS)
            sittings.begin(request.session, PROVIDER_SESSION_SECONDS)
        response: HttpResponse = super().post_login(request, user, **about)
        return response


class SecondStepUnreadable(PermissionDenied):
    """A code cannot be checked; the page says why and who can help."""

    def __init__(self, problem: AssessorError) -> None:
        self.problem = problem
        super().__init__(str(problem))


class SecondSteps(DefaultMFAAdapter):
    """Seeds are sealed for the account they belong to, and the last one stays where one is compulsory."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "A second step is compulsory here, and this is your last one. Add a passkey or another app first."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Mark a seed to be sealed together with its row: here nobody says whose it is."""
        return second_steps.Fresh(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a seed; raises `SecondStepUnreadable`."""
        try:
            return second_steps.opened(encrypted_text)
        except AssessorError as problem:
            raise SecondStepUnreadable(problem) from problem

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Keep the last second step of somebody who must have one."""
        return second_steps.may_remove(authenticator)


class Providers(DefaultSocialAccountAdapter):
    """The one provider of the operator; who comes in through it is decided here."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """Return the provider of the settings; tables hold none."""
        setup = _setup()
        if setup is None:
            return []
        from assessor.services.provider import flow

        return [flow.app(setup)]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """Return the provider as allauth sees it."""
        from assessor.services.provider import flow

        return flow.Provider(request, self.get_app(request, provider, client_id))

    def get_requests_session(self) -> Any:
        """Return what sends to the provider: through the guarded door, to its own host only."""
        from assessor.services.provider.asking import Session

        setup = _setup()
        if setup is None:
            raise ProviderFails(N_("No provider is set up."))
        return Session(setup)

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        """Return the account that a proved address of the operator's own domain opens."""
        setup = _setup()
        for one in sociallogin.email_addresses if setup else ():
            user = admission.account_of(setup, one.email, verified=one.verified)
            if user is not None:
                return user, one.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Raise `ProviderRefused` for whoever may neither sign in nor begin an account."""
        setup = _setup()
        connects = sociallogin.state.get("process") == AuthProcess.CONNECT
        if setup is None or (connects and not request.user.is_authenticated):
            raise ProviderRefused(N_("Sign in first."))
        if connects or sociallogin.is_existing:
            return
        addresses = sociallogin.email_addresses
        email, verified = (addresses[0].email, addresses[0].verified) if addresses else ("", False)
        admission.admit(setup, email, verified=verified)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Return True: who may not begin an account was refused before."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Name a new account as the provider does."""
        user: User = super().populate_user(request, sociallogin, data)
        user.email = user.email.lower()
        user.username, user.first_name, user.last_name = user.email[:150], str(data.get("name") or "")[:150], ""
        return user

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Make the account and its entry in the trail."""
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
            audit.record("person.account_made", organisation=None, actor=user, subject=user, operator=False)
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Return to the page of the account after connecting it."""
        return reverse("account")

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Say what went wrong on a page of ours instead of allauth's."""
        if isinstance(exception, ProviderRefused):
            raise exception
        # The message may hold what the provider sent: its kind is enough for the log.
        logger.warning("A sign-in through the provider failed: %s %s", error, type(exception).__name__)
        if error == AuthError.CANCELLED:
            raise ProviderRefused(N_("The sign-in was stopped at {label}."), label=str(provider))
        raise ProviderRefused(
            N_("This sign-in was not begun here, is older than ten minutes, or was used already."),
            remedy=N_("Begin the sign-in again."),
        )


def _setup() -> Setup | None:
    return provider()
