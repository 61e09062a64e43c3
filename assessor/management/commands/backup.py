"""Writes everything of this installation into one file, and its keys into another."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from assessor.errors import AssessorError
from assessor.services import audit
from assessor.services.backups import making


class Command(BaseCommand):
    """`manage.py backup [FILE]`: while the product runs."""

    help = "Write database, attachments and reports into one file, and the keys into FILE.keys beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file."""
        parser.add_argument("file", nargs="?", type=Path, help="default: a new file in backups/ of the data directory")

    def handle(self, *args: Any, **options: Any) -> None:
        """Back up; every failure is a sentence on standard error and exit code 1."""
        file = options["file"] or making.named("backup")
        keys = file.with_name(file.name + ".keys")
        try:
            manifest = making.make(file)
            names = making.keep_keys(keys)
            # Made with a newer release before its upgrade, there is no trail yet.
            if audit.is_there():
                audit.record("backup.made", organisation=None, actor=None, by=audit.COMMAND_LINE, file=file.name)
        except AssessorError as error:
            raise CommandError(str(error)) from error
        except (OSError, DatabaseError) as error:
            raise CommandError(f"The backup could not be made: {str(error).strip()}.") from error
        self.stdout.write(f"Wrote {file} ({file.stat().st_size} bytes, {len(manifest.members)} members).")
        self.stdout.write(
            f"Wrote {keys} ({', '.join(names)}). Keep it apart from the backup: whoever has both can read stored keys. "
            "Without it everything comes back but those."
        )
