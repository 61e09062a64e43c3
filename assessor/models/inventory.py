"""What the workloads run on: endpoints and the roles they have in an assessment."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation, Workload


class Endpoint(models.Model):
    """A URL at which AI answers, with how to speak to it. The key itself is never stored in clear.

    One in the bin has no role in force anywhere: putting it there ended them at that very moment.
    """

    class KeyMode(models.TextChoices):
        NONE = "none", _("No key")
        ONCE = "once", _("Ask for it at each run, keep nothing")
        STORED = "stored", _("Store it, sealed")
        REFERENCE = "reference", _("Read it from this server: a variable or a file of the operator's")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="endpoints")
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=500)
    key_mode = models.CharField(max_length=20, choices=KeyMode.choices, default=KeyMode.NONE)
    key_header = models.CharField(max_length=80, default="Authorization")
    key_reference = models.CharField(max_length=120, blank=True)
    # The stored key (`services.endpoint_keys`), and its last letters so that people tell keys apart.
    sealed_key = models.TextField(blank=True)
    sealed_key_ending = models.CharField(max_length=4, blank=True)
    ca_pem = models.TextField(blank=True)
    # A file below the operator's folder, shown to servers that ask for one; what it holds is never stored here.
    client_certificate = models.CharField(max_length=200, blank=True)
    root_paths = models.BooleanField(default=False)
    allow_chat = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["name", "created_at", "pk"]

    def __str__(self) -> str:
        return self.name


class EndpointRole(models.Model):
    """What an endpoint does for a workload in an assessment. Taking it out needs a reason, which is printed."""

    class Part(models.TextChoices):
        MODEL = "model", _("Answers the requests (model or gateway)")
        SAFETY = "safety", _("Checks input or output (safety layer)")
        EMBEDDING = "embedding", _("Makes embeddings")
        TOOLS = "tools", _("Offers tools to an agent (MCP)")
        FALLBACK = "fallback", _("Stands by as second source")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="endpoint_roles")
    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, related_name="endpoint_roles")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="roles")
    part = models.CharField(max_length=20, choices=Part.choices, default=Part.MODEL)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_because = models.CharField(max_length=300, blank=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["endpoint__name"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "workload", "endpoint", "part"], name="one_role_each_part")
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} as {self.part}"
