"""Who sees to the moves of a roadmap."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation


class MoveOwner(models.Model):
    """Who sees to what has to be done about a question, until when, and how far they are.

    It belongs to the question, not to one level of it: moves come and go with every answer. `name` is the owner in
    words, also of a member (`user`), so that it stays where the account does not. What is not known is empty; `state`
    is what the owner says and changes no level.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        STARTED = "started", _("started")
        DONE = "done", _("done")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="move_owners")
    question = models.CharField(max_length=80)
    name = models.CharField(max_length=160, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["question"]
        constraints = [models.UniqueConstraint(fields=["assessment", "question"], name="one_owner_each_move")]

    def __str__(self) -> str:
        return f"{self.question} · {self.who}"

    @property
    def who(self) -> str:
        """The owner's name: of a member the present one, of anybody else the one that was written."""
        return str(self.user) if self.user is not None else self.name
