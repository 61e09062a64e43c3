"""Where what a page has to say waits for the next page: in a cookie that no neighbouring host can plant."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class InCookie(CookieStorage):
    """Signed, and of the host's own name where there is TLS."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Notices(FallbackStorage):
    """In the cookie what fits, the rest in the session."""

    storage_classes = (InCookie, SessionStorage)
