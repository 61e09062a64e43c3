"""Readings to compare: an assessment as it stands, an issued report as it was, and what came before either."""

from collections import OrderedDict

from assessor import queries
from assessor.models import Assessment, JobStatus, Report
from assessor.reports import stored
from assessor.reports.inputs import Compared
from assessor.reports.movements import side_of_report
from assessor.reports.text import moment
from assessor.scoring.movement import Side
from assessor.scoring.scorecard import Scorecard
from assessor.services.questionnaires import original, questionnaire_of

# What an issued report says never changes, and every view of the next one compares with it: kept by its id.
_sides: OrderedDict[object, Side] = OrderedDict()
SIDES_MOST = 64


def earlier_report(assessment: Assessment) -> Report | None:
    """Return the latest issued report of an assessment, without its contents: one query."""
    return queries.reports_of(assessment).filter(kind=Report.Kind.ISSUED, status=JobStatus.DONE).first()


def earlier_assessment(assessment: Assessment) -> Assessment | None:
    """Return the round before this one, else what the organisation began last before it by the same questionnaire."""
    rows = Assessment.objects.filter(
        organisation=assessment.organisation_id,
        questionnaire_version__questionnaire=assessment.questionnaire_version.questionnaire,
    )
    if assessment.predecessor_id is not None:
        rows = rows.filter(pk=assessment.predecessor_id)
    else:
        rows = rows.filter(created_at__lt=assessment.created_at, archived_at=None)
    rows = rows.select_related("organisation", "questionnaire_version").defer("questionnaire_version__content")
    return rows.order_by("-created_at", "-pk").first()


def reported(report: Report, name: str = "") -> Compared:
    """Return what a stored report says, in the words of today's reader; a query where it was not read before."""
    side = _sides.get(report.pk)
    if side is None:
        card = Scorecard.model_validate(report.scorecard)
        side = side_of_report(stored.read(report.content), card, original(card.questionnaire_hash))
        if report.kind == Report.Kind.ISSUED:
            _sides[report.pk] = side
            if len(_sides) > SIDES_MOST:
                _sides.popitem(last=False)
    return Compared(
        name=name or f"{report.get_kind_display()} {report.version}",
        made_at=moment(report.created_at),
        side=side,
        words=questionnaire_of(side.card.questionnaire_hash),
    )
