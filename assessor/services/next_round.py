"""The next round: a new assessment that begins with what was signed, linked to it, to be gone through again."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from assessor.errors import N_, AssessorError
from assessor.models import (
    Answer,
    AnswerRevision,
    Assessment,
    Brand,
    Dispute,
    EndpointRole,
    Evidence,
    MoveOwner,
    Organisation,
    User,
)
from assessor.services import attachments, audit, summaries
from assessor.services.attachments import Copies
from assessor.services.duplicating import copied
from assessor.services.shaping import keep_wishes, wishes_of

# Of evidence everything goes over but who it belongs to and what was removed.
OWN = {"id", "answer", "organisation", "removed_at", "removed_by", "added_at"}


class RoundRefused(AssessorError):
    """No new round can begin here."""


def to_follow(organisation: Organisation) -> list[Assessment]:
    """Return the signed rounds that no other follows yet, the newest first."""
    following = Assessment.objects.filter(predecessor=OuterRef("pk"), archived_at=None)
    rows = Assessment.objects.filter(organisation=organisation, archived_at=None, status=Assessment.Status.SIGNED)
    return list(rows.filter(~Exists(following)))


@transaction.atomic
def begin(signed: Assessment, user: User) -> Assessment:
    """Begin the round after a signed one.

    Answers go over as they were given, by whom and when; evidence with its files and its dates, so that it ages on;
    endpoints, workloads, targets, owners of moves, brand and accepted disputes too. Raises `RoundRefused` for a round
    that is not signed or has a successor in work, `AttachmentRefused` where the files find no room; then nothing is
    changed.
    """
    locked = Assessment.objects.select_for_update(of=("self",)).get(pk=signed.pk)
    if not locked.is_signed:
        raise RoundRefused(
            N_("This round is not signed off, so it goes on."), remedy=N_("Change its answers; nothing is frozen yet.")
        )
    if Assessment.objects.filter(predecessor=locked, archived_at=None).exclude(status=locked.Status.SIGNED).exists():
        raise RoundRefused(
            N_("The round after this one has begun already."), remedy=N_("Go on with that one, or archive it first.")
        )
    begun = Assessment.objects.create(
        organisation=signed.organisation,
        questionnaire_version=signed.questionnaire_version,
        title=locked.title,
        scope=locked.scope,
        profile=locked.profile,
        targets=locked.targets,
        hints_from_id=locked.hints_from_id,
        predecessor=locked,
        created_by=user,
    )
    # One by one, in their order: the first one linked is the workload the assessment names.
    links = Assessment.workloads.through.objects
    for workload in links.filter(assessment=locked).order_by("pk").values_list("workload", flat=True):
        links.create(assessment=begun, workload_id=workload)
    _carry_endpoints(locked, begun)
    with attachments.copying() as copies:
        _carry_evidence(_carry_answers(locked, begun), copies, user)
    for model in (Brand, MoveOwner):
        copied(model.objects.filter(assessment=locked), assessment=begun)
    keep_wishes(begun, wishes_of(signed))
    summaries.refresh(begun)
    audit.record("assessment.reopened", organisation=begun.organisation, actor=user, subject=begun)
    return begun


def _carry_endpoints(before: Assessment, begun: Assessment) -> None:
    roles = EndpointRole.objects.filter(assessment=before, removed_at=None)
    EndpointRole.objects.bulk_create(
        EndpointRole(
            organisation=begun.organisation,
            assessment=begun,
            workload_id=one.workload_id,
            endpoint_id=one.endpoint_id,
            part=one.part,
        )
        for one in roles
    )
    # An accepted dispute stands until a later probe disproves it, whichever round it was raised in.
    for dispute in Dispute.objects.filter(assessment=before, withdrawn_at=None, accepted=True):
        raised, names = dispute.raised_at, ("endpoint_id", "code", "reason", "elsewhere", "accepted", "decision_note")
        people = ("raised_by_id", "decided_by_id", "decided_at")
        carried = Dispute.objects.create(
            organisation=begun.organisation,
            assessment=begun,
            **{name: getattr(dispute, name) for name in (*names, *people)},
        )
        Dispute.objects.filter(pk=carried.pk).update(raised_at=raised)


def _carry_answers(before: Assessment, begun: Assessment) -> dict[UUID, Answer]:
    """Return the new answers by the ids of those they repeat."""
    found: dict[UUID, Answer] = {}
    for one in Answer.objects.filter(assessment=before).exclude(state=Answer.State.NOT_ASKED):
        found[one.pk] = Answer(
            organisation=begun.organisation,
            assessment=begun,
            workload_id=one.workload_id,
            question=one.question,
            state=one.state,
            level=one.level,
            value=one.value,
            note=one.note,
            look_again=one.look_again,
            answered_by_id=one.answered_by_id,
            answered_at=one.answered_at,
        )
    Answer.objects.bulk_create(found.values())
    AnswerRevision.objects.bulk_create(
        AnswerRevision(
            organisation=begun.organisation,
            answer=one,
            version=one.version,
            state=one.state,
            level=one.level,
            value=one.value,
            note=one.note,
            changed_by_id=one.answered_by_id,
            changed_at=one.answered_at,
        )
        for one in found.values()
    )
    return found


def _carry_evidence(answers: dict[UUID, Answer], copies: Copies, user: User) -> None:
    names = [field.attname for field in Evidence._meta.concrete_fields if field.name not in OWN]
    rows = Evidence.objects.filter(answer__in=list(answers), removed_at=None).order_by("added_at", "pk")
    for one in rows.prefetch_related("attachments"):
        answer = answers[one.answer_id]
        carried = Evidence.objects.create(
            organisation=answer.organisation, answer=answer, **{name: getattr(one, name) for name in names}
        )
        for attachment in one.attachments.all():
            copies.add(carried, attachment, user)
