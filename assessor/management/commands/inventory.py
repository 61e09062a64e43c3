"""The inventory out and in on the command line: the same files, the same rows before anything changes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope

from assessor.management.sentences import failures_told
from assessor.middleware import local_user
from assessor.models import Organisation
from assessor.services.inventory import out
from assessor.services.inventory.files import MAX_BYTES, read_file
from assessor.services.inventory.plan import Plan, plan_of, standing
from assessor.services.inventory.taking_over import apply

SIGNS = {"added": "+", "changed": "~"}


class Command(BaseCommand):
    """`manage.py inventory export|import`: what the page “Inventory as a file” does."""

    help = "Write an organisation's inventory to a file, or bring one in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the two jobs."""
        jobs = parser.add_subparsers(dest="job", required=True)
        away = jobs.add_parser("export", help="write the inventory to a file; its ending says the format")
        into = jobs.add_parser("import", help="show what a file would change, and take it over")
        for job, file in ((away, f"OUT.{{{','.join(out.FORMATS)}}}"), (into, "IN.csv or IN.yaml")):
            job.add_argument("organisation", type=UUID, help="the id in the organisation's addresses, after /o/")
            job.add_argument("file", type=Path, help=file)
        into.add_argument("--dry-run", action="store_true", help="only show what it would change")
        into.add_argument("--leave-out-wrong", action="store_true", help="take the good rows though others are wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the job; every failure is a sentence on standard error and exit code 1, and changes nothing."""
        found = Organisation.objects.filter(pk=options["organisation"]).first()
        if found is None:
            raise CommandError("There is no such organisation. Its id stands in its addresses, after /o/.")
        with failures_told(options["file"]), scope(organisation=found):
            getattr(self, f"_{options['job']}")(found, options)

    def _export(self, found: Organisation, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        kind = file.suffix[1:].lower()
        if kind not in out.FORMATS:
            raise CommandError(f"{file}: the ending says the format. Use one of: {', '.join(out.FORMATS)}.")
        content = out.export(found, kind)
        file.write_bytes(content)
        self.stdout.write(f"Wrote {file} ({len(content)} bytes)")

    def _import(self, found: Organisation, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        with file.open("rb") as stream:
            read = read_file(stream.read(MAX_BYTES + 1), str(file), standing(found))
        plan = plan_of(found, read)
        self._say(plan)
        if plan.faults and not options["leave_out_wrong"]:
            raise CommandError("\n".join(str(one) for one in plan.faults))
        if options["dry_run"]:
            self.stdout.write("Nothing was changed (--dry-run).")
            return
        apply(found, read, local_user(), shown=plan.fingerprint)
        self.stdout.write("Taken over.")

    def _say(self, plan: Plan) -> None:
        for one in plan.changes:
            if one.kind in SIGNS:
                told = "; ".join(f"{row['label']}: {row['here']} -> {row['file']}" for row in one.told)
                self.stdout.write(f"{SIGNS[one.kind]} line {one.line} {one.key}: {told or one.title}")
        for notice in plan.notices:
            self.stdout.write(f"  {notice.sentence()}")
        counts = plan.counts
        self.stdout.write(", ".join(f"{count} {kind}" for kind, count in counts.items()) + ".")
