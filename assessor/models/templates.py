"""What an assessment is begun from: the questionnaire and the frame around it, never what a client said."""

import uuid

from django.conf import settings
from django.db import models
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment, QuestionnaireVersion
from assessor.models.organisations import Organisation
from assessor.models.shaping import BrandPicture


class AssessmentTemplate(models.Model):
    """A template that an organisation keeps, a consultancy for its clients or anybody for the next year.

    `content` is what `services.saved_templates.Content` holds: the skeleton of an inventory, settings, look and words
    of reports, as far as they were taken along.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    questionnaire_version = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(max_length=10, choices=Assessment.Scope.choices)
    profile = models.CharField(max_length=60, blank=True)
    targets = models.JSONField(default=dict, blank=True)
    content = models.JSONField(default=dict, blank=True)
    logo = models.ForeignKey(BrandPicture, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["name", "created_at", "pk"]

    def __str__(self) -> str:
        return self.name
