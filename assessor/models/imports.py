"""Files that wait for somebody's word: read and shown, nothing taken over yet."""

import uuid

from django.conf import settings
from django.db import models
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation
from assessor.models.probes import Job, JobStatus


class PendingImport(Job):
    """One uploaded file whose changes were shown and not yet confirmed: answers, or a whole inventory (`about`).

    `name` is what the sender called it and is only shown; `file` is the random name below the data directory. `shown`
    is the hash of the changes that were shown: where it differs when somebody confirms, they see them anew.

    A file of answers is read within the request: nothing of it is under way. An inventory has two steps, each a job of
    its own: it is read, and when somebody has confirmed it, it is taken over. `plan` names the file with the rows that
    are shown, `seen` is what stands above them; `moved` tells that they are shown anew because something changed.
    """

    class About(models.TextChoices):
        ANSWERS = "answers"
        INVENTORY = "inventory"

    class Step(models.TextChoices):
        READ = "read"
        TAKE = "take"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    about = models.CharField(max_length=10, choices=About.choices, default=About.ANSWERS)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=80, unique=True)
    shown = models.CharField(max_length=64, blank=True)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=JobStatus.choices, default=JobStatus.DONE)
    step = models.CharField(max_length=4, choices=Step.choices, default=Step.READ)
    # Attempts of the steps before this one: each has as many as any other job.
    attempts_before = models.PositiveIntegerField(default=0)
    plan = models.CharField(max_length=100, blank=True)
    seen = models.JSONField(default=dict, blank=True)
    moved = models.BooleanField(default=False)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["uploaded_at", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_taken(self) -> bool:
        """Whether it was taken over."""
        return self.step == self.Step.TAKE and self.status == JobStatus.DONE
