"""Puts a backup in the place of this installation's data."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from assessor.errors import AssessorError
from assessor.services import audit, resealing
from assessor.services.backups import restoring


class Command(BaseCommand):
    """`manage.py restore FILE`: with the product stopped."""

    help = "Restore a backup into an empty installation, or in the place of what is here. Stop the product first."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the files and what must be said in so many words."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--keys", type=Path, help="the file of keys that was made with the backup")
        parser.add_argument("--replace", action="store_true", help="there is data here: back it up, then replace it")
        parser.add_argument("--upgrade", action="store_true", help="the backup may be of an older release")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore; every failure is a sentence on standard error and exit code 1."""
        names = ("keys", "replace", "upgrade")
        try:
            done = restoring.restore(options["file"], **{name: options[name] for name in names})
            call_command("prepare", no_backup=True)
            found = restoring.count_files()
            lost = resealing.count().unreadable
            audit.record(
                "backup.restored",
                organisation=None,
                actor=None,
                by=audit.COMMAND_LINE,
                file=options["file"].name,
                made_at=done.manifest.made_at,
            )
        except AssessorError as error:
            raise CommandError(str(error)) from error
        except (OSError, DatabaseError) as error:
            raise CommandError(f"The restore failed: {str(error).strip()}.") from error
        if done.before:
            self.stdout.write(f"What was here is kept in {done.before}.")
        self.stdout.write(f"Restored {options['file']}, made on {done.manifest.made_at}.")
        self.stdout.write(f"Checked against their hashes: {found.reports} reports, {found.attachments} attachments.")
        if lost:
            self.stdout.write(
                f"The keys here do not open {lost} stored keys: restore with the keys of the backup (--keys), or have "
                "those entered again."
            )
        self.stdout.write("Start the product again now: a running one still uses the old secret key.")
        if found.faults:
            raise CommandError("Not as they were stored:\n" + "\n".join(found.faults))
