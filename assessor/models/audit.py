"""What was done by whom, in chains that only grow: one for each organisation, one for the installation itself."""

import uuid
from typing import Any

from django.db import models
from django_scopes import ScopedManager

from assessor.errors import N_, AssessorError
from assessor.models.organisations import Organisation

# The installation's own chain; every other chain has the id of its organisation.
INSTALLATION = uuid.UUID(int=0)
NOTHING_BEFORE = "0" * 64


class AuditStays(AssessorError):
    """An event was about to be changed or deleted."""

    def __init__(self) -> None:
        super().__init__(N_("What the audit trail holds is neither changed nor deleted."))


class _Staying(models.QuerySet["AuditEvent"]):
    """Rows that are added one by one and read; the database refuses the rest too (migration 0019)."""

    def update(self, **_fields: Any) -> int:
        """Refuse."""
        raise AuditStays

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise AuditStays

    def bulk_create(self, *_args: Any, **_options: Any) -> Any:
        """Refuse: each event carries the hash of the one before it."""
        raise AuditStays

    def bulk_update(self, *_args: Any, **_options: Any) -> int:
        """Refuse."""
        raise AuditStays


class AuditChain(models.Model):
    """The end of a chain: how many events it has and the hash of the last. Locked by whoever adds one.

    `ended` is set when the organisation is deleted for good; from then on, and only then, its events can go.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, null=True, related_name="+")
    length = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=64, default=NOTHING_BEFORE)
    ended = models.BooleanField(default=False)

    objects = ScopedManager(organisation="organisation")

    def __str__(self) -> str:
        return f"{self.id} · {self.length}"


class AuditEvent(models.Model):
    """One thing that was done. Names are copied, so that the event outlives the person and what it was about.

    `digest` is the SHA-256 of `previous` and the canonical JSON of the rest (`services.audit`).
    """

    chain = models.ForeignKey(AuditChain, on_delete=models.CASCADE, related_name="events")
    # None: of the installation itself.
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, related_name="+")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200, blank=True)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=40, blank=True)
    subject_name = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    objects = ScopedManager(_manager_class=models.Manager.from_queryset(_Staying), organisation="organisation")

    class Meta:
        ordering = ["-sequence"]
        constraints = [models.UniqueConstraint(fields=["chain", "sequence"], name="one_event_each_place")]
        indexes = [
            models.Index(fields=["chain", "kind", "-sequence"]),
            models.Index(fields=["chain", "actor_id", "-sequence"]),
            models.Index(fields=["chain", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the event; one that is there already stays as it is."""
        if not self._state.adding:
            raise AuditStays
        super().save(*args, **options)

    def delete(self, *_args: Any, **_options: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise AuditStays
