"""How long somebody stays signed in: to an end that nothing puts off, and so long as they do something."""

import math
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings

from assessor.models import User
from assessor.services import audit

# In the session: when it ends whatever happens, and when somebody last did something, in seconds since 1970.
ENDS, SEEN = "sitting_ends", "sitting_seen"
# What was done within this of the last note is not written down again.
NOTED_EVERY = 60
WARN_SECONDS = 5 * 60

Session = MutableMapping[str, Any]


@dataclass(frozen=True)
class Left:
    """What is left of a sitting in seconds; `can_stay` where doing something puts the end off."""

    seconds: int
    can_stay: bool

    @property
    def warns(self) -> bool:
        """Whether the page says so now."""
        return self.seconds <= _warn()

    @property
    def minutes(self) -> int:
        """What is left in minutes, rounded up."""
        return math.ceil(self.seconds / 60)

    @property
    def delay(self) -> int:
        """After how many seconds the page asks again: when it has to warn, and when it is over."""
        return self.seconds + 1 if self.warns else self.seconds - _warn()


def _warn() -> int:
    rest: int = settings.SESSION_REST_SECONDS
    return min(WARN_SECONDS, rest // 2) if rest else WARN_SECONDS


def begin(session: Session, lifetime: int) -> None:
    """Begin a sitting that ends after `lifetime` seconds at the latest."""
    session[ENDS], session[SEEN] = int(time.time()) + lifetime, int(time.time())


def left(session: Session) -> Left:
    """Return what is left of a sitting, nothing where it is over."""
    now = time.time()
    whole = session.get(ENDS, now + settings.SESSION_COOKIE_AGE) - now
    rest = session.get(SEEN, now) + settings.SESSION_REST_SECONDS - now
    can_stay = bool(settings.SESSION_REST_SECONDS) and rest < whole
    return Left(max(0, math.ceil(rest if can_stay else whole)), can_stay)


def note(session: Session) -> None:
    """Keep that somebody did something, once a minute at most: each time the whole session is written."""
    rest: int = settings.SESSION_REST_SECONDS
    # Where only age ends a session nobody asks when something was done last.
    if rest and session.get(SEEN, 0) + min(NOTED_EVERY, rest // 10) <= time.time():
        session[SEEN] = int(time.time())


def end(session: Any, user: User, over: Left) -> None:
    """End a sitting that is over, for good."""
    UserSession.objects.filter(session_key=session.session_key).delete()
    session.flush()
    audit.record("person.session_over", organisation=None, actor=user, reason="rest" if over.can_stay else "age")
