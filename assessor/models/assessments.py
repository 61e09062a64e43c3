"""What was asked and answered: questionnaire versions, assessments, answers with their history, evidence."""

import uuid
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.evidence import Tier
from assessor.models.organisations import Organisation, Workload
from assessor.scoring.proofs import Attached
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind, derive_tier, is_stale


class QuestionnaireVersion(models.Model):
    """The canonical content of one questionnaire, kept by its hash: an upgrade adds a row and changes none.

    `organisation` owns a questionnaire of its own; it is empty for one that is installed for everybody. The same
    content may be kept once for each of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="questionnaire_versions"
    )
    questionnaire = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    content_hash = models.CharField(max_length=64)
    content = models.JSONField()
    added_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["questionnaire", "added_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_hash"], condition=Q(organisation=None), name="one_version_each_content"
            ),
            models.UniqueConstraint(fields=["organisation", "content_hash"], name="one_version_each_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire} {self.version}"


class _OutOfBin(models.Manager["Assessment"]):
    """The assessments that nobody has put into the bin."""

    def get_queryset(self) -> "models.QuerySet[Assessment]":
        """Leave out what is in the bin."""
        return super().get_queryset().filter(deleted_at=None)


class Assessment(models.Model):
    """One assessment of an organisation: a questionnaire version, a scope, the workloads it speaks of.

    An archived one is read only. One in the bin is in no list and opens nothing: only `everything` finds it.
    """

    class Scope(models.TextChoices):
        QUICK = "quick", _("Quick scan")
        FULL = "full", _("Full questionnaire")

    class Status(models.TextChoices):
        DRAFT = "draft", _("In work")
        SUBMITTED = "submitted", _("Submitted for review")
        SIGNED = "signed", _("Signed off")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="assessments")
    questionnaire_version = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    workloads = models.ManyToManyField(Workload, related_name="assessments")
    profile = models.CharField(max_length=60, blank=True)
    targets = models.JSONField(default=dict, blank=True)
    # What the quick scan said before the assessment was widened to the full questionnaire: shown, never recomputed.
    quick_reading = models.JSONField(null=True, blank=True)
    # The assessment it was begun beside, by another questionnaire: what that one says is shown as a hint, never taken.
    hints_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    # When the worker last made its report before anybody asked for one.
    ahead_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # Where the round stands; a signed one changes no more (see `services.rounds`).
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    submitted_at = models.DateTimeField(null=True, blank=True)
    # The signed round that this one repeats.
    predecessor = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="next_rounds"
    )
    # What lists and filters say of it, written by `services.summaries` with every change: levels as in the scorecard,
    # shares in per cent, `stale` and `due` pieces of evidence as counted on the day `summed_on`. Age alone changes
    # nothing of it before `summed_until`.
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    verified_level = models.PositiveSmallIntegerField(null=True, blank=True)
    weakest = models.TextField(blank=True)
    dimension_levels = models.JSONField(default=dict, blank=True)
    coverage = models.PositiveSmallIntegerField(default=0)
    contradictions = models.PositiveSmallIntegerField(default=0)
    stale = models.PositiveIntegerField(default=0)
    due = models.PositiveIntegerField(default=0)
    summed_on = models.DateField(null=True, blank=True)
    summed_until = models.DateField(null=True, blank=True)

    # What was read to sum it up, for the page that follows a save: answers and scorecard. Never stored.
    weighed: Any = None

    objects = ScopedManager(_manager_class=_OutOfBin, organisation="organisation")
    everything = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["-changed_at", "-pk"]
        indexes = [
            models.Index(fields=["organisation", "-changed_at"], name="assessments_by_change"),
            models.Index(fields=["summed_until"], name="assessments_to_sum_up"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_signed(self) -> bool:
        """Whether the round was signed off, so that it changes no more."""
        return self.status == self.Status.SIGNED


class Answer(models.Model):
    """The answer in force to one question. `version` counts changes; a form that saw an older one is refused.

    `workload` is empty for an answer about the weakest critical workload in scope. `value` holds what was said where
    no rung was chosen: the ids of ticked items, “yes” or “no”, a text, a number, a day; the level is derived from it.
    """

    class State(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        UNKNOWN = "unknown", _("I don't know")
        NOT_APPLICABLE = "not-applicable", _("Not applicable")
        NOT_ASKED = "not-asked", _("Not answered yet")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers")
    workload = models.ForeignKey(Workload, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    question = models.CharField(max_length=80)
    state = models.CharField(max_length=20, choices=State.choices)
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    value = models.JSONField(null=True, blank=True)
    note = models.TextField(blank=True)
    # The question was asked in other words when this was answered; saving it again clears the mark.
    look_again = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField()

    objects = ScopedManager(organisation="organisation")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "question"], condition=Q(workload=None), name="one_answer_each"
            ),
            models.UniqueConstraint(fields=["assessment", "question", "workload"], name="one_answer_each_workload"),
            models.CheckConstraint(
                condition=Q(state="answered") & (Q(level__isnull=False) | Q(value__isnull=False))
                | ~Q(state="answered") & Q(level=None),
                name="a_level_or_a_value_when_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.state if self.level is None else self.level}"

    def proofs(self) -> "Collection[Evidence]":
        """Return its evidence, without asking where it was read together with the answer."""
        read: Collection[Evidence] | None = getattr(self, "_prefetched_objects_cache", {}).get("evidence")
        return self.evidence.all() if read is None else read


class AnswerRevision(models.Model):
    """One past state of an answer; append-only, so that history, restore and audit rest on the same rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=Answer.State.choices)
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    value = models.JSONField(null=True, blank=True)
    note = models.TextField(blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["answer", "version"], name="one_revision_each_version")]

    def __str__(self) -> str:
        return f"{self.answer_id} v{self.version}"


# The columns that decide a tier, in the order in which `evidence_facts` is given them by a query.
FACT_FIELDS = (
    "kind",
    "place",
    "document_version",
    "taken_on",
    "expires_on",
    "read",
    "pass_mark",
    "minutes",
    "passed",
    "share_of_load",
    "result",
    "finding",
    "observed_only",
)


def evidence_facts(row: Mapping[str, Any], imported: bool | None) -> EvidenceFacts:
    """Return the facts of one evidence row; `imported` is that of its probe run, None where it has none."""
    is_probe = row["kind"] == EvidenceKind.PROBE
    return EvidenceFacts(
        kind=EvidenceKind(row["kind"]),
        place=row["place"],
        version=row["document_version"],
        taken_on=row["taken_on"] if not is_probe or imported is not None else None,
        expires_on=row["expires_on"],
        read=row["read"],
        pass_mark=row["pass_mark"],
        minutes=row["minutes"],
        passed=row["passed"],
        share_of_load=row["share_of_load"],
        result=row["result"],
        supports=is_probe and bool(row["finding"]),
        signed=imported is False,
        observed_only=row["observed_only"],
    )


class Evidence(models.Model):
    """One piece of evidence behind an answer, bound to the level it was given for; its tier is derived."""

    class Kind(models.TextChoices):
        STATEMENT = EvidenceKind.STATEMENT, _("Statement, brochure or own drawing")
        CONTRACT = EvidenceKind.CONTRACT, _("Signed contract or clause")
        LICENCE = EvidenceKind.LICENCE, _("Licence text")
        CERTIFICATE = EvidenceKind.CERTIFICATE, _("Certificate with its scope")
        CONFIGURATION = EvidenceKind.CONFIGURATION, _("Configuration export")
        LOG = EvidenceKind.LOG, _("Log extract")
        INSPECTION = EvidenceKind.INSPECTION, _("Inspection on the host or in the live configuration")
        PROBE = EvidenceKind.PROBE, _("Probe run")
        DRILL = EvidenceKind.DRILL, _("Drill with a record")
        SWITCH = EvidenceKind.SWITCH, _("Switch to another path, with a record")
        OUTAGE = EvidenceKind.OUTAGE, _("Recorded outage")
        TABLE_TOP = EvidenceKind.TABLE_TOP, _("Table-top exercise")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="evidence")
    level = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    description = models.CharField(max_length=300)
    place = models.CharField(max_length=300, blank=True)
    document_version = models.CharField(max_length=100, blank=True)
    taken_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    read = models.BooleanField(default=False)
    pass_mark = models.CharField(max_length=300, blank=True)
    minutes = models.PositiveIntegerField(default=0)
    passed = models.BooleanField(default=False)
    link = models.CharField(max_length=500, blank=True)
    witness = models.CharField(max_length=200, blank=True)
    share_of_load = models.PositiveSmallIntegerField(null=True, blank=True)
    result = models.TextField(blank=True)
    finding = models.CharField(max_length=120, blank=True)
    probe_run = models.ForeignKey(
        "assessor.ProbeRun", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The id it has in files where it was brought in from one; empty for what was attached here.
    origin = models.UUIDField(null=True, blank=True)
    # A drill held here: its facts are copied from its record, which never changes.
    drill_run = models.ForeignKey(
        "assessor.DrillRun", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    observed_only = models.BooleanField(default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["added_at", "pk"]
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return self.description

    @property
    def facts(self) -> EvidenceFacts:
        """The facts that decide the tier; of a probe they are the run's own, not what somebody typed."""
        run = self.probe_run
        return evidence_facts(
            {name: getattr(self, name) for name in FACT_FIELDS}, None if run is None else run.imported
        )

    @property
    def attached(self) -> Attached:
        """The facts with the level they were given for."""
        return Attached(self.facts, self.level)

    def tier(self, today: date, proves: Collection[str] = ()) -> Tier:
        """Return the tier this evidence earns on `today`; `proves` is what the question lets count besides."""
        return derive_tier(self.facts, today, proves)

    def is_stale(self, today: date) -> bool:
        """Tell whether it is past its age or its end."""
        return is_stale(self.facts, today)
