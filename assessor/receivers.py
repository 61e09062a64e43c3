"""Hears what sign-in does, and writes it into the installation's audit trail."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_init, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from assessor.models import User
from assessor.services import audit, second_steps, sittings


@receiver(user_logged_in)
def sitting_begins(request: HttpRequest, **_more: Any) -> None:
    """Set the end of the session, which nothing that is done in it puts off."""
    sittings.begin(request.session, settings.SESSION_COOKIE_AGE)


@receiver(account.user_logged_in)
def signed_in(request: HttpRequest, user: User, **_more: Any) -> None:
    """Keep that somebody signed in, and how."""
    audit.record("person.signed_in", organisation=None, actor=user, how=_how(request, user))


def _how(request: HttpRequest, user: User) -> str:
    steps = get_authentication_records(request, user)
    if not steps:
        return "invitation"
    if steps[-1].get("passwordless"):
        return "passkey"
    return str(steps[-1].get("method", ""))


@receiver(user_logged_out)
def signed_out(user: User | None, **_more: Any) -> None:
    """Keep that somebody signed out."""
    if user is not None and user.pk is not None:
        audit.record("person.signed_out", organisation=None, actor=user)


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], **_more: Any) -> None:
    """Keep that a password was wrong; what was typed is kept for known addresses only: it may be a password."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    known = EmailAddress.objects.filter(email__iexact=typed).select_related("user").first() if typed else None
    actor = known.user if known else None
    audit.record("person.sign_in_failed", organisation=None, actor=actor, reason="password")


@receiver(mfa.authentication_failed)
def second_factor_failed(user: User, **_more: Any) -> None:
    """Keep that the second factor was wrong."""
    audit.record("person.sign_in_failed", organisation=None, actor=user, reason="second factor")


@receiver(account.password_changed)
@receiver(account.password_set)
def password_changed(user: User, **_more: Any) -> None:
    """Keep that a password was changed."""
    audit.record("person.password_changed", organisation=None, actor=user, subject=user)


@receiver(account.password_reset)
def password_reset(user: User, **_more: Any) -> None:
    """Keep that a password was set by a link."""
    audit.record("person.password_reset", organisation=None, actor=user, subject=user)


@receiver(mfa.authenticator_added)
def factor_added(user: User, authenticator: Any, **_more: Any) -> None:
    """Keep that a way to sign in was added."""
    audit.record("person.second_factor_added", organisation=None, actor=user, subject=user, factor=authenticator.type)


@receiver(mfa.authenticator_removed)
def factor_removed(user: User, authenticator: Any, **_more: Any) -> None:
    """Keep that a way to sign in was removed."""
    audit.record("person.second_factor_removed", organisation=None, actor=user, subject=user, factor=authenticator.type)


@receiver(mfa.authenticator_reset)
def codes_made(user: User, **_more: Any) -> None:
    """Keep that new recovery codes were made."""
    audit.record("person.recovery_codes_made", organisation=None, actor=user, subject=user)


@receiver(post_init, sender=Authenticator)
@receiver(pre_save, sender=Authenticator)
def seed_held(instance: Authenticator, **_more: Any) -> None:
    """Have no seed of a second step stored open."""
    second_steps.bind(instance)


@receiver(social.social_account_added)
def connected(sociallogin: Any, **_more: Any) -> None:
    """Keep that an account was connected with the sign-in provider."""
    audit.record("person.connected", organisation=None, actor=sociallogin.user, subject=sociallogin.user)
