"""What of sign-in is ours to decide: nobody signs up alone, and mail goes out only where there is a mail server."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class Accounts(DefaultAccountAdapter):
    """Accounts are made by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: an account begins with an invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail where the operator has set a mail server; elsewhere links are copied."""
        if settings.MAIL_HOST:
            super().send_mail(template_prefix, email, context)


class Providers(DefaultSocialAccountAdapter):
    """No provider can be set up yet; none will make an account."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Return False: an account begins with an invitation."""
        return False
