"""Who comes in through the provider for the first time: whom an owner invited, or whom the operator's domain names."""

from allauth.account.models import EmailAddress

from assessor.errors import N_
from assessor.models import User
from assessor.services import accounts, memberships
from assessor.services.provider.setup import ProviderRefused, Setup


def speaks_for(setup: Setup, email: str) -> bool:
    """Return whether the operator says that the provider decides who has addresses of this domain."""
    return email.rpartition("@")[2].lower() in setup.domains


def account_of(setup: Setup, email: str, *, verified: bool) -> User | None:
    """Return the account that a proved address of the operator's own domain opens; never an operator's.

    Elsewhere an address opens nothing: whoever has an account signs in to it and connects the provider there.
    """
    if not verified or not speaks_for(setup, email):
        return None
    found = EmailAddress.objects.filter(email__iexact=email, user__is_superuser=False).select_related("user").first()
    return found.user if found else None


def admit(setup: Setup, email: str, *, verified: bool) -> None:
    """Raise `ProviderRefused` unless this address may begin an account."""
    if not email or not verified:
        raise ProviderRefused(
            N_("{label} does not say that it has proved your mail address."),
            remedy=N_("Have it proved there, or ask whoever runs this installation."),
            label=setup.label,
        )
    if accounts.has_account(email):
        raise ProviderRefused(
            N_("An account has the address {email} already."),
            remedy=N_("Sign in to it as you did before, and connect {label} on the page of your account."),
            email=email,
            label=setup.label,
        )
    if not speaks_for(setup, email) and not memberships.is_invited(email):
        raise ProviderRefused(
            N_("Nobody has invited {email}."),
            remedy=N_("Ask an owner of your organisation for a link."),
            email=email,
        )
