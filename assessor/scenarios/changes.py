"""The single change that would shrink a scenario most, found by trying a bounded list of them one by one."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

from assessor.scenarios.case import Case
from assessor.scenarios.graph import Component, Criticality, Fallback, Hosting, Kind, Quality, Requires
from assessor.scenarios.lines import DARK, FOR_EVER, Line
from assessor.scenarios.plan import Plan
from assessor.scenarios.results import Availability, Gain, Horizon, Simulation, SingleChange, Step
from assessor.scenarios.scenario import Scenario
from assessor.scenarios.simulate import Playing, picks

TRIES = 24
"""At most so many changes are tried."""

ACTIONS = ("test-fallback", "give-own-checks", "switch-faster", "add-fallback", "hold-over-longer", "own-sign-in")
NEW, NEW_BY_HAND, NEW_CHECK = "new-fallback", "new-procedure", "new-check"
"""Ids of what a tried change adds; nothing of a scenario hits them."""

_HOLD_HOURS = 720.0
_TESTED = "9999-12-31"
_WEIGHTS = {Criticality.CRITICAL: 3.0, Criticality.IMPORTANT: 2.0, Criticality.SUPPORTING: 1.0}
_HARM = {
    Availability.UNAFFECTED: 0.0,
    Availability.DEGRADED: 0.1,
    Availability.UNAUDITED: 0.25,
    Availability.UNPROTECTED: 0.5,
    Availability.DARK: 1.0,
}


Path = tuple[str, tuple[Step, ...]]
"""The id of a workload that is harmed, and the steps that say why."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One change to try: `apply` makes it to a plan; `changed` is whoever then requires something else."""

    action: str
    ids: tuple[str, ...]
    apply: Callable[[Plan], Plan]
    changed: tuple[str, ...] = ()


def harm(plan: Plan, case: Case) -> float:
    """Return the harm of a scenario over 90 days, in hours of a workload that is dark.

    An hour dark counts 1 beyond what the owner tolerates and as degraded within it, unprotected 0.5, unaudited 0.25,
    degraded 0.1; times 3 for a critical workload, 2 for an important one.
    """
    known: dict[tuple[int, float | None], float] = plan.kept.setdefault("harm", {})
    whole = 0.0
    for number, workload in zip(case.numbers, plan.workloads, strict=True):
        key = (number, workload.tolerance_hours)
        if key not in known:
            known[key] = _hours(plan.book.line(number), workload.tolerance_hours or 0.0)
        whole += known[key] * _WEIGHTS[workload.criticality]
    return round(whole, 6)


def _hours(line: Line, tolerance: float) -> float:
    ends = [hour for hour, _ in line[1:]] + [FOR_EVER]
    within, hours = tolerance, 0.0
    for (begin, level), end in zip(line, ends, strict=True):
        lasts = max(0.0, min(end, Horizon.QUARTER) - begin)
        if level == DARK:
            borne = min(lasts, within)
            hours += borne * _HARM[Availability.DEGRADED] + (lasts - borne)
            within -= borne
        else:
            hours += lasts * _HARM[Availability(level)]
    return hours


def best_single_change(
    plan: Plan, scenario: Scenario, picked: str | None = None, played: Simulation | None = None
) -> SingleChange | None:
    """Return the change that shrinks a scenario most; None where nothing that was tried shrinks it.

    Of equals the first in the order of `ACTIONS` and then of ids. `played` is what `simulate` says, if it is known
    already. Each try works out only what the change changes: it starts from how all stood before it.
    """
    playing = _roomier(plan, scenario, picked)
    before = harm(playing.plan, playing.worst)
    if not before:
        return None
    paths = _paths_of(played) if played else Playing(plan, scenario, playing.picked).paths()
    tried = candidates(playing, paths)[:TRIES]
    best: tuple[float, Candidate] | None = None
    for candidate in tried:
        changed = candidate.apply(playing.plan)
        places = [changed.position[name] for name in candidate.changed]
        after = harm(changed, Case(changed, playing.hit, playing.worst, places, best=False))
        if after < before and (best is None or after < best[0]):
            best = (after, candidate)
    if best is None:
        return None
    return SingleChange(best[1].action, best[1].ids, Gain(before, best[0]), len(tried))


def _roomier(plan: Plan, scenario: Scenario, picked: str | None) -> Playing:
    """Return the scenario played where there is also what a change may add: needed by nobody yet, hit by nothing."""
    known: Plan | None = plan.kept.get("roomier")
    if known is None:
        new = (
            Component(id=NEW, name=NEW, kind=Kind.MODEL, hosting=Hosting.OWN_PREMISES),
            Component(id=NEW_BY_HAND, name=NEW_BY_HAND, kind=Kind.MANUAL_PROCEDURE),
            Component(id=NEW_CHECK, name=NEW_CHECK, kind=Kind.SAFETY_CHECK, hosting=Hosting.OWN_PREMISES),
        )
        inventory = plan.inventory.model_copy(update={"components": (*plan.inventory.components, *new)})
        known = plan.kept["roomier"] = Plan(inventory, plan.as_of)
    if picked is None:
        picked = next(iter(picks(plan, scenario)), None)
    return Playing(known, scenario, picked, spared=frozenset({NEW, NEW_BY_HAND, NEW_CHECK}))


def simulate_and_search(plan: Plan, scenario: Scenario, picked: str | None = None) -> Simulation:
    """Play a scenario and search for the single change too."""
    simulation = Playing(plan, scenario, picked).simulation()
    found = best_single_change(plan, scenario, simulation.picked, simulation)
    return replace(simulation, best_single_change=found)


def candidates(playing: Playing, paths: Iterable[Path]) -> list[Candidate]:
    """Return what may be tried, in the order of `ACTIONS`: only what lies on the paths of those who are harmed."""
    plan = playing.plan
    on_path, links = _counted(plan, paths)
    found = [*_of_fallbacks(playing)]
    found += [_fallback_for(plan, name) for name in on_path[:10]]
    kinds = {one.id: one.kind for one in plan.components}
    rows = {(one.source, one.target): one for one in plan.inventory.requires}
    longer = {"survives_for": _HOLD_HOURS, "survives_restart": True}
    held = [link for link in links if kinds[link[1]] is not Kind.MODEL][:4]
    for link in held:
        found.append(_edge("hold-over-longer", link, rows[link].model_copy(update=longer)))
    own = [link for link in links if kinds[link[1]] is Kind.IDENTITY][:2]
    return found + [_edge("own-sign-in", link, None) for link in own]


def _paths_of(played: Simulation) -> Iterator[Path]:
    """Return the paths of those who are harmed, as `Playing.paths` does."""
    return ((one.workload, one.path) for one in played.outcomes if one.availability > Availability.DEGRADED)


def _counted(plan: Plan, paths: Iterable[Path]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the components and the edges on these paths, those of most workloads first."""
    names: Counter[str] = Counter()
    links: Counter[tuple[str, str]] = Counter()
    edges = {(one.source, one.target) for one in plan.inventory.requires}
    for workload, path in paths:
        steps = [workload, *[step.id for step in path]]
        names.update(set(steps[1:]))
        links.update({pair for pair in pairwise(steps) if pair in edges})
    return _ranked(names), _ranked(links)


def _ranked(counted: Counter[Any]) -> list[Any]:
    return [one for one, _ in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))]


def _of_fallbacks(playing: Playing) -> Iterator[Candidate]:
    plan, own = playing.plan, playing.worst.base.own
    rows = [one for one in plan.fallbacks if own[plan.position[one.source]]]
    untested = [one for one in rows if not plan.is_tested(one) or one.switch_hours is None]
    bare = [one for one in rows if not one.safety_path]
    slow = [one for one in rows if one.switch_hours]
    for action, those, update in (
        ("test-fallback", untested, {"tested_on": _TESTED, "tested_share": 100.0}),
        ("give-own-checks", bare, {"safety_path": (NEW_CHECK,)}),
        ("switch-faster", slow, {"switch_hours": 0.0}),
    ):
        for row in those[:4]:
            more = {"switch_hours": row.switch_hours or 0.0} | update
            apply = partial(Plan.with_fallback, more=row.model_copy(update=more), instead_of=row)
            yield Candidate(action, (row.source, row.target), apply)


def _fallback_for(plan: Plan, name: str) -> Candidate:
    by_hand = plan.components[plan.position[name]].kind is Kind.MANUAL_PROCEDURE
    way = Fallback(
        source=name,
        target=NEW_BY_HAND if by_hand else NEW,
        switch_hours=24,
        capacity_percent=100,
        quality=Quality.REDUCED,
        tested_on=_TESTED,
        tested_share=100,
        safety_path=(NEW_CHECK,),
    )
    return Candidate("add-fallback", (name,), partial(Plan.with_fallback, more=way))


def _edge(action: str, link: tuple[str, str], more: Requires | None) -> Candidate:
    return Candidate(action, link, partial(Plan.with_edge, source=link[0], target=link[1], more=more), link[:1])
