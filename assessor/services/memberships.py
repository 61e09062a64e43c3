"""Who works in an organisation: invitations by link, roles with an end, and an owner that always remains."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import LOCAL_USERNAME, Assignment, Invitation, Membership, Organisation, Role, User
from assessor.prepared import PreparedRows
from assessor.services import audit

INVITATION_DAYS = 14


def _of_person(organisation: object, user: object) -> QuerySet[Membership]:
    # Known with the membership itself, for every page would ask for it. Whether those hold today is seen to later.
    wanting = Membership.objects.filter(user=OuterRef("user"), organisation__second_step_required=True)
    rows = Membership.objects.filter(organisation=organisation, user=user).select_related("organisation", "user")
    return rows.annotate(second_step_wanted=Exists(wanting))


_MEMBERSHIP = PreparedRows[Membership](
    _of_person,
    "organisation",
    "user",
    scoped=False,
)
_LOCAL_MEMBERSHIP = PreparedRows[Membership](
    lambda organisation: Membership.objects.filter(
        organisation=organisation, user__username=LOCAL_USERNAME
    ).select_related("organisation", "user"),
    "organisation",
    scoped=False,
)


def membership_in(organisation: object, user: User | None) -> Membership | None:
    """Return a person's membership of today, person and organisation joined; None for laptop mode's local user."""
    ids = {"organisation": organisation}
    rows = _LOCAL_MEMBERSHIP.run(**ids) if user is None else _MEMBERSHIP.run(**ids, user=user.pk)
    # One at most: a person is a member of an organisation once.
    return next((one for one in rows if one.ends_on is None or one.ends_on >= timezone.localdate()), None)


def organisations_of(user: User) -> QuerySet[Organisation]:
    """Return the organisations a person sees as a whole today, each with `own_role`, what the person is there.

    Not those where only questions are assigned to them.
    """
    today = timezone.localdate()
    current = Q(memberships__ends_on=None) | Q(memberships__ends_on__gte=today)
    # A person has one membership in each organisation at most, so the join repeats no row.
    rows = Organisation.objects.filter(current, memberships__user=user, memberships__only_assigned=False)
    return rows.annotate(own_role=F("memberships__role"))


def memberships_of(user: User) -> list[Membership]:
    """Return a person's memberships of today with their organisations, by name."""
    current = Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())
    rows = Membership.objects.filter(current, user=user).select_related("organisation")
    return list(rows.order_by("organisation__name"))


class MembershipRefused(AssessorError):
    """The invitation cannot be made or used, or the change would leave nobody who owns the organisation."""


@dataclass(frozen=True)
class Terms:
    """In which role somebody works, until when (None: without an end), and whether only on what is assigned to them."""

    role: str
    ends_on: date | None = None
    only_assigned: bool = False


def may_found(user: User) -> bool:
    """Return whether a person may begin an organisation: operators, owners of another one, everybody on a laptop."""
    if settings.MODE == "laptop" or user.is_superuser:
        return True
    return Membership.objects.filter(holds_today(), user=user, role=Role.OWNER).exists()


@transaction.atomic
def invite(organisation: Organisation, by: User, email: str, terms: Terms) -> tuple[Invitation, str]:
    """Make an invitation and return it with the word of its link, which stands nowhere else; an older one ends."""
    email = email.strip().lower()
    if Membership.objects.filter(holds_today(), organisation=organisation, user__email__iexact=email).exists():
        raise MembershipRefused(
            N_("{email} is a member already."), remedy=N_("Change the role in the list of members."), email=email
        )
    # What was to be answered through an earlier link goes over to the new one.
    earlier = list(open_invitations(organisation).filter(email=email))
    for one in earlier:
        revoke(one, by)
    word = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        organisation=organisation,
        email=email,
        role=terms.role,
        ends_on=terms.ends_on,
        only_assigned=terms.only_assigned,
        digest=_digest(word),
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    Assignment.objects.filter(invitation__in=earlier).update(invitation=made)
    audit.record(
        "member.invited",
        organisation=organisation,
        actor=by,
        role=terms.role,
        limited=terms.only_assigned,
        until=_day(terms.ends_on),
        mail=email,
    )
    return made, word


@transaction.atomic
def revoke(invitation: Invitation, by: User) -> None:
    """Take an invitation back: its link opens nothing any more."""
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    audit.record(
        "member.invitation_revoked",
        organisation=invitation.organisation,
        actor=by,
        role=invitation.role,
        mail=invitation.email,
    )


def open_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    """Return the invitations of an organisation that still open something."""
    return Invitation.objects.filter(_open(), organisation=organisation)


def find_invitation(word: str) -> Invitation | None:
    """Return the invitation behind a link, None where it does not hold: used, revoked, too old or made up."""
    # Whoever holds the link is in no organisation yet.
    with scopes_disabled():
        rows = Invitation.objects.filter(_open(), digest=_digest(word))
        return rows.select_related("organisation", "invited_by").first()


def is_invited(email: str) -> bool:
    """Return whether an open invitation names this address, in whatever organisation."""
    # Whoever asks is in no organisation yet.
    with scopes_disabled():
        return Invitation.objects.filter(_open(), email__iexact=email).exists()


@transaction.atomic
def accept(invitation: Invitation, user: User) -> Membership:
    """Make the person a member on the terms of the invitation; a role that reaches further already stays as it is.

    What was assigned to the invited person is theirs from now on.
    """
    with scopes_disabled():
        taken = Invitation.objects.filter(_open(), pk=invitation.pk)
        if not taken.update(accepted_at=timezone.now(), accepted_by=user):
            raise MembershipRefused(N_("This link was used already."), remedy=N_("Ask for a new one."))
        Assignment.objects.filter(invitation=invitation).update(user=user, invitation=None)
    current = Membership.objects.filter(organisation=invitation.organisation, user=user).first()
    if current is None:
        current = Membership.objects.create(
            organisation=invitation.organisation,
            user=user,
            role=invitation.role,
            ends_on=invitation.ends_on,
            only_assigned=invitation.only_assigned,
        )
    is_over = current.ends_on is not None and current.ends_on < timezone.localdate()
    widens = current.only_assigned and not invitation.only_assigned
    if is_over or widens or not current.reaches(Role(invitation.role)):
        _set(current, Terms(invitation.role, invitation.ends_on, invitation.only_assigned))
    audit.record(
        "member.joined",
        organisation=invitation.organisation,
        actor=user,
        subject=user,
        role=current.role,
        limited=current.only_assigned,
        until=_day(current.ends_on),
    )
    return current


@transaction.atomic
def change(membership: Membership, terms: Terms, by: User) -> None:
    """Give a member other terms; raises `MembershipRefused` where no owner without an end would remain."""
    if terms.role != Role.OWNER or terms.ends_on is not None:
        _keep_an_owner(membership)
    before = Terms(membership.role, membership.ends_on)
    _set(membership, terms)
    audit.record(
        "member.changed",
        organisation=membership.organisation,
        actor=by,
        subject=membership.user,
        role=terms.role,
        limited=terms.only_assigned,
        until=_day(terms.ends_on),
        role_before=before.role,
        until_before=_day(before.ends_on),
    )


def _set(membership: Membership, terms: Terms) -> None:
    membership.role, membership.ends_on = terms.role, terms.ends_on
    membership.only_assigned = terms.only_assigned
    membership.save(update_fields=["role", "ends_on", "only_assigned"])


@transaction.atomic
def remove(membership: Membership, by: User) -> None:
    """End a membership at once; raises `MembershipRefused` where no owner without an end would remain.

    What was assigned to the person is nobody's afterwards, so that it shows.
    """
    _keep_an_owner(membership)
    Assignment.objects.filter(organisation=membership.organisation_id, user=membership.user_id).delete()
    audit.record(
        "member.left" if by.pk == membership.user_id else "member.removed",
        organisation=membership.organisation,
        actor=by,
        subject=membership.user,
        role=membership.role,
    )
    membership.delete()


def current(organisation: Organisation) -> QuerySet[Membership]:
    """Return the members of today, by name."""
    rows = Membership.objects.filter(holds_today(), organisation=organisation, user__is_active=True)
    return rows.select_related("user").order_by("user__first_name", "user__username")


def guests(organisation: Organisation) -> QuerySet[Membership]:
    """Return the members who see only what was assigned to them."""
    return Membership.objects.filter(organisation=organisation, only_assigned=True).select_related("user")


def answering(organisation: Organisation) -> QuerySet[Membership]:
    """Return the members of today who may answer, by name."""
    able = [role for role in Role.values if Role.values.index(role) <= Role.values.index(Role.CONTRIBUTOR)]
    return current(organisation).filter(role__in=able)


def _keep_an_owner(membership: Membership) -> None:
    # Two owners who remove each other at once wait for one another here.
    Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    if membership.role != Role.OWNER or membership.ends_on is not None:
        return
    others = Membership.objects.filter(
        organisation=membership.organisation_id, role=Role.OWNER, ends_on=None, user__is_active=True
    ).exclude(pk=membership.pk)
    if not others.exists():
        raise MembershipRefused(
            N_("This is the last owner without an end."), remedy=N_("Make somebody else an owner first.")
        )


def holds_today() -> Q:
    """Return the condition of a membership that holds today."""
    return Q(ends_on=None) | Q(ends_on__gte=timezone.localdate())


def _open() -> Q:
    return Q(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _digest(word: str) -> str:
    return sha256(word.encode()).hexdigest()
