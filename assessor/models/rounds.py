"""Rounds: what reviewers remarked, each step from draft to signature, and the snapshot that a signature freezes."""

import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from assessor.models.assessments import Assessment
from assessor.models.organisations import Organisation
from assessor.scoring.scorecard import Scorecard


class AppendOnly(RuntimeError):
    """A row was about to be changed that is written once."""


class WrittenOnce(models.QuerySet):  # type: ignore[type-arg]
    """Rows that are added and read; what belongs to an organisation goes only with the organisation."""

    def update(self, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(f"{self.model.__name__} is written once.")

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(f"{self.model.__name__} is written once.")

    def delete(self) -> NoReturn:
        """Refuse; rows go with their organisation, by cascade."""
        raise AppendOnly(f"{self.model.__name__} is not deleted alone.")


class ReviewStep(models.Model):
    """One step of a round towards its signature: submitted, sent back or signed, by whom, with what words."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted for review")
        SENT_BACK = "sent-back", _("Sent back")
        SIGNED = "signed", _("Signed off")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="review_steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    note = models.TextField(blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    taken_at = models.DateTimeField()

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["taken_at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.taken_at:%Y-%m-%d}"


class Remark(models.Model):
    """What a reviewer remarked about a question, a dimension or the whole; open until somebody settles it.

    `about` is the id of a question or of a dimension, empty for the whole assessment.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="remarks")
    about = models.CharField(max_length=80, blank=True)
    text = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(organisation="organisation")

    class Meta:
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"{self.about}: {self.text[:40]}"


class SignOff(models.Model):
    """The signature under a round and the snapshot it froze. Written once: neither changed nor deleted alone.

    `snapshot` holds everything a report says, `sha256` is that of its canonical JSON. `alone` tells that nobody but
    the signer gave the answers. The name is kept as it was written when the round was signed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    assessment = models.OneToOneField(Assessment, on_delete=models.CASCADE, related_name="signature")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    signer = models.CharField(max_length=300)
    role = models.CharField(max_length=20)
    alone = models.BooleanField()
    signed_at = models.DateTimeField()
    snapshot = models.JSONField()
    sha256 = models.CharField(max_length=64)

    objects = ScopedManager(models.Manager.from_queryset(WrittenOnce), organisation="organisation")

    def __str__(self) -> str:
        return f"{self.signer} {self.signed_at:%Y-%m-%d}"

    def save(
        self,
        *,
        force_insert: bool = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write the row the first time; refuse every further one."""
        if not self._state.adding:
            raise AppendOnly("A signature is written once.")
        super().save(force_insert=True, using=using)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse; rows go with their organisation, by cascade."""
        raise AppendOnly("A signature is not deleted alone.")

    def scorecard(self, language: str) -> Scorecard:
        """Return the scorecard that was signed, told in a language (two letters) or in the first there was."""
        told = self.snapshot["told"]
        return Scorecard.model_validate((told.get(language) or next(iter(told.values())))["scorecard"])


# A signature never changes: the scorecards of the rounds that are read are kept, by round and language.
_signed: OrderedDict[tuple[uuid.UUID, str], Scorecard] = OrderedDict()
SIGNED_MOST = 64


def forget_signed() -> None:
    """Remember nothing of signatures: what was read may have been taken back."""
    _signed.clear()


def signed_scorecards(assessments: Sequence[Assessment]) -> dict[uuid.UUID, Scorecard]:
    """Return the scorecards that were signed, in the language that is active, by assessment.

    One query where any of them was not read before, and none for no assessment.
    """
    language = (get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    found = {one.pk: _signed[one.pk, language] for one in assessments if (one.pk, language) in _signed}
    missing = [one.pk for one in assessments if one.pk not in found]
    for signed in SignOff.objects.filter(assessment__in=missing) if missing else ():
        found[signed.assessment_id] = _signed[signed.assessment_id, language] = signed.scorecard(language)
        if len(_signed) > SIGNED_MOST:
            _signed.popitem(last=False)
    return found
