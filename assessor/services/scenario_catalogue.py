"""Which scenarios can be played: those that ship, in the reader's language, and an organisation's own."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from assessor.errors import N_, AssessorError
from assessor.models import Organisation, OwnScenario
from assessor.questionnaire.overlay import languages, load_overlay
from assessor.scenarios.loader import FOLDER, load_scenarios, translate
from assessor.scenarios.scenario import Scenario

SOURCE = "en"


class ScenarioUnknown(AssessorError):
    """No scenario of this name is shipped or the organisation's own."""


@lru_cache(maxsize=8)
def shipped(language: str = SOURCE) -> tuple[Scenario, ...]:
    """Return the scenarios that ship, in a language as far as they are translated; read once."""
    if language != SOURCE:
        folder = settings.QUESTIONNAIRES_DIR / FOLDER
        if language not in languages(folder):
            return shipped()
        overlay = load_overlay(folder, language)
        return tuple(translate(one, overlay) for one in shipped())
    return load_scenarios(settings.QUESTIONNAIRES_DIR / FOLDER)


@lru_cache(maxsize=1)
def shipped_hashes() -> tuple[str, ...]:
    """Return what identifies the content of the scenarios that ship."""
    return tuple(one.content_hash() for one in shipped())


def _here() -> tuple[Scenario, ...]:
    return shipped((get_language() or SOURCE).partition("-")[0])


def in_own_words(content: dict[str, Any]) -> dict[str, Any]:
    """Return what was frozen of a scenario, in the reader's language where it is word for word one that ships."""
    for language in (SOURCE, *languages(settings.QUESTIONNAIRES_DIR / FOLDER)):
        for one in shipped(language):
            if one.id == content.get("id") and _unnamed(one.model_dump(mode="json")) == _unnamed(content):
                return next(here for here in _here() if here.id == one.id).model_dump(mode="json")
    return content


def _unnamed(content: dict[str, Any]) -> dict[str, Any]:
    """Return a scenario without the names of its sources, which older records hold in English in every language."""
    return {**content, "sources": [{**one, "name": ""} for one in content.get("sources", ())]}


def own_scenarios(organisation: Organisation) -> list[Scenario]:
    """Return the organisation's own scenarios in force, as they were checked when they were taken in."""
    rows = OwnScenario.objects.filter(organisation=organisation, replaced_at=None).order_by("scenario")
    return [Scenario.model_validate(row.content) for row in rows]


def catalogue(organisation: Organisation) -> list[Scenario]:
    """Return every scenario that can be played, shipped ones first, in the reader's language."""
    return [*_here(), *own_scenarios(organisation)]


def find(organisation: Organisation, name: str) -> tuple[Scenario, bool]:
    """Return a scenario and whether it is the organisation's own; raises `ScenarioUnknown`."""
    for one in _here():
        if one.id == name:
            return one, False
    row = OwnScenario.objects.filter(organisation=organisation, scenario=name, replaced_at=None).first()
    if row is None:
        raise ScenarioUnknown(N_("There is no scenario of this name."), remedy=N_("Choose one from the list."))
    return Scenario.model_validate(row.content), True
