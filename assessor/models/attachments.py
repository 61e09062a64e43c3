"""Files behind evidence: kept under random names, handed out as downloads only."""

import uuid

from django.conf import settings
from django.db import models
from django_scopes import ScopedManager

from assessor.models.assessments import Evidence
from assessor.models.organisations import Organisation


class Attachment(models.Model):
    """One file behind a piece of evidence.

    `name` is what the sender called it and is only shown; `file` is the random name below the data directory.
    `content_type` was recognised from the content, `size` counts bytes, `sha256` is of the whole file.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=80, unique=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return self.name
