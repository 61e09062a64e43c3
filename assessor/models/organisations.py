"""Who works here and for whom: users, organisations, memberships, workloads."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.retelling import named

# The one user of laptop mode; it has no password and cannot sign in.
LOCAL_USERNAME = "local"


class Role(models.TextChoices):
    """What a member may do; each includes the ones below it."""

    OWNER = "owner", pgettext_lazy("role", "Owner")
    ASSESSOR = "assessor", _("Assessor")
    CONTRIBUTOR = "contributor", _("Contributor")
    VIEWER = "viewer", _("Viewer")


class User(AbstractUser):
    """A person who can sign in; in laptop mode there is exactly one, without a password."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return named(self.kept_name, gettext)

    @property
    def kept_name(self) -> str:
        """The name as records keep it, alike in every language."""
        return self.get_full_name() or self.username


class Organisation(models.Model):
    """Whose AI is assessed. Every other row belongs to exactly one organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    home_jurisdictions = models.JSONField(default=list)
    # Whether members need an app or a passkey beside their password.
    second_step_required = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


# Who sees only what was assigned to them answers it too: a contributor, no more and no less.
ONLY_CONTRIBUTORS = models.Q(only_assigned=False) | models.Q(role=Role.CONTRIBUTOR)


class Membership(models.Model):
    """A person's role in an organisation, with an end for guests.

    `only_assigned`: the person sees and answers the questions assigned to them, and nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    ends_on = models.DateField(null=True, blank=True)
    only_assigned = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="one_membership_each"),
            models.CheckConstraint(condition=ONLY_CONTRIBUTORS, name="only_contributors_are_limited"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"

    def reaches(self, needed: Role) -> bool:
        """Return whether this role includes the one needed."""
        return Role.values.index(self.role) <= Role.values.index(needed)


class Invitation(models.Model):
    """A link by which one person becomes a member, once. Only a digest of it is kept; it is shown when it is made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=150)
    role = models.CharField(max_length=20, choices=Role.choices)
    ends_on = models.DateField(null=True, blank=True)
    only_assigned = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=ONLY_CONTRIBUTORS, name="only_contributors_are_invited_to_answer")
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.role}"


class Workload(models.Model):
    """One use of AI that somebody would miss: with its owner, criticality and the longest stop signed for.

    `slug` names it in inventory files once it has been in one; `load` is in units of the organisation's own choice,
    the same in which components count their capacity. `version` counts changes made in the inventory.
    """

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
    slug = models.SlugField(max_length=60, blank=True)
    load = models.FloatField(default=1)
    data_classes = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "slug"], condition=~models.Q(slug=""), name="one_workload_each_slug"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What files and scenarios call it: its slug, or the head of its id until it has one."""
        return self.slug or f"w-{self.pk.hex[:12]}"
