"""The keys of endpoints: stored sealed, sealed for one run, or kept by the operator; given to the prober only."""

from django.views.decorators.debug import sensitive_variables

from assessor.errors import N_, AssessorError
from assessor.models import Endpoint
from assessor.services import secrets

MAX_KEY = 4096
# Of a shorter key four letters would be too much to show.
SHORT = 16


class KeyRefused(AssessorError):
    """The key cannot be stored as it was given, or there is none where one is needed."""


def binding(endpoint: Endpoint, field: str) -> tuple[str, str, str]:
    """Return what the key of an endpoint is sealed for."""
    return str(endpoint.organisation_id), str(endpoint.pk), field


@sensitive_variables("key")
def store(endpoint: Endpoint, key: str) -> None:
    """Seal a key into the row of an endpoint, which the caller saves; raises `KeyRefused` for what is no key."""
    if not key or len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        raise KeyRefused(
            N_("A key is up to {most} printable ASCII characters on one line."),
            remedy=N_("Copy it again, without what stands around it."),
            most=MAX_KEY,
        )
    endpoint.sealed_key = secrets.seal(key, *binding(endpoint, "stored key"))
    endpoint.sealed_key_ending = key[-4:] if len(key) >= SHORT else ""


def forget(endpoint: Endpoint) -> None:
    """Take the stored key out of the row of an endpoint, which the caller saves."""
    endpoint.sealed_key = endpoint.sealed_key_ending = ""


@sensitive_variables()
def given_to_prober(endpoint: Endpoint, for_run: str, field: str) -> str:
    """Return the key a run sends, "" for none; `for_run` is the text sealed for it. Raises `SecretUnreadable`."""
    if endpoint.key_mode == Endpoint.KeyMode.REFERENCE:
        return secrets.referenced(endpoint.key_reference, endpoint.organisation_id)
    if endpoint.key_mode == Endpoint.KeyMode.STORED:
        if not endpoint.sealed_key:
            raise KeyRefused(
                N_("No key is stored for “{name}”."), remedy=N_("Enter it on the endpoint's page."), name=endpoint.name
            )
        return secrets.unseal(endpoint.sealed_key, *binding(endpoint, "stored key"))
    if for_run and endpoint.key_mode == Endpoint.KeyMode.ONCE:
        return secrets.unseal(for_run, *binding(endpoint, field))
    return ""


def check_at_hand(endpoint: Endpoint) -> None:
    """Raise unless what the server itself keeps for an endpoint, key and client certificate, can be had."""
    given_to_prober(endpoint, "", "")
    secrets.client_certificate(endpoint.client_certificate)


@sensitive_variables("key")
def sealed_for_run(endpoint: Endpoint, key: str, field: str) -> str:
    """Return a key sealed for one run of an endpoint that asks for it each time, "" otherwise."""
    return secrets.seal(key, *binding(endpoint, field)) if key and endpoint.key_mode == Endpoint.KeyMode.ONCE else ""
