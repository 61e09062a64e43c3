"""Runs background work in this process."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from assessor.management.background import work


class Command(BaseCommand):
    """`manage.py worker`: probes and reports; any number may run beside one another on PostgreSQL."""

    help = "Run probes and reports in the background; `serve` starts one by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--until-empty", action="store_true", help="end when nothing is waiting")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work."""
        work(until_empty=options["until_empty"])
