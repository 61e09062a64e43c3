"""Disputing a finding: one person objects, another decides; until then, and without one, the cap stays."""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.models import Assessment, Dispute, Endpoint, Membership, Organisation, Role, User
from assessor.services.changing import changes_assessment

DECIDERS = (Role.OWNER, Role.ASSESSOR)
MAX_REASON = 2000


class DisputeRefused(AssessorError):
    """The dispute cannot be raised, decided or withdrawn."""


def deciders(organisation: Organisation, raised_by: User | None) -> QuerySet[Membership]:
    """Return the members who may decide what `raised_by` disputes: owners and assessors, never the same person."""
    current = Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())
    rows = Membership.objects.filter(current, organisation=organisation, role__in=DECIDERS, user__is_active=True)
    return rows.exclude(user=raised_by) if raised_by is not None else rows


def latest_codes(endpoint: Endpoint) -> list[str]:
    """Return the codes that count at an endpoint's present address: of its last good probe, and of its drills."""
    run = queries.last_good_runs([endpoint]).get(endpoint.pk)
    probed = [row["code"] for row in run.findings] if run is not None else []
    return [*probed, *(one.code for one in queries.drill_findings(endpoint))]


@changes_assessment
def raise_dispute(assessment: Assessment, endpoint: Endpoint, code: str, reason: str, user: User) -> Dispute:
    """Dispute a finding of the latest probe or a drill in force; raises `DisputeRefused` without reason or finding."""
    reason = reason.strip()
    if not reason:
        raise DisputeRefused(
            N_("A dispute needs a reason."),
            remedy=N_("Write what was seen instead, and how somebody can check it."),
        )
    if len(reason) > MAX_REASON:
        raise DisputeRefused(
            N_("The reason has {count} characters."),
            remedy=N_("Write at most {most}."),
            count=len(reason),
            most=MAX_REASON,
        )
    if code not in latest_codes(endpoint):
        raise DisputeRefused(
            N_("Neither the latest probe of this endpoint nor a drill that counts found “{code}”."),
            remedy=N_("There is nothing to dispute."),
            code=code,
        )
    standing = Dispute.objects.filter(assessment=assessment, endpoint=endpoint, code=code, withdrawn_at=None)
    if {"open", "accepted"} & set(queries.dispute_states(standing.select_related("endpoint")).values()):
        raise DisputeRefused(
            N_("This finding is disputed already."), remedy=N_("Wait for the decision, or withdraw that dispute first.")
        )
    # What a later probe or drill settled makes room for a new one.
    standing.filter(decided_at=None).update(withdrawn_at=timezone.now())
    try:
        with transaction.atomic():
            return Dispute.objects.create(
                organisation=assessment.organisation,
                assessment=assessment,
                endpoint=endpoint,
                code=code,
                reason=reason,
                raised_by=user,
            )
    except IntegrityError as error:
        raise DisputeRefused(
            N_("This finding is disputed already."), remedy=N_("Wait for the decision, or withdraw that dispute first.")
        ) from error


def _locked(dispute: Dispute) -> Dispute:
    found = Dispute.objects.select_for_update().get(pk=dispute.pk)
    if found.decided_at is not None or found.withdrawn_at is not None:
        raise DisputeRefused(N_("This dispute is closed."), remedy=N_("Raise a new one if there is something new."))
    return found


@changes_assessment
def decide(dispute: Dispute, user: User, *, accepted: bool, note: str = "") -> Dispute:
    """Accept or reject a dispute.

    Raises `DisputeRefused` for whoever raised it, for anybody who is not owner or assessor, and for a closed one.
    """
    found = _locked(dispute)
    if found.raised_by_id is None or found.raised_by_id == user.pk:
        raise DisputeRefused(
            N_("Whoever disputes a finding cannot decide about it."),
            remedy=N_("Ask a second person: another owner or assessor of the organisation."),
        )
    if not deciders(found.organisation, found.raised_by).filter(user=user).exists():
        raise DisputeRefused(
            N_("Only an owner or an assessor of the organisation decides about a dispute."),
            remedy=N_("Ask one of them."),
        )
    found.decided_by, found.decided_at = user, timezone.now()
    found.accepted, found.decision_note = accepted, note.strip()[:MAX_REASON]
    found.save(update_fields=["decided_by", "decided_at", "accepted", "decision_note"])
    return found


@changes_assessment
def withdraw(dispute: Dispute, user: User) -> Dispute:
    """Withdraw an open dispute; raises `DisputeRefused` for anybody but whoever raised it, and for a closed one."""
    found = _locked(dispute)
    if found.raised_by_id != user.pk:
        raise DisputeRefused(N_("Only whoever raised a dispute withdraws it."), remedy=N_("Decide about it instead."))
    found.withdrawn_at = timezone.now()
    found.save(update_fields=["withdrawn_at"])
    return found
