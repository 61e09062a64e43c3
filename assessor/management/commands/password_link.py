"""Prints a one-time link that sets a new password, for hand-over where no mail is sent."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from assessor.services import accounts


class Command(BaseCommand):
    """`manage.py password_link MAIL`: works once, for a day; `--first` prints the first operator's link again."""

    help = "Print a one-time link that sets a new password (served mode)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("email", nargs="?", default="", help="mail address of the account")
        parser.add_argument("--first", action="store_true", help="the link for the first account instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link."""
        if settings.MODE != "served":
            raise CommandError("Laptop mode has no accounts. Set ASSESSOR_MODE=served.")
        if options["first"]:
            if not accounts.needs_operator():
                raise CommandError("The first account exists. Give its mail address to set a new password.")
            path: str | None = accounts.first_link()
        else:
            path = accounts.reset_link(options["email"])
        if path is None:
            raise CommandError(f"No account has the address {options['email']!r}.")
        self.stdout.write(accounts.site_address() + path)
