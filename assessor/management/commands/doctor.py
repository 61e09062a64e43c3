"""Looks whether this installation is well, and says what is not."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from assessor.services import health

SIGNS = {health.State.WELL: "well ", health.State.LOOK: "LOOK ", health.State.WRONG: "WRONG"}


class Command(BaseCommand):
    """`manage.py doctor`: exit code 1 when something is wrong; what only wants attention leaves it at 0."""

    help = "Look at database, worker, queue, disc, PDF, fonts, data, keys, clock and backups."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        """Say each in a line."""
        found = health.examine()
        for one in found:
            self.stdout.write(f"{SIGNS[one.state]}  {one.about}: {one.says()}")
        if any(one.state is health.State.WRONG for one in found):
            sys.exit(1)
