"""Questionnaires as stored: the file of today becomes a row once, and rows never change."""

from functools import lru_cache

from django.conf import settings

from assessor.errors import N_, AssessorError
from assessor.models import QuestionnaireVersion
from assessor.questionnaire.loader import find_questionnaires, from_canonical, load_questionnaire
from assessor.questionnaire.schema import Questionnaire


class UnknownQuestionnaire(AssessorError):
    """No questionnaire of that id is installed."""


@lru_cache(maxsize=1)
def installed() -> tuple[Questionnaire, ...]:
    """Return every installed questionnaire, the first by name first: it is the one offered unless another is chosen."""
    return tuple(shipped(name) for name in find_questionnaires(settings.QUESTIONNAIRES_DIR))


@lru_cache(maxsize=8)
def shipped(questionnaire_id: str) -> Questionnaire:
    """Return the installed questionnaire of that id; raises `UnknownQuestionnaire` or `ContentErrors`."""
    found = find_questionnaires(settings.QUESTIONNAIRES_DIR)
    if questionnaire_id not in found:
        raise UnknownQuestionnaire(
            N_("There is no questionnaire “{name}”."),
            remedy=N_("Installed are: {known}."),
            name=questionnaire_id,
            known=", ".join(sorted(found)) or "none",
        )
    return load_questionnaire(found[questionnaire_id])


def stored_version(questionnaire: Questionnaire) -> QuestionnaireVersion:
    """Return the row that keeps exactly this content, made if it is new."""
    version, _made = QuestionnaireVersion.objects.get_or_create(
        content_hash=questionnaire.content_hash(),
        organisation=None,
        defaults={
            "questionnaire": questionnaire.id,
            "version": questionnaire.version,
            "content": questionnaire.model_dump(mode="json"),
        },
    )
    return version


def _kept(content_hash: str) -> QuestionnaireVersion:
    # The same content may be kept for several organisations; any of the rows holds it.
    row = QuestionnaireVersion.objects.filter(content_hash=content_hash).first()
    if row is None:
        raise QuestionnaireVersion.DoesNotExist(content_hash)
    return row


@lru_cache(maxsize=32)
def _by_hash(content_hash: str) -> Questionnaire:
    # Keyed by content: a row never changes, so neither does what this remembers.
    return from_canonical(_kept(content_hash).content)


def questionnaire_of(content_hash: str) -> Questionnaire:
    """Return the questionnaire kept under a hash; raises `QuestionnaireVersion.DoesNotExist`."""
    return _by_hash(content_hash)
