"""Shared fate, computed: second sources that one act takes together with the first, whatever was said of them."""

from collections.abc import Sequence

from assessor.scenarios.bits import each_bit
from assessor.scenarios.graph import Component, Hosting, Kind
from assessor.scenarios.match import folded
from assessor.scenarios.plan import Plan
from assessor.scenarios.results import SharedFate

# Nobody reaches these from outside: that the same company once made both takes nothing away.
_OWN = frozenset({Hosting.OWN_PREMISES, Hosting.ISOLATED})
_THEIRS = frozenset({Hosting.PUBLIC_SAAS, Hosting.DEDICATED_TENANT, Hosting.THIRD_PARTY_PRIVATE})
_BY_COMPANY = ("maker", "seller", "parent")
_BY_KIND = {Kind.GATEWAY: "gateway", Kind.IDENTITY: "sign-in", Kind.POWER_SITE: "site"}


def shared_fates(plan: Plan, own: Sequence[int]) -> tuple[SharedFate, ...]:
    """Return the second sources that are struck together with the first, wholly or in part, given how all stand."""
    return tuple([fate for source, target, fate in fates_of(plan) if own[source] and own[target]])


def fates_of(plan: Plan) -> list[tuple[int, int, SharedFate]]:
    """Return every fallback whose target shares something with its source, with both positions, in order of ids."""
    known: list[tuple[int, int, SharedFate]] | None = plan.kept.get("fates")
    if known is None:
        place = plan.position
        known = [(place[one.source], place[one.target], one) for one in sorted(_all(plan))]
        plan.kept["fates"] = known
    return known


def _all(plan: Plan) -> set[SharedFate]:
    pairs = sorted({(one.source, one.target) for one in plan.inventory.fallbacks})
    found: set[SharedFate] = set()
    for source, target in pairs:
        one, other = (plan.components[plan.position[name]] for name in (source, target))
        for by, name in _shared(plan, one, other):
            found.add(SharedFate(source, target, by, name))
    return found


def _shared(plan: Plan, one: Component, other: Component) -> set[tuple[str, str]]:
    found = set()
    if other.hosting not in _OWN:
        for by in _BY_COMPANY:
            first, second = getattr(one, by), getattr(other, by)
            if first is not None and second is not None and folded(first) == folded(second):
                found.add((by, first))
    theirs = {(fate.kind.value, folded(fate.name)) for fate in other.fates or ()}
    found |= {
        (fate.kind.value, fate.name) for fate in one.fates or () if (fate.kind.value, folded(fate.name)) in theirs
    }
    both = plan.reach[plan.position[one.id]] & plan.reach[plan.position[other.id]]
    for place in each_bit(both):
        component = plan.components[place]
        if component.kind in _BY_KIND and component.id not in (one.id, other.id):
            found.add((_BY_KIND[component.kind], component.name))
    # A gateway that somebody else runs is itself the switch for both of what lies behind it.
    for edge in plan.into[plan.position[one.id]]:
        if edge.source < plan.first_workload:
            front = plan.components[edge.source]
            if front.kind is Kind.GATEWAY and front.hosting in _THEIRS:
                found.add(("gateway", front.name))
    return found
