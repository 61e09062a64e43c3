"""A round on its way to the signature: submitted, remarked upon, sent back or signed off; afterwards only a new one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, override

from assessor.content import content_hash
from assessor.errors import N_, AssessorError
from assessor.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Membership,
    Remark,
    ReviewStep,
    Role,
    SignOff,
    User,
)
from assessor.services import audit, reporting, snapshots
from assessor.services.changing import RoundClosed
from assessor.services.questionnaires import keep_installed, questionnaire_of

Kind, Status = ReviewStep.Kind, Assessment.Status
REVIEWERS = (Role.OWNER, Role.ASSESSOR)
MAX_WORDS = 2000
MOST_OPEN = 200


class ReviewRefused(AssessorError):
    """The step cannot be taken: not now, or not by this person."""


class MovedOn(ReviewRefused):
    """The assessment says something else by now than the reviewer saw."""


@dataclass(frozen=True)
class Standing:
    """Where a round stands for one person: what may be done, and why not where it may not."""

    seen: str
    authors: tuple[str, ...]
    alone: bool
    others: tuple[str, ...]
    obstacle: AssessorError | None


def words(text: str) -> str:
    """Return a note or remark without the space around it; raises `ReviewRefused` for one that is too long."""
    text = text.strip()
    if len(text) > MAX_WORDS:
        raise ReviewRefused(
            N_("The text has {count} characters."), remedy=N_("Write at most {most}."), count=len(text), most=MAX_WORDS
        )
    return text


def _locked(assessment: Assessment) -> Assessment:
    """Lock a round for a step of its review; raises `RoundClosed` for a signed one."""
    rows = Assessment.objects.select_related("questionnaire_version").defer("questionnaire_version__content")
    found = rows.select_for_update(of=("self",)).get(pk=assessment.pk)
    found.organisation = assessment.organisation
    if found.is_signed:
        raise RoundClosed(found)
    return found


def _step(assessment: Assessment, kind: str, user: User, note: str = "") -> None:
    now = timezone.now()
    ReviewStep.objects.create(
        organisation=assessment.organisation, assessment=assessment, kind=kind, note=note, taken_by=user, taken_at=now
    )


@transaction.atomic
def submit(assessment: Assessment, user: User, note: str = "") -> None:
    """Hand a round in for review; raises `ReviewRefused` where nothing was answered or it lies there already."""
    found, note = _locked(assessment), words(note)
    if found.status == Status.SUBMITTED:
        raise ReviewRefused(N_("This round is submitted already."), remedy=N_("Wait for the review."))
    _must_be_begun(found)
    found.status, found.submitted_at = Status.SUBMITTED, timezone.now()
    found.save(update_fields=["status", "submitted_at"])
    _step(found, Kind.SUBMITTED, user, note)
    audit.record("assessment.submitted", organisation=found.organisation, actor=user, subject=found)


def _must_be_begun(assessment: Assessment) -> None:
    if not Answer.objects.filter(assessment=assessment).exclude(state=Answer.State.NOT_ASKED).exists():
        raise ReviewRefused(N_("No question is answered yet."), remedy=N_("Answer what can be answered first."))


@transaction.atomic
def send_back(assessment: Assessment, user: User, note: str = "") -> None:
    """Give a submitted round back to be worked on; needs a note or an open remark that says why."""
    found, note = _locked(assessment), words(note)
    if found.status != Status.SUBMITTED:
        raise ReviewRefused(N_("This round is not submitted."), remedy=N_("There is nothing to send back."))
    if not note and not open_remarks(found).exists():
        raise ReviewRefused(
            N_("Whoever gets it back must learn why."), remedy=N_("Write a note or a remark, then send it back.")
        )
    found.status = Status.DRAFT
    found.save(update_fields=["status"])
    _step(found, Kind.SENT_BACK, user, note)
    count = open_remarks(found).count()
    audit.record("assessment.returned", organisation=found.organisation, actor=user, subject=found, count=count)


@transaction.atomic
def remark(assessment: Assessment, user: User, about: str, text: str) -> Remark:
    """Remark upon a question, a dimension or ("") the whole of a submitted round."""
    found, text = _locked(assessment), words(text)
    if found.status != Status.SUBMITTED:
        raise ReviewRefused(
            N_("Remarks are made while a round is under review."), remedy=N_("Submit it for review first.")
        )
    if not text:
        raise ReviewRefused(N_("The remark is empty."), remedy=N_("Write what is to be looked at."))
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    if about and about not in {one.id for one in (*questionnaire.dimensions, *questionnaire.questions)}:
        raise ReviewRefused(
            N_("There is no question or dimension “{about}” here."), remedy=N_("Choose one of the list."), about=about
        )
    if open_remarks(found).count() >= MOST_OPEN:
        raise ReviewRefused(
            N_("There are {most} open remarks."), remedy=N_("Send the round back with these first."), most=MOST_OPEN
        )
    return Remark.objects.create(
        organisation=found.organisation, assessment=found, about=about, text=text, made_by=user
    )


@transaction.atomic
def settle(found: Remark, user: User) -> None:
    """Note that a remark was seen to; the second person to say so changes nothing."""
    _locked(found.assessment)
    Remark.objects.filter(pk=found.pk, settled_at=None).update(settled_by=user, settled_at=timezone.now())


def open_remarks(assessment: Assessment) -> QuerySet[Remark]:
    """Return the remarks that nobody has settled, the oldest first."""
    return Remark.objects.filter(assessment=assessment, settled_at=None)


def authors(assessment: Assessment) -> list[User]:
    """Return everybody who gave or changed an answer: one query."""
    rows = AnswerRevision.objects.filter(answer__assessment=assessment).order_by()
    return list(User.objects.filter(pk__in=rows.values("changed_by")).order_by("username"))


def other_reviewers(assessment: Assessment, user: User) -> list[User]:
    """Return the other owners and assessors of today: one query."""
    current = Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())
    rows = Membership.objects.filter(
        current, organisation=assessment.organisation, role__in=REVIEWERS, user__is_active=True
    )
    return [one.user for one in rows.exclude(user=user).select_related("user").order_by("user__username")]


def standing(assessment: Assessment, user: User) -> Standing:
    """Return where a round stands for somebody who may review: what was seen, who answered, what stands in the way."""
    gave, others = authors(assessment), other_reviewers(assessment, user)
    alone = all(one.pk == user.pk for one in gave)
    return Standing(
        seen=seen(assessment),
        authors=tuple(str(one) for one in gave),
        alone=alone,
        others=tuple(str(one) for one in others),
        obstacle=_obstacle(assessment, alone, others),
    )


def _obstacle(assessment: Assessment, alone: bool, others: Sequence[User]) -> ReviewRefused | None:
    if assessment.status != Status.SUBMITTED:
        return ReviewRefused(N_("This round is not submitted."), remedy=N_("Submit it for review first."))
    remarks = open_remarks(assessment).count()
    if remarks:
        return ReviewRefused(
            N_("Remarks are still open: {count}."),
            remedy=N_("Settle each, or send the round back."),
            count=remarks,
        )
    if alone and others:
        return ReviewRefused(
            N_("You gave all the answers, so another person signs this round off."),
            remedy=N_("Ask one of these: {names}."),
            names=", ".join(str(one) for one in others[:5]),
        )
    return None


def seen(assessment: Assessment) -> str:
    """Return a hash of what a round says now, the same in every language: what a reviewer saw, and no clock."""
    if assessment.is_signed:
        return ""
    return content_hash(snapshots.content(reporting.said_now(assessment)))


@transaction.atomic
def sign_off(assessment: Assessment, user: User, shown: str) -> SignOff:
    """Freeze a round with a signature.

    `shown` is the hash of what the signer saw. Raises `MovedOn` where the round says something else by now, and
    `ReviewRefused` for somebody who may not: not owner or assessor, or the only author where another could sign.
    """
    found = _locked(assessment)
    current = Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())
    members = Membership.objects.filter(current, organisation=found.organisation, user=user, role__in=REVIEWERS)
    membership = members.first()
    if membership is None:
        raise ReviewRefused(
            N_("Only an owner or an assessor of the organisation signs off."), remedy=N_("Ask one of them.")
        )
    gave = authors(found)
    alone = all(one.pk == user.pk for one in gave)
    obstacle = _obstacle(found, alone, other_reviewers(found, user))
    if obstacle is not None:
        raise obstacle
    told = {}
    for language, _name in _languages():
        with override(language):
            told[language] = reporting.said_now(found)
    if shown != content_hash(snapshots.content(next(iter(told.values())))):
        raise MovedOn(
            N_("The assessment was changed since you looked at it, so it was not signed."),
            remedy=N_("Look at it as it is now, then sign."),
        )
    at = timezone.now()
    signature = {
        "by": user.kept_name,
        "role": membership.role,
        "at": at.isoformat(),
        "alone": alone,
        "authors": [one.kept_name for one in gave],
    }
    for framework, _derived in next(iter(told.values()))["derivations"]:
        keep_installed(framework)
    frozen = snapshots.snapshot(found, told, signature)
    signed = SignOff.objects.create(
        organisation=found.organisation,
        assessment=found,
        signed_by=user,
        signer=user.kept_name,
        role=membership.role,
        alone=alone,
        signed_at=at,
        snapshot=frozen,
        sha256=content_hash(frozen),
    )
    found.status = assessment.status = Status.SIGNED
    found.save(update_fields=["status", "changed_at"])
    _step(found, Kind.SIGNED, user)
    audit.record(
        "assessment.signed_off", organisation=found.organisation, actor=user, subject=found, sha256=signed.sha256
    )
    return signed


def _languages() -> list[tuple[str, str]]:
    """Return every language, the reader's first: what is told is kept in each."""
    here = (get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    return sorted(settings.LANGUAGES, key=lambda one: one[0] != here)
