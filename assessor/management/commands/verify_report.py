"""Says whether a report as a file, the data in it, and what is stored here agree."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessor.errors import AssessorError
from assessor.services.verifying import verify


class Command(BaseCommand):
    """`manage.py verify_report FILE`: one sentence for each thing compared, and an exit code."""

    help = (
        "Compare a report with the data in it, with what is stored here and with the assessment today. Exit codes: "
        "0 all agree; 1 the assessment has moved on; 2 no report; 3 data changed; 4 file changed; 5 not known here; "
        "6 the stored record was changed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="the PDF as it was handed out")
        parser.add_argument(
            "--alone", action="store_true", help="compare the file with itself only, without a database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found and end with its code."""
        try:
            pdf = options["file"].read_bytes()
            found = verify(pdf, alone=options["alone"])
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.", returncode=2) from error
        except AssessorError as error:
            raise CommandError(str(error), returncode=2) from error
        for line in found.lines:
            self.stdout.write(line)
        if found.verdict:
            sys.exit(int(found.verdict))
