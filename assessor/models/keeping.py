"""How long things are kept, and whole organisations on their way out of one installation and into another."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django_scopes import ScopedManager

from assessor.models.organisations import Organisation
from assessor.models.probes import Job

MOST_DAYS = 3650
_DAYS = [MinValueValidator(1), MaxValueValidator(MOST_DAYS)]


class Retention(models.Model):
    """After how many days what goes in an organisation; None: it stays.

    Where there is no row, these defaults hold. What became shorter counts from `counts_from`, so that everybody can
    see before it goes what will.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="+")
    drafts_days = models.PositiveIntegerField(null=True, blank=True, default=90, validators=_DAYS)
    exchanges_days = models.PositiveIntegerField(null=True, blank=True, default=365, validators=_DAYS)
    archived_days = models.PositiveIntegerField(null=True, blank=True, validators=_DAYS)
    bin_days = models.PositiveIntegerField(default=30, validators=_DAYS)
    counts_from = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)
    # When the worker last took away what was due.
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    def __str__(self) -> str:
        return f"bin {self.bin_days} days"


class OrganisationExport(Job):
    """Everything of an organisation as one file, made by the worker and kept for some days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    file = models.CharField(max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_size = models.PositiveBigIntegerField(default=0)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"export {self.status}"


class PendingOrganisation(models.Model):
    """An archive of a whole organisation that a person brought and has not confirmed: it belongs to that person alone.

    `name` is what the sender called it and is only shown; `file` is the random name below the data directory.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=80, unique=True)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["uploaded_at", "pk"]

    def __str__(self) -> str:
        return self.name
