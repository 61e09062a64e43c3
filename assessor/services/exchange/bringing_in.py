"""Showing what a file would change, and carrying it out: the same rows for both, and all of it or nothing."""

from collections.abc import Collection

from assessor.errors import N_, AssessorError
from assessor.models import Assessment, User
from assessor.services import summaries
from assessor.services.answer_checks import check_against
from assessor.services.changing import changing
from assessor.services.exchange.gather import Standing, standing
from assessor.services.exchange.plan import Doing, Incoming, Plan
from assessor.services.exchange.plan_answers import answer_changes, evidence_changes
from assessor.services.exchange.plan_endpoints import dispute_changes, endpoint_changes, place_of
from assessor.services.exchange.plan_scope import scope_changes, workload_changes
from assessor.services.exchange.plan_shape import shape_changes


class PlanMoved(AssessorError):
    """The assessment changed since the rows were shown; `plan` is what the file would change now."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__(
            N_("The assessment was changed since this was shown, so nothing was taken over."),
            remedy=N_("Look at it anew and confirm again."),
        )


def preview(assessment: Assessment, incoming: Incoming) -> Plan:
    """Return what the file would change; raises `ContentErrors` for a file that does not fit, and changes nothing."""
    return _plan(standing(assessment), incoming)


def _plan(now: Standing, incoming: Incoming) -> Plan:
    check_against(incoming.file, now.questionnaire, incoming.document)
    return Plan(
        (
            *scope_changes(now, incoming),
            *workload_changes(now, incoming),
            *endpoint_changes(now, incoming),
            *answer_changes(now, incoming),
            *evidence_changes(now, incoming),
            *dispute_changes(now, incoming),
            *shape_changes(now, incoming),
        )
    )


def apply(
    assessment: Assessment, incoming: Incoming, user: User, *, take: Collection[str] = (), shown: str | None = None
) -> Plan:
    """Take a file over and return what was done; `take` names the conflicts in which the file wins ("*": all).

    Raises `PlanMoved` when the rows are not those whose fingerprint is `shown`; then, and for every other error,
    nothing is changed.
    """
    doing: Doing | None = None
    try:
        with changing(assessment):
            locked = Assessment.objects.select_for_update(of=("self",)).select_related("questionnaire_version")
            found = locked.get(pk=assessment.pk)
            found.organisation = assessment.organisation
            now = standing(found)
            plan = _plan(now, incoming)
            if shown is not None and shown != plan.fingerprint:
                raise PlanMoved(plan)
            doing = Doing(
                now=now,
                user=user,
                incoming=incoming,
                workloads={"": None} | {one.name.casefold(): one for one in now.workloads},
                endpoints={place_of(role.endpoint.name, role.endpoint.url): role.endpoint for role in now.roles},
            )
            for change in plan.changes:
                taken = change.kind == "conflict" and ("*" in take or change.key in take or change.mark in take)
                if (change.kind in ("new", "changed") or taken) and change.do is not None:
                    change.do(doing)
            assessment.refresh_from_db(fields=["title", "scope", "profile", "targets"])
            summaries.refresh_beside(assessment)
    except BaseException:
        # What the database forgets must not stay on the disc.
        for path in doing.written if doing is not None else ():
            path.unlink(missing_ok=True)
        raise
    return plan
