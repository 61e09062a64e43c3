"""Says whether the audit trail is intact, or which event is the first that is not."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from assessor.errors import AssessorError
from assessor.services import audit, audit_trail


class Command(BaseCommand):
    """`manage.py verify_audit [FILE]`: exit code 1 where a chain does not hold."""

    help = (
        "Follow the hashes of every chain of the audit trail. With a FILE exported as JSON, look too whether every "
        "event in it is still there as it was: kept elsewhere, it shows what "
        "whoever has the database in hand cannot hide."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file."""
        parser.add_argument("file", nargs="?", type=Path, help="an audit trail exported as JSON earlier")

    def handle(self, *args: Any, **options: Any) -> None:
        """Follow; a sentence for each chain, and one for the whole."""
        try:
            faults = self._chains()
            if options["file"]:
                faults += self._file(options["file"])
        except AssessorError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The audit trail cannot be read: {str(error).strip()}.") from error
        self.stdout.write("The audit trail is broken." if faults else "The audit trail is intact.")
        if faults:
            sys.exit(1)

    def _chains(self) -> int:
        faults = 0
        for one in audit.follow_all():
            name = f"{one.name} ({one.chain})" if one.name else "The installation"
            if one.broken:
                faults += 1
                self.stdout.write(f"BROKEN  {name}: {one.broken}")
            else:
                self.stdout.write(f"intact  {name}: {one.events} events, the last {one.head}")
        return faults

    def _file(self, file: Path) -> int:
        try:
            gone = audit_trail.gone_since(json.loads(file.read_text("utf-8")))
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise CommandError(f"{file} is no audit trail exported as JSON.") from error
        if gone is None:
            self.stdout.write(f"intact  {file}: every event in it is there as it was.")
            return 0
        self.stdout.write(f"BROKEN  {file}: event {gone} is not there any more as it was then.")
        return 1
