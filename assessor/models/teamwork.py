"""Who answers what, and what people say to each other about a question."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Invitation, Organisation


class Assignment(models.Model):
    """One question, or every question of a dimension that nobody has for itself, with the person who answers it.

    Exactly one of `dimension` and `question` is filled, and `user` or `invitation`: what somebody was invited to answer
    becomes theirs when they accept. Both are empty where the person is not known in this installation. `seen_at` is
    when the person marked the news as read.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="assignments")
    dimension = models.CharField(max_length=80, blank=True)
    question = models.CharField(max_length=80, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="assignments")
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, null=True, related_name="assignments")
    due_on = models.DateField(null=True, blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    assigned_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    reminded_on = models.DateField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["assigned_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "dimension", "question"], name="one_assignment_each"),
            models.CheckConstraint(
                condition=Q(dimension="") & ~Q(question="") | ~Q(dimension="") & Q(question=""),
                name="a_dimension_or_a_question",
            ),
            models.CheckConstraint(condition=Q(user=None) | Q(invitation=None), name="a_member_or_somebody_invited"),
        ]

    def __str__(self) -> str:
        return f"{self.question or self.dimension} · {self.who}"

    @property
    def who(self) -> str:
        """The person's name; of somebody invited the mail address."""
        return str(self.user) if self.user is not None else self.invitation.email if self.invitation else ""


class Comment(models.Model):
    """What somebody said about a question. `thread` is the comment it replies to; only a first one is resolved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="comments")
    question = models.CharField(max_length=80)
    thread = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    made_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["made_at", "pk"]
        indexes = [models.Index(fields=["assessment", "question"], name="comments_of_a_question")]
        constraints = [
            models.CheckConstraint(
                condition=Q(thread=None) | Q(resolved_at=None), name="only_a_first_comment_is_resolved"
            )
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.text[:40]}"


class Mention(models.Model):
    """That a comment names somebody, and when they marked it as read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="one_mention_each")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.comment_id}"
