"""How much hangs on one party, country, sign-in or cloud: which critical workloads, and which of them would stop.

What runs on own premises is not counted: whoever made it, nobody outside can reach it. Complexity: one walk over the
components, and one simulation for each of the `most` names shown in a group.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from assessor.scenarios.graph import Component, Criticality, Fate, FateKind, Hosting
from assessor.scenarios.plan import Plan
from assessor.scenarios.results import Availability, Horizon
from assessor.scenarios.scenario import Act, Cause, Effect, Matcher, Scenario
from assessor.scenarios.simulate import summarise

OWN = frozenset({Hosting.OWN_PREMISES, Hosting.ISOLATED})
GROUPS = ("party", "country", "sign-in", "cloud", "site")
MOST = 15


@dataclass(frozen=True, slots=True)
class Share:
    """One name: ids of the critical workloads behind which it stands, and of those it stops within a day."""

    name: str
    behind: tuple[str, ...]
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One way to look: the names by how much hangs on them, and the components of which it is not known."""

    by: str
    shares: tuple[Share, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concentration:
    """All groups; `counted` are the ids of the workloads counted: the critical ones, or all where none is critical."""

    counted: tuple[str, ...]
    only_critical: bool
    groups: tuple[Group, ...]


def names_of(component: Component, by: str) -> tuple[str, ...] | None:
    """Return the names under which a component falls in a group; None where that is not known."""
    if component.hosting in OWN and by in ("party", "country", "cloud"):
        return ()
    if by == "party":
        found = dict.fromkeys(one for one in (component.parent, component.seller, component.maker) if one)
        return tuple(found) or None
    if by == "country":
        return component.countries
    if component.fates is None:
        return None
    return tuple(dict.fromkeys(one.name for one in component.fates if one.kind.value == by))


def gone(by: str, name: str) -> Scenario:
    """Return the scenario in which everything under a name is gone at once, for good.

    Raises `ValueError` for a group that there is not, or a name that is none.
    """
    if by == "party":
        matches = tuple(Matcher(**{part: (name,)}, hosting=_reachable()) for part in ("maker", "seller", "parent"))
    elif by == "country":
        matches = (Matcher(country=(name,), hosting=_reachable()),)
    elif by in set(FateKind):
        matches = (Matcher(fates=(Fate(kind=FateKind(by), name=name),)),)
    else:
        raise ValueError(f"there is no group {by}")
    return Scenario(
        id="gone",
        version="1",
        title=name,
        story=name,
        causes=(Cause.LEGAL,),
        recourse="-",
        acts=(Act(matches=matches, effect=Effect.REMOVED),),
    )


def _reachable() -> tuple[Hosting, ...]:
    return tuple(one for one in Hosting if one not in OWN)


def concentration(plan: Plan, workloads: frozenset[str] | None = None, most: int = MOST) -> Concentration:
    """Return how much hangs on whom; `workloads` limits what is counted to those ids."""
    places = [
        (place, one)
        for place, one in enumerate(plan.workloads, plan.first_workload)
        if workloads is None or one.id in workloads
    ]
    critical = [(place, one.id) for place, one in places if one.criticality is Criticality.CRITICAL]
    counted = critical or [(place, one.id) for place, one in places]
    groups = tuple(_group(plan, by, counted, most) for by in GROUPS)
    named = tuple(name for _place, name in counted)
    return Concentration(named, bool(critical), tuple(one for one in groups if one.shares))


def _group(plan: Plan, by: str, counted: list[tuple[int, str]], most: int) -> Group:
    masks: dict[str, int] = defaultdict(int)
    unknown = []
    used = 0
    for place, _name in counted:
        used |= plan.reach[place]
    for place, component in enumerate(plan.components):
        if not used >> place & 1:
            continue
        names = names_of(component, by)
        if names is None:
            unknown.append(component.id)
        for name in names or ():
            masks[name] |= 1 << place
    behind = {
        name: tuple(workload for place, workload in counted if plan.reach[place] & mask) for name, mask in masks.items()
    }
    ordered = sorted(behind, key=lambda name: (-len(behind[name]), name.casefold()))[:most]
    shares = tuple(Share(name, behind[name], tuple(_stopped(plan, by, name, behind[name]))) for name in ordered)
    return Group(by, shares, tuple(unknown))


def _stopped(plan: Plan, by: str, name: str, behind: tuple[str, ...]) -> Iterator[str]:
    found = summarise(plan, gone(by, name))
    return (one for one in behind if found.felt(one, Horizon.DAY) is Availability.DARK)
