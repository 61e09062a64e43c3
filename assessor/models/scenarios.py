"""What if: scenarios of an organisation's own, what was computed for an assessment, and table-top exercises."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation, Workload


class OwnScenario(models.Model):
    """One version of a scenario that an organisation wrote itself; changing it adds a row and changes none.

    `scenario` is its id within the organisation, `content` what the loader of scenarios read and checked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="own_scenarios")
    scenario = models.SlugField(max_length=80)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    # The newest version of a scenario that is in use has no date here; every other one has.
    replaced_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["scenario", "version"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "scenario", "version"], name="one_row_each_version"),
            models.UniqueConstraint(
                fields=["organisation", "scenario"], condition=Q(replaced_at=None), name="one_version_in_use"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} {self.version}"


class Simulation(models.Model):
    """What was computed last for an assessment. `key` is a hash of all that went in: other facts, other key.

    `summary` is small and serves the matrix; what explains each result lies in a row for each scenario.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.OneToOneField(Assessment, on_delete=models.CASCADE, related_name="simulation")
    key = models.CharField(max_length=64)
    summary = models.JSONField()
    # What they mean for the questions, each code once: read with every score, so it is small.
    findings = models.JSONField(default=list)
    computed_at = models.DateTimeField()

    objects = ScopedManager(organisation="organisation")

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.key[:12]}"


class SimulatedScenario(models.Model):
    """What one scenario does to the workloads of an assessment, with the paths that explain it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="scenarios")
    scenario = models.CharField(max_length=80)
    detail = models.JSONField()

    objects = ScopedManager(organisation="organisation")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["simulation", "scenario"], name="one_detail_each_scenario")]

    def __str__(self) -> str:
        return self.scenario


class Exercise(models.Model):
    """A table-top exercise: a team is walked through a scenario hour by hour. Proves who decides, nothing else.

    `content` freezes the scenario and `steps` what was computed for it when the exercise began, so that the record
    stays what the team saw. `pass_mark` is written before the first step and never after it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="exercises")
    scenario = models.CharField(max_length=80)
    content = models.JSONField()
    steps = models.JSONField()
    facilitator = models.CharField(max_length=200)
    participants = models.TextField()
    runbook = models.CharField(max_length=500, blank=True)
    pass_mark = models.CharField(max_length=300)
    step = models.PositiveSmallIntegerField(default=0)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    begun_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # None until it is over, and after it where the mark could not be judged.
    passed = models.BooleanField(null=True, blank=True)
    # While the exercise goes on: what was typed so far.
    conclusion = models.TextField(blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-begun_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.scenario} {self.begun_at:%Y-%m-%d}"


class ExerciseEntry(models.Model):
    """One thing that was decided, found missing or noted, at a step of the exercise; append-only."""

    class Kind(models.TextChoices):
        DECISION = "decision", _("Decision")
        GAP = "gap", _("Gap: nobody knew, or nothing was there")
        NOTE = "note", _("Note")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="entries")
    step = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField()
    # The role that decided; never a person's name where a role will do.
    decided_by = models.CharField(max_length=200, blank=True)
    runbook = models.CharField(max_length=500, blank=True)
    workload = models.ForeignKey(Workload, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    noted_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["noted_at", "pk"]
        verbose_name_plural = "exercise entries"

    def __str__(self) -> str:
        return f"{self.kind} at step {self.step}"
