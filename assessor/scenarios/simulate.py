"""One scenario played on one inventory; pure, and the same for the same input in whatever order."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property

from assessor.scenarios.abreast import spread_abreast
from assessor.scenarios.bits import bits_of, each_bit
from assessor.scenarios.capacity import Room, Rooms, Serving, rooms, serving
from assessor.scenarios.case import Case
from assessor.scenarios.effects import Blow, blows, exposure
from assessor.scenarios.explain import Explaining, held_over, restarting
from assessor.scenarios.fate import shared_fates
from assessor.scenarios.findings import codes_for, codes_of, findings, longest_dark
from assessor.scenarios.graph import Inventory, Kind, OnFailure
from assessor.scenarios.lines import CLEAR
from assessor.scenarios.plan import Plan, Way
from assessor.scenarios.results import (
    METHOD_VERSION,
    Availability,
    Change,
    Horizon,
    Outcome,
    Reason,
    Simulation,
    Step,
    Summary,
    Unknown,
    felt_with,
)
from assessor.scenarios.scenario import Scenario
from assessor.scenarios.solve import State

_LEVELS = tuple(Availability)
_HORIZONS = tuple(Horizon)
# Where something goes on for a while by its nature, not knowing how long is worth telling.
_HOLDS = frozenset({Kind.IDENTITY, Kind.CERTIFICATES, Kind.REGISTRY, Kind.KEY_STORE, Kind.CONTROL_PLANE})


def simulate(
    inventory: Inventory | Plan, scenario: Scenario, picked: str | None = None, *, as_of: date | None = None
) -> Simulation:
    """Play a scenario on an inventory without `cross_faults`.

    `picked` is the value that the scenario's `pick` stands for; by default the one on which most depends. `as_of` is
    today: a test of a fallback older than a year then counts no more. Give a `Plan` to play many scenarios.
    """
    plan = inventory if isinstance(inventory, Plan) else Plan(inventory, as_of)
    return Playing(plan, scenario, picked).simulation()


def picks(plan: Plan, scenario: Scenario) -> list[str]:
    """Return the values that `picked` may have, the one on which most depends first; [] where nothing is picked."""
    return plan.sieve.candidates(scenario, plan.weight)


class Playing:
    """One scenario being played; what it works out on the way is kept for the findings and for trying changes."""

    def __init__(
        self, plan: Plan, scenario: Scenario, picked: str | None, *, spared: frozenset[str] = frozenset()
    ) -> None:
        """`spared`: ids that nothing hits, for trying what one does not have yet."""
        self.plan, self.scenario = plan, scenario
        if picked is None and scenario.pick is not None:
            picked = next(iter(picks(plan, scenario)), None)
        self.picked = picked
        # Where nothing known can be picked, what is not known may be it: hit in the worst case, never spared.
        self.hit = blows(plan, scenario, picked, spared)
        self._at: dict[int, list[Blow]] = {}
        for blow in self.hit.all:
            self._at.setdefault(blow.place, []).append(blow)
        self._above = [blow for blow in self.hit.all if blow.reason is Reason.ABOVE_CEILING]
        self._no_new = [blow for blow in self.hit.all if blow.reason is Reason.NO_NEW]
        self._masks: dict[int, int] = {}
        self._reached: dict[tuple[int, int, float], list[Blow]] = {}
        self._explaining: dict[int, Explaining] = {}
        self._serves: dict[int, list[Serving]] = {}
        self._restarts: dict[int, dict[int, int]] = {}

    @cached_property
    def worst(self) -> Case:
        """The worst case."""
        return Case(self.plan, self.hit, best=False)

    @cached_property
    def best(self) -> Case:
        """The best case; worked out only when somebody asks, which trying changes does not."""
        return Case(self.plan, self.hit, self.worst, best=True) if self.is_doubtful else self.worst

    @property
    def is_doubtful(self) -> bool:
        """Whether the best case may be another one than the worst."""
        own = self.worst.base.own
        return any(blow.unknown for blow in self.hit.all) or any(own[source] for source in self.plan.best)

    @cached_property
    def rooms(self) -> list[Rooms]:
        """The room of whoever has not all of it, at each horizon."""
        return rooms(self.plan, self._at, self.worst.base, self.worst.states, self._serving)

    def simulation(self) -> Simulation:
        """Return all results."""
        plan = self.plan
        by_place: dict[int, list[Outcome]] = {place: [] for place in plan.at_top}
        for at, horizon in enumerate(Horizon):
            waiting = self._held_over(at, horizon)
            for place, those in by_place.items():
                those.append(self._outcome(place, horizon, self.rooms[at].get(place), waiting))
        ordered = [by_place[plan.position[one.id]] for one in plan.inventory.workloads]
        outcomes = tuple(outcome for those in ordered for outcome in those)
        shown = findings(plan, self.scenario, codes_of(outcomes), self._longest(), self.worst.base.own)
        return Simulation(
            scenario=self.scenario.id,
            scenario_version=self.scenario.version,
            method_version=METHOD_VERSION,
            matched=tuple(sorted(self.hit.matched)),
            perhaps=tuple(sorted(self.hit.perhaps)),
            outcomes=outcomes,
            timelines={one.id: self.timeline(plan.position[one.id]) for one in plan.inventory.workloads},
            picked=self.picked,
            shared_fate=shared_fates(plan, self.worst.base.own),
            unknowns=tuple(sorted(self._unknowns())),
            findings=tuple(one.finding() for one in shown),
            notes=() if self.hit.matched or self.hit.perhaps else ("matches-nothing",),
        )

    def summary(self) -> Summary:
        """Return how all stand and what it means for the questions; the same as `simulation` says, for far less."""
        plan = self.plan
        states = self._states()
        codes = {plan.ids[place]: self._codes(place) for place in plan.critical}
        shown = findings(plan, self.scenario, codes, self._longest(), self.worst.base.own)
        matched, perhaps = (tuple(sorted(those)) for those in (self.hit.matched, self.hit.perhaps))
        return Summary(self.scenario.id, self.picked, matched, perhaps, states, shown)

    def _states(self) -> dict[str, bytes]:
        """Return for each workload both cases at each horizon, with the room counted that is left."""
        plan = self.plan
        pairs = zip(self.worst.numbers, self.best.numbers, strict=True)
        found = dict(zip(plan.ids[plan.first_workload :], map(plan.paired.__getitem__, pairs), strict=True))
        for at, those in enumerate(self.rooms):
            for place, room in those.items():
                levels = found[plan.ids[place]]
                felt = felt_with(_LEVELS[levels[2 * at]], room.percent)
                if felt > levels[2 * at]:
                    both = bytes((felt, min(felt, levels[2 * at + 1])))
                    found[plan.ids[place]] = levels[: 2 * at] + both + levels[2 * at + 2 :]
        return found

    def _codes(self, place: int) -> Iterable[str]:
        """Return the codes of one workload at all horizons without making its outcomes."""
        state, plan = self.worst.of(place), self.plan
        restarts = self._restarting(state).get(place, 0)
        compelled = self._in_force(place, self.hit.orders) if self.hit.orders else 0
        above = self._in_force(place, self._above) if self._above else 0
        short = self._short.get(place, 0)
        if not (self.worst.base.out[place] or short or compelled or restarts):
            return ()
        worst, best = state.out[place], self.best.numbers[place - plan.first_workload]
        key = ("codes", worst, best, restarts, short, compelled, above)
        found: dict[str, None] | None = plan.kept.get(key)
        if found is None:
            found = {}
            levels = zip(plan.book.profile(worst), plan.book.profile(best), strict=True)
            for at, (level, least) in enumerate(levels):
                bare = level == Availability.UNPROTECTED and self._bare(place, state, float(_HORIZONS[at]))
                found |= dict.fromkeys(
                    codes_for(
                        _LEVELS[level],
                        _LEVELS[least],
                        bare=bare,
                        restarts=bool(restarts >> at & 1) and level != Availability.DARK,
                        short=bool(short >> at & 1),
                        compelled=bool(compelled >> at & 1),
                        forced_off=bool(above >> at & 1),
                    )
                )
            if bytes([Availability.UNPROTECTED]) not in plan.book.profile(worst):
                # Otherwise it depends on the path.
                plan.kept[key] = found
        return found

    @cached_property
    def _short(self) -> dict[int, int]:
        """By workload the horizons, as bits, at which part of its load finds no room."""
        found: dict[int, int] = {}
        for at, those in enumerate(self.rooms):
            for place, room in those.items():
                if room.short_at:
                    found[place] = found.get(place, 0) | 1 << at
        return found

    def _in_force(self, place: int, those: Sequence[Blow]) -> int:
        """Return the horizons, as bits, at which any of these holds that hits something a workload reaches."""
        if not self.plan.reach[place] & self._mask(those):
            return 0
        return bits_of([at for at, horizon in enumerate(_HORIZONS) if self._of_reach(place, those, horizon)])

    def _bare(self, place: int, state: State, hour: float) -> bool:
        """Tell whether something stands in for a workload without checks of its own."""
        return any(step.reason == Reason.NO_OWN_CHECKS for step in self._explain(state).path(place, hour))

    def _longest(self) -> dict[str, float]:
        """Return the longest stop of each critical workload, in hours."""
        kept, plan = self.plan.longest, self.plan
        found = {}
        for place in plan.critical:
            number = self.worst.numbers[place - plan.first_workload]
            if number not in kept:
                kept[number] = longest_dark(plan.book.line(number))
            found[plan.ids[place]] = kept[number]
        return found

    def paths(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        """Yield the ids of workloads that are worse than degraded when one looks, each with the path that says why."""
        for place, state in enumerate(self.worst.states, self.plan.first_workload):
            levels = self.plan.book.profile(state.out[place])
            for at, horizon in enumerate(_HORIZONS):
                if levels[at] > Availability.DEGRADED:
                    path = self._explain(state).path(place, float(horizon))
                    # As in an outcome: where no chain leads to a cause, it is told what is held over.
                    yield self.plan.ids[place], path or self._held_over(at, horizon)[id(state)].get(place, ())

    def timeline(self, place: int) -> tuple[Change, ...]:
        """Return the line of time of one workload, worst case."""
        return tuple(Change(hour, _LEVELS[level]) for hour, level in self.worst.line(place))

    def _outcome(
        self, place: int, horizon: Horizon, room: Room | None, waiting: dict[int, dict[int, tuple[Step, ...]]]
    ) -> Outcome:
        state, name, hour = self.worst.of(place), self.plan.ids[place], float(horizon)
        number = state.out[place]
        touched = bool(self.worst.base.out[place])
        steps = waiting.get(id(state), {}).get(place, ()) if waiting else ()
        exposed = self._of_reach(place, self.hit.orders, hour)
        if not touched and room is None and not steps and not exposed:
            return Outcome(self.scenario.id, name, horizon, Availability.UNAFFECTED, Availability.UNAFFECTED)
        book = self.plan.book
        line = book.line(number)
        worst = _LEVELS[book.at(number, hour)]
        best = min(worst, _LEVELS[book.at(self.best.numbers[place - self.plan.first_workload], hour)])
        path = self._explain(state).path(place, hour) if touched else ()
        return Outcome(
            self.scenario.id,
            name,
            horizon,
            worst,
            best,
            room.percent if room else (0.0 if worst is Availability.DARK else 100.0),
            room.short_at if room else (),
            bool(steps) and worst is not Availability.DARK,
            tuple(exposure(blow) for blow in exposed),
            tuple(blow.component.id for blow in self._of_reach(place, self._above, hour)),
            path or steps,
            next((at for at, _ in line if at > hour), None),
            line[-1][0] if line != CLEAR and line[-1][1] == 0 else None,
        )

    def _of_reach(self, place: int, those: Sequence[Blow], hour: float) -> list[Blow]:
        """Return the blows in force that hit something a workload reaches, by the id of what they hit."""
        if not those:
            return []
        reached = self.plan.reach[place] & self._mask(those)
        key = (id(those), reached, float(hour))
        if key not in self._reached:
            found = {blow.place: blow for blow in those if blow.holds_at(hour)}
            self._reached[key] = [found[at] for at in each_bit(reached) if at in found]
        return self._reached[key]

    def _mask(self, those: Sequence[Blow]) -> int:
        if id(those) not in self._masks:
            self._masks[id(those)] = bits_of({blow.place for blow in those})
        return self._masks[id(those)]

    def _explain(self, state: State) -> Explaining:
        if id(state) not in self._explaining:
            self._explaining[id(state)] = Explaining(self.plan, self._at, self.worst.base, state, self.hit.begin)
        return self._explaining[id(state)]

    def _serving(self, state: State) -> list[Serving]:
        if id(state) not in self._serves:
            self._serves[id(state)] = serving(self.plan, state)
        return self._serves[id(state)]

    def _restarting(self, state: State) -> dict[int, int]:
        if id(state) not in self._restarts:
            self._restarts[id(state)] = restarting(self.plan, self._no_new, state, self._serving(state))
        return self._restarts[id(state)]

    def _held_over(self, at: int, horizon: Horizon) -> dict[int, dict[int, tuple[Step, ...]]]:
        """Return for every state in use who works only until started afresh, by the identity of the state."""
        states = {id(state): state for state in map(self.worst.of, self.plan.at_top)}
        return {
            key: held_over(self.plan, self._no_new, state, self._serving(state)[at], float(horizon))
            for key, state in states.items()
        }

    def _unknowns(self) -> set[Unknown]:
        """Return what is not known and bears on something that a workload uses."""
        plan, own = self.plan, self.worst.base.own
        used = 0
        for place in plan.at_top:
            used |= plan.reach_with_ways[place]
        found = {one for one in self.hit.unknown if used >> plan.position[one.id] & 1}
        found |= {
            Unknown(blow.component.id, "sees_plain_text")
            for blow in self.hit.orders
            if blow.component.sees_plain_text is None and used >> blow.place & 1
        }
        for place in each_bit(used & ~plan.tops):
            if not own[place]:
                continue
            component = plan.components[place]
            if component.kind is Kind.SAFETY_CHECK and component.on_failure in (None, OnFailure.UNKNOWN):
                found.add(Unknown(component.id, "on_failure"))
            if component.kind in _HOLDS:
                found |= {Unknown(component.id, "survives_for") for edge in plan.into[place] if edge.unknown_hours}
        for source, ways in plan.best.items():
            if own[source] and used >> source & 1:
                for way in ways:
                    found |= {Unknown(plan.ids[way.target], name) for name in _gaps(way)}
        return found


def _gaps(way: Way) -> list[str]:
    one = way.fallback
    names = ("tested_on", "switch_hours", "capacity_percent", "quality")
    return [name for name in names if getattr(one, name) is None]


def summarise(plan: Plan, scenario: Scenario, picked: str | None = None) -> Summary:
    """Play a scenario for the matrix and the score only: what `simulate` says, without paths."""
    return Playing(plan, scenario, picked).summary()


def play_all(plan: Plan, scenarios: Iterable[Scenario]) -> list[Summary]:
    """Play many scenarios on one plan, each with what it picks by default."""
    with uncollected():
        return [playing.summary() for playing in _abreast(plan, scenarios)]


def _abreast(plan: Plan, scenarios: Iterable[Scenario]) -> list[Playing]:
    """Return these scenarios with both their cases worked out, all of them at once."""
    playings = [Playing(plan, scenario, None) for scenario in scenarios]
    if not playings:
        return []
    worst = [one.hit.lines(plan.book, best=False) for one in playings]
    best = [one.hit.lines(plan.book, best=True) for one in playings]
    directs = [*worst, *best]
    bases = spread_abreast(plan, directs)
    for at, one in enumerate(playings):
        one.worst = Case(plan, one.hit, best=False, base=bases[at])
        if one.is_doubtful:
            one.best = Case(plan, one.hit, one.worst, best=True, base=bases[len(playings) + at])
    return playings


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector of cycles from going through what is being built.

    All of it is kept until the end and none of it leads round, so that looking finds nothing, again and again. What
    was built then counts as old at once: otherwise the collector would go through it the moment it is let loose.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                # To the oldest generation without a look at any of it. A server's memory, once settled, stays frozen.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
