"""The single change that would shrink a scenario most, found by trying a bounded list of them one by one."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from assessor.scenarios.graph import Component, Criticality, Fallback, Hosting, Inventory, Kind, Quality
from assessor.scenarios.lines import FOR_EVER
from assessor.scenarios.plan import Plan
from assessor.scenarios.results import Availability, Gain, Horizon, Simulation, SingleChange
from assessor.scenarios.scenario import Scenario
from assessor.scenarios.simulate import Playing

TRIES = 24
"""At most so many changes are tried."""

ACTIONS = ("test-fallback", "give-own-checks", "switch-faster", "add-fallback", "hold-over-longer", "own-sign-in")
NEW, NEW_CHECK = "new-fallback", "new-check"
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


@dataclass(frozen=True, slots=True)
class Candidate:
    """One change to try."""

    action: str
    ids: tuple[str, ...]
    apply: Callable[[Inventory], Inventory]


def harm(playing: Playing) -> float:
    """Return the harm of a scenario over 90 days, in hours of a workload that is dark.

    An hour dark counts 1 beyond what the owner tolerates and as degraded within it, unprotected 0.5, unaudited 0.25,
    degraded 0.1; times 3 for a critical workload, 2 for an important one.
    """
    whole = 0.0
    for place, workload in enumerate(playing.plan.workloads, playing.plan.first_workload):
        line = playing.timeline(place)
        ends = [change.at for change in line[1:]] + [FOR_EVER]
        within = workload.tolerance_hours or 0.0
        hours = 0.0
        for change, end in zip(line, ends, strict=True):
            lasts = max(0.0, min(end, Horizon.QUARTER) - change.at)
            if change.availability is Availability.DARK:
                borne = min(lasts, within)
                hours += borne * _HARM[Availability.DEGRADED] + (lasts - borne)
                within -= borne
            else:
                hours += lasts * _HARM[change.availability]
        whole += hours * _WEIGHTS[workload.criticality]
    return round(whole, 6)


def best_single_change(plan: Plan, scenario: Scenario, picked: str | None = None) -> SingleChange | None:
    """Return the change that shrinks a scenario most; None where nothing that was tried shrinks it.

    Of equals the first in the order of `ACTIONS` and then of ids. Each try is a whole simulation of its lines of time.
    """
    playing = Playing(plan, scenario, picked)
    before = harm(playing)
    if not before:
        return None
    tried = candidates(playing)[:TRIES]
    best: tuple[float, Candidate] | None = None
    for candidate in tried:
        changed = Plan(candidate.apply(plan.inventory), plan.as_of)
        after = harm(Playing(changed, scenario, playing.picked, spared=frozenset({NEW, NEW_CHECK})))
        if after < before and (best is None or after < best[0]):
            best = (after, candidate)
    if best is None:
        return None
    return SingleChange(best[1].action, best[1].ids, Gain(before, best[0]), len(tried))


def simulate_and_search(plan: Plan, scenario: Scenario, picked: str | None = None) -> Simulation:
    """Play a scenario and search for the single change too; some twenty times the work of playing it."""
    simulation = Playing(plan, scenario, picked).simulation()
    return replace(simulation, best_single_change=best_single_change(plan, scenario, simulation.picked))


def candidates(playing: Playing) -> list[Candidate]:
    """Return what may be tried, in the order of `ACTIONS`: only what lies on the paths of those who are harmed."""
    on_path, links = _paths(playing)
    found = [*_of_fallbacks(playing)]
    found += [_fallback_for(playing.plan, name) for name in on_path[:10]]
    kinds = {one.id: one.kind for one in playing.plan.components}
    held = [link for link in links if kinds[link[1]] is not Kind.MODEL][:4]
    found += [Candidate("hold-over-longer", link, _holding(link)) for link in held]
    own = [link for link in links if kinds[link[1]] is Kind.IDENTITY][:2]
    return found + [Candidate("own-sign-in", link, _without(link)) for link in own]


def _paths(playing: Playing) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the components and the edges on paths to harm, those of most workloads first."""
    names: Counter[str] = Counter()
    links: Counter[tuple[str, str]] = Counter()
    edges = {(one.source, one.target) for one in playing.plan.inventory.requires}
    for outcome in playing.simulation().outcomes:
        if outcome.availability <= Availability.DEGRADED:
            continue
        steps = [outcome.workload, *[step.id for step in outcome.path]]
        names.update(set(steps[1:]))
        links.update({pair for pair in pairwise(steps) if pair in edges})
    return _ranked(names), _ranked(links)


def _ranked(counted: Counter[Any]) -> list[Any]:
    return [one for one, _ in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))]


def _of_fallbacks(playing: Playing) -> Iterator[Candidate]:
    plan, own = playing.plan, playing.worst.base.own
    rows = [one for one in plan.fallbacks if plan.position[one.source] in own]
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
            yield Candidate(action, (row.source, row.target), _replacing(row, row.model_copy(update=more)))


def _replacing(row: Fallback, other: Fallback) -> Callable[[Inventory], Inventory]:
    def apply(inventory: Inventory) -> Inventory:
        rows = tuple(other if one == row else one for one in inventory.fallbacks)
        return inventory.model_copy(
            update={"fallbacks": rows, "components": (*inventory.components, *_new(Kind.MODEL))}
        )

    return apply


def _fallback_for(plan: Plan, name: str) -> Candidate:
    kind = plan.components[plan.position[name]].kind
    way = Fallback(
        source=name,
        target=NEW,
        switch_hours=24,
        capacity_percent=100,
        quality=Quality.REDUCED,
        tested_on=_TESTED,
        tested_share=100,
        safety_path=(NEW_CHECK,),
    )

    def apply(inventory: Inventory) -> Inventory:
        new = (*inventory.components, *_new(kind))
        return inventory.model_copy(update={"fallbacks": (*inventory.fallbacks, way), "components": new})

    return Candidate("add-fallback", (name,), apply)


def _holding(link: tuple[str, str]) -> Callable[[Inventory], Inventory]:
    def apply(inventory: Inventory) -> Inventory:
        longer = {"survives_for": _HOLD_HOURS, "survives_restart": True}
        rows = tuple(
            one.model_copy(update=longer) if (one.source, one.target) == link else one for one in inventory.requires
        )
        return inventory.model_copy(update={"requires": rows})

    return apply


def _without(link: tuple[str, str]) -> Callable[[Inventory], Inventory]:
    def apply(inventory: Inventory) -> Inventory:
        rows = tuple(one for one in inventory.requires if (one.source, one.target) != link)
        return inventory.model_copy(update={"requires": rows})

    return apply


def _new(kind: Kind) -> Sequence[Component]:
    """Return what a change adds: something of one's own, and a check of one's own."""
    return (
        Component(id=NEW, name=NEW, kind=kind, hosting=Hosting.OWN_PREMISES),
        Component(id=NEW_CHECK, name=NEW_CHECK, kind=Kind.SAFETY_CHECK, hosting=Hosting.OWN_PREMISES),
    )
