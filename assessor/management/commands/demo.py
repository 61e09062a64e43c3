"""Fills a demo organisation worth clicking through: invented answers and a probe result made from a recording."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_scopes import scope

from assessor.errors import AssessorError
from assessor.middleware import local_user
from assessor.models import JobStatus, Organisation, ProbeRun
from assessor.probes.result import ProbeResult
from assessor.services import importing
from assessor.services.answer_checks import check_against
from assessor.services.answer_file import read_answer_file
from assessor.services.questionnaires import shipped

EXAMPLE = settings.BASE_DIR / "examples" / "regional-hospital.yaml"


class Command(BaseCommand):
    """`manage.py demo`: adds the example organisation once."""

    help = "Add a demo organisation with answers, evidence, endpoints and findings."

    def handle(self, *args: Any, **options: Any) -> None:
        """Store the example file, with the probe results that lie beside it."""
        try:
            file, document = read_answer_file(EXAMPLE)
            questionnaire = shipped(file.questionnaire)
            check_against(file, questionnaire, document)
        except AssessorError as error:
            raise CommandError(str(error)) from error
        found = Organisation.objects.filter(name=file.organisation.name).first()
        if found is not None:
            self.stdout.write(f"“{found.name}” is there already.")
            return
        probes = {
            number: ProbeResult.model_validate_json(path.read_bytes())
            for number, path in enumerate(_results(len(file.endpoints)))
            if path.exists()
        }
        assessment = importing.store(local_user(), file, questionnaire, document, probes)
        with scope(organisation=assessment.organisation):
            ProbeRun.objects.filter(status=JobStatus.DONE).update(finished_at=timezone.now() - timedelta(hours=2))
        self.stdout.write(f"Added “{file.organisation.name}”: /o/{assessment.organisation_id}/a/{assessment.pk}/")


def _results(count: int) -> list[Path]:
    return [EXAMPLE.with_name(f"{EXAMPLE.stem}-probe-{number + 1}.json") for number in range(count)]
