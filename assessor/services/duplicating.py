"""Copies to go on from: an assessment with its answers, evidence and files, or an endpoint with its settings."""

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessor.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Attachment,
    Brand,
    Endpoint,
    EndpointRole,
    Evidence,
    MoveOwner,
    Organisation,
    ReportSettings,
    ReportWords,
    User,
)
from assessor.services import audit, summaries
from assessor.services.attachments import check_quota, path_of
from assessor.services.changing import changes_assessment

Row = TypeVar("Row", bound=models.Model)
# Of a copied assessment; what was found, decided, issued or computed stays with the one it was about.
_FRESH = ("quick_reading", "ahead_at", "archived_at", "deleted_at", "deleted_by", "submitted_at", "predecessor")


def _copy(row: Row, **changed: object) -> Row:
    """Return an unsaved copy of a row with another id."""
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    named = {row._meta.get_field(name).attname: getattr(value, "pk", value) for name, value in changed.items()}
    return type(row)(**(kept | named))


def copied(rows: Iterable[models.Model], **changed: object) -> None:
    """Keep a copy of each row under another id, with these fields changed."""
    for row in rows:
        _copy(row, **changed).save(force_insert=True)


def duplicate_assessment(assessment: Assessment, user: User) -> Assessment:
    """Return a copy with the same scope, answers, evidence with its files, endpoints, targets, owners of
    moves and report words.

    Reports, disputes, exercises and the history of answers stay with the original. Raises `AttachmentRefused` where
    the copied files would go past the quota; then nothing is copied.
    """
    written: list[Path] = []
    try:
        with transaction.atomic():
            copy = _copy(assessment, created_by=user, **dict.fromkeys(_FRESH))
            copy.status = Assessment.Status.DRAFT
            copy.title = _("{title} (copy)").format(title=assessment.title[:180])
            copy.save(force_insert=True)
            # In their order: the first is the one that every answer is about.
            links = Assessment.workloads.through.objects.filter(assessment=assessment).order_by("pk")
            for workload in links.values_list("workload_id", flat=True):
                copy.workloads.add(workload)
            own = {"assessment": copy}
            roles = EndpointRole.objects.filter(assessment=assessment, endpoint__deleted_at=None)
            for model in (Brand, MoveOwner, ReportSettings, ReportWords):
                copied(model.objects.filter(assessment=assessment), **own)
            copied(roles, **own)
            _copy_answers(assessment, copy, user, written)
            summaries.refresh(copy)
            audit.record("assessment.duplicated", organisation=copy.organisation, actor=user, subject=copy)
    except BaseException:
        # What the database forgets must not stay on the disc.
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return copy


def _copy_answers(assessment: Assessment, copy: Assessment, user: User, written: list[Path]) -> None:
    files = Attachment.objects.filter(evidence__answer__assessment=assessment, evidence__removed_at=None)
    size = files.aggregate(size=models.Sum("size"))["size"] or 0
    if size:
        Organisation.objects.select_for_update().get(pk=copy.organisation_id)
        check_quota(copy.organisation, size)
    now = timezone.now()
    answers: dict[object, models.Model] = {}
    for answer in Answer.objects.filter(assessment=assessment):
        made = _copy(answer, assessment=copy, version=1)
        made.save(force_insert=True)
        answers[answer.pk] = made
        said = {name: getattr(answer, name) for name in ("organisation", "state", "level", "value", "note")}
        AnswerRevision.objects.create(answer=made, version=1, changed_by=user, changed_at=now, **said)
    evidence: dict[object, models.Model] = {}
    for row in Evidence.objects.filter(answer__in=list(answers), removed_at=None):
        # The same piece of evidence under another id: what comes in from a file later is told by its own.
        made = _copy(row, answer=answers[row.answer_id], origin=None)
        made.save(force_insert=True)
        evidence[row.pk] = made
    for file in files:
        place = f"{copy.organisation_id}/{secrets.token_hex(20)}"
        made = _copy(file, evidence=evidence[file.evidence_id], file=place)
        written.append(path_of(made))
        path_of(made).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(path_of(file), path_of(made))
        path_of(made).chmod(0o400)
        made.save(force_insert=True)


@changes_assessment
def duplicate_endpoint(role: EndpointRole, user: User) -> EndpointRole:
    """Return the role of a copy of an endpoint, in the same part and assessment, without what was seen of it."""
    endpoint = _copy(role.endpoint, deleted_at=None, deleted_by=None)
    # A stored key is sealed for its endpoint alone.
    endpoint.sealed_key = endpoint.sealed_key_ending = ""
    if endpoint.key_mode == Endpoint.KeyMode.STORED:
        endpoint.key_mode = Endpoint.KeyMode.ONCE
    endpoint.name = _("{title} (copy)").format(title=role.endpoint.name[:105])
    endpoint.save(force_insert=True)
    made = _copy(role, endpoint=endpoint, removed_at=None, removed_because="", removed_by=None)
    made.save(force_insert=True)
    audit.record("endpoint.duplicated", organisation=made.organisation, actor=user, subject=endpoint)
    return made
