"""What probes saw change, as far as one person has read it: counted, and marked as read, never for others."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from assessor.models import HeardChange, ProbeRun, User
from assessor.prepared import Prepared
from assessor.services import shelving

# So many at once; more are marked by asking again.
MOST = 1000
# More unread changes than these are counted no further.
MOST_COUNTED = 99


def runs_with_changes(endpoints: list[object]) -> QuerySet[ProbeRun]:
    """Return the runs of some endpoints that saw something change, newest first."""
    return _changed().filter(endpoint__in=endpoints)


def _changed() -> QuerySet[ProbeRun]:
    rows = ProbeRun.objects.filter(changes__isnull=False).exclude(changes__changes=[])
    return rows.defer("result", "sealed_key", "findings").order_by("-finished_at", "-pk")


def changes_in_scope(user: User | UUID, *, unread: bool = True) -> QuerySet[ProbeRun]:
    """Return the runs that saw something change at an endpoint of an assessment, newest first.

    With `unread` only those the person has not marked as read.
    """
    rows = _changed().filter(Exists(shelving.roles_at_work().filter(endpoint=OuterRef("endpoint"))))
    read = Exists(HeardChange.objects.filter(run=OuterRef("pk"), user=user))
    return rows.filter(~read) if unread else rows.annotate(is_read=read)


def mark_read(runs: list[ProbeRun], user: User) -> int:
    """Note that a person has read what these runs saw change; returns how many that were. Twice is once."""
    rows = [HeardChange(organisation_id=run.organisation_id, run=run, user=user) for run in runs]
    return len(HeardChange.objects.bulk_create(rows, ignore_conflicts=True))


@transaction.atomic
def mark_all_read(user: User, until: datetime) -> int:
    """Note that a person has read all that was seen to change until then; what came since stays unread."""
    return mark_read(list(changes_in_scope(user).filter(finished_at__lte=until)[:MOST]), user)


_UNREAD = Prepared(
    lambda user: changes_in_scope(user).values_list("pk")[: MOST_COUNTED + 1],
    "user",
)


def count_unread(user: User) -> int:
    """Return how many changes of the organisation in scope a person has not read; 100 stands for that and more."""
    return sum(1 for _row in _UNREAD.run(user=user.pk))
