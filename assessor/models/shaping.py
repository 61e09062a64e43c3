"""What people shape in their reports: brand, pictures, settings of one assessment's reports, and their own words."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation


class BrandPicture(models.Model):
    """A logo as it is printed: re-encoded when it came, nothing of the sender's file is left. Sizes in pixels."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    media_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "sha256"], name="one_picture_each_content"),
        ]

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


class Brand(models.Model):
    """How the reports of an organisation look, or those of one assessment of it.

    In the row of an assessment everything that is empty is as the organisation has it; `…_use` says so of a logo.
    """

    class Use(models.TextChoices):
        INHERIT = "inherit", _("As for all reports")
        OWN = "own", _("The picture below")
        NONE = "none", _("No logo")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    accent = models.CharField(max_length=7, blank=True)
    cover = models.CharField(max_length=10, blank=True)
    logo = models.ForeignKey(BrandPicture, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    logo_use = models.CharField(max_length=10, choices=Use.choices, default=Use.INHERIT)
    consultancy = models.CharField(max_length=120, blank=True)
    consultancy_logo = models.ForeignKey(
        BrandPicture, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    consultancy_logo_use = models.CharField(max_length=10, choices=Use.choices, default=Use.INHERIT)
    name_block = models.TextField(blank=True)
    classification = models.CharField(max_length=60, blank=True)
    footer = models.CharField(max_length=90, blank=True)
    disclaimer = models.TextField(blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(assessment=None), name="one_brand_each_organisation"
            ),
            models.UniqueConstraint(fields=["assessment"], name="one_brand_each_assessment"),
        ]

    def __str__(self) -> str:
        return self.consultancy or "brand"


class ReportSettings(models.Model):
    """How the reports of one assessment are made. An empty language is that of whoever asks for a report."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.OneToOneField(Assessment, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    date_style = models.CharField(max_length=10, default="words")
    left_out = models.JSONField(default=list, blank=True)

    objects = ScopedManager(organisation="organisation")

    def __str__(self) -> str:
        return self.language or "as asked"


class ReportWords(models.Model):
    """What a person wrote for the reports of an assessment in one language; empty once it was taken back.

    `part` is `summary` or the id of a dimension, `source` is plain text with a few marks, `basis` the levels that
    stood when it was written. `version` counts changes; a form that saw an older one is refused.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="words")
    part = models.CharField(max_length=80)
    language = models.CharField(max_length=10)
    source = models.TextField(blank=True)
    basis = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    written_at = models.DateTimeField()

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["part"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "part", "language"], name="one_text_each_part_and_language")
        ]

    def __str__(self) -> str:
        return f"{self.part} ({self.language})"


class ReportWordsRevision(models.Model):
    """One past state of what a person wrote; append-only, so that nothing two people write at once is lost."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    words = models.ForeignKey(ReportWords, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    source = models.TextField(blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    written_at = models.DateTimeField()

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["words", "version"], name="one_text_each_version")]

    def __str__(self) -> str:
        return f"{self.words_id} v{self.version}"
