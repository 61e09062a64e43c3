"""What the workloads need: components with everything a scenario may ask of them, and the edges between them.

An empty attribute means that nobody knows it yet: null for numbers, days, lists and yes or no, an empty text else.
"""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager

from assessor.models.inventory import Endpoint
from assessor.models.organisations import Organisation, Workload

MAX_KEY = 60


class Component(models.Model):
    """One thing a workload needs or falls back to. `key` names it in files and scenarios, and stays.

    `version` counts changes; a form that saw an older one is shown both. Removed components keep their edges, so that
    bringing one back brings all of it back. Durations are hours unless the name says days or weeks.
    """

    class Kind(models.TextChoices):
        MODEL = "model", _("Model")
        GATEWAY = "gateway", _("Gateway")
        SAFETY_CHECK = "safety-check", _("Safety check")
        EMBEDDING = "embedding", _("Embedding")
        VECTOR_STORE = "vector-store", _("Vector store")
        DATA_SOURCE = "data-source", _("Data source")
        TOOL_SERVER = "tool-server", _("Tool server")
        IDENTITY = "identity", _("Sign-in")
        KEY_STORE = "key-store", _("Key store")
        AUDIT = "audit", _("Audit trail")
        CERTIFICATES = "certificates", _("Certificates, time or names")
        REGISTRY = "registry", _("Registry")
        CONTROL_PLANE = "control-plane", _("Control plane")
        COMPUTE = "compute", _("Compute")
        NETWORK_LINK = "network-link", _("Network link")
        POWER_SITE = "power-site", _("Power or site")
        TEAM = "team", _("Team")
        MANUAL_PROCEDURE = "manual-procedure", _("Manual procedure")

    class Hosting(models.TextChoices):
        PUBLIC_SAAS = "public-saas", _("Public service for anybody")
        DEDICATED_TENANT = "dedicated-tenant", _("Dedicated tenant at a provider")
        THIRD_PARTY_PRIVATE = "third-party-private", _("Private, run by a third party")
        SHARED = "shared", _("Shared service of the state or the sector")
        OWN_ACCOUNT = "own-account", _("Own account in a cloud")
        OWN_PREMISES = "own-premises", _("Own premises")
        ISOLATED = "isolated", _("Own premises without any link out")

    class Access(models.TextChoices):
        OPEN = "open", pgettext_lazy("who may use a service", "Open to any customer")
        VETTED = "vetted", _("Vetted customers only")

    class OnFailure(models.TextChoices):
        OPEN = "open", _("Lets everything pass unchecked")
        CLOSED = "closed", _("Stops everything")
        QUEUE = "queue", _("Keeps requests until it is back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="components")
    key = models.SlugField(max_length=MAX_KEY)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    product = models.CharField(max_length=120, blank=True)
    # Who makes it, who sells it to you, who controls the maker in the end, and under whose law those three stand.
    maker = models.CharField(max_length=120, blank=True)
    seller = models.CharField(max_length=120, blank=True)
    parent = models.CharField(max_length=120, blank=True)
    countries = models.JSONField(null=True, blank=True)
    origin = models.CharField(max_length=2, blank=True)
    # Where and how it runs.
    place = models.CharField(max_length=2, blank=True)
    hosting = models.CharField(max_length=20, choices=Hosting.choices, blank=True)
    fates = models.JSONField(null=True, blank=True)
    access = models.CharField(max_length=10, choices=Access.choices, blank=True)
    needs_internet = models.BooleanField(null=True, blank=True)
    # What its contract lets others do.
    suspends_without_notice = models.BooleanField(null=True, blank=True)
    triggers = models.JSONField(default=list, blank=True)
    suspend_days = models.PositiveIntegerField(null=True, blank=True)
    terminate_days = models.PositiveIntegerField(null=True, blank=True)
    deprecate_days = models.PositiveIntegerField(null=True, blank=True)
    price_days = models.PositiveIntegerField(null=True, blank=True)
    export_window_days = models.PositiveIntegerField(null=True, blank=True)
    export_volume_gb = models.FloatField(null=True, blank=True)
    export_gb_per_day = models.FloatField(null=True, blank=True)
    sees_plain_text = models.BooleanField(null=True, blank=True)
    days_kept = models.PositiveIntegerField(null=True, blank=True)
    monthly_cost = models.FloatField(null=True, blank=True)
    cost_ceiling = models.FloatField(null=True, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    licence_open = models.BooleanField(null=True, blank=True)
    licence_ends = models.DateField(null=True, blank=True)
    # What it takes to go on without it.
    switch_hours = models.FloatField(null=True, blank=True)
    qualify_days = models.FloatField(null=True, blank=True)
    buy_weeks = models.FloatField(null=True, blank=True)
    people_needed = models.PositiveIntegerField(null=True, blank=True)
    on_failure = models.CharField(max_length=10, choices=OnFailure.choices, blank=True)
    # In the units that workloads count their load in; null is not limited as far as is known.
    capacity = models.FloatField(null=True, blank=True)
    longest_hours = models.FloatField(null=True, blank=True)
    note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["name", "key"]
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="one_component_each_key")]

    def __str__(self) -> str:
        return self.name


class ComponentRevision(models.Model):
    """What a component said after one change, as a file says it, with its edges; append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    data = models.JSONField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["component", "version"], name="one_component_revision_each_version")
        ]

    def __str__(self) -> str:
        return f"{self.component_id} v{self.version}"


class Requires(models.Model):
    """A workload or a component stops without another component.

    `survives_for` is how many hours it goes on without (tokens, leases, caches); unknown counts as none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, null=True, blank=True, related_name="requires")
    source = models.ForeignKey(Component, on_delete=models.CASCADE, null=True, blank=True, related_name="requires")
    target = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="required_by")
    survives_for = models.FloatField(null=True, blank=True)
    survives_restart = models.BooleanField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "requires"
        constraints = [
            models.CheckConstraint(
                condition=Q(workload=None, source__isnull=False) | Q(workload__isnull=False, source=None),
                name="a_workload_or_a_component_requires",
            ),
            models.UniqueConstraint(fields=["workload", "target"], name="one_requirement_each_workload"),
            models.UniqueConstraint(fields=["source", "target"], name="one_requirement_each_component"),
        ]

    def __str__(self) -> str:
        return f"{self.workload_id or self.source_id} requires {self.target_id}"


class Fallback(models.Model):
    """What stands in for a component when it is gone, for every workload or for one.

    `safety_path` are the checks that hold on this path: leaving a hosted model leaves its built-in filter behind.
    `data_classes` empty means that any data may go this way.
    """

    class Quality(models.TextChoices):
        EQUAL = "equal", _("Equal")
        REDUCED = "reduced", _("Reduced")
        EMERGENCY = "emergency", _("Emergency only")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="fallbacks")
    target = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="stands_in_for")
    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, null=True, blank=True, related_name="fallbacks")
    switch_hours = models.FloatField(null=True, blank=True)
    capacity_percent = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(100)])
    quality = models.CharField(max_length=10, choices=Quality.choices, blank=True)
    data_classes = models.JSONField(default=list, blank=True)
    tested_on = models.DateField(null=True, blank=True)
    tested_share = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(100)])
    safety_path = models.ManyToManyField(Component, related_name="+", blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="no_fallback_to_itself"),
            models.UniqueConstraint(
                fields=["source", "target"], condition=Q(workload=None), name="one_fallback_each_pair"
            ),
            models.UniqueConstraint(
                fields=["source", "target", "workload"], name="one_fallback_each_pair_and_workload"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} falls back to {self.target_id}"


class ComponentEndpoint(models.Model):
    """Somebody's word on what stands at or behind an endpoint.

    `aspect` is what a probe proposed (`front`, `service:openai`, `safety:azure-content-filter` …) or empty for a link
    made by hand. `facts` are the attributes as they were proposed when the person decided: what a later probe says
    beyond them is shown as new. Without a component the proposal was declined.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(Component, on_delete=models.CASCADE, null=True, blank=True, related_name="endpoints")
    aspect = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "aspect"], condition=~Q(aspect=""), name="one_word_on_each_proposal"
            ),
            models.UniqueConstraint(
                fields=["endpoint", "component"], condition=Q(aspect=""), name="one_link_each_component"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.component_id} at {self.endpoint_id}"


class ComponentQuestion(models.Model):
    """A question that somebody says is about this component."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="questions")
    question = models.CharField(max_length=80)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["question"]
        constraints = [models.UniqueConstraint(fields=["component", "question"], name="one_link_each_question")]

    def __str__(self) -> str:
        return f"{self.component_id}: {self.question}"
