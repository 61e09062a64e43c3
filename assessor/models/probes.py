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
    # Hash of the plan that was shown to who agreed: nothing else is sent.
    agreed_plan = models.CharField(max_length=64, blank=True)
    sealed_key = models.TextField(blank=True)
    result = models.JSONField(null=True, blank=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    # Copied out of the result so that a page that scores need not read whole results.
    outcome = models.CharField(max_length=12, blank=True)
    findings = models.JSONField(default=list)
    # Brought in from a file without a plan that this installation signed: nothing shows its origin ("unsigned").
    imported = models.BooleanField(default=False)
    plan = models.ForeignKey("ProbePlan", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    schedule = models.ForeignKey("ProbeSchedule", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    # How often it was put off because the endpoint was not reached.
    put_off = models.PositiveSmallIntegerField(default=0)
    # What changed against the last good run before it (`probes.drift`); None where there was nothing to compare with.
    changes = models.JSONField(null=True, blank=True)
    compared_with = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["endpoint", "status", "-finished_at"])]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.status}"


class HeardChange(models.Model):
    """That a person has read what a run saw change: what nobody marked so stays in their list."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(ProbeRun, on_delete=models.CASCADE, related_name="heard")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "user"], name="a_change_is_heard_of_once")]

    def __str__(self) -> str:
        return f"{self.run_id} read"


class ProbePlan(models.Model):
    """A plan that this installation signed, to be followed by a prober elsewhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="plans")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateField()
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"plan of {self.endpoint_id} until {self.valid_until}"


class ProbeImport(models.Model):
    """A result file as it came; without a run while nobody has confirmed it, with the run it became afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+")
    run = models.OneToOneField(ProbeRun, on_delete=models.CASCADE, null=True, blank=True, related_name="source")
    file_name = models.CharField(max_length=200)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    brought_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # The token it was sent with, where no person brought it.
    token = models.ForeignKey("UploadToken", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    brought_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-brought_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name


class ProbeSchedule(models.Model):
    """Somebody's consent that an endpoint is probed again and again, until a day; one in force for each endpoint."""

    class Every(models.IntegerChoices):
        DAY = 24, _("Every day")
        WEEK = 168, _("Every week")
        MONTH = 720, _("Every 30 days")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="schedules")
    # The consent is for this address and this plan (its hash): another one ends it.
    target_url = models.CharField(max_length=500)
    agreed_plan = models.CharField(max_length=64)
    every_hours = models.PositiveIntegerField(choices=Every.choices)
    authority = models.CharField(max_length=300)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    agreed_at = models.DateTimeField(auto_now_add=True)
    ends_on = models.DateField()
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-agreed_at", "-pk"]
        indexes = [models.Index(fields=["ended_at", "next_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=models.Q(ended_at=None), name="one_schedule_each_endpoint"
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} every {self.every_hours} h until {self.ends_on}"
