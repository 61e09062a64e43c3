"""Making the plan of a drill from what the last probe saw; a plan is kept before anything is sent."""

from dataclasses import dataclass

from django.utils import timezone

from assessor import queries
from assessor.errors import N_
from assessor.models import DrillPlan, Endpoint, EndpointRole, ProbeRun, User
from assessor.probes.drills import disconnect_plan, exit_plan
from assessor.probes.drills.cases import Cases, read
from assessor.probes.drills.choose import DrillRefused, sides
from assessor.probes.drills.outside import check_outside
from assessor.probes.result import ProbeResult
from assessor.services.policy import probe_policy


@dataclass(frozen=True)
class ExitWishes:
    """What a person wants of an exit drill; `file` is name and bytes of own cases."""

    pass_mark: int | None = None
    share_of_load: int = 0
    share_source: str = ""
    token_budget: int = 0
    models: tuple[str, str] = ("", "")
    embedding_models: tuple[str, str] = ("", "")
    dialects: tuple[str, str] = ("", "")
    file: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class DisconnectWishes:
    """What a person wants of a disconnection drill."""

    minutes: float
    pass_mark: int
    every: float = 30.0
    share_of_load: int = 0
    cold_start: str = ""
    on_host: bool = False
    outside: tuple[str, ...] = ()
    model: str = ""
    dialect: str = ""


def last_seen(endpoint: Endpoint) -> ProbeResult:
    """Return what the last good probe of an endpoint saw; raises `DrillRefused` where there is none."""
    run = queries.last_good_runs([endpoint]).get(endpoint.pk)
    if run is None:
        raise DrillRefused(
            N_("“{name}” was not probed at its present address, so nothing tells how to speak to it."),
            remedy=N_("Probe it first; a probe asks no model to work."),
            name=endpoint.name,
        )
    result = ProbeRun.objects.values_list("result", flat=True).get(pk=run.pk)
    seen = ProbeResult.model_validate(result)
    # The address as it is registered: a record must name what was asked.
    return seen.model_copy(update={"target_url": endpoint.url})


def plan_exit(role: EndpointRole, candidate: Endpoint, wishes: ExitWishes, user: User) -> DrillPlan:
    """Keep the plan of an exit drill; raises `DrillRefused` or the errors of the file of cases."""
    cases = read(wishes.file[1], wishes.file[0]) if wishes.file else Cases()
    a, b = sides(
        last_seen(role.endpoint),
        last_seen(candidate),
        names=(role.endpoint.name, candidate.name),
        dialects=wishes.dialects,
        models=wishes.models,
        embedding_models=wishes.embedding_models,
    )
    plan = exit_plan.make_plan(
        a,
        b,
        now=timezone.now(),
        cases=cases,
        pass_mark=wishes.pass_mark,
        share_of_load=wishes.share_of_load,
        share_source=wishes.share_source,
        token_budget=wishes.token_budget,
    )
    return DrillPlan.objects.create(
        organisation=role.organisation,
        role=role,
        candidate=candidate,
        kind=DrillPlan.Kind.EXIT,
        plan=plan.model_dump(mode="json"),
        made_by=user,
    )


def plan_disconnect(role: EndpointRole, wishes: DisconnectWishes, user: User) -> DrillPlan:
    """Keep the plan of a disconnection drill; raises `DrillRefused` or `PolicyRefusal` for an outside address."""
    plan = disconnect_plan.make_plan(
        last_seen(role.endpoint),
        now=timezone.now(),
        minutes=wishes.minutes,
        pass_mark=wishes.pass_mark,
        every=wishes.every,
        name=role.endpoint.name,
        wanted_dialect=wishes.dialect,
        wanted_model=wishes.model,
        share_of_load=wishes.share_of_load,
        cold_start=wishes.cold_start,
        on_host=wishes.on_host,
        outside=check_outside(wishes.outside, probe_policy()),
    )
    return DrillPlan.objects.create(
        organisation=role.organisation,
        role=role,
        kind=DrillPlan.Kind.DISCONNECT,
        plan=plan.model_dump(mode="json"),
        made_by=user,
    )
