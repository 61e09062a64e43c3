"""Second steps: their seeds lie sealed in the database, and who needs one before they go on."""

from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from assessor.errors import N_, AssessorError
from assessor.models import LOCAL_USERNAME, Membership, Organisation, User
from assessor.services import audit, keyring, secrets
from assessor.services.memberships import current, holds_today

# What opens an account by itself beside the password, and where allauth keeps the seed of it.
SEEDS = {Authenticator.Type.TOTP.value: "secret", Authenticator.Type.RECOVERY_CODES.value: "seed"}
# Recovery codes stand in for one of these and are no second step of their own.
STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SeedUnreadable(AssessorError):
    """The seed of a second step cannot be had: the key it was sealed with is gone, or the row was changed."""


class Fresh(str):
    """A seed that was just made and waits to be sealed for the account that it is stored with."""

    __slots__ = ()


class Sealed(str):
    """A sealed seed as it stands in the database, with what it has to be bound to."""

    bound_to: tuple[str, ...]


def binding(user: UUID | str, kind: str) -> tuple[str, str, str]:
    """Return what the seed of an account is sealed for."""
    return "account", str(user), f"{kind} seed"


@sensitive_variables("seed")
def sealed(seed: str, user: UUID | str, kind: str) -> str:
    """Return a seed sealed for one account and one kind of second step; raises `KeyringUnusable`."""
    return secrets.seal(seed, *binding(user, kind))


@sensitive_variables("found")
def bind(row: Authenticator) -> None:
    """Seal what is fresh in a row, and tell what is sealed whom it belongs to: allauth opens it without saying."""
    name = SEEDS.get(row.type)
    if name is None or "data" not in row.__dict__:
        return
    found = row.data.get(name)
    if isinstance(found, Fresh):
        found = sealed(found, row.user_id, row.type)
    if isinstance(found, str):
        row.data[name] = Sealed(found)
        row.data[name].bound_to = binding(row.user_id, row.type)


def opened(text: str) -> str:
    """Return the seed in a sealed text that was read with its row; raises `SeedUnreadable`."""
    if isinstance(text, Fresh):
        return str(text)
    try:
        return secrets.unseal(text, *getattr(text, "bound_to", ()))
    except (secrets.SecretUnreadable, keyring.KeyringUnusable) as error:
        raise SeedUnreadable(
            N_("The second step of this account cannot be read any more, so no code can be checked."),
            remedy=N_("Whoever runs this installation gives the sealing key back, or takes the second step away."),
        ) from error


def has_one(user: User) -> bool:
    """Return whether a person has set up an app or a passkey."""
    return Authenticator.objects.filter(user=user, type__in=STEPS).exists()


def operator_wants(user: User) -> bool:
    """Return whether whoever runs the installation wants a second step of this person."""
    return settings.SECOND_STEP == "everybody" or (settings.SECOND_STEP == "operators" and user.is_superuser)


def must_have_one(user: User) -> bool:
    """Return whether the operator, or an owner where the person is a member today, wants a second step of them."""
    if operator_wants(user):
        return True
    return Membership.objects.filter(holds_today(), user=user, organisation__second_step_required=True).exists()


def may_remove(row: Authenticator) -> bool:
    """Return whether a way to sign in may go: not the last second step of somebody who must have one."""
    if row.type not in STEPS or not must_have_one(row.user):
        return True
    return Authenticator.objects.filter(user=row.user_id, type__in=STEPS).exclude(pk=row.pk).exists()


def standing(organisation: Organisation) -> dict[str, Any]:
    """Return how many members of today there are, and how many of them have a second step."""
    members = current(organisation).exclude(user__username=LOCAL_USERNAME).values("user")
    return {
        "members": members.count(),
        "ready": Authenticator.objects.filter(user__in=members, type__in=STEPS).values("user").distinct().count(),
    }


@transaction.atomic
def require(organisation: Organisation, by: User, *, required: bool) -> None:
    """Let an owner decide whether members need a second step, from their next page on."""
    if organisation.second_step_required != required:
        organisation.second_step_required = required
        organisation.save(update_fields=["second_step_required"])
        kind = "organisation.second_step_required" if required else "organisation.second_step_left"
        audit.record(kind, organisation=organisation, actor=by, subject=organisation)
