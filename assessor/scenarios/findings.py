"""What a simulation means for the questions: dotted codes, as probes give them; a question names those that bear on it.

A simulation computes from what was said of components, so its findings can cap an answer and never support one.
"""

from collections.abc import Iterable, Mapping, Sequence

from assessor.evidence import Finding
from assessor.scenarios.fate import fates_of
from assessor.scenarios.lines import DARK, FOR_EVER, Line
from assessor.scenarios.plan import Plan
from assessor.scenarios.results import Availability, Outcome, Params, Reason, Shown
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
    longest: Mapping[str, float],
    own: Sequence[int],
) -> tuple[Shown, ...]:
    """Return what a scenario shows of the critical workloads, each code once for each of them, in order.

    `codes` and `longest`, the hours of the longest stop, are by the id of a workload; of workloads that are not
    critical they may be absent. `own`: how all stand without fallbacks, by position.
    """
    # By the code, of each workload once; workloads are in order already.
    found: dict[str, list[Shown]] = {}
    beyond = f"scenario.dark-beyond-tolerance.{scenario.id}"
    for place in plan.critical:
        task = plan.workload(place)
        for code in dict.fromkeys(codes.get(task.id, ())):
            found.setdefault(code, []).append(Shown(code, {"scenario": scenario.id, "workload": task.name}))
        if longest[task.id] > (task.tolerance_hours or 0.0):
            params: Params = {"scenario": scenario.id, "workload": task.name}
            if longest[task.id] < FOR_EVER:
                params["hours"] = longest[task.id]
            if task.tolerance_hours is not None:
                params["tolerance"] = task.tolerance_hours
            found.setdefault(beyond, []).append(Shown(beyond, params))
    for code, fates in _fates_told(plan).items():
        shown = [
            Shown(code, {"scenario": scenario.id, **told}) for one, other, told in fates if own[one] and own[other]
        ]
        if shown:
            found[code] = shown
    return tuple([shown for code in sorted(found) for shown in found[code]])


def _fates_told(plan: Plan) -> dict[str, list[tuple[int, int, Params]]]:
    """Return by the code, once for each pair and what they share by: both positions, and what is told; in that order.

    What a pair shares does not depend on the scenario, only whether both of it are struck.
    """
    known: dict[str, list[tuple[int, int, Params]]] | None = plan.kept.get("fates told")
    if known is None:
        first: dict[tuple[str, str], tuple[int, int, Params]] = {}
        for source, target, fate in fates_of(plan):
            names = {"source": plan.components[source].name, "target": plan.components[target].name}
            first.setdefault((fate.by, f"{fate.source} {fate.target}"), (source, target, {**names, "name": fate.name}))
        known = plan.kept["fates told"] = {}
        for by, pair in sorted(first):
            known.setdefault(f"scenario.shared-supplier.{by}", []).append(first[by, pair])
    return known


def longest_dark(line: Line) -> float:
    """Return the hours of the longest unbroken stop of a line of time; infinite where no end is foreseen."""
    ends = [hour for hour, _ in line[1:]] + [FOR_EVER]
    return max((end - hour for (hour, level), end in zip(line, ends, strict=True) if level == DARK), default=0.0)


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
        bare=any(step.reason == Reason.NO_OWN_CHECKS for step in outcome.path),
        restarts=outcome.works_until_restart,
        short=bool(outcome.goes_without),
        compelled=bool(outcome.could_be_compelled),
        forced_off=bool(outcome.forced_off),
    )


def codes_for(
    worst: Availability,
    best: Availability,
    *,
    bare: bool,
    restarts: bool,
    short: bool,
    compelled: bool,
    forced_off: bool,
) -> list[str]:
    """Return the codes of one workload at one horizon; `bare` tells whether what stands in has no checks of its own."""
    found = []
    if worst is Availability.UNPROTECTED:
        found.append("scenario.unprotected-fallback" if bare else "scenario.unprotected")
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
