"""Seals every stored key anew with the first sealing key."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from assessor.errors import AssessorError
from assessor.services import audit, keyring, resealing


class Command(BaseCommand):
    """`manage.py rotate_keys [--new]`: beside the running product, broken off and begun again as one likes."""

    help = "Seal every stored key anew with the first sealing key; --new puts a new one in front first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--new", action="store_true", help="put a new key in front of those in the file first")
        parser.add_argument(
            "--print-new", action="store_true", help="print a new key for ASSESSOR_KEYS; do nothing else"
        )
        parser.add_argument("--count", action="store_true", help="only count what is sealed, stale and unreadable")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate; every failure is a sentence and exit code 1, which unreadable keys are too."""
        if options["print_new"]:
            self.stdout.write(keyring.new_key().line)
            return
        try:
            if not options["count"]:
                self._rotate(new=options["new"])
            found = resealing.count()
        except AssessorError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The stored keys cannot be read: {str(error).strip()}.") from error
        self.stdout.write(f"{found.sealed} sealed, {found.stale} stale, {found.unreadable} unreadable.")
        if found.unreadable:
            self.stdout.write("Give the missing sealing key back, or have the unreadable keys entered again.")
            sys.exit(1)
        old = [one.ident for one in keyring.at_hand()[1:]]
        if old and not found.stale:
            self.stdout.write(
                f"Nothing here is sealed with {', '.join(old)} any more. Backups made until now are: "
                "keep the old keys as long as those, then take their lines out."
            )

    def _rotate(self, *, new: bool) -> None:
        if new:
            self.stdout.write(f"Added the key {keyring.add_new().ident} to {keyring.file()}.")
        done, unreadable = resealing.reseal()
        first = keyring.at_hand()[0].ident
        audit.record(
            "keys.rotated",
            organisation=None,
            actor=None,
            by=audit.COMMAND_LINE,
            key=first,
            resealed=done,
            unreadable=unreadable,
        )
        self.stdout.write(f"Sealed {done} anew with the key {first}.")
