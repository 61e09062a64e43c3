"""Who sees to the moves of a roadmap: kept for each question, printed in reports, changing no level."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, MoveOwner, User
from assessor.questionnaire.schema import Question
from assessor.reports.inputs import MoveOwnerRecord
from assessor.reports.text import NAME_LENGTH, clean
from assessor.services import audit, memberships
from assessor.services.changing import changes_assessment


class MoveOwnerRefused(AssessorError):
    """The owner of a move is not kept."""


@dataclass(frozen=True)
class Ownership:
    """Who sees to a move: a member, or a name of somebody outside; until when; how far it is. All may be empty."""

    member: User | None = None
    name: str = ""
    due_on: date | None = None
    state: str = ""


def owners_of(assessment: Assessment) -> dict[str, MoveOwner]:
    """Return who sees to the moves of an assessment, by question; one query."""
    rows = MoveOwner.objects.filter(assessment=assessment).select_related("user")
    return {one.question: one for one in rows}


def records_of(assessment: Assessment) -> Mapping[str, MoveOwnerRecord]:
    """Return the same as a report takes it, and as a signature freezes it."""
    return {
        question: MoveOwnerRecord(
            name=one.user.kept_name if one.user is not None else one.name, due_on=one.due_on, state=one.state
        )
        for question, one in owners_of(assessment).items()
    }


@changes_assessment
def set_owner(assessment: Assessment, question: Question, given: Ownership, by: User) -> None:
    """Keep who sees to the moves about a question; nothing given takes away what was.

    Raises `MoveOwnerRefused` for somebody who is no member today and was not the owner before.
    """
    standing = MoveOwner.objects.filter(assessment=assessment, question=question.id).first()
    is_new = given.member is not None and given.member.pk != (standing.user_id if standing else None)
    if is_new and not memberships.current(assessment.organisation).filter(user=given.member).exists():
        raise MoveOwnerRefused(
            N_("{who} is no member here."),
            remedy=N_("Choose a member, or write the name of somebody outside."),
            who=str(given.member),
        )
    name = given.member.kept_name if given.member is not None else given.name
    name = clean(name, NAME_LENGTH)
    if name or given.due_on or given.state:
        MoveOwner.objects.update_or_create(
            assessment=assessment,
            question=question.id,
            defaults={
                "organisation": assessment.organisation,
                "name": name,
                "user": given.member,
                "due_on": given.due_on,
                "state": given.state,
                "changed_by": by,
                "changed_at": timezone.now(),
            },
        )
    elif standing is not None:
        standing.delete()
    else:
        return
    audit.record(
        "move.owner_set",
        organisation=assessment.organisation,
        actor=by,
        subject=assessment,
        question=question.id,
        who=name,
        until=given.due_on.isoformat() if given.due_on else "",
        state=given.state,
    )
