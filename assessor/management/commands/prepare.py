"""Brings the data directory up to date: database tables, static files, questionnaires."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from assessor.errors import AssessorError
from assessor.services.backups import making
from assessor.services.questionnaires import installed, stored_version
from assessor.services.summaries import refresh_due


class Command(BaseCommand):
    """`manage.py prepare`: safe to run at every start."""

    help = "Create or upgrade the database, collect static files, store the installed questionnaires."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--no-backup", action="store_true", help="upgrade without a backup before")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare; every failure is one sentence."""
        if not options["no_backup"]:
            self._back_up()
        try:
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be opened or upgraded: {str(error).strip()}. Check DATABASE_URL, or that "
                f"{settings.DATA_DIR} can be written."
            ) from error
        try:
            call_command("collectstatic", interactive=False, verbosity=0)
        except OSError as error:
            raise CommandError(
                f"Static files cannot be copied into {settings.STATIC_ROOT}: {error.strerror}. "
                "Check the free space and the permissions of the data directory."
            ) from error
        try:
            for questionnaire in installed():
                stored_version(questionnaire)
            refresh_due()
        except AssessorError as error:
            raise CommandError(str(error)) from error

    def _back_up(self) -> None:
        """Keep what is here before it is upgraded; without a backup nothing is upgraded."""
        try:
            kept = making.before_upgrade()
        except AssessorError as error:
            raise CommandError(
                f"No backup could be made before the upgrade, so nothing was upgraded. {error} "
                "To go on without: manage.py prepare --no-backup"
            ) from error
        except DatabaseError:
            # Said once, by the upgrade.
            return
        if kept:
            self.stdout.write(f"Before this upgrade a backup was made: {kept}")
