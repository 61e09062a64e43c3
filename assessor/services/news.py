"""All that a person has not heard of yet: what probes saw change, where they were named, what was assigned to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assessor.models import Assignment, Mention, ProbeRun, User
from assessor.prepared import Prepared
from assessor.services import assigned, commenting, heard
from assessor.services.heard import MOST_COUNTED


def changes(user: User, *, unread: bool = True) -> QuerySet[ProbeRun]:
    """Return the runs that saw something change; none for somebody who sees only what was assigned to them."""
    found = heard.changes_in_scope(user, unread=unread)
    return found if assigned.limit() is None else found.none()


def new_mentions(user: User | UUID) -> QuerySet[Mention]:
    """Return the comments that name a person and that they have not marked as read."""
    return commenting.mentions_of(user).filter(read_at=None)


def _changed(user: UUID) -> QuerySet[Any, Any]:
    return heard.changes_in_scope(user).order_by().values_list("pk")


def _named(user: UUID) -> QuerySet[Any, Any]:
    return new_mentions(user).order_by().values_list("pk")


def _asked(user: UUID) -> QuerySet[Any, Any]:
    return assigned.assigned_to(user).filter(seen_at=None).order_by().values_list("pk")


# Every page has one of them in its header; somebody who was only asked for answers hears of no probe.
_MEMBER = Prepared(
    lambda user: _changed(user).union(_named(user), _asked(user), all=True)[: MOST_COUNTED + 1],
    "user",
)
_GUEST = Prepared(lambda user: _named(user).union(_asked(user), all=True)[: MOST_COUNTED + 1], "user")


def count_unread(user: User) -> int:
    """Return how much of the organisation in scope a person has not heard of; 100 stands for that and more."""
    if settings.MODE == "laptop":
        # Nobody else is there to name or to ask the one local user.
        return heard.count_unread(user)
    news = _MEMBER if assigned.limit() is None else _GUEST
    return sum(1 for _row in news.run(user=user.pk))


@transaction.atomic
def mark_all_read(user: User, until: datetime) -> int:
    """Note that a person has read all that had come until then; what came since stays unread. Returns how much."""
    count = heard.mark_all_read(user, until) if assigned.limit() is None else 0
    count += commenting.mark_read(Mention.objects.filter(user=user), until)
    new = Assignment.objects.filter(user=user, seen_at=None, assigned_at__lte=until)
    return count + new.order_by().update(seen_at=timezone.now())


def mark_read(user: User, one: UUID) -> bool:
    """Note that a person has read one mention or one assignment of theirs; returns whether there is such a thing."""
    mentions = Mention.objects.filter(user=user, pk=one)
    if mentions.exists():
        commenting.mark_read(mentions)
        return True
    return bool(Assignment.objects.filter(user=user, pk=one).update(seen_at=timezone.now()))
