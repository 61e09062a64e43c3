"""Files that wait for somebody's word: read and shown, nothing taken over yet."""

import uuid

from django.conf import settings
from django.db import models
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation


class PendingImport(models.Model):
    """One uploaded file whose changes were shown and not yet confirmed: answers, or a whole inventory (`about`).

    `name` is what the sender called it and is only shown; `file` is the random name below the data directory. `shown`
    is the hash of the changes that were shown: where it differs when somebody confirms, they see them anew.
    """

    class About(models.TextChoices):
        ANSWERS = "answers"
        INVENTORY = "inventory"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    about = models.CharField(max_length=10, choices=About.choices, default=About.ANSWERS)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=80, unique=True)
    shown = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["uploaded_at"]

    def __str__(self) -> str:
        return self.name
