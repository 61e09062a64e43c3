"""Everything that lies sealed in the database: counted, and sealed anew with the first key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models, transaction
from django.views.decorators.debug import sensitive_variables
from django_scopes import scopes_disabled

from assessor.models import DrillRun, Endpoint, ProbeRun
from assessor.services import keyring, secrets
from assessor.services.endpoint_keys import binding
from assessor.services.second_steps import SEEDS
from assessor.services.second_steps import binding as binding_of_seed


@dataclass(frozen=True)
class SealedField:
    """A column of sealed text, or one name inside a column of JSON, and what its text is bound to.

    `only` says which rows hold one.
    """

    model: type[models.Model]
    name: str
    bound_to: Callable[[Any], tuple[str, ...]]
    inside: str = ""
    only: models.Q | None = None

    def rows(self) -> models.QuerySet[Any]:
        """Return the rows that hold a sealed text, of every organisation."""
        rows: models.QuerySet[Any] = self.model._base_manager.filter(self.only or models.Q())
        if not self.inside:
            rows = rows.exclude(**{self.name: ""})
        return rows.select_related("plan") if self.model is DrillRun else rows

    def text(self, row: Any) -> str:
        """Return the sealed text of a row."""
        value = getattr(row, self.name)
        return str(value.get(self.inside, "")) if self.inside else str(value)

    def replace(self, row: Any, text: str) -> bool:
        """Put another text into a row and return True; False where the row holds another one meanwhile."""
        place = f"{self.name}__{self.inside}" if self.inside else self.name
        value = getattr(row, self.name) | {self.inside: text} if self.inside else text
        same = self.model._base_manager.filter(**{"pk": row.pk, place: self.text(row)})
        return bool(same.update(**{self.name: value}))


def _of_candidate(run: DrillRun) -> tuple[str, str, str]:
    return str(run.organisation_id), str(run.plan.candidate_id), "drill key"


def _seed(kind: str, inside: str) -> SealedField:
    return SealedField(
        Authenticator, "data", lambda row: binding_of_seed(row.user_id, kind), inside, models.Q(type=kind)
    )


# Every column that holds sealed text; what is not named here is not sealed anew by `rotate_keys`.
FIELDS = (
    SealedField(Endpoint, "sealed_key", lambda row: binding(row, "stored key")),
    SealedField(ProbeRun, "sealed_key", lambda row: (str(row.organisation_id), str(row.endpoint_id), "key")),
    SealedField(DrillRun, "sealed_key", lambda row: (str(row.organisation_id), str(row.endpoint_id), "drill key")),
    SealedField(DrillRun, "sealed_candidate_key", _of_candidate),
    *(_seed(kind, inside) for kind, inside in SEEDS.items()),
)


@dataclass(frozen=True)
class Counted:
    """Sealed texts: how many there are, how many wait to be sealed with the first key, how many nobody can read."""

    sealed: int
    stale: int
    unreadable: int


def count() -> Counted:
    """Open every sealed text of every organisation and account, and forget it again."""
    first = keyring.at_hand()[0].ident
    sealed = stale = unreadable = 0
    with scopes_disabled():
        for field in FIELDS:
            for row in field.rows():
                text = field.text(row)
                sealed += 1
                if not _is_readable(text, field, row):
                    unreadable += 1
                elif secrets.sealed_with(text) != first:
                    stale += 1
    return Counted(sealed, stale, unreadable)


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
            for key in list(field.rows().values_list("pk", flat=True)):
                changed = _reseal_row(field, key, first)
                done += changed is True
                unreadable += changed is None
    return done, unreadable


@sensitive_variables("opened")
def _reseal_row(field: SealedField, key: object, first: str) -> bool | None:
    """Return whether a row was sealed anew, None where it cannot be read."""
    with transaction.atomic():
        row = field.rows().select_for_update(of=("self",)).filter(pk=key).first()
        if row is None:
            return False
        text = field.text(row)
        try:
            opened = secrets.unseal(text, *field.bound_to(row))
        except secrets.SecretUnreadable:
            return None
        if secrets.sealed_with(text) == first:
            return False
        return field.replace(row, secrets.seal(opened, *field.bound_to(row)))
