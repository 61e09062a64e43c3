"""Runs of the prober: who confirmed authority, how far it is, what it found."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.inventory import Endpoint
from assessor.models.organisations import Organisation


class JobStatus(models.TextChoices):
    """Where a piece of background work stands; the domain row is the truth, the queue only carries it."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Job(models.Model):
    """Background work with a lease: a worker that dies loses it, and the next attempt gets a higher number.

    `attempt` is the fencing token: a worker may write only while the row still carries the attempt it claimed.
    """

    status = models.CharField(max_length=12, choices=JobStatus.choices, default=JobStatus.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    progress = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to this job."""
        return self.status in {JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED}


class ProbeRun(Job):
    """One run of the prober against an endpoint, with the plan that was shown before consent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="runs")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    authority = models.CharField(max_length=300)
    target_url = models.CharField(max_length=500)
    sealed_key = models.TextField(blank=True)
    result = models.JSONField(null=True, blank=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    # Copied out of the result so that a page that scores need not read whole results.
    outcome = models.CharField(max_length=12, blank=True)
    findings = models.JSONField(default=list)
    # Brought in from a result file: nothing shows that this installation planned and held it ("unsigned").
    imported = models.BooleanField(default=False)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["endpoint", "status", "-finished_at"])]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.status}"
