"""What a simulation means for the questions: dotted codes, as probes give them; a question names those that bear on it.

A simulation computes from what was said of components, so its findings can cap an answer and never support one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from assessor.evidence import Finding, Strength
from assessor.scenarios.graph import Criticality
from assessor.scenarios.lines import FOR_EVER
from assessor.scenarios.plan import Plan
from assessor.scenarios.results import Availability, Change, Outcome, Reason, SharedFate
from assessor.scenarios.scenario import Scenario
from assessor.scoring.scorecard import ProbedEndpoint

CODES = (
    "scenario.shared-supplier",
    "scenario.dark-beyond-tolerance",
    "scenario.unprotected",
    "scenario.unprotected-fallback",
    "scenario.unaudited",
    "scenario.untested-fallback",
    "scenario.works-until-restart",
    "scenario.goes-without",
    "scenario.could-be-compelled",
    "scenario.forced-off",
)
SHARED_BY = ("maker", "seller", "parent", "owner", "cloud", "site", "sign-in", "gateway")
"""The last part of `scenario.shared-supplier.…`; that of `scenario.dark-beyond-tolerance.…` is the scenario's id."""


def as_endpoint(found: Iterable[Finding]) -> ProbedEndpoint:
    """Return findings of scenarios as a score takes them: from one place, that of the inventory."""
    return ProbedEndpoint(id="scenarios", name="scenarios", role="scenario", findings=tuple(found))


def findings(
    plan: Plan,
    scenario: Scenario,
    codes: Mapping[str, Iterable[str]],
    timelines: Mapping[str, Sequence[Change]],
    fates: Sequence[SharedFate],
) -> tuple[Finding, ...]:
    """Return what a scenario shows of the critical workloads, each code once for each of them, in order.

    `codes` and `timelines` are by the id of a workload; of workloads that are not critical they may be absent.
    """
    found: dict[tuple[str, str], Finding] = {}

    def add(code: str, about: str, **params: str | float) -> None:
        if (code, about) not in found:
            told = {"scenario": scenario.id, **params}
            found[code, about] = Finding(code=code, strength=Strength.DEFAULT, params=told)

    for one in plan.workloads:
        if one.criticality is not Criticality.CRITICAL:
            continue
        for code in dict.fromkeys(codes.get(one.id, ())):
            add(code, one.id, workload=one.name)
        longest = longest_dark(timelines[one.id])
        if longest > (one.tolerance_hours or 0.0):
            hours = {} if longest == FOR_EVER else {"hours": longest}
            tolerance = {} if one.tolerance_hours is None else {"tolerance": one.tolerance_hours}
            add(f"scenario.dark-beyond-tolerance.{scenario.id}", one.id, workload=one.name, **hours, **tolerance)
    for fate in fates:
        first, second = (plan.components[plan.position[name]].name for name in (fate.source, fate.target))
        add(
            f"scenario.shared-supplier.{fate.by}",
            f"{fate.source} {fate.target}",
            source=first,
            target=second,
            name=fate.name,
        )
    return tuple(found[key] for key in sorted(found))


def longest_dark(line: Sequence[Change]) -> float:
    """Return the hours of the longest unbroken stop of a line of time; infinite where no end is foreseen."""
    ends = [change.at for change in line[1:]] + [FOR_EVER]
    stops = (
        end - change.at for change, end in zip(line, ends, strict=True) if change.availability is Availability.DARK
    )
    return max(stops, default=0.0)


def codes_of(outcomes: Iterable[Outcome]) -> dict[str, list[str]]:
    """Return the codes that outcomes show, by the id of the workload."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.workload, []).extend(_codes(outcome))
    return found


def _codes(outcome: Outcome) -> list[str]:
    return codes_for(
        outcome.availability,
        outcome.best,
        bare=lambda: any(step.reason == Reason.NO_OWN_CHECKS for step in outcome.path),
        restarts=outcome.works_until_restart,
        short=bool(outcome.goes_without),
        compelled=bool(outcome.could_be_compelled),
        forced_off=bool(outcome.forced_off),
    )


def codes_for(
    worst: Availability,
    best: Availability,
    *,
    bare: Callable[[], bool],
    restarts: bool,
    short: bool,
    compelled: bool,
    forced_off: bool,
) -> list[str]:
    """Return the codes of one workload at one horizon; `bare` tells whether what stands in has no checks of its own."""
    found = []
    if worst is Availability.UNPROTECTED:
        found.append("scenario.unprotected-fallback" if bare() else "scenario.unprotected")
    if worst is Availability.UNAUDITED:
        found.append("scenario.unaudited")
    if best < worst:
        found.append("scenario.untested-fallback")
    if restarts:
        found.append("scenario.works-until-restart")
    if short:
        found.append("scenario.goes-without")
    if compelled:
        found.append("scenario.could-be-compelled")
    if forced_off:
        found.append("scenario.forced-off")
    return found
