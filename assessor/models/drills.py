"""Drills: the plan that was shown and agreed to, and the run that followed it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.inventory import Endpoint, EndpointRole
from assessor.models.organisations import Organisation
from assessor.models.probes import Job


class DrillPlan(models.Model):
    """What a drill will do, with its pass mark and length: written before the run and never changed.

    `plan` is the whole plan as `probes.drills` reads it, own cases included. `candidate` is the other side of an exit
    drill; the role and the assessment are those from which it was planned.
    """

    class Kind(models.TextChoices):
        EXIT = "exit", _("Exit drill")
        DISCONNECT = "disconnect", _("Disconnection drill")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(EndpointRole, on_delete=models.CASCADE, related_name="drill_plans")
    candidate = models.ForeignKey(Endpoint, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    plan = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class DrillRun(Job):
    """One run of a plan. `state` is what was seen so far, so that a worker that dies loses nothing.

    `turn` numbers the steps of a drill that is held in steps: one queue entry carries one turn, and only one takes
    it. A record to which proof was joined is a run of its own, `joins` naming the one it was made from. Nothing
    changes a record once it is there.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    plan = models.ForeignKey(DrillPlan, on_delete=models.CASCADE, related_name="runs")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="drills")
    kind = models.CharField(max_length=12, choices=DrillPlan.Kind.choices)
    joins = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="joined")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    authority = models.CharField(max_length=300)
    target_url = models.CharField(max_length=500)
    sealed_key = models.TextField(blank=True)
    sealed_candidate_key = models.TextField(blank=True)
    state = models.JSONField(default=dict)
    turn = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    # Copied out of the record so that a page that scores need not read whole records.
    outcome = models.CharField(max_length=12, blank=True)
    passed = models.BooleanField(null=True)
    qualifies = models.BooleanField(default=False)
    findings = models.JSONField(default=list)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["endpoint", "status", "-finished_at"])]
        constraints = [models.UniqueConstraint(fields=["plan"], condition=Q(joins=None), name="one_run_each_plan")]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
