"""Fills a demo organisation worth clicking through: invented answers and a probe result made from a recording."""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import override
from django_scopes import scope

from assessor.content import Document, read_yaml_file, validate
from assessor.errors import AssessorError
from assessor.middleware import local_user
from assessor.models import Assessment, JobStatus, Organisation, ProbeRun
from assessor.probes.result import ProbeResult
from assessor.reports.scenario_story import frozen_steps
from assessor.services import exercises, importing, simulating
from assessor.services.answer_checks import check_against
from assessor.services.answer_file import AnswerFile
from assessor.services.changing import changing
from assessor.services.inventory.files import read_file
from assessor.services.inventory.plan import standing
from assessor.services.inventory.taking_over import apply
from assessor.services.questionnaires import shipped

# What was written down in the exercise: kind, text, the role that decided, the page of the runbook.
EXERCISE = (
    (
        "decision",
        "Letters are dictated and typed until Monday; no second hosted model this weekend.",
        "Head of medical documentation",
        "page 4",
    ),
    ("decision", "Beds are planned on the board in the ward office.", "Head of bed management", "page 6"),
    ("gap", "Radiology went on without its content filter, and nobody present may decide whether it may.", "", ""),
    ("gap", "The telephone number of the lawyer on call in the runbook is that of 2024.", "", "page 2"),
)
FACTS = exercises.ExerciseFacts(
    facilitator="Continuity officer",
    participants="Head of medical documentation\nHead of bed management\nPlatform lead\nData protection officer",
    pass_mark="For every dark workload somebody decides within 15 minutes and names the page of the runbook.",  # noqa: S106 - a mark to pass
    runbook="Runbook AI-07, version 3",
)
CONCLUSION = "Letters and beds: decided in time. Nobody could say who decides for radiology."
EXAMPLE = settings.BASE_DIR / "examples" / "regional-hospital.yaml"
INVENTORY = EXAMPLE.with_name(f"{EXAMPLE.stem}-inventory.yaml")

SOURCE = "en"


class Telling:
    """The example in a language: what is written in it in English, and what stands for it."""

    def __init__(self, language: str) -> None:
        path = EXAMPLE.with_suffix(f".{language}.yaml")
        if language != SOURCE and not path.exists():
            raise CommandError(f"The demo is not told in “{language}”. Take en or de.")
        self._texts: Mapping[str, str] = read_yaml_file(path).data if language != SOURCE else {}

    def all(self, value: Any) -> Any:
        """Return nested data with every text told; a text of several lines line by line."""
        if isinstance(value, dict):
            return {name: self.all(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.all(one) for one in value)
        if isinstance(value, str):
            return "\n".join(self._texts.get(line, line) for line in value.split("\n"))
        return value

    def document(self, path: Path) -> Document:
        """Return a file of the example, told."""
        read = read_yaml_file(path)
        return replace(read, data=self.all(read.data))


class Command(BaseCommand):
    """`manage.py demo`: adds the example organisation once."""

    help = "Add a demo organisation with answers, evidence, endpoints and findings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the language."""
        parser.add_argument("--language", default=SOURCE, help="en or de: what its people wrote, and the exercise")

    def handle(self, *args: Any, **options: Any) -> None:
        """Store the example file, with the probe results that lie beside it."""
        telling = Telling(options["language"])
        with override(options["language"]):
            self._store(telling)

    def _store(self, telling: Telling) -> None:
        try:
            document = telling.document(EXAMPLE)
            file = validate(AnswerFile, document)
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
            _add_inventory(assessment.organisation, telling)
            with changing(assessment):
                assessment.workloads.set(assessment.organisation.workloads.all())
                _hold_exercise(assessment, telling)
                ProbeRun.objects.filter(status=JobStatus.DONE).update(finished_at=timezone.now() - timedelta(hours=2))
        self.stdout.write(f"Added “{file.organisation.name}”: /o/{assessment.organisation_id}/a/{assessment.pk}/")


def _add_inventory(organisation: Organisation, telling: Telling) -> None:
    """Take over the inventory that lies beside the example, every row of it."""
    raw = yaml.safe_dump(telling.document(INVENTORY).data, allow_unicode=True).encode()
    file = read_file(raw, INVENTORY.name, standing(organisation))
    plan = apply(organisation, file, local_user())
    if plan.faults:
        raise CommandError("\n".join(str(one) for one in plan.faults))


def _hold_exercise(assessment: Assessment, telling: Telling) -> None:
    """Hold the table-top exercise of the example: the Friday letter, with what was decided and what was missing."""
    user = local_user()
    played = simulating.play(assessment, "friday-letter-2026")
    facts = exercises.ExerciseFacts(**telling.all(asdict(FACTS)))
    content = played.scenario.model_dump(mode="json")
    begun = exercises.begin(assessment, content, frozen_steps(played.story), facts, user)
    for kind, text, role, page in telling.all(EXERCISE):
        exercises.note(begun, kind, text, user, decided_by=role, runbook=page)
    exercises.end(begun, False, telling.all(CONCLUSION))


def _results(count: int) -> list[Path]:
    return [EXAMPLE.with_name(f"{EXAMPLE.stem}-probe-{number + 1}.json") for number in range(count)]
