"""Upload tokens of an endpoint: made and shown once, checked, counted, revoked; only their hash is kept."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables
from django_scopes import scopes_disabled

from assessor.errors import N_, AssessorError
from assessor.models import Endpoint, UploadCount, UploadToken, User
from assessor.services import audit

# So that a token is told from other secrets where it lies about.
PREFIX = "assessor-upload-"
MOST = 5
EACH_HOUR = 30
WRONG_EACH_HOUR = 60


class TokenRefused(AssessorError):
    """No token of this endpoint; why is not said, so that nothing is learnt by trying."""


class TooOften(AssessorError):
    """More came within the hour than is taken."""


class NoMoreTokens(AssessorError):
    """The endpoint has as many tokens as it may, or the new one has no name."""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


@transaction.atomic
@sensitive_variables("token")
def make(endpoint: Endpoint, user: User, name: str) -> tuple[UploadToken, str]:
    """Return a new token's row and the token itself, which nobody can show again; raises `NoMoreTokens`."""
    name = " ".join(name.split())[:80]
    if not name:
        raise NoMoreTokens(N_("The token needs a name, such as the computer that will send results."))
    # Locked, so that two clicks at once do not pass the limit together.
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if UploadToken.objects.filter(endpoint=endpoint, revoked_at=None).count() >= MOST:
        raise NoMoreTokens(
            N_("This endpoint has {limit} tokens already."), remedy=N_("Revoke one that is not needed."), limit=MOST
        )
    token = PREFIX + secrets.token_urlsafe(32)
    row = UploadToken.objects.create(
        organisation=endpoint.organisation, endpoint=endpoint, name=name, sha256=_hash(token), made_by=user
    )
    audit.record("token.made", organisation=endpoint.organisation, actor=user, subject=endpoint, token=name)
    return row, token


@transaction.atomic
def revoke(token: UploadToken, user: User) -> None:
    """Take a token out of force; twice is once."""
    if UploadToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(
            "token.revoked", organisation=token.organisation, actor=user, subject=token.endpoint, token=token.name
        )


@sensitive_variables("authorization", "given", "digest")
def authorised(endpoint: UUID, authorization: str, address: str) -> UploadToken:
    """Return the token that an `Authorization` header carries, if it is one in force of this very endpoint.

    Raises `TokenRefused`, the same for wrong, revoked and foreign ones and for endpoints that do not exist, and
    `TooOften` where more came than is taken.
    """
    scheme, _space, given = authorization.partition(" ")
    digest = _hash(given.strip())
    found = None
    with scopes_disabled():
        rows = UploadToken.objects.filter(endpoint=endpoint, revoked_at=None)
        for row in rows.select_related("endpoint", "organisation", "made_by")[:MOST]:
            if hmac.compare_digest(row.sha256, digest):
                found = row
    if found is None or scheme.lower() != "bearer":
        _count(salted_hmac("assessor.upload.address", address, algorithm="sha256").hexdigest(), WRONG_EACH_HOUR)
        raise TokenRefused(
            N_("This address takes nothing without a token that is in force for it."),
            remedy=N_("Take the address and a new token from the endpoint's page."),
        )
    _count(found.pk.hex, EACH_HOUR)
    with scopes_disabled():
        UploadToken.objects.filter(pk=found.pk).update(last_used_at=timezone.now())
    return found


def _count(who: str, most: int) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        # Counted by the database itself: two processes at once count two.
        UploadCount.objects.get_or_create(who=who, hour=hour)
        row = UploadCount.objects.filter(who=who, hour=hour)
        row.update(count=F("count") + 1)
        count = row.values_list("count", flat=True).get()
    if count > most:
        raise TooOften(
            N_("More than {limit} came within this hour."), remedy=N_("Send again after the full hour."), limit=most
        )


def seconds_to_the_hour(now: datetime | None = None) -> int:
    """Return how long the hour that is counted still lasts."""
    now = now or timezone.now()
    return 3600 - now.minute * 60 - now.second


def forget_counts(older_than: timedelta = timedelta(hours=2)) -> int:
    """Delete what was counted in earlier hours; returns how many rows that were."""
    return UploadCount.objects.filter(hour__lt=timezone.now() - older_than).delete()[0]
