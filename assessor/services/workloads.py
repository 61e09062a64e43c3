"""The workloads an assessment speaks of, beyond the one it began with."""

from assessor.errors import N_, AssessorError
from assessor.models import Answer, Assessment, EndpointRole, Workload
from assessor.services import summaries
from assessor.services.assessments import first_workload
from assessor.services.changing import changes_assessment
from assessor.services.inventory.editing import free_key

MOST = 40


class WorkloadRefused(AssessorError):
    """The workload cannot be added or taken out."""


@changes_assessment
def add_workload(assessment: Assessment, workload: Workload) -> Workload:
    """Bring a workload into scope; raises `WorkloadRefused` for a name twice or too many.

    One of that name which the inventory knows already is the same and takes the facts as given: use what is returned.
    """
    names = {one.name.casefold() for one in assessment.workloads.all()}
    if workload.name.casefold() in names:
        raise WorkloadRefused(
            N_("“{name}” is in scope already."), remedy=N_("Change that one, or use another name."), name=workload.name
        )
    if len(names) >= MOST:
        raise WorkloadRefused(
            N_("An assessment speaks of {most} workloads at most."), remedy=N_("Begin a second one."), most=MOST
        )
    known = Workload.objects.filter(organisation=assessment.organisation, name__iexact=workload.name).first()
    if known is not None:
        known.owner, known.criticality = workload.owner or known.owner, workload.criticality
        known.tolerance_hours = workload.tolerance_hours
        workload = known
    workload.organisation = assessment.organisation
    workload.slug = workload.slug or free_key(assessment.organisation, workload.name)
    workload.save()
    assessment.workloads.add(workload)
    summaries.refresh_beside(assessment)
    return workload


@changes_assessment
def change_workload(assessment: Assessment, workload: Workload) -> None:
    """Keep what was changed of a workload in scope; its answers stay."""
    workload.save()
    summaries.refresh_beside(assessment)


@changes_assessment
def take_out_workload(assessment: Assessment, workload: Workload) -> None:
    """Take a workload out of scope; raises `WorkloadRefused` while something hangs on it, so that nothing is lost."""
    if workload.pk == first_workload(assessment).pk:
        raise WorkloadRefused(
            N_("The assessment began with this workload."), remedy=N_("Change its name and facts instead.")
        )
    answered = Answer.objects.filter(assessment=assessment, workload=workload).exclude(state=Answer.State.NOT_ASKED)
    if answered.exists():
        raise WorkloadRefused(
            N_("There are answers about “{name}” alone."),
            remedy=N_("Set them back to “not answered yet” first."),
            name=workload.name,
        )
    if EndpointRole.objects.filter(assessment=assessment, workload=workload, removed_at=None).exists():
        raise WorkloadRefused(
            N_("Endpoints serve “{name}”."), remedy=N_("Take them out first, with a reason."), name=workload.name
        )
    assessment.workloads.remove(workload)
