"""Who works here and for whom: users, organisations, memberships, workloads."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

# The one user of laptop mode; it has no password and cannot sign in.
LOCAL_USERNAME = "local"


class Role(models.TextChoices):
    """What a member may do; each includes the ones below it."""

    OWNER = "owner", _("Owner")
    ASSESSOR = "assessor", _("Assessor")
    CONTRIBUTOR = "contributor", _("Contributor")
    VIEWER = "viewer", _("Viewer")


class User(AbstractUser):
    """A person who can sign in; in laptop mode there is exactly one, without a password."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Organisation(models.Model):
    """Whose AI is assessed. Every other row belongs to exactly one organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    home_jurisdictions = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in an organisation, with an end for guests."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class Workload(models.Model):
    """One use of AI that somebody would miss: with its owner, criticality and the longest stop signed for."""

    class Criticality(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        IMPORTANT = "important", _("Important")
        SUPPORTING = "supporting", _("Supporting")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="workloads")
    name = models.CharField(max_length=200)
    owner = models.CharField(max_length=200, blank=True)
    criticality = models.CharField(max_length=20, choices=Criticality.choices, default=Criticality.CRITICAL)
    tolerance_hours = models.FloatField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
