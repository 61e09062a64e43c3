"""Answers out and in on the command line: the same files, the same checks, the same rows before anything changes."""

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope, scopes_disabled

from assessor.management.sentences import failures_told
from assessor.middleware import local_user
from assessor.models import Assessment
from assessor.services.exchange import bringing_in, reading, sending_out
from assessor.services.exchange.blank_pdf import blank_pdf
from assessor.services.exchange.plan import Plan
from assessor.services.questionnaires import questionnaire_of, shipped

SIGNS = {"new": "+", "changed": "~", "conflict": "!", "kept": "=", "skipped": "-"}


class Command(BaseCommand):
    """`manage.py exchange export|import|blank`: what the page “In and out” does."""

    help = "Export an assessment, bring a file in, or write an empty questionnaire."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the three jobs."""
        jobs = parser.add_subparsers(dest="job", required=True)
        out = jobs.add_parser("export", help="write an assessment to a file; its ending says the format")
        out.add_argument("assessment", type=UUID, help="the id in the assessment's address, after /a/")
        out.add_argument("file", type=Path, help=f"OUT.{{{','.join(sending_out.FORMATS)}}}")
        into = jobs.add_parser("import", help="show what a file would change, and take it over")
        into.add_argument("assessment", type=UUID, help="the id in the assessment's address, after /a/")
        into.add_argument("file", type=Path, help=f"one of: {reading.ACCEPTED}")
        into.add_argument("--dry-run", action="store_true", help="only show what it would change")
        into.add_argument("--take-file", action="store_true", help="in a conflict the file wins")
        blank = jobs.add_parser("blank", help="write an empty questionnaire; the ending says the format")
        blank.add_argument("questionnaire", help="the id of an installed questionnaire")
        blank.add_argument("file", type=Path, help=f"OUT.{{{','.join(sending_out.BLANK_FORMATS)}}}")
        blank.add_argument("--quick", action="store_true", help="the quick scan only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the job; every failure is a sentence on standard error and exit code 1, and changes nothing."""
        with failures_told(options["file"]):
            getattr(self, f"_{options['job']}")(options)

    def _assessment(self, pk: UUID) -> Assessment:
        with scopes_disabled():
            rows = Assessment.objects.select_related("organisation", "questionnaire_version")
            found = rows.filter(pk=pk).first()
        if found is None:
            raise CommandError(f"There is no assessment {pk}. Its id stands in its address, after /a/.")
        return found

    def _kind(self, file: Path, known: tuple[str, ...]) -> str:
        kind = file.suffix[1:].lower()
        if kind not in known:
            raise CommandError(f"{file}: the ending says the format. Use one of: {', '.join(known)}.")
        return kind

    def _export(self, options: dict[str, Any]) -> None:
        kind, found = self._kind(options["file"], sending_out.FORMATS), self._assessment(options["assessment"])
        with tempfile.TemporaryFile() as stream:
            with scope(organisation=found.organisation):
                sending_out.write(found, kind, stream)
            stream.seek(0)
            self._write(options["file"], stream.read())

    def _blank(self, options: dict[str, Any]) -> None:
        kind = self._kind(options["file"], sending_out.BLANK_FORMATS)
        questionnaire, extent = shipped(options["questionnaire"]), "quick" if options["quick"] else "full"
        content = (
            blank_pdf(questionnaire, extent, questionnaire.language)
            if kind == "pdf"
            else sending_out.blank(questionnaire, extent, kind)
        )
        self._write(options["file"], content)

    def _write(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        self.stdout.write(f"Wrote {file} ({len(content)} bytes)")

    def _import(self, options: dict[str, Any]) -> None:
        found, file = self._assessment(options["assessment"]), options["file"]
        questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
        with file.open("rb") as stream, scope(organisation=found.organisation):
            incoming = reading.read(stream, str(file), questionnaire)
            if options["dry_run"]:
                self._say(bringing_in.preview(found, incoming))
                self.stdout.write("Nothing was changed (--dry-run).")
                return
            take = "*" if options["take_file"] else ()
            plan = bringing_in.apply(found, incoming, local_user(), take=take)
            self._say(plan)
            left = 0 if options["take_file"] else plan.counts["conflict"]
            self.stdout.write(f"Taken over. In conflict and kept as they were: {left}.")

    def _say(self, plan: Plan) -> None:
        for one in plan.changes:
            if one.kind in SIGNS:
                detail = f" ({one.detail})" if one.detail else ""
                before = f"{one.before.words} -> " if one.before.words else ""
                why = f" {one.why}" if one.why else ""
                line = f"{SIGNS[one.kind]} {one.group} {one.kind}: {one.title}{detail}: {before}{one.after.words}{why}"
                self.stdout.write(" ".join(line.split()))
        counts = plan.counts
        self.stdout.write(", ".join(f"{count} {kind}" for kind, count in counts.items()) + ".")
