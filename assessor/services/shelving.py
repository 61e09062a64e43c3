"""Archive and bin: what is archived can only be read, what is in the bin is gone until somebody undoes it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import (
    Assessment,
    DrillRun,
    Endpoint,
    EndpointRole,
    Evidence,
    JobStatus,
    Organisation,
    ProbeRun,
    User,
)
from assessor.services import audit, stored_files
from assessor.services.changing import changing

DELETED = N_("Deleted.")
# Who acts where no person does.
RETENTION = "retention"
UNDER_WAY = (JobStatus.QUEUED, JobStatus.RUNNING)


class ShelvingRefused(AssessorError):
    """It cannot be archived, put into the bin, or brought back."""


@dataclass(frozen=True)
class Shelved:
    """What an organisation has put aside: archived assessments, and what the bin holds, last in first."""

    archived: list[Assessment]
    assessments: list[Assessment]
    endpoints: list[Endpoint]


def shelved(organisation: Organisation) -> Shelved:
    """Return what an organisation has put aside, with who did: three queries."""
    archived = Assessment.objects.filter(organisation=organisation, archived_at__isnull=False)
    assessments = Assessment.everything.filter(organisation=organisation, deleted_at__isnull=False)
    endpoints = Endpoint.objects.filter(organisation=organisation, deleted_at__isnull=False)
    return Shelved(
        list(archived.order_by("-archived_at", "-pk")),
        list(assessments.select_related("deleted_by").order_by("-deleted_at", "-pk")),
        list(endpoints.select_related("deleted_by").order_by("-deleted_at", "-pk")),
    )


def roles_at_work() -> QuerySet[EndpointRole]:
    """Return the roles in force in assessments that are worked on: not archived, not in the bin."""
    return EndpointRole.objects.filter(removed_at=None, assessment__archived_at=None, assessment__deleted_at=None)


@transaction.atomic
def archive(assessment: Assessment, user: User) -> None:
    """Make an assessment read only and take it out of the lists; twice is once."""
    # Not by saving it: when it was changed last is not now.
    rows = Assessment.objects.filter(pk=assessment.pk, archived_at=None)
    if rows.update(archived_at=timezone.now()):
        _note("assessment.archived", assessment, user)


@transaction.atomic
def unarchive(assessment: Assessment, user: User) -> None:
    """Let an assessment be worked on again."""
    rows = Assessment.objects.filter(pk=assessment.pk, archived_at__isnull=False)
    if rows.update(archived_at=None):
        _note("assessment.unarchived", assessment, user)


def _note(kind: str, row: Assessment | Endpoint, user: User | None) -> None:
    audit.record(kind, organisation=row.organisation, actor=user, subject=row, by="" if user else RETENTION)


@transaction.atomic
def delete_assessment(assessment: Assessment, user: User | None) -> None:
    """Put an assessment into the bin; `user` is None where its time in the archive has run out.

    Raises `ShelvingRefused` for a round that was signed off: that goes with its organisation only.
    """
    if assessment.is_signed:
        raise ShelvingRefused(
            N_("This round was signed off, so it is not deleted."),
            remedy=N_("Archive it; what was signed goes with the organisation only."),
        )
    rows = Assessment.everything.filter(pk=assessment.pk, deleted_at=None)
    if rows.update(deleted_at=timezone.now(), deleted_by=user):
        _note("assessment.deleted", assessment, user)


@transaction.atomic
def restore_assessment(assessment: Assessment, user: User) -> None:
    """Bring an assessment back as it was, archived or not."""
    rows = Assessment.everything.filter(pk=assessment.pk, deleted_at__isnull=False)
    if rows.update(deleted_at=None, deleted_by=None):
        _note("assessment.restored", assessment, user)


@transaction.atomic
def delete_endpoint(endpoint: Endpoint, user: User) -> None:
    """Put an endpoint into the bin: it leaves every assessment; raises `ShelvingRefused` while something rests on it.

    A probe or drill that is evidence would lose its tier with it; whoever wants that removes the evidence first.
    """
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    cited = Evidence.objects.filter(Q(probe_run__endpoint=endpoint) | Q(drill_run__endpoint=endpoint), removed_at=None)
    first = cited.filter(answer__assessment__deleted_at=None).select_related("answer").first()
    if first is not None:
        raise ShelvingRefused(
            N_("What was seen at “{name}” is evidence behind {question}."),
            remedy=N_("Take the endpoint out with a reason instead, or remove that evidence first."),
            name=endpoint.name,
            question=first.answer.question,
        )
    for model in (ProbeRun, DrillRun):
        if model.objects.filter(endpoint=endpoint, status__in=UNDER_WAY).exists():
            raise ShelvingRefused(
                N_("A probe or a drill of “{name}” is under way."), remedy=N_("Stop it first."), name=endpoint.name
            )
    closed = Q(assessment__archived_at__isnull=False) | Q(assessment__status=Assessment.Status.SIGNED)
    kept = EndpointRole.objects.filter(closed, endpoint=endpoint).select_related("assessment").first()
    if kept is not None:
        raise ShelvingRefused(
            N_("“{name}” belongs to “{title}”, which is archived or signed off and does not change any more."),
            remedy=N_("Take the endpoint out of the assessments that are worked on."),
            name=endpoint.name,
            title=kept.assessment.title,
        )
    now = timezone.now()
    with _changing_all(endpoint, removed_at=None):
        Endpoint.objects.filter(pk=endpoint.pk).update(deleted_at=now, deleted_by=user)
        # The moment tells them from roles that were ended before, with reasons of their own.
        EndpointRole.objects.filter(endpoint=endpoint, removed_at=None).update(
            removed_at=now, removed_because=DELETED, removed_by=user
        )
    _note("endpoint.deleted", endpoint, user)


@contextmanager
def _changing_all(endpoint: Endpoint, **roles: object) -> Iterator[None]:
    """Change every assessment in which the endpoint has such a role; those in the bin are left as they are."""
    ids = EndpointRole.objects.filter(endpoint=endpoint, **roles).values("assessment")
    rows = Assessment.objects.filter(pk__in=ids).select_related("questionnaire_version", "organisation")
    with ExitStack() as doors:
        for assessment in rows.order_by("pk"):
            doors.enter_context(changing(assessment))
        yield


@transaction.atomic
def restore_endpoint(endpoint: Endpoint, user: User) -> None:
    """Bring an endpoint back into the assessments that it left with."""
    held = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if held.deleted_at is not None:
        with _changing_all(endpoint, removed_at=held.deleted_at):
            EndpointRole.objects.filter(endpoint=endpoint, removed_at=held.deleted_at).update(
                removed_at=None, removed_because="", removed_by=None
            )
        Endpoint.objects.filter(pk=endpoint.pk).update(deleted_at=None, deleted_by=None)
        _note("endpoint.restored", endpoint, user)


@transaction.atomic
def erase_assessment(assessment: Assessment) -> None:
    """Remove an assessment for good, with everything that belongs to it, files included."""
    files = stored_files.of_assessment(assessment)
    _note("assessment.erased", assessment, None)
    assessment.delete()
    transaction.on_commit(lambda: stored_files.unlink(files))


@transaction.atomic
def erase_endpoint(endpoint: Endpoint) -> None:
    """Remove an endpoint for good, with its probes, drills, plans and tokens."""
    _note("endpoint.erased", endpoint, None)
    endpoint.delete()
