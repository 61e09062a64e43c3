"""What whoever runs the installation does to accounts: lock, end sessions, reset a second step, share the office."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from assessor.errors import N_, AssessorError
from assessor.models import LOCAL_USERNAME, Membership, Organisation, Role, User
from assessor.services import accounts, audit


class OperatingRefused(AssessorError):
    """It would leave nobody who runs this installation, or shut out whoever asks."""


def people(wanted: str = "") -> QuerySet[User]:
    """Return accounts by name, those of whose name or mail address a part is wanted; with what a list shows of each.

    Laptop mode's local user is none: it has no password and cannot sign in.
    """
    rows = User.objects.exclude(username=LOCAL_USERNAME)
    if wanted:
        rows = rows.filter(
            Q(first_name__icontains=wanted) | Q(last_name__icontains=wanted) | Q(email__icontains=wanted)
        )
    return rows.annotate(
        organisations=Coalesce(Count("memberships"), Value(0)),
        second_step=Exists(Authenticator.objects.filter(user=OuterRef("pk"))),
    ).order_by("first_name", "email")


def alone_in(user: User) -> list[Organisation]:
    """Return the organisations that have no other owner without an end who can sign in."""
    others = Membership.objects.filter(
        organisation=OuterRef("pk"), role=Role.OWNER, ends_on=None, user__is_active=True
    ).exclude(user=user)
    owned = Organisation.objects.filter(memberships__user=user, memberships__role=Role.OWNER)
    return list(owned.filter(~Exists(others)))


@transaction.atomic
def lock(user: User, by: User) -> None:
    """Close an account and end all its sessions; raises `OperatingRefused` for one's own and the last operator's."""
    if user.pk == by.pk:
        raise OperatingRefused(N_("Nobody can lock their own account."), remedy=N_("Have another operator do it."))
    _keep_an_operator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user)
    audit.record("person.account_closed", organisation=None, actor=by, subject=user)


@transaction.atomic
def unlock(user: User, by: User) -> None:
    """Open a closed account again."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("person.account_opened", organisation=None, actor=by, subject=user)


@transaction.atomic
def sign_out(user: User, by: User) -> int:
    """Sign a person out everywhere; returns how many sessions that were."""
    count = end_sessions(user)
    audit.record("person.sessions_ended", organisation=None, actor=by, subject=user, count=count)
    return count


def end_sessions(user: User) -> int:
    """End every session of a person without a word in the trail; returns how many there were."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


@transaction.atomic
def reset_second_step(user: User, by: User) -> None:
    """Take away app, passkeys and recovery codes, and end all sessions."""
    for one in Authenticator.objects.filter(user=user):
        one.delete()
        audit.record("person.second_factor_removed", organisation=None, actor=by, subject=user, factor=one.type)
    end_sessions(user)


def password_link(user: User, by: User) -> str:
    """Return the path of a link that sets a new password, once, within a day; raises `OperatingRefused`."""
    if not user.is_active:
        raise OperatingRefused(N_("A locked account gets no link."), remedy=N_("Unlock it first."))
    address = EmailAddress.objects.filter(user=user).order_by("-primary").first()
    path = accounts.reset_link(address.email, by) if address else None
    if path is None:
        raise OperatingRefused(N_("This account has no mail address to sign in with."))
    return path


@transaction.atomic
def make_operator(user: User, by: User) -> None:
    """Let a person run this installation; raises `OperatingRefused` for a locked account."""
    if not user.is_active:
        raise OperatingRefused(N_("A locked account cannot run the installation."), remedy=N_("Unlock it first."))
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    audit.record("person.operator_made", organisation=None, actor=by, subject=user)


@transaction.atomic
def unmake_operator(user: User, by: User) -> None:
    """Take the running of this installation away from a person; raises `OperatingRefused` for the last one."""
    _keep_an_operator(user)
    user.is_staff = user.is_superuser = False
    user.save(update_fields=["is_staff", "is_superuser"])
    audit.record("person.operator_ended", organisation=None, actor=by, subject=user)


def _keep_an_operator(user: User) -> None:
    # Two operators who unmake each other at once wait for one another here.
    operators = list(User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk"))
    if operators == [user]:
        raise OperatingRefused(
            N_("This is the last one who runs this installation."), remedy=N_("Make somebody else an operator first.")
        )
