"""Reports as they were made: the model they came from, and the file, which never changes once issued."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation
from assessor.models.probes import Job


class Report(Job):
    """One report. `content` is the report model it was made from; `file` lies below the data directory.

    An issued report is immutable: a new issue is a new row with the next `version`.
    """

    class Kind(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ISSUED = "issued", _("Issued")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=10, default="en")
    content = models.JSONField()
    scorecard = models.JSONField()
    input_hash = models.CharField(max_length=64)
    file = models.CharField(max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_size = models.PositiveIntegerField(default=0)
    # The board page of the same report as a file of its own; empty for reports that were made without one.
    board_file = models.CharField(max_length=200, blank=True)
    board_sha256 = models.CharField(max_length=64, blank=True)
    board_size = models.PositiveIntegerField(default=0)
    # What it says and how it is set, without its number and moment: drafts with the same key are the same.
    content_key = models.CharField(max_length=64, blank=True, db_index=True)
    # Made before anybody asked for it; it is shown once somebody does.
    ahead = models.BooleanField(default=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "kind", "version"], name="one_report_each_version")
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"
