"""Looks whether this installation is well, and says what is not."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessor.services import health, packages

SIGNS = {health.State.WELL: "well ", health.State.LOOK: "LOOK ", health.State.WRONG: "WRONG"}


class Command(BaseCommand):
    """`manage.py doctor`: exit code 1 when something is wrong; what only wants attention leaves it at 0.

    With `--packages` it lists what is installed instead, a line each, to be held against notices of known holes.
    """

    help = "Look at database, worker, queue, disc, PDF, fonts, data, keys, clock, backups, scanner and packages."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """What to say."""
        parser.add_argument("--packages", action="store_true", help="list the installed packages with their versions")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say each in a line."""
        if options["packages"]:
            self._list()
            return
        found = health.examine()
        for one in found:
            self.stdout.write(f"{SIGNS[one.state]}  {one.about}: {one.says()}")
        if any(one.state is health.State.WRONG for one in found):
            sys.exit(1)

    def _list(self) -> None:
        """List every package as NAME==VERSION; what differs from the release says so behind it."""
        try:
            found = packages.packages()
        except OSError as error:
            raise CommandError(f"{packages.lock_file()} cannot be read: {error.strerror}.") from error
        for one in found:
            other = "" if one.installed == one.locked else f"  # the release has {one.locked}"
            self.stdout.write(f"{one.name}=={one.installed}{other}")
