"""Mailing the link of an invitation, where there is a mail server."""

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpRequest
from django.utils.translation import gettext as _

from assessor.models import Invitation


def mail_link(request: HttpRequest, invited: Invitation, link: str, words: str) -> None:
    """Send the link where there is a mail server; a failure leaves the link on the page."""
    if not settings.MAIL_HOST:
        return
    organisation = " ".join(invited.organisation.name.split())
    subject = _("Invitation to “%(organisation)s”") % {"organisation": organisation}
    text = f"{words} {_('It works once, for two weeks:')}\n\n{link}\n"
    try:
        send_mail(subject, text, None, [invited.email])
    except OSError as error:
        messages.warning(
            request, _("The mail was not sent (%(why)s). Copy the link instead.") % {"why": type(error).__name__}
        )
