"""How the operator has set the provider up; nothing here asks it anything."""

from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from assessor import environment
from assessor.errors import N_, AssessorError


class ProviderRefused(AssessorError):
    """Somebody cannot be signed in through the provider; why is told to the person."""


class ProviderFails(ProviderRefused):
    """The provider does not answer, or not as it must; the operator has to look at it."""


@dataclass(frozen=True)
class Setup:
    """The provider of this installation: `id` changes with the issuer, so that no account passes to another one's."""

    id: str
    issuer: str
    client_id: str
    label: str
    domains: tuple[str, ...]
    # Where else than at the issuer its pages, tokens and keys may lie: host and port.
    hosts: frozenset[tuple[str, int]] = frozenset()

    def secret(self) -> str:
        """Return the secret of this client, read anew; raises `ProviderFails` where it cannot be had."""
        try:
            return environment.read_reference("ASSESSOR_OIDC_CLIENT_SECRET", settings.OIDC_CLIENT_SECRET)
        except ImproperlyConfigured as error:
            raise ProviderFails(
                N_("The secret of this client cannot be read: {why}"),
                remedy=N_("Whoever runs this installation has to correct it."),
                why=error,
            ) from error


def provider() -> Setup | None:
    """Return the provider, None where none is set up."""
    if settings.MODE != "served" or not settings.OIDC_ISSUER:
        return None
    return Setup(
        id=f"oidc-{sha256(settings.OIDC_ISSUER.encode()).hexdigest()[:16]}",
        issuer=settings.OIDC_ISSUER,
        client_id=settings.OIDC_CLIENT_ID,
        label=settings.OIDC_LABEL,
        domains=tuple(settings.OIDC_DOMAINS),
        hosts=frozenset(settings.OIDC_HOSTS),
    )


def passwords_are_for_operators() -> bool:
    """Return whether everybody but operators has to sign in through the provider."""
    return bool(provider() and settings.LOCAL_SIGN_IN == "operators")
