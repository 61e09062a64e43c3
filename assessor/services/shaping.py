"""How the reports of one assessment are made: language, sections, days; kept once, used by every report after it."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from assessor.models import Assessment, ReportSettings, User
from assessor.questionnaire.schema import Questionnaire
from assessor.reports import clock, outline
from assessor.reports.shaped import Dates
from assessor.services import audit

DATE_STYLES = ("words", "iso", "dots", "slashes")


@dataclass(frozen=True)
class Wishes:
    """What a person wants of the reports; an empty language is that of whoever asks for one."""

    language: str = ""
    time_zone: str = "UTC"
    date_style: str = "words"
    left_out: tuple[str, ...] = ()

    @property
    def dates(self) -> Dates:
        """How days and times are printed."""
        return Dates(time_zone=self.time_zone, style=self.date_style)  # type: ignore[arg-type]


def wishes_of(assessment: Assessment) -> Wishes:
    """Return how the reports of an assessment are made; what this version does not know is left away."""
    row = ReportSettings.objects.filter(assessment=assessment).first()
    if row is None:
        return Wishes()
    return Wishes(
        language=row.language if row.language in dict(settings.LANGUAGES) else "",
        time_zone=row.time_zone if row.time_zone in clock.zones() else "UTC",
        date_style=row.date_style if row.date_style in DATE_STYLES else "words",
        left_out=tuple(one for one in row.left_out if isinstance(one, str)),
    )


@transaction.atomic
def keep_wishes(assessment: Assessment, wishes: Wishes, user: User | None = None) -> None:
    """Keep how the reports of an assessment are made."""
    ReportSettings.objects.update_or_create(
        assessment=assessment,
        defaults={
            "organisation": assessment.organisation,
            "language": wishes.language,
            "time_zone": wishes.time_zone,
            "date_style": wishes.date_style,
            "left_out": list(wishes.left_out),
        },
    )
    audit.record("report.settings_changed", organisation=assessment.organisation, actor=user, subject=assessment)


def section_choices(questionnaire: Questionnaire) -> tuple[tuple[str, str], ...]:
    """Return anchor and name of every section a report can do without."""
    return outline.choices([(one.id, one.title) for one in questionnaire.dimensions])
