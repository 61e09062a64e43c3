"""Files that the worker makes beside the reports: a report in another form, a comparison, a portfolio, a blank form."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation
from assessor.models.probes import Job


class Document(Job):
    """One file, made from `content`, the model it came from. It can be made again at any time, so it is not kept long.

    `organisation` is empty for a portfolio alone: that belongs to the person who asked for it. `key` is the hash of
    all that decides the bytes; whoever asks for the same again gets the file that is there.
    """

    class Kind(models.TextChoices):
        REPORT = "report", _("Report")
        COMPARISON = "comparison", _("Compare report")
        PORTFOLIO = "portfolio", _("Portfolio")
        BLANK = "blank", _("Empty questionnaire")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    form = models.CharField(max_length=8)
    # What the file is called where it is handed out: plain ASCII without an ending.
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=300)
    content = models.JSONField()
    key = models.CharField(max_length=64)
    file = models.CharField(max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_size = models.PositiveIntegerField(default=0)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["organisation", "key"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organisation__isnull=False) | models.Q(kind="portfolio"),
                name="only_a_portfolio_without_organisation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.form}"
