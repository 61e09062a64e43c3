"""Findings that somebody disputes: the cap stays until another person accepts, or a later run disproves the finding."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.inventory import Endpoint
from assessor.models.organisations import Organisation


class Dispute(models.Model):
    """One person's objection to a finding at an endpoint, and what another person decided about it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="disputes")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="disputes")
    code = models.CharField(max_length=120)
    reason = models.TextField()
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    raised_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(default=False)
    decision_note = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    # Of a dispute brought in from a file: who raised and who decided it where it came from. Told, never obeyed.
    elsewhere = models.JSONField(default=dict, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["raised_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "endpoint", "code"],
                condition=Q(decided_at=None, withdrawn_at=None),
                name="one_open_dispute_each_finding",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(raised_by=None) | ~Q(decided_by=F("raised_by")),
                name="a_dispute_is_decided_by_another_person",
            ),
        ]

    def __str__(self) -> str:
        return self.code
