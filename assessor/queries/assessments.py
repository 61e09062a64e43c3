"""An assessment itself: its row, the workloads in its scope, its reports."""

from django.db.models import QuerySet
from django_scopes import get_scope

from assessor.models import Assessment, Report, Workload
from assessor.prepared import PreparedRows

# What a save and every page of an assessment read: built once (see `assessor.prepared`).
_ASSESSMENT = PreparedRows[Assessment](
    lambda assessment: (
        Assessment.objects.filter(pk=assessment)
        .select_related("questionnaire_version", "simulation")
        .defer("questionnaire_version__content", "simulation__summary")
    ),
    "assessment",
)
_WORKLOADS = PreparedRows[Workload](lambda assessment: Workload.objects.filter(assessments=assessment), "assessment")


def assessment_in_scope(assessment: object) -> Assessment | None:
    """Return an assessment by its id, its questionnaire by hash only; None outside the organisation in scope."""
    found = next(iter(_ASSESSMENT.run(assessment=assessment)), None)
    if found is not None:
        # The scope holds the very row: joining it again would only cost time.
        found.organisation = get_scope()["organisation"]
    return found


def workloads_of(assessment: Assessment) -> list[Workload]:
    """Return the workloads in the scope of an assessment, by name."""
    return _WORKLOADS.run(assessment=assessment.pk)


def critical_workloads(assessment: Assessment) -> list[object]:
    """Return the ids of the critical workloads in scope; of all of them where none is critical."""
    if "workloads" in getattr(assessment, "_prefetched_objects_cache", {}):
        rows = sorted((one.pk, one.criticality) for one in assessment.workloads.all())
    else:
        rows = list(assessment.workloads.order_by("pk").values_list("pk", "criticality"))
    critical = [pk for pk, criticality in rows if criticality == Workload.Criticality.CRITICAL]
    return critical or [pk for pk, _criticality in rows]


def reports_of(assessment: Assessment) -> QuerySet[Report]:
    """Return the reports of an assessment, newest first, without their contents."""
    return Report.objects.filter(assessment=assessment, ahead=False).defer("content", "scorecard")
