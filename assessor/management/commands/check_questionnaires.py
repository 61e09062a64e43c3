"""`manage.py check_questionnaires`: files named, or everything installed, checked as an upload would be."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessor.errors import ContentErrors
from assessor.questionnaire.crosswalks import lint_crosswalks
from assessor.questionnaire.lint import lint
from assessor.questionnaire.loader import find_questionnaires, load_questionnaire
from assessor.questionnaire.schema import Questionnaire
from assessor.services.questionnaires import installed


class Command(BaseCommand):
    """Check questionnaire files; exit code 1 when one is wrong or lint objects."""

    help = "Check questionnaires: files named, or all that are installed. Names file, line, reason and remedy."

    def add_arguments(self, parser: CommandParser) -> None:
        """Files to check; none means every installed one."""
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check each; say what is wrong, count what is right."""
        wrong = sum(self._check(path) for path in options["files"] or _installed_files())
        if wrong:
            raise CommandError(f"{wrong} of the questionnaires need mending.")

    def _check(self, path: Path) -> int:
        try:
            questionnaire = load_questionnaire(path)
        except ContentErrors as refusal:
            self.stdout.write(str(refusal))
            return 1
        found = [*lint(questionnaire), *lint_crosswalks(questionnaire, _beside(questionnaire))]
        for fault in found:
            self.stdout.write(f"{path}: {fault.sentence()} [{fault.rule}]")
        self.stdout.write(
            f"{path}: {questionnaire.id} {questionnaire.version}, {len(questionnaire.questions)} questions, "
            f"{len(found)} to mend, hash {questionnaire.content_hash()[:12]}"
        )
        return int(bool(found))


def _beside(questionnaire: Questionnaire) -> dict[str, Questionnaire]:
    """Return the installed questionnaires that the crosswalks name; a faulty one is named when its own turn comes."""
    if not questionnaire.crosswalk:
        return {}
    try:
        return {one.id: one for one in installed()}
    except ContentErrors:
        return {}


def _installed_files() -> list[Path]:
    folders = [settings.QUESTIONNAIRES_DIR, settings.OWN_QUESTIONNAIRES_DIR]
    return [path for folder in folders if folder is not None for path in find_questionnaires(folder).values()]
