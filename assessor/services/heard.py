"""Marking as read what probes saw change: for one person, never for others."""

from datetime import datetime

from django.db import transaction

from assessor import queries
from assessor.models import HeardChange, ProbeRun, User

# So many at once; more are marked by asking again.
MOST = 1000


def mark_read(runs: list[ProbeRun], user: User) -> int:
    """Note that a person has read what these runs saw change; returns how many that were. Twice is once."""
    rows = [HeardChange(organisation_id=run.organisation_id, run=run, user=user) for run in runs]
    return len(HeardChange.objects.bulk_create(rows, ignore_conflicts=True))


@transaction.atomic
def mark_all_read(user: User, until: datetime) -> int:
    """Note that a person has read all that was seen to change until then; what came since stays unread."""
    return mark_read(list(queries.changes_in_scope(user).filter(finished_at__lte=until)[:MOST]), user)
