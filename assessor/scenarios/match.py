"""Whom a scenario hits: yes, no, or perhaps where an attribute is not known; and which values one may pick."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from assessor.scenarios.graph import Component, FateKind, Hosting, Inventory, Kind
from assessor.scenarios.scenario import Act, Matcher, Scenario

# What cannot be said of a kind is no gap in what is known of it.
_PEOPLE = frozenset({Kind.TEAM, Kind.MANUAL_PROCEDURE})
_PLACES = frozenset({Kind.POWER_SITE, Kind.NETWORK_LINK, Kind.COMPUTE})
_WEIGHTS = frozenset({Kind.MODEL, Kind.EMBEDDING, Kind.SAFETY_CHECK})
_NOT_OF_PEOPLE = frozenset(
    "product maker seller parent country foreign origin hosting fates fate_kinds access licence licence_open "
    "needs_internet suspends_without_notice sees_plain_text".split()
)
_NOT_OF_PLACES = frozenset("origin access licence_open sees_plain_text".split())
_ONLY_OF_WEIGHTS = frozenset({"origin"})
_FATE_KINDS = frozenset(FateKind)
# The form of hosting answers some questions by itself.
_NEEDS_INTERNET = {Hosting.PUBLIC_SAAS: True, Hosting.ISOLATED: False}

Sure = bool | None
"""True, False, or None for "not known"."""


class Hit(NamedTuple):
    """A component that an act hits; `unknown` names the attributes in doubt, none when it is hit for certain."""

    component: str
    unknown: tuple[str, ...]


@lru_cache(maxsize=4096)
def speaks_of(kind: Kind, attribute: str) -> bool:
    """Tell whether an attribute can be said of a kind of component at all."""
    if kind in _PEOPLE:
        return attribute not in _NOT_OF_PEOPLE
    if kind in _PLACES and attribute in _NOT_OF_PLACES:
        return False
    return attribute not in _ONLY_OF_WEIGHTS or kind in _WEIGHTS


def values_of(component: Component, pick: str) -> tuple[str, ...] | None:
    """Return the values of an attribute that may be picked; None where it is not known."""
    if pick == "country":
        return component.countries
    if pick in _FATE_KINDS:
        if component.fates is None:
            return None
        return tuple(fate.name for fate in component.fates if fate.kind == pick)
    found: str | None = getattr(component, pick)
    if found is None and pick == "seller" and component.licence_open:
        return ()  # nobody has to sell what is free
    return None if found is None else (found,)


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return a name as it is compared: without regard to case and to the number of spaces."""
    return " ".join(text.split()).casefold()


class Matching:
    """One scenario with its picked value, before the components of one inventory."""

    def __init__(self, inventory: Inventory, scenario: Scenario, picked: str | None) -> None:
        self._inventory, self._scenario = inventory, scenario
        self._picked = None if picked is None else folded(picked)
        self._home = frozenset(inventory.home)
        self._said: dict[int, tuple[str, ...]] = {}

    def hits(self, act: Act) -> Iterator[Hit]:
        """Yield every component that any matcher of an act hits, or may hit."""
        for component in self._inventory.components:
            best: tuple[str, ...] | None = None
            for matcher in act.matches:
                doubts = self.doubts(matcher, component)
                if doubts is not None and (best is None or len(doubts) < len(best)):
                    best = doubts
                if best == ():
                    break
            if best is not None:
                yield Hit(component.id, best)

    def doubts(self, matcher: Matcher, component: Component) -> tuple[str, ...] | None:
        """Return the attributes in doubt, () for a certain match, None where one attribute rules it out."""
        unknown = []
        said = self._said.get(id(matcher))
        if said is None:
            said = self._said[id(matcher)] = matcher.said
        for name in said:
            sure = self._fits(name, matcher, component)
            if sure is False:
                return None
            if sure is None:
                unknown.append(self._scenario.pick or name if name == "picked" else name)
        return tuple(unknown)

    def _fits(self, name: str, matcher: Matcher, component: Component) -> Sure:
        about = self._scenario.pick or "" if name == "picked" else name
        if not speaks_of(component.kind, about if about not in _FATE_KINDS else "fates"):
            return False
        return _TESTS[name](self, matcher, component)

    def _fits_picked(self, matcher: Matcher, component: Component) -> Sure:
        values = values_of(component, self._scenario.pick or "id")
        if values is None:
            return None
        return any(folded(value) == self._picked for value in values)

    def _fits_foreign(self, matcher: Matcher, component: Component) -> Sure:
        if component.countries is None or (component.countries and not self._home):
            return None
        return any(country not in self._home for country in component.countries) is matcher.foreign

    def _fits_country(self, matcher: Matcher, component: Component) -> Sure:
        if component.countries is None:
            return None
        return not set(matcher.country).isdisjoint(component.countries)

    def _fits_fates(self, matcher: Matcher, component: Component) -> Sure:
        if component.fates is None:
            return None
        wanted = {(fate.kind, folded(fate.name)) for fate in matcher.fates}
        return any((fate.kind, folded(fate.name)) in wanted for fate in component.fates)

    def _fits_fate_kinds(self, matcher: Matcher, component: Component) -> Sure:
        if component.fates is None:
            return None
        return any(fate.kind in matcher.fate_kinds for fate in component.fates)

    def _fits_needs_internet(self, matcher: Matcher, component: Component) -> Sure:
        needs = component.needs_internet
        if needs is None and component.hosting is not None:
            needs = _NEEDS_INTERNET.get(component.hosting)
        return None if needs is None else needs is matcher.needs_internet


_Test = Callable[[Matching, Matcher, Component], Sure]


def _named(name: str) -> _Test:
    def fits(_: Matching, matcher: Matcher, component: Component) -> Sure:
        values = values_of(component, name)
        return (
            None
            if values is None
            else not {folded(one) for one in values}.isdisjoint(map(folded, getattr(matcher, name)))
        )

    return fits


def _one_of(name: str, attribute: str | None = None) -> _Test:
    def fits(_: Matching, matcher: Matcher, component: Component) -> Sure:
        value = getattr(component, attribute or name)
        return None if value is None else value in getattr(matcher, name)

    return fits


def _is(name: str) -> _Test:
    def fits(_: Matching, matcher: Matcher, component: Component) -> Sure:
        value = getattr(component, name)
        return None if value is None else value is getattr(matcher, name)

    return fits


_TESTS: Mapping[str, _Test] = {
    **{name: _named(name) for name in ("product", "maker", "seller", "parent")},
    **{name: _one_of(name) for name in ("kind", "origin", "place", "hosting", "access", "people_needed")},
    **{name: _is(name) for name in ("licence_open", "suspends_without_notice", "sees_plain_text")},
    "licence": _one_of("licence"),
    "ids": _one_of("ids", "id"),
    "picked": Matching._fits_picked,
    "foreign": Matching._fits_foreign,
    "country": Matching._fits_country,
    "fates": Matching._fits_fates,
    "fate_kinds": Matching._fits_fate_kinds,
    "needs_internet": Matching._fits_needs_internet,
}


def candidates(inventory: Inventory, scenario: Scenario, weight: Callable[[str], int]) -> list[str]:
    """Return the values that may be picked, that on which most depends first; [] where nothing is picked.

    `weight` says how much depends on a component. Only components count that a matcher with the pick can hit.
    """
    if scenario.pick is None:
        return []
    found: dict[str, tuple[int, str]] = {}
    for component, values in _pickable(inventory, scenario):
        for value in values:
            heavy, shown = found.get(folded(value), (0, value))
            found[folded(value)] = (heavy + weight(component.id), min(shown, value))
    return [shown for _, shown in sorted(found.values(), key=lambda one: (-one[0], one[1]))]


def _pickable(inventory: Inventory, scenario: Scenario) -> Iterable[tuple[Component, tuple[str, ...]]]:
    matchers = [matcher for act in scenario.acts for matcher in act.matches if matcher.picked]
    by_value: dict[str, Matching] = {}
    for component in inventory.components:
        values = values_of(component, scenario.pick or "id")
        for value in values or ():
            if value not in by_value:
                by_value[value] = Matching(inventory, scenario, value)
            matching = by_value[value]
            if any(matching.doubts(matcher, component) is not None for matcher in matchers):
                yield component, values or ()
                break
