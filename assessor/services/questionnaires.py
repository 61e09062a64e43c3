"""Questionnaires as stored: installed files and an organisation's own become rows once, and rows never change."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language

from assessor.content import read_yaml
from assessor.errors import N_, AssessorError, ContentError, ContentErrors
from assessor.models import Assessment, Organisation, QuestionnaireVersion, User
from assessor.questionnaire.changes import Change, compare
from assessor.questionnaire.crosswalks import lint_crosswalks
from assessor.questionnaire.lint import LintFault, lint
from assessor.questionnaire.loader import find_questionnaires, from_canonical, load_questionnaire, parse_questionnaire
from assessor.questionnaire.overlay import Overlay, languages, load_overlay, translate
from assessor.questionnaire.schema import Questionnaire
from assessor.services import audit

MOST_OWN = 200


class UnknownQuestionnaire(AssessorError):
    """No questionnaire of that id is installed."""


class QuestionnaireRefused(AssessorError):
    """The questionnaire is sound, and cannot be kept here all the same."""


def _folders() -> dict[str, Path]:
    """Return the installed questionnaire files by id; the operator's folder comes after the ones that ship."""
    found = find_questionnaires(settings.QUESTIONNAIRES_DIR)
    if settings.OWN_QUESTIONNAIRES_DIR is None:
        return found
    own = find_questionnaires(settings.OWN_QUESTIONNAIRES_DIR)
    for name in set(own) & set(found):
        raise QuestionnaireRefused(
            N_("{file} has the id of a questionnaire that ships with the product."),
            remedy=N_("Give it an id and a folder name of its own."),
            file=own[name],
        )
    return found | own


def installed_ids() -> tuple[str, ...]:
    """Return the ids of the installed questionnaires, the one offered first at the front."""
    return tuple(_folders())


def installed() -> tuple[Questionnaire, ...]:
    """Return every installed questionnaire in the language of today's reader.

    The first by name comes first: it is the one offered unless another is chosen.
    """
    return tuple(_in_language(questionnaire, get_language() or "") for questionnaire in _installed())


@lru_cache(maxsize=1)
def _installed() -> tuple[Questionnaire, ...]:
    return tuple(shipped(name) for name in _folders())


def forget_installed() -> None:
    """Read the files anew when they are next asked for."""
    for memory in (_installed, shipped, _overlay, _translated):
        memory.cache_clear()


@lru_cache(maxsize=32)
def shipped(questionnaire_id: str) -> Questionnaire:
    """Return the installed questionnaire of that id; raises `UnknownQuestionnaire` or `ContentErrors`."""
    found = _folders()
    if questionnaire_id not in found:
        raise UnknownQuestionnaire(
            N_("There is no questionnaire “{name}”."),
            remedy=N_("Installed are: {known}."),
            name=questionnaire_id,
            known=", ".join(sorted(found)) or "none",
        )
    return load_questionnaire(found[questionnaire_id])


def stored_version(questionnaire: Questionnaire, organisation: Organisation | None = None) -> QuestionnaireVersion:
    """Return the row that keeps exactly this content, made if it is new.

    `organisation` owns it; an installed questionnaire belongs to nobody.
    """
    version, _made = QuestionnaireVersion.objects.get_or_create(
        content_hash=questionnaire.content_hash(),
        organisation=organisation,
        defaults={
            "questionnaire": questionnaire.id,
            "version": questionnaire.version,
            "content": questionnaire.model_dump(mode="json"),
        },
    )
    return version


def keep_installed(questionnaire: Questionnaire) -> None:
    """Keep the content of an installed questionnaire that something stored speaks of by its hash from now on."""
    if not QuestionnaireVersion.objects.filter(content_hash=questionnaire.content_hash()).exists():
        # As its author wrote it, whatever language the reader has it in.
        stored_version(shipped(questionnaire.id))


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
    """Return the questionnaire kept under a hash, in the language of today's reader as far as it is translated.

    Raises `QuestionnaireVersion.DoesNotExist`.
    """
    return _in_language(_by_hash(content_hash), get_language() or "")


def original(content_hash: str) -> Questionnaire:
    """Return the questionnaire kept under a hash as its author wrote it."""
    return _by_hash(content_hash)


def _in_language(questionnaire: Questionnaire, language: str) -> Questionnaire:
    language = language.partition("-")[0]
    if language in ("", questionnaire.language):
        return questionnaire
    return _translated(questionnaire.content_hash(), language) or questionnaire


@lru_cache(maxsize=32)
def _translated(content_hash: str, language: str) -> Questionnaire | None:
    source = next((one for one in _installed() if one.content_hash() == content_hash), None) or _by_hash(content_hash)
    overlay = _overlay(source.id, language)
    # A version of yesterday is translated by the overlay of today as far as its texts are still the same.
    return translate(source, overlay) if overlay is not None else None


@lru_cache(maxsize=16)
def _overlay(questionnaire_id: str, language: str) -> Overlay | None:
    path = _folders().get(questionnaire_id)
    if path is None or language not in languages(path.parent):
        return None
    return load_overlay(path.parent, language)


def overlay_hash(questionnaire: Questionnaire, language: str) -> str:
    """Return the sha256 of the translation in use, "" where the texts are the author's own."""
    if language.partition("-")[0] == _by_hash(questionnaire.content_hash()).language:
        return ""
    overlay = _overlay(questionnaire.id, language.partition("-")[0])
    return overlay.hash() if overlay is not None else ""


def own_versions(organisation: Organisation) -> list[QuestionnaireVersion]:
    """Return the versions an organisation uploaded and did not withdraw, newest first, without their contents."""
    rows = QuestionnaireVersion.objects.filter(organisation=organisation, withdrawn_at=None)
    return list(rows.defer("content").order_by("-added_at", "-pk"))


def offered_to(organisation: Organisation) -> tuple[Questionnaire, ...]:
    """Return what an organisation can begin with: the installed ones, then the newest version of each of its own."""
    newest: dict[str, Questionnaire] = {}
    for row in own_versions(organisation):
        newest.setdefault(row.questionnaire, questionnaire_of(row.content_hash))
    return (*installed(), *newest.values())


def read_upload(raw: bytes, name: str) -> tuple[Questionnaire, list[LintFault]]:
    """Read an uploaded questionnaire and what lint objects to; raises `ContentErrors` before anything changes."""
    try:
        document = read_yaml(raw, name)
    except ContentError as error:
        raise ContentErrors([error]) from error
    questionnaire = parse_questionnaire(document)
    found = lint_crosswalks(questionnaire, {one.id: one for one in installed()}) if questionnaire.crosswalk else []
    return questionnaire, [*lint(questionnaire), *found]


@transaction.atomic
def keep_own(
    organisation: Organisation, questionnaire: Questionnaire, user: User | None = None
) -> QuestionnaireVersion:
    """Keep an organisation's own questionnaire; raises `QuestionnaireRefused` where id or version is taken."""
    if questionnaire.id in installed_ids():
        raise QuestionnaireRefused(
            N_("“{id}” is the id of an installed questionnaire."),
            remedy=N_("Choose an id of your own; the questions may stay."),
            id=questionnaire.id,
        )
    rows = QuestionnaireVersion.objects.select_for_update().filter(organisation=organisation)
    same = rows.filter(questionnaire=questionnaire.id, version=questionnaire.version)
    if same.exclude(content_hash=questionnaire.content_hash()).exists():
        raise QuestionnaireRefused(
            N_("Version {version} of “{id}” is kept already, with other content."),
            remedy=N_("Raise the version: assessments that run stay on theirs."),
            id=questionnaire.id,
            version=questionnaire.version,
        )
    if rows.count() >= MOST_OWN:
        raise QuestionnaireRefused(
            N_("{most} versions are kept already."), remedy=N_("Withdraw some that nothing uses."), most=MOST_OWN
        )
    version = stored_version(questionnaire, organisation)
    if version.withdrawn_at is not None:
        version.withdrawn_at = None
        version.save(update_fields=["withdrawn_at"])
    audit.record("questionnaire.added", organisation=organisation, actor=user, subject=version, version=version.version)
    return version


@transaction.atomic
def withdraw(version: QuestionnaireVersion, user: User | None = None) -> None:
    """Offer a version no longer; assessments that use it go on."""
    version.withdrawn_at = timezone.now()
    version.save(update_fields=["withdrawn_at"])
    audit.record(
        "questionnaire.withdrawn",
        organisation=version.organisation,
        actor=user,
        subject=version,
        version=version.version,
    )


def newer_version(assessment: Assessment) -> Questionnaire | None:
    """Return the version of the same questionnaire that is in force now, None when the assessment uses it."""
    row = assessment.questionnaire_version
    if row.organisation_id is None:
        now = next((one for one in installed() if one.id == row.questionnaire), None)
    else:
        rows = QuestionnaireVersion.objects.filter(Q(organisation=row.organisation_id, withdrawn_at=None))
        newest = rows.filter(questionnaire=row.questionnaire).defer("content").order_by("-added_at", "-pk").first()
        now = questionnaire_of(newest.content_hash) if newest else None
    return now if now is not None and now.content_hash() != row.content_hash else None


def changes_to(assessment: Assessment, newer: Questionnaire) -> tuple[Change, ...]:
    """Return what carrying an assessment over to another version would change, question by question."""
    return compare(questionnaire_of(assessment.questionnaire_version.content_hash), newer)
