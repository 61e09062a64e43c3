"""Whom a scenario hits: yes, no, or perhaps where an attribute is not known; and which values one may pick.

Each attribute that any scenario asks about is looked up once for all components, as bits by its values. A matcher is
then a few operations on bits, however many components there are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from assessor.scenarios.bits import bits_of, each_bit
from assessor.scenarios.graph import Component, FateKind, Hosting, Kind
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
# Compared without regard to case and spaces.
_NAMED = frozenset({"product", "maker", "seller", "parent"})
_YES_OR_NO = frozenset({"foreign", "licence_open", "needs_internet", "suspends_without_notice", "sees_plain_text"})


class Hit(NamedTuple):
    """A component, by position, that an act hits; `unknown` names the attributes in doubt, none when it is certain."""

    place: int
    unknown: tuple[str, ...]


class _Fit(NamedTuple):
    """The bits of the components that fit for certain, and of those of which it is not known."""

    sure: int
    unknown: int


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


class Sieve:
    """The components of one inventory, ready to be matched; positions are places in `components`."""

    def __init__(self, components: Sequence[Component], home: Iterable[str]) -> None:
        """`home`: the countries whose orders are obeyed as one's own."""
        self._components = components
        self._home = frozenset(home)
        self._tables: dict[tuple[str, bool], tuple[dict[Any, int], int]] = {}
        self._spelt: dict[str, dict[str, list[tuple[int, str]]]] = {}
        """For each attribute that was picked by, for each value of it who has it and as it is spelt there."""

    def hits(self, act: Act, scenario: Scenario, picked: str | None) -> list[Hit]:
        """Return every component that any matcher of an act hits, or may hit."""
        tried = [(fits, *_all_of(fits)) for fits in (self._fits(one, scenario, picked) for one in act.matches)]
        certain = perhaps = 0
        for _, sure, possible in tried:
            certain |= sure
            perhaps |= possible
        found = [Hit(place, ()) for place in each_bit(certain)]
        for place in each_bit(perhaps & ~certain):
            doubts = [
                tuple(name for name, fit in fits if fit.unknown >> place & 1)
                for fits, _, possible in tried
                if possible >> place & 1
            ]
            found.append(Hit(place, min(doubts, key=len)))
        return found

    def candidates(self, scenario: Scenario, weight: Callable[[int], int]) -> list[str]:
        """Return the values that may be picked, that on which most depends first; [] where nothing is picked.

        `weight` says how much depends on the component at a position. Only components count that a matcher with the
        pick can hit.
        """
        pick = scenario.pick
        if pick is None:
            return []
        pickable = 0
        for act in scenario.acts:
            for matcher in act.matches:
                if matcher.picked:
                    fits = [self._fit(name, matcher) for name in matcher.said if name != "picked"]
                    pickable |= _all_of([("", fit) for fit in [*fits, self._known(pick)]])[1]
        found: list[tuple[int, str]] = []
        for spelt in self._spelt.get(pick, {}).values():
            there = [(place, value) for place, value in spelt if pickable >> place & 1]
            if there:
                found.append((-sum([weight(place) for place, _ in there]), min([value for _, value in there])))
        return [shown for _, shown in sorted(found)]

    def _fits(self, matcher: Matcher, scenario: Scenario, picked: str | None) -> list[tuple[str, _Fit]]:
        """Return for each attribute that a matcher looks at who fits, under the name by which it is in doubt."""
        pick = scenario.pick or "id"
        return [
            (pick, self._picked(pick, picked)) if name == "picked" else (name, self._fit(name, matcher))
            for name in matcher.said
        ]

    def _picked(self, pick: str, picked: str | None) -> _Fit:
        by_value, unknown = self._table(pick, fold=True)
        return _Fit(0 if picked is None else by_value.get(folded(picked), 0), unknown)

    def _known(self, pick: str) -> _Fit:
        """Return who has any value of what is picked."""
        by_value, _ = self._table(pick, fold=True)
        mask = 0
        for bits in by_value.values():
            mask |= bits
        return _Fit(mask, 0)

    def _fit(self, name: str, matcher: Matcher) -> _Fit:
        by_value, unknown = self._table(name, fold=name in _NAMED)
        wanted = getattr(matcher, name)
        if name in _YES_OR_NO:
            return _Fit(by_value.get(wanted, 0), unknown)
        sure = 0
        for value in wanted:
            key = (value.kind, folded(value.name)) if name == "fates" else folded(value) if name in _NAMED else value
            sure |= by_value.get(key, 0)
        return _Fit(sure, unknown)

    def _table(self, name: str, *, fold: bool) -> tuple[dict[Any, int], int]:
        """Return the bits of the components by their values of an attribute, and of those of which it is not known."""
        if (name, fold) not in self._tables:
            about = "fates" if name in _FATE_KINDS else name
            by_value: dict[Any, int] = defaultdict(int)
            spelt: dict[str, list[tuple[int, str]]] = defaultdict(list)
            unknown = 0
            for place, component in enumerate(self._components):
                if not speaks_of(component.kind, about):
                    continue
                values = values_of(component, name) if fold else self._values(component, name)
                if values is None:
                    unknown |= 1 << place
                for value in values or ():
                    if fold:
                        spelt[folded(value)].append((place, value))
                    else:
                        by_value[value] |= 1 << place
            if fold:
                self._spelt[name] = spelt
                by_value.update({value: bits_of({place for place, _ in those}) for value, those in spelt.items()})
            self._tables[name, fold] = (dict(by_value), unknown)
        return self._tables[name, fold]

    def _values(self, component: Component, name: str) -> Iterable[Any] | None:
        found: Any
        if name == "ids":
            return (component.id,)
        if name == "country":
            return component.countries
        if name == "foreign":
            if component.countries is None or (component.countries and not self._home):
                return None
            return (any(country not in self._home for country in component.countries),)
        if name in ("fates", "fate_kinds"):
            if component.fates is None:
                return None
            return {(one.kind, folded(one.name)) if name == "fates" else one.kind for one in component.fates}
        found = getattr(component, name)
        if found is None and name == "needs_internet" and component.hosting is not None:
            found = _NEEDS_INTERNET.get(component.hosting)
        return None if found is None else (found,)


def _all_of(fits: Sequence[tuple[str, _Fit]]) -> tuple[int, int]:
    """Return the bits of those that fit everything for certain, and of those that may."""
    sure = possible = -1
    for _, fit in fits:
        sure &= fit.sure
        possible &= fit.sure | fit.unknown
    return sure, possible
