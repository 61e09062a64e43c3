"""The whole job from one file: answers in, probes held, PDF and JSON out."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessor.errors import AssessorError
from assessor.middleware import local_user
from assessor.probes.result import ProbeResult
from assessor.reports import viewmodel
from assessor.reports.pdf import make_pdf
from assessor.services import headless, importing
from assessor.services.answer_checks import check_against, check_endpoints_once
from assessor.services.answer_file import AnswerFile, read_answer_file
from assessor.services.exchange.blank_yaml import blank_file
from assessor.services.policy import probe_policy
from assessor.services.questionnaires import installed_ids, shipped


class Command(BaseCommand):
    """`manage.py assess FILE.yaml --pdf OUT.pdf --json OUT.json`: needs no database unless `--save`."""

    help = "Score an answer file and write the report; no database is used unless --save."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", nargs="?", type=Path, help="the answer file (YAML)")
        parser.add_argument("--pdf", type=Path, metavar="OUT.pdf", help="write the report here")
        parser.add_argument("--json", type=Path, metavar="OUT.json", help="write the report model here")
        parser.add_argument(
            "--probe", action="store_true", help="probe the endpoints in the file (you confirm you may)"
        )
        parser.add_argument("--save", action="store_true", help="store it as an assessment as well")
        parser.add_argument("--blank", metavar="QUESTIONNAIRE", help="print an empty answer file and end")
        parser.add_argument("--full", action="store_true", help="with --blank: every question, not the quick scan")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the job; every failure is a sentence on standard error and exit code 1."""
        try:
            if options["blank"]:
                scope = "full" if options["full"] else "quick"
                self.stdout.write(blank_file(shipped(options["blank"]), scope), ending="")
                return
            if options["file"] is None:
                raise CommandError(f"Name an answer file, or print an empty one with --blank {installed_ids()[0]}.")
            self._assess(options)
        except AssessorError as error:
            raise CommandError(str(error)) from error

    def _assess(self, options: dict[str, Any]) -> None:
        file, document = read_answer_file(options["file"])
        questionnaire = shipped(file.questionnaire)
        check_against(file, questionnaire, document)
        check_endpoints_once(file, document)
        probes = self._probe(file) if options["probe"] else {}
        model = viewmodel.build(headless.report_input(file, questionnaire, probes, timezone.now()))
        if options["json"]:
            text = json.dumps(model.plain(), indent=2, ensure_ascii=False)
            self._write(options["json"], (text + "\n").encode())
        if options["pdf"]:
            self._write(options["pdf"], make_pdf(model))
        if options["save"]:
            call_command("prepare")
            assessment = importing.store(local_user(), file, questionnaire, document, probes, held_here=True)
            self.stdout.write(f"Saved as /o/{assessment.organisation_id}/a/{assessment.pk}/")
        self.stdout.write(model.board.verdict)
        for framework in model.frameworks:
            self.stdout.write(framework.headline)
            for line in framework.lines:
                self.stdout.write(f"  {line.title}: {line.level_label}; {line.standing_label} ({line.covered_label})")

    def _probe(self, file: AnswerFile) -> dict[int, ProbeResult]:
        def say(line: str) -> None:
            if sys.stderr.isatty():
                self.stderr.write(line)

        policy = probe_policy()
        return {
            number: headless.probe_endpoint(endpoint, policy, say) for number, endpoint in enumerate(file.endpoints)
        }

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
        self.stdout.write(f"Wrote {path} ({len(content)} bytes)")
