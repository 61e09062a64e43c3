"""One case of a scenario, the worst or the best: how all stand, and what each workload may fall back to."""

from collections.abc import Sequence
from functools import cached_property

from assessor.scenarios.bits import bits_of
from assessor.scenarios.effects import Blows
from assessor.scenarios.lines import FOR_EVER, Line
from assessor.scenarios.plan import Plan, Way
from assessor.scenarios.results import Horizon
from assessor.scenarios.solve import ROUNDS, State, helps, look, settle, spread


class Case:
    """The worst or the best case of a scenario: the state of all, by what each workload may fall back to."""

    def __init__(
        self,
        plan: Plan,
        hit: Blows,
        near: "Case | None" = None,
        changed: Sequence[int] = (),
        *,
        best: bool,
        base: State | None = None,
    ) -> None:
        """`near`: a case of nearly the same, from which this one starts: the other one, or one of before a change.

        `changed` are the positions that now require something else. `base`: how all stand without fallbacks, if that
        is known already.
        """
        self._plan, self._hit, self._best, self._near, self._changed = plan, hit, best, near, changed
        self.direct = hit.lines(plan.book, best=best)
        if base is not None:
            self.base = base
        elif near is None:
            self.base = spread(plan, self.direct, {}, within=plan.below)
        else:
            stale = [*changed, *[place for place, line in near.direct.items() if self.direct.get(place) != line]]
            self.base = spread(plan, self.direct, {}, near.base, stale, within=plan.below)
        look(plan, plan.tops, self.base)
        offered = plan.best if best else plan.worst
        ways = [way for source in sorted(offered) if self.base.own[source] for way in offered[source]]
        self._free = [way for way in ways if not way.bound]
        self._bound = [way for way in ways if way.bound]
        self._rounds: dict[int, list[State]] = {}

    @property
    def _common(self) -> list[State]:
        if 0 not in self._rounds:
            # The other case has other fallbacks, and so other rounds.
            near = self._near
            beside: Sequence[State] = near._common if near is not None and near._best is self._best else ()
            self._rounds[0] = self._settle(self._free, beside, self._changed, self._plan.below)
            look(self._plan, self._plan.tops, self._rounds[0][-1])
        return self._rounds[0]

    def of(self, place: int) -> State:
        """Return the state that a workload sees."""
        return self.states[place - self._plan.first_workload]

    def line(self, place: int) -> Line:
        """Return how a workload stands at every hour."""
        return self._plan.book.line(self.of(place).out[place])

    @cached_property
    def states(self) -> list[State]:
        """The states that the workloads see, in the order of their positions."""
        first, base = self._plan.first_workload, self.base
        last = self._common[-1]
        # Whom nothing touches sees that nothing stands in for anything.
        found = [last if line else base for line in base.out[first:]]
        for place, key in self._keys.items():
            found[place - first] = self._settled(key)
        return found

    @cached_property
    def numbers(self) -> list[int]:
        """The lines of the workloads, by their numbers, in the order of their positions."""
        first = self._plan.first_workload
        found = self._common[-1].out[first:]
        for place in self._keys:
            found[place - first] = self.of(place).out[place]
        return found

    def _settled(self, key: int) -> State:
        """Return what those workloads see to whom these are offered of what is offered to some only (bits)."""
        if key not in self._rounds:
            sharing = bits_of([one for one, other in self._keys.items() if other == key])
            self._rounds[key] = self._apart(key, sharing)
            look(self._plan, sharing, self._rounds[key][-1])
        return self._rounds[key][-1]

    def _apart(self, key: int, places: int) -> list[State]:
        """Return how all stand with these of the fallbacks for some only, which only these workloads see (all bits)."""
        ways = [*self._free, *[way for way in self._bound if way.bit & key]]
        used, ways = self._plan.used_with(places, ways)
        return self._settle(ways, self._common, (), self._plan.groups_of(used))

    def _settle(self, ways: list[Way], beside: Sequence[State], stale: Sequence[int], within: bytes) -> list[State]:
        return settle(
            self._plan, self.direct, self.base, ways, self._hit.begin, lambda: self.hours, beside, stale, within=within
        )

    @cached_property
    def _keys(self) -> dict[int, int]:
        """By workload the bits of what is offered to some only, it among them; absent where none of it helps."""
        last, plan = self._common[-1], self._plan
        # Most of what is offered to some only helps nobody now; then they see what all others see.
        unsettled = last.rounds >= ROUNDS
        tried = self._bound if unsettled else [way for way in self._bound if helps(plan, way, last, self._hit.begin)]
        helping = sum([way.bit for way in tried])
        if not helping:
            return {}
        bound = sum([way.bit for way in self._bound])
        first, offers = plan.first_workload, plan.offers(best=self._best)
        found = {
            place: offered & bound
            for place, offered, least, most in zip(
                plan.at_top, offers, last.out[first:], self.base.out[first:], strict=True
            )
            if offered & helping and (least or (most and unsettled))
        }
        return self._worth_it(found) if found and self._best else found

    def _worth_it(self, keys: dict[int, int]) -> dict[int, int]:
        """Return those of these to whom what is offered to some only may matter when one looks.

        Nobody stands better than with all that is offered to any of them. Nothing but levels is asked of a best case.
        """
        profile, last = self._plan.book.profile, self._common[-1].out
        keys = {place: key for place, key in keys.items() if any(profile(last[place]))}
        if len(set(keys.values())) < 2:
            return keys
        whole = 0
        for key in set(keys.values()):
            whole |= key
        granted = self._apart(whole, bits_of(keys))[-1]
        look(self._plan, bits_of(keys), granted)
        return {place: key for place, key in keys.items() if profile(granted.out[place]) != profile(last[place])}

    @cached_property
    def hours(self) -> list[float]:
        """The hours that a scenario and its fallbacks know themselves, and those at which one looks."""
        begin = self._hit.begin
        found = {0.0, *map(float, Horizon), *[hour for blow in self._hit.all for hour in (blow.begin, blow.end)]}
        found.update(begin + hours for hours in self._plan.hours_of_ways(best=self._best))
        return sorted(found - {FOR_EVER})
