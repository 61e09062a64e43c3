"""The one door to a change of an assessment: it locks, refuses what was signed off, and sums up what has changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, Dispute, EndpointRole, Evidence, Exercise
from assessor.prepared import PreparedUpdate
from assessor.services import summaries

Part = TypeVar("Part", Assessment, Evidence, EndpointRole, Dispute, Exercise)
Rest = ParamSpec("Rest")
Done = TypeVar("Done")
# Every save begins with it: built once (see `assessor.prepared`).
_CHANGED = PreparedUpdate(
    lambda assessment: Assessment.objects.filter(pk=assessment, archived_at=None).exclude(
        status=Assessment.Status.SIGNED
    ),
    "assessment",
    columns=("changed_at",),
)
_inside: ContextVar[frozenset[UUID]] = ContextVar("assessments being changed", default=frozenset())


class RoundClosed(AssessorError):
    """The round was signed off, so nothing of it changes any more; `assessment` is the round."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        super().__init__(
            N_("This round is signed off, and what was signed does not change any more."),
            remedy=N_("Start a new round: it begins with these answers."),
        )


class AssessmentPutAside(AssessorError):
    """The assessment is archived or in the bin, so nothing of it changes before somebody takes it out."""


@contextmanager
def changing(assessment: Assessment) -> Iterator[None]:
    """Change what an assessment says, in one transaction: everything that writes to a part of it does so in here.

    Raises `RoundClosed` for a signed round, `AssessmentPutAside` for one that is archived. The assessment is locked
    from here on, so that a signature waits for the change or the change for the signature, and two first answers to one
    question do not collide. At the end its summary is brought up to date; of changes inside one another only the
    outermost does that.
    """
    with transaction.atomic():
        outer = _inside.get()
        if assessment.pk in outer:
            yield
            return
        if not _CHANGED.run({"changed_at": timezone.now()}, assessment=assessment.pk):
            if Assessment.objects.filter(pk=assessment.pk, status=Assessment.Status.SIGNED).exists():
                raise RoundClosed(assessment)
            raise AssessmentPutAside(
                N_("This assessment is archived or deleted, so nothing of it is changed."),
                remedy=N_("Take it out of the archive or the bin first."),
            )
        token = _inside.set(outer | {assessment.pk})
        try:
            yield
        finally:
            _inside.reset(token)
        summaries.refresh(assessment)


def changes_assessment(
    write: Callable[Concatenate[Part, Rest], Done],
) -> Callable[Concatenate[Part, Rest], Done]:
    """Have a function whose first argument is an assessment, or a part of one, run inside `changing`."""

    @wraps(write)
    def guarded(part: Part, *args: Rest.args, **kwargs: Rest.kwargs) -> Done:
        with changing(_assessment_of(part)):
            return write(part, *args, **kwargs)

    guarded.changes_assessment = True  # type: ignore[attr-defined]
    return guarded


def _assessment_of(part: Any) -> Assessment:
    if isinstance(part, Assessment):
        return part
    return part.answer.assessment if isinstance(part, Evidence) else part.assessment
