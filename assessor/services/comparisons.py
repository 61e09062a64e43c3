"""Compare reports: which readings can be compared, and the comparison of two of them."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, JobStatus, Report
from assessor.reports.comparison import Comparison, compare
from assessor.reports.inputs import Compared
from assessor.services import branding, comparing, reporting

NOW = "now"
# The newest come first; older ones are compared from their own pages.
MOST_REPORTS, MOST_ASSESSMENTS = 60, 30


class NotComparable(AssessorError):
    """Two readings cannot be compared."""


@dataclass(frozen=True)
class Choice:
    """A reading that can be compared: how it is named in an address, and how people call it."""

    key: str
    label: str


def choices(assessment: Assessment) -> list[Choice]:
    """Return this assessment as it stands, its reports and those of its siblings, and its siblings: two queries."""
    siblings = {one.pk: one for one in _siblings(assessment)}
    reports = Report.objects.filter(assessment__in=[assessment.pk, *siblings], status=JobStatus.DONE)
    rows = reports.defer("content", "scorecard").order_by("-created_at", "-pk")[:MOST_REPORTS]
    found = [Choice(NOW, _("{title}, as it stands now").format(title=assessment.title))]
    for report in rows:
        title = siblings[report.assessment_id].title if report.assessment_id in siblings else assessment.title
        found.append(Choice(f"report:{report.pk}", f"{title}, {_report_name(report)}, {report.created_at:%Y-%m-%d}"))
    for one in siblings.values():
        label = _("{title}, as it stands now").format(title=one.title)
        found.append(Choice(f"assessment:{one.pk}", f"{label} ({one.created_at:%Y-%m-%d})"))
    return found


def _siblings(assessment: Assessment) -> list[Assessment]:
    """Return the other assessments of the organisation by the same questionnaire."""
    rows = Assessment.objects.filter(
        organisation=assessment.organisation_id,
        questionnaire_version__questionnaire=assessment.questionnaire_version.questionnaire,
    ).exclude(pk=assessment.pk)
    rows = rows.select_related("questionnaire_version").defer("questionnaire_version__content")
    return list(rows.order_by("-created_at", "-pk")[:MOST_ASSESSMENTS])


def _report_name(report: Report) -> str:
    return f"{report.get_kind_display()} {report.version}"


def defaults(found: list[Choice]) -> tuple[str, str]:
    """Return what is compared unless somebody chooses: the newest other reading, and what stands now."""
    return (found[1].key if len(found) > 1 else NOW), NOW


def reading(assessment: Assessment, key: str) -> Compared | None:
    """Return a reading by its key; None where this assessment has no such reading."""
    if key == NOW:
        return reporting.standing_now(assessment, _("As it stands now"))
    kind, _colon, ident = key.partition(":")
    try:
        pk = UUID(ident)
    except ValueError:
        return None
    mine = {assessment.pk: assessment} | {one.pk: one for one in _siblings(assessment)}
    if kind == "report":
        report = Report.objects.filter(pk=pk, assessment__in=mine, status=JobStatus.DONE).first()
        if report is None:
            return None
        name = _report_name(report)
        return comparing.reported(report, name if report.assessment_id == assessment.pk else _of(mine, report, name))
    if kind == "assessment" and pk in mine:
        mine[pk].organisation = assessment.organisation
        return reporting.standing_now(mine[pk])
    return None


def _of(mine: dict[UUID, Assessment], report: Report, name: str) -> str:
    return f"{mine[report.assessment_id].title}, {name}"


def comparison(assessment: Assessment, before: str, after: str, language: str = "") -> Comparison | None:
    """Return the compare report of two readings by their keys; None where either is not there.

    Raises `NotComparable` where they rest on different questionnaires.
    """
    language = (language or get_language() or "en").partition("-")[0]
    with override(language):
        one, other = reading(assessment, before), reading(assessment, after)
        if one is None or other is None:
            return None
        if one.side.questionnaire.id != other.side.questionnaire.id:
            raise NotComparable(
                N_("These two were answered with different questionnaires, so their levels are not on one scale."),
                remedy=N_("Choose two readings by the same questionnaire."),
            )
        brand, classification = branding.worn(assessment.organisation, assessment)
        return compare(
            one,
            other,
            organisation=assessment.organisation.name,
            made_at=timezone.now(),
            language=language,
            classification=classification,
            brand=brand,
        )
