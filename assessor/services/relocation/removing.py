"""Deleting an organisation for good: its rows, its files, and what the database keeps of them in free pages."""

from django.db import connection, transaction
from django_scopes import scope, scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, AssessmentTemplate, Organisation, User
from assessor.services import audit, stored_files
from assessor.services.relocation.bringing import NAMED


class RemovalRefused(AssessorError):
    """The organisation is not deleted."""


def delete(organisation: Organisation, typed: str, by: User | None) -> None:
    """Delete an organisation with everything in it; members keep their accounts. `typed` must be its name.

    Raises `RemovalRefused`. The caller has the database cleaned afterwards (`scrub`), which takes longer.
    """
    if " ".join(typed.split()) != " ".join(organisation.name.split()):
        raise RemovalRefused(
            N_("“{typed}” is not the name of this organisation, so nothing was deleted."),
            remedy=N_("Type it exactly as it stands: {name}"),
            typed=typed[:80],
            name=organisation.name,
        )
    with transaction.atomic():
        with scope(organisation=organisation):
            Organisation.objects.select_for_update().get(pk=organisation.pk)
            files = stored_files.of_organisation(organisation)
            # First, because they hold on to the questionnaires that go with the organisation.
            Assessment.everything.filter(organisation=organisation).delete()
            AssessmentTemplate.objects.filter(organisation=organisation).delete()
            audit.end_trail(organisation, by, audit.COMMAND_LINE if by is None else "")
        with scopes_disabled():
            names = f"{NAMED}{organisation.pk.hex}-"
            Organisation.objects.filter(pk=organisation.pk).delete()
            User.objects.filter(username__startswith=names, is_active=False).delete()
        transaction.on_commit(lambda: stored_files.unlink(files))


def scrub() -> None:
    """Have the database give up what deleted rows left in its pages; waits for others, and raises `DatabaseError`.

    On PostgreSQL this clears the pages for use; what its own log and your backups hold stays there until they end.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
