"""Tags for pages of accounts: the picture that an app for one-time codes scans."""

import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.services.provider.setup import Setup, passwords_are_for_operators, provider

register = template.Library()


@register.simple_tag
def sign_in_provider() -> Setup | None:
    """Return the provider through which people sign in, None where there is none."""
    return provider()


@register.simple_tag
def local_sign_in_is_for_operators() -> bool:
    """Return whether passwords and passkeys of this installation open it to operators only."""
    return passwords_are_for_operators()


@register.simple_tag
def inline_qr(picture: str) -> SafeString:
    """Return the picture drawn into the page: the policy of the browser lets no `data:` image in.

    The module draws one path in tenths of millimetres; white around it is part of the picture, in the dark too.
    """
    box = re.search(r'viewBox="([\d. ]+)"', picture)
    path = re.search(r'\sd="([\dMmHhVvLlZz., -]+)"', picture)
    if box is None or path is None:
        return SafeString("")
    return format_html(
        '<svg class="qr-picture" viewBox="{}" width="232" height="232" role="img" aria-label="{}">'
        '<rect width="100%" height="100%" fill="#ffffff"/><path fill="#000000" d="{}"/></svg>',
        box[1],
        _("Picture for the app"),
        path[1],
    )
