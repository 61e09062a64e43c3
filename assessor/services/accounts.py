"""Accounts: the first operator by a link printed at the first start, people by invitation, new passwords by link."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.urls import reverse

from assessor.errors import N_, AssessorError
from assessor.models import Organisation, User
from assessor.services import audit

FIRST_SALT = "assessor.first-operator"
# Its uniqueness decides which of two people who open the first link at once becomes the operator.
FIRST_USERNAME = "operator"
FIRST_SECONDS = 3 * 24 * 3600
CHANGE_SALT = "assessor.change-email"
CHANGE_SECONDS = 24 * 3600


class AddressTaken(AssessorError):
    """An account has this mail address already."""


def needs_operator() -> bool:
    """Return whether nobody runs this installation yet."""
    return not User.objects.filter(is_superuser=True).exists()


def first_link() -> str:
    """Return the path of the link by which the first operator makes their account; worth nothing once one exists."""
    return reverse("first_admin", args=[TimestampSigner(salt=FIRST_SALT).sign("first").replace(":", ".")])


def first_link_holds(token: str) -> bool:
    """Return whether the link still makes the first operator."""
    try:
        signed = TimestampSigner(salt=FIRST_SALT).unsign(token.replace(".", ":"), max_age=FIRST_SECONDS)
    except BadSignature:
        return False
    return signed == "first" and needs_operator()


def make_first_operator(name: str, email: str, password: str) -> User:
    """Make the one who runs this installation; raises `AddressTaken` where somebody was quicker."""
    try:
        return make_account(name, email, password, username=FIRST_USERNAME, operator=True)
    except IntegrityError as error:
        raise AddressTaken(N_("Somebody has opened this link already. Sign in.")) from error


@transaction.atomic
def make_account(name: str, email: str, password: str, *, username: str = "", operator: bool = False) -> User:
    """Make an account that signs in by mail address; raises `AddressTaken`.

    The address counts as unproved: holding a link shows who was given it, not who reads the mail.
    """
    email = email.strip().lower()
    if has_account(email):
        raise AddressTaken(N_("An account has this address already. Sign in with it."))
    user = User(
        username=username or email[:150], first_name=name[:150], email=email, is_staff=operator, is_superuser=operator
    )
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    audit.record("person.account_made", organisation=None, actor=user, subject=user, operator=operator)
    return user


def has_account(email: str) -> bool:
    """Return whether somebody signs in with this mail address."""
    address = email.strip().lower()
    return EmailAddress.objects.filter(email__iexact=address).exists() or User.objects.filter(username=address).exists()


def change_link(user: User, email: str) -> str:
    """Return the path of a link by which a person proves a new mail address, within a day."""
    word = TimestampSigner(salt=CHANGE_SALT).sign_object([str(user.pk), user.email, email.strip().lower()])
    return reverse("confirm_email", args=[word.replace(":", ".")])


def address_of_link(user: User, token: str) -> str | None:
    """Return the new address a link proves for this person, None where it does not hold or theirs has changed."""
    try:
        said = TimestampSigner(salt=CHANGE_SALT).unsign_object(token.replace(".", ":"), max_age=CHANGE_SECONDS)
    except (BadSignature, ValueError):
        return None
    return str(said[2]) if said[:2] == [str(user.pk), user.email] else None


@transaction.atomic
def change_email(user: User, email: str, *, proved: bool) -> None:
    """Let a person sign in by another mail address from now on; raises `AddressTaken`."""
    email, before = email.strip().lower(), user.email
    if has_account(email):
        raise AddressTaken(N_("An account has this address already."))
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=proved)
    user.email = email
    if user.username == before[:150]:
        user.username = email[:150]
    user.save(update_fields=["email", "username"])
    audit.record("person.mail_changed", organisation=None, actor=user, subject=user)


def reset_link(email: str, by: User | None = None) -> str | None:
    """Return the path of a link that sets a new password, once, within a day; None where nobody has the address.

    `by` is the operator who makes it, None where it is made on the command line.
    """
    found = (
        EmailAddress.objects.filter(email__iexact=email.strip(), user__is_active=True).select_related("user").first()
    )
    if found is None:
        return None
    audit.record("person.password_link_made", organisation=None, actor=by, by=audit.COMMAND_LINE, subject=found.user)
    key = f"{user_pk_to_url_str(found.user)}-{default_token_generator.make_token(found.user)}"
    return reverse("account_reset_password_from_key", args=key.split("-", 1))


def password_faults(password: str, *, name: str, email: str, joining: Organisation | None = None) -> list[str]:
    """Return what is wrong with a password for this person, nothing where it will do.

    `joining`: the organisation that they are about to become a member of.
    """
    person = User(first_name=name, email=email)
    person.joining = joining  # type: ignore[attr-defined]
    try:
        validate_password(password, person)
    except ValidationError as fault:
        return list(fault.messages)
    return []


def site_address() -> str:
    """Return how people reach this installation, without a slash at its end: the first of its names."""
    host = settings.ALLOWED_HOSTS[0].lstrip(".")
    return f"{'https' if settings.HTTPS else 'http'}://{host}"
