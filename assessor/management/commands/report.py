"""Reports on the command line: in every form, two compared, or one page for each client."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope, scopes_disabled

from assessor.management.sentences import failures_told
from assessor.middleware import local_user
from assessor.models import Assessment, JobStatus, Report, User
from assessor.reports import papers, stored, viewmodel
from assessor.reports.forms import offer, tables
from assessor.reports.model import ReportModel
from assessor.reports.pdf import make_pdf, pdf_available, printed
from assessor.reports.sheet import Sheet
from assessor.services import comparisons, portfolios, reporting

ENDINGS = ("pdf", "html", "docx", "xlsx", "zip", "csv", "json")


class Command(BaseCommand):
    """`manage.py report write|compare|portfolio`: what the report pages hand out."""

    help = "Write a report, a compare report or the portfolio; the ending of the file says the form."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the three jobs."""
        jobs = parser.add_subparsers(dest="job", required=True)
        write = jobs.add_parser("write", help="write the report of an assessment")
        write.add_argument("assessment", type=UUID, help="the id in the assessment's address, after /a/")
        write.add_argument("file", type=Path, help=f"OUT.{{{','.join(ENDINGS)}}}")
        write.add_argument("--issued", type=int, metavar="VERSION", help="an issued report instead of what stands now")
        write.add_argument("--table", choices=tables.NAMES, help="with OUT.csv: which table")
        two = jobs.add_parser("compare", help="write what moved between two readings of an organisation")
        two.add_argument("assessment", type=UUID, help="the id in the assessment's address, after /a/")
        two.add_argument("file", type=Path, help="OUT.{pdf,html,docx,xlsx,zip,json}")
        two.add_argument("--before", default="", help="report:ID, assessment:ID or now; default: the newest report")
        two.add_argument("--after", default=comparisons.NOW, help="likewise; default: now")
        every = jobs.add_parser("portfolio", help="write one page for each client")
        every.add_argument("file", type=Path, help="OUT.{pdf,json}")
        every.add_argument("--user", default="", help="whose clients; default: the local user")
        for job in (write, two, every):
            job.add_argument("--language", default="", help="en or de; default: that of the settings")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the job; every failure is a sentence on standard error and exit code 1."""
        ending = options["file"].suffix[1:].lower()
        with failures_told(options["file"]):
            content = getattr(self, f"_{options['job']}")(ending, options)
            options["file"].write_bytes(content)
        self.stdout.write(f"Wrote {options['file']} ({len(content)} bytes)")

    def _write(self, ending: str, options: dict[str, Any]) -> bytes:
        self._known(options["file"], ending, ENDINGS)
        found = self._assessment(options["assessment"])
        with scope(organisation=found.organisation):
            model = self._model(found, options["issued"], options["language"])
        if ending == "pdf":
            return make_pdf(model)
        if ending != "csv":
            return offer.report_as(model, ending)
        if not options["table"]:
            raise CommandError(f"Name one table with --table ({', '.join(tables.NAMES)}), or write OUT.zip for all.")
        table = offer.report_table(model, options["table"])
        if table is None:
            raise CommandError("This report has no such table: its section is left out, or there is nothing earlier.")
        return table

    def _model(self, assessment: Assessment, issued: int | None, language: str) -> ReportModel:
        if issued is None:
            return viewmodel.build(reporting.report_input(assessment, language=language)[0])
        rows = Report.objects.filter(assessment=assessment, kind=Report.Kind.ISSUED, status=JobStatus.DONE)
        report = rows.filter(version=issued).first()
        if report is None:
            raise CommandError(f"There is no issued report {issued} of this assessment.")
        return stored.read(report.content)

    def _compare(self, ending: str, options: dict[str, Any]) -> bytes:
        self._known(options["file"], ending, ("pdf", "docx", *offer.QUICK))
        found = self._assessment(options["assessment"])
        with scope(organisation=found.organisation):
            before = options["before"] or comparisons.defaults(comparisons.choices(found))[0]
            model = comparisons.comparison(found, before, options["after"], options["language"])
        if model is None:
            raise CommandError("There is no such reading. Use now, report:ID or assessment:ID of this organisation.")
        return self._set(papers.comparison_sheet(model)) if ending == "pdf" else offer.comparison_as(model, ending)

    def _portfolio(self, ending: str, options: dict[str, Any]) -> bytes:
        self._known(options["file"], ending, ("pdf", "json"))
        user = User.objects.filter(username=options["user"]).first() if options["user"] else local_user()
        if user is None:
            raise CommandError(f"There is no user “{options['user']}”.")
        model = portfolios.portfolio_of(user, language=options["language"])
        return self._set(papers.portfolio_sheet(model)) if ending == "pdf" else model.json_text().encode()

    def _set(self, sheet: Sheet) -> bytes:
        problem = pdf_available()
        if problem is not None:
            raise problem
        return printed(sheet).pdf

    def _known(self, file: Path, ending: str, known: tuple[str, ...]) -> None:
        if ending not in known:
            raise CommandError(f"{file}: the ending says the form. Use one of: {', '.join(known)}.")

    def _assessment(self, pk: UUID) -> Assessment:
        with scopes_disabled():
            rows = Assessment.objects.select_related("organisation", "questionnaire_version", "created_by")
            found = rows.filter(pk=pk).first()
        if found is None:
            raise CommandError(f"There is no assessment {pk}. Its id stands in its address, after /a/.")
        return found
