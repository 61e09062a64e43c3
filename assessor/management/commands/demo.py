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
from assessor.models import Assessment, JobStatus, Organisation, ProbeRun
from assessor.probes.result import ProbeResult
from assessor.reports.scenario_story import frozen_steps
from assessor.services import exercises, importing, simulating
from assessor.services.answer_checks import check_against
from assessor.services.answer_file import read_answer_file
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
EXAMPLE = settings.BASE_DIR / "examples" / "regional-hospital.yaml"
INVENTORY = EXAMPLE.with_name(f"{EXAMPLE.stem}-inventory.yaml")


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
            _add_inventory(assessment.organisation)
            with changing(assessment):
                assessment.workloads.set(assessment.organisation.workloads.all())
                _hold_exercise(assessment)
                ProbeRun.objects.filter(status=JobStatus.DONE).update(finished_at=timezone.now() - timedelta(hours=2))
        self.stdout.write(f"Added “{file.organisation.name}”: /o/{assessment.organisation_id}/a/{assessment.pk}/")


def _add_inventory(organisation: Organisation) -> None:
    """Take over the inventory that lies beside the example, every row of it."""
    raw = INVENTORY.read_bytes()
    file = read_file(raw, INVENTORY.name, standing(organisation))
    plan = apply(organisation, file, local_user())
    if plan.faults:
        raise CommandError("\n".join(str(one) for one in plan.faults))


def _hold_exercise(assessment: Assessment) -> None:
    """Hold the table-top exercise of the example: the Friday letter, with what was decided and what was missing."""
    user = local_user()
    played = simulating.play(assessment, "friday-letter-2026")
    facts = exercises.ExerciseFacts(
        facilitator="Continuity officer",
        participants="Head of medical documentation\nHead of bed management\nPlatform lead\nData protection officer",
        pass_mark="For every dark workload somebody decides within 15 minutes and names the page of the runbook.",  # noqa: S106 - a mark to pass
        runbook="Runbook AI-07, version 3",
    )
    content = played.scenario.model_dump(mode="json")
    begun = exercises.begin(assessment, content, frozen_steps(played.story), facts, user)
    for kind, text, role, page in EXERCISE:
        exercises.note(begun, kind, text, user, decided_by=role, runbook=page)
    exercises.end(begun, False, "Letters and beds: decided in time. Nobody could say who decides for radiology.")


def _results(count: int) -> list[Path]:
    return [EXAMPLE.with_name(f"{EXAMPLE.stem}-probe-{number + 1}.json") for number in range(count)]
