"""Tokens with which a prober elsewhere sends results to one endpoint, and how often somebody tried."""

import uuid

from django.conf import settings
from django.db import models
from django_scopes import ScopedManager

from assessor.models.inventory import Endpoint
from assessor.models.organisations import Organisation


class UploadToken(models.Model):
    """One token of one endpoint; only the hash of it is kept, so nobody can read it again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="upload_tokens")
    name = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class UploadCount(models.Model):
    """How often one token, or one address without a good token, came within one hour.

    In the database, so that several processes count together. Who has no good token belongs to no organisation; of the
    address only a keyed hash is kept, and of both only for the hour.
    """

    who = models.CharField(max_length=64)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["who", "hour"], name="one_count_each_hour")]

    def __str__(self) -> str:
        return f"{self.count} since {self.hour}"
