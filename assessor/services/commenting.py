"""What people say to each other about a question: comments, replies, who is named in them, and what is settled."""

import unicodedata
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, Comment, Mention, User
from assessor.questionnaire.schema import Question
from assessor.services import assigned, audit, memberships

MAX_COMMENT = 4000
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class CommentRefused(AssessorError):
    """There is nothing to say, or the thread is none of this question."""


def people(assessment: Assessment, question: Question) -> list[User]:
    """Return who can be named in a comment: every member of today who sees the question, by name.

    To somebody who sees only what was assigned to them: who assigned it, and who wrote here already.
    """
    mine = assigned.Duties(assessment).of(question)
    responsible = mine.user_id if mine is not None else None
    members = memberships.current(assessment.organisation)
    found = [one.user for one in members if not one.only_assigned or one.user_id == responsible]
    if assigned.limit() is None:
        return found
    known = set(Comment.objects.filter(assessment=assessment, question=question.id).values_list("author", flat=True))
    known.add(mine.assigned_by_id if mine is not None else None)
    return [one for one in found if one.pk in known]


@transaction.atomic
def say(
    assessment: Assessment,
    question: Question,
    text: str,
    author: User,
    *,
    thread: Comment | None = None,
    named: Collection[UUID] = (),
) -> Comment:
    """Keep a comment, or a reply to `thread`, which is open again by that; returns it.

    People are named by their ids or as “@Name” in the text. Raises `CommentRefused` for an empty or too long text.
    """
    assigned.require(assessment, question.id)
    text = _plain(text)
    if not text:
        raise CommentRefused(N_("There is no text."), remedy=N_("Write what you want to say."))
    if len(text) > MAX_COMMENT:
        raise CommentRefused(
            N_("The text has {count} characters."),
            remedy=N_("Write at most {most}."),
            count=len(text),
            most=MAX_COMMENT,
        )
    if thread is not None and (thread.thread_id is not None or thread.question != question.id):
        raise CommentRefused(N_("A reply belongs to a first comment on the same question."))
    made = Comment.objects.create(
        organisation=assessment.organisation,
        assessment=assessment,
        question=question.id,
        thread=thread,
        author=author,
        text=text,
        made_at=timezone.now(),
    )
    if thread is not None and thread.resolved_at is not None:
        reopen(thread)
    heard = [one for one in people(assessment, question) if one.pk != author.pk and _is_named(one, text, named)]
    Mention.objects.bulk_create(Mention(organisation=assessment.organisation, comment=made, user=one) for one in heard)
    audit.record(
        "comment.made", organisation=assessment.organisation, actor=author, subject=assessment, question=question.id
    )
    # Who answers has read what they answer to.
    mark_read(mentions_in(assessment, question.id, author))
    return made


def _plain(text: str) -> str:
    """Return text without control characters and without marks that turn the direction of what follows."""
    lines = text.replace("\r\n", "\n")
    shown = (one for one in lines if one in "\n\t" or (unicodedata.category(one) != "Cc" and one not in TURNING))
    return "".join(shown).strip()


def _is_named(person: User, text: str, named: Collection[UUID]) -> bool:
    return person.pk in named or f"@{person}".casefold() in text.casefold()


def resolve(thread: Comment, by: User) -> None:
    """Say that what a thread is about is settled; its comments stay."""
    if thread.thread_id is None and thread.resolved_at is None:
        thread.resolved_at, thread.resolved_by = timezone.now(), by
        thread.save(update_fields=["resolved_at", "resolved_by"])


def reopen(thread: Comment) -> None:
    """Say that a thread is not settled after all."""
    thread.resolved_at, thread.resolved_by = None, None
    thread.save(update_fields=["resolved_at", "resolved_by"])


def mentions_of(user: User) -> QuerySet[Mention]:
    """Return where a person was named, in the organisation in scope, the latest first."""
    rows = Mention.objects.filter(
        user=user, comment__assessment__archived_at=None, comment__assessment__deleted_at=None
    )
    rows = rows.select_related("comment__author", "comment__assessment__questionnaire_version")
    return rows.defer("comment__assessment__questionnaire_version__content").order_by("-comment__made_at", "-pk")


def mentions_in(assessment: Assessment, question: str, user: User) -> QuerySet[Mention]:
    """Return where a person was named in comments on one question."""
    return Mention.objects.filter(user=user, comment__assessment=assessment, comment__question=question)


def mark_read(mentions: QuerySet[Mention], until: datetime | None = None) -> int:
    """Note that these were read; returns how many were not before. `until` leaves what was said later unread."""
    rows = mentions.filter(read_at=None)
    if until is not None:
        rows = rows.filter(comment__made_at__lte=until)
    return rows.order_by().update(read_at=timezone.now())
