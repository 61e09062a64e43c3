"""Giving questions to people: members, or colleagues who are invited to answer just those."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, Assignment, Invitation, Organisation, Role, User
from assessor.services import audit, memberships
from assessor.services.memberships import Terms
from assessor.services.questionnaires import questionnaire_of

# What a field says for a whole dimension; questions are named by their ids.
DIMENSION = "dimension:"


class AssignmentRefused(AssessorError):
    """There is nothing to assign, or nobody who could answer it."""


@dataclass(frozen=True)
class Parts:
    """What is assigned: ids of dimensions and of questions."""

    dimensions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


def parts_of(assessment: Assessment, chosen: Collection[str]) -> Parts:
    """Return what was chosen, questions by id and dimensions as `dimension:id`; raises `AssignmentRefused`.

    A question beside its own whole dimension is left out: the dimension has it.
    """
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    asked = {one.id: one for one in questionnaire.asked(assessment.scope)}
    dimensions = tuple(one.id for one in questionnaire.dimensions if DIMENSION + one.id in chosen)
    questions = tuple(one for one in asked if one in chosen and asked[one].dimension not in dimensions)
    unknown = [one for one in chosen if one not in asked and one.removeprefix(DIMENSION) not in dimensions]
    if unknown or not (dimensions or questions):
        raise AssignmentRefused(
            N_("Nothing was chosen that can be assigned."), remedy=N_("Tick a dimension or a question.")
        )
    return Parts(dimensions, questions)


@transaction.atomic
def assign(assessment: Assessment, parts: Parts, to: User | Invitation, due_on: date | None, by: User) -> int:
    """Give dimensions and questions to one person, whoever had them before; returns how many things that were.

    Raises `AssignmentRefused` for somebody who is no member today or whose role does not answer.
    """
    member = to if isinstance(to, User) else None
    if member is not None and not memberships.answering(assessment.organisation).filter(user=member).exists():
        raise AssignmentRefused(
            N_("{who} cannot answer here."), remedy=N_("Choose a member who is a contributor or more."), who=str(to)
        )
    now = timezone.now()
    common = {
        "organisation": assessment.organisation,
        "user": member,
        "invitation": to if isinstance(to, Invitation) else None,
        "due_on": due_on,
        "assigned_by": by,
        "assigned_at": now,
        # Nobody needs to hear of what they did.
        "seen_at": now if member == by else None,
        "reminded_on": None,
    }
    for dimension in parts.dimensions:
        Assignment.objects.update_or_create(assessment=assessment, dimension=dimension, question="", defaults=common)
    for question in parts.questions:
        Assignment.objects.update_or_create(assessment=assessment, dimension="", question=question, defaults=common)
    count = len(parts.dimensions) + len(parts.questions)
    audit.record(
        "questions.assigned",
        organisation=assessment.organisation,
        actor=by,
        subject=assessment,
        who=str(to) if isinstance(to, User) else to.email,
        count=count,
        until=due_on.isoformat() if due_on else "",
    )
    return count


@transaction.atomic
def invite_to_answer(
    assessment: Assessment, parts: Parts, email: str, ends_on: date | None, due_on: date | None, by: User
) -> tuple[Invitation, str]:
    """Invite somebody to answer just these parts; returns the invitation and the word of its link, shown once.

    They become a contributor who sees nothing else. Raises `MembershipRefused` for somebody who is a member already,
    `AssignmentRefused` for somebody whom an owner has invited as a member: that link is not to open less.
    """
    as_member = memberships.open_invitations(assessment.organisation).filter(only_assigned=False)
    if as_member.filter(email=email.strip().lower()).exists():
        raise AssignmentRefused(
            N_("{email} was invited as a member already."),
            remedy=N_("Assign it to them once they have joined, or have an owner take that invitation back."),
            email=email,
        )
    made, word = memberships.invite(
        assessment.organisation, by, email, Terms(Role.CONTRIBUTOR, ends_on, only_assigned=True)
    )
    assign(assessment, parts, made, due_on, by)
    return made, word


@transaction.atomic
def end(assignment: Assignment, by: User) -> None:
    """Take an assignment away; answers stay, and somebody who saw nothing else does not see it any more."""
    audit.record(
        "questions.taken_back",
        organisation=assignment.organisation,
        actor=by,
        subject=assignment.assessment,
        who=assignment.who,
    )
    assignment.delete()


@transaction.atomic
def take_back(invitation: Invitation, by: User) -> None:
    """Take back an invitation, with what was to be answered through it."""
    memberships.revoke(invitation, by)
    Assignment.objects.filter(invitation=invitation).delete()


def open_invitations(organisation: Organisation) -> list[Invitation]:
    """Return the invitations to answer that nobody has used yet."""
    rows = memberships.open_invitations(organisation).filter(only_assigned=True)
    return list(rows.select_related("invited_by"))
