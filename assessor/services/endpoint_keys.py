"""The keys of endpoints: stored sealed, sealed for one run, or kept by the operator; given to the prober only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.views.decorators.debug import sensitive_variables
from django_scopes import scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import DrillRun, Endpoint, ProbeRun
from assessor.services import keyring, secrets

MAX_KEY = 4096
# Of a shorter key four letters would be too much to show.
SHORT = 16


class KeyRefused(AssessorError):
    """The key cannot be stored as it was given, or there is none where one is needed."""


@dataclass(frozen=True)
class SealedField:
    """A column of sealed text and what its text is bound to: organisation, endpoint and field."""

    model: type[models.Model]
    name: str
    bound_to: Callable[[Any], tuple[str, str, str]]


def binding(endpoint: Endpoint, field: str) -> tuple[str, str, str]:
    """Return what the key of an endpoint is sealed for."""
    return str(endpoint.organisation_id), str(endpoint.pk), field


def _of_candidate(run: DrillRun) -> tuple[str, str, str]:
    return str(run.organisation_id), str(run.plan.candidate_id), "drill key"


# Every column that holds sealed text; what is not named here is not sealed anew by `rotate_keys`.
FIELDS = (
    SealedField(Endpoint, "sealed_key", lambda row: binding(row, "stored key")),
    SealedField(ProbeRun, "sealed_key", lambda row: (str(row.organisation_id), str(row.endpoint_id), "key")),
    SealedField(DrillRun, "sealed_key", lambda row: (str(row.organisation_id), str(row.endpoint_id), "drill key")),
    SealedField(DrillRun, "sealed_candidate_key", _of_candidate),
)


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


@dataclass(frozen=True)
class Counted:
    """Sealed texts: how many there are, how many wait to be sealed with the first key, how many nobody can read."""

    sealed: int
    stale: int
    unreadable: int


def count() -> Counted:
    """Open every sealed text of every organisation, and forget it again."""
    first = keyring.at_hand()[0].ident
    sealed = stale = unreadable = 0
    with scopes_disabled():
        for field in FIELDS:
            for row in _rows(field):
                text = getattr(row, field.name)
                sealed += 1
                if not _is_readable(text, field, row):
                    unreadable += 1
                elif secrets.sealed_with(text) != first:
                    stale += 1
    return Counted(sealed, stale, unreadable)


def _rows(field: SealedField) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = field.model._base_manager.exclude(**{field.name: ""})
    if field.model is DrillRun:
        rows = rows.select_related("plan")
    return rows


def _is_readable(text: str, field: SealedField, row: Any) -> bool:
    try:
        secrets.unseal(text, *field.bound_to(row))
    except secrets.SecretUnreadable:
        return False
    return True


def reseal() -> tuple[int, int]:
    """Seal everything with the first key and return how many texts were, and how many could not be read.

    Each row is its own transaction and only written while it is as it was read: it can be broken off and begun again
    at any moment, and beside a running product.
    """
    first, done, unreadable = keyring.at_hand()[0].ident, 0, 0
    with scopes_disabled():
        for field in FIELDS:
            for key in list(_rows(field).values_list("pk", flat=True)):
                changed = _reseal_row(field, key, first)
                done += changed is True
                unreadable += changed is None
    return done, unreadable


@sensitive_variables("opened")
def _reseal_row(field: SealedField, key: UUID, first: str) -> bool | None:
    """Return whether a row was sealed anew, None where it cannot be read."""
    with transaction.atomic():
        row = _rows(field).select_for_update(of=("self",)).filter(pk=key).first()
        if row is None:
            return False
        text = getattr(row, field.name)
        try:
            opened = secrets.unseal(text, *field.bound_to(row))
        except secrets.SecretUnreadable:
            return None
        if secrets.sealed_with(text) == first:
            return False
        same = field.model._base_manager.filter(**{"pk": key, field.name: text})
        return bool(same.update(**{field.name: secrets.seal(opened, *field.bound_to(row))}))
