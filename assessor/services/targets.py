"""The target of an assessment: the profile it follows, and where the organisation wants something else."""

from collections.abc import Mapping

from django.utils import timezone

from assessor.errors import N_, AssessorError
from assessor.models import Assessment
from assessor.questionnaire.schema import Questionnaire
from assessor.scoring.roadmap import targets_of
from assessor.services.changing import changes_assessment


class TargetRefused(AssessorError):
    """The target is none that the questionnaire knows."""


@changes_assessment
def choose_profile(assessment: Assessment, questionnaire: Questionnaire, profile: str) -> None:
    """Follow the targets of a profile ("" for none) and forget edited ones; raises `TargetRefused`."""
    if profile and questionnaire.profile(profile) is None:
        raise TargetRefused(
            N_("There is no kind of organisation “{profile}” here."),
            remedy=N_("Choose one of the list."),
            profile=profile,
        )
    _save(assessment, profile, {})


@changes_assessment
def edit_targets(assessment: Assessment, questionnaire: Questionnaire, wanted: Mapping[str, int]) -> None:
    """Keep the level wanted for each dimension (0: no target) where it differs from profile and minimum.

    Raises `TargetRefused` for a dimension or level that the questionnaire does not have.
    """
    given = targets_of(questionnaire, assessment.profile)
    known = {one.id for one in questionnaire.dimensions}
    for dimension, level in wanted.items():
        if dimension not in known or not 0 <= level <= questionnaire.scale.top:
            raise TargetRefused(
                N_("Level {level} is no target for “{dimension}”."),
                remedy=N_("Choose a level of the scale."),
                level=level,
                dimension=dimension,
            )
    _save(assessment, assessment.profile, {one: level for one, level in wanted.items() if level != given.get(one, 0)})


def _save(assessment: Assessment, profile: str, targets: dict[str, int]) -> None:
    assessment.profile, assessment.targets, assessment.changed_at = profile, targets, timezone.now()
    assessment.save(update_fields=["profile", "targets", "changed_at"])
