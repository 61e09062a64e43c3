"""One scenario played on one inventory; pure, and the same for the same input in whatever order."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

from assessor.scenarios.capacity import Room, rooms
from assessor.scenarios.effects import Blow, Blows, blows, exposure
from assessor.scenarios.explain import Explaining, held_over, restarting
from assessor.scenarios.fate import shared_fates
from assessor.scenarios.findings import codes_for, codes_of, findings
from assessor.scenarios.graph import Criticality, Inventory, Kind, OnFailure
from assessor.scenarios.lines import CLEAR, FOR_EVER, Line
from assessor.scenarios.match import candidates
from assessor.scenarios.plan import Plan, Way
from assessor.scenarios.results import (
    METHOD_VERSION,
    Availability,
    Change,
    Horizon,
    Outcome,
    Reason,
    SharedFate,
    Simulation,
    Step,
    Summary,
    Unknown,
    felt_with,
)
from assessor.scenarios.scenario import Scenario
from assessor.scenarios.solve import ROUNDS, State, helps, look, settle, spread

_LEVELS = tuple(Availability)
_CLEAR = bytes(2 * len(Horizon))
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
    return candidates(plan.inventory, scenario, plan.weight)


class Case:
    """The worst or the best case of a scenario: the state of all, by what each workload may fall back to."""

    def __init__(self, plan: Plan, hit: Blows, beside: "Case | None" = None, *, best: bool) -> None:
        """`beside`: the other case of the same, from which this one starts."""
        self._plan, self._hit, self._best = plan, hit, best
        self.direct = hit.lines(plan.book, plan.position, best=best)
        if beside is None:
            self.base = spread(plan, self.direct, {})
        else:
            stale = [place for place, line in beside.direct.items() if self.direct.get(place) != line]
            self.base = spread(plan, self.direct, {}, beside.base, stale)
        offered = plan.best if best else plan.worst
        ways = [way for source in sorted(offered) if source in self.base.own for way in offered[source]]
        self._free = [way for way in ways if way.fallback.workload is None and not way.fallback.data_classes]
        self._bound = [way for way in ways if way not in self._free]
        self._common = settle(plan, self.direct, self.base, self._free, hit.begin)
        look(plan, [place for place in self.base.out if place >= plan.first_workload], self._common[-1])
        # Most of what is offered to some only helps nobody now; then they see what all others see.
        last = self._common[-1]
        tried = self._bound if last.rounds == ROUNDS else [w for w in self._bound if helps(plan, w, last, hit.begin)]
        self._helping = sum(way.bit for way in tried)
        self._rounds: dict[int, list[State]] = {0: self._common}
        self._bound_bits = sum(way.bit for way in self._bound)
        self._relieved: dict[int, int] = {}
        self._of: dict[int, State] = {}

    def of(self, place: int) -> State:
        """Return the state that a workload sees."""
        if place not in self._of:
            self._of[place] = self._settled(place) if place in self.base.out else self.base
        return self._of[place]

    def line(self, place: int) -> Line:
        """Return how a workload stands at every hour."""
        return self._plan.book.lines[self.of(place).out.get(place, 0)]

    def may_move(self, place: int) -> bool:
        """Tell whether any fallback relieves anything that a workload uses."""
        state = self.of(place)
        if id(state) not in self._relieved:
            self._relieved[id(state)] = sum(1 << source for source in state.reliefs)
        return bool(self._relieved[id(state)] & self._plan.reach[place])

    def _settled(self, place: int) -> State:
        key = self._key(place)
        if key not in self._rounds:
            ways = [*self._free, *[way for way in self._bound if way.bit & key]]
            # Those who may use nearly the same stand nearly the same.
            near = min(self._rounds, key=lambda other: ((key ^ other).bit_count(), other))
            beside = self._rounds[near]
            self._rounds[key] = settle(self._plan, self.direct, self.base, ways, self._hit.begin, beside)
        state = self._rounds[key][-1]
        if key:
            look(self._plan, (place,), state)
        return state

    def _key(self, place: int) -> int:
        """Return the bits of what is offered to some only, this workload among them; 0 where none of it helps."""
        last, offers = self._common[-1], self._plan.offers(place, best=self._best)
        if not offers & self._helping or (last.rounds < ROUNDS and not last.out.get(place)):
            return 0
        return offers & self._bound_bits


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
        self.hit = blows(plan.inventory, scenario, picked, spared)
        self.worst = Case(plan, self.hit, best=False)
        self._at: dict[int, list[Blow]] = {}
        for blow in self.hit.all:
            self._at.setdefault(plan.position[blow.component.id], []).append(blow)
        self._above = [blow for blow in self.hit.all if blow.reason is Reason.ABOVE_CEILING]
        self._masks: dict[int, int] = {}
        self._reached: dict[tuple[int, int, float], list[Blow]] = {}
        self._explaining: dict[int, Explaining] = {}

    @cached_property
    def best(self) -> Case:
        """The best case; worked out only when somebody asks, which trying changes does not."""
        doubtful = any(blow.unknown for blow in self.hit.all)
        doubtful = doubtful or any(source in self.worst.base.own for source in self.plan.best)
        return Case(self.plan, self.hit, self.worst, best=True) if doubtful else self.worst

    def simulation(self) -> Simulation:
        """Return all results."""
        plan = self.plan
        places = range(plan.first_workload, plan.size)
        moved = {place for place in places if self.worst.may_move(place)}
        by_place: dict[int, list[Outcome]] = {place: [] for place in places}
        for horizon in Horizon:
            room = self._rooms(moved, horizon)
            waiting = self._held_over(horizon)
            for place in places:
                by_place[place].append(self._outcome(place, horizon, room.get(place), waiting))
        ordered = [by_place[plan.position[one.id]] for one in plan.inventory.workloads]
        outcomes = tuple(outcome for those in ordered for outcome in those)
        fates = self._fates()
        return Simulation(
            scenario=self.scenario.id,
            scenario_version=self.scenario.version,
            method_version=METHOD_VERSION,
            matched=tuple(sorted(self.hit.matched)),
            perhaps=tuple(sorted(self.hit.perhaps)),
            outcomes=outcomes,
            timelines={one.id: self.timeline(plan.position[one.id]) for one in plan.inventory.workloads},
            picked=self.picked,
            shared_fate=fates,
            unknowns=tuple(sorted(self._unknowns())),
            findings=findings(plan, self.scenario, codes_of(outcomes), self.timelines(), fates),
            notes=() if self.hit.matched or self.hit.perhaps else ("matches-nothing",),
        )

    def summary(self) -> Summary:
        """Return how all stand and what it means for the questions; the same as `simulation` says, for far less."""
        plan = self.plan
        places = range(plan.first_workload, plan.size)
        moved = {place for place in places if self.worst.may_move(place)}
        room = [self._rooms(moved, horizon) for horizon in Horizon]
        states = {one.id: self._states_of(plan.position[one.id], room) for one in plan.inventory.workloads}
        critical = [place for place in places if plan.workload(place).criticality is Criticality.CRITICAL]
        codes: dict[str, list[str]] = {}
        waiting: dict[int, list[int]] = {}
        for place in critical:
            state = self.worst.of(place)
            if id(state) not in waiting:
                waiting[id(state)] = restarting(plan, self._at, state)
            codes[plan.ids[place]] = [
                code
                for at, horizon in enumerate(Horizon)
                for code in self._codes(place, horizon, room[at], bool(waiting[id(state)][at] >> place & 1))
            ]
        return Summary(
            self.scenario.id,
            self.picked,
            tuple(sorted(self.hit.matched)),
            tuple(sorted(self.hit.perhaps)),
            states,
            findings(
                plan, self.scenario, codes, {plan.ids[place]: self.timeline(place) for place in critical}, self._fates()
            ),
        )

    def _states_of(self, place: int, room: Sequence[Mapping[int, Room]]) -> bytes:
        worst, best = self.worst.of(place).out.get(place, 0), self.best.of(place).out.get(place, 0)
        if any(place in those for those in room):
            found = bytearray()
            for horizon, those in zip(Horizon, room, strict=True):
                state = self.plan.book.at(worst, horizon)
                felt = felt_with(_LEVELS[state], those[place].percent if place in those else 100.0)
                found += bytes((felt, min(felt, state, self.plan.book.at(best, horizon))))
            return bytes(found)
        if not worst:
            return _CLEAR
        key = ("states", worst, best)
        if key not in self.plan.kept:
            levels = [(self.plan.book.at(worst, one), self.plan.book.at(best, one)) for one in Horizon]
            self.plan.kept[key] = bytes(one for pair in levels for one in (pair[0], min(pair)))
        kept: bytes = self.plan.kept[key]
        return kept

    def _codes(self, place: int, horizon: Horizon, room: Mapping[int, Room], restarts: bool) -> list[str]:
        """Return the codes of one workload at one horizon without making its outcome."""
        state, hour = self.worst.of(place), float(horizon)
        touched = place in self.worst.base.out
        if not touched and place not in room and not restarts and not self._of_reach(place, self.hit.orders, hour):
            return []
        book = self.plan.book
        worst = _LEVELS[book.at(state.out.get(place, 0), hour)]
        best = _LEVELS[book.at(self.best.of(place).out.get(place, 0), hour)]
        return codes_for(
            worst,
            best,
            bare=lambda: any(step.reason == Reason.NO_OWN_CHECKS for step in self._explain(state).path(place, hour)),
            restarts=restarts and worst is not Availability.DARK,
            short=place in room and bool(room[place].short_at),
            compelled=bool(self._of_reach(place, self.hit.orders, hour)),
            forced_off=bool(self._of_reach(place, self._above, hour)),
        )

    def timelines(self) -> dict[str, tuple[Change, ...]]:
        """Return the line of time of every workload, worst case."""
        return {one.id: self.timeline(place) for place, one in enumerate(self.plan.workloads, self.plan.first_workload)}

    def timeline(self, place: int) -> tuple[Change, ...]:
        """Return the line of time of one workload, worst case."""
        return tuple(Change(hour, _LEVELS[level]) for hour, level in self.worst.line(place))

    def _outcome(
        self, place: int, horizon: Horizon, room: Room | None, waiting: dict[int, dict[int, tuple[Step, ...]]]
    ) -> Outcome:
        state, name, hour = self.worst.of(place), self.plan.ids[place], float(horizon)
        number = state.out.get(place, 0)
        touched = place in self.worst.base.out
        steps = waiting.get(id(state), {}).get(place, ()) if waiting else ()
        exposed = self._of_reach(place, self.hit.orders, hour)
        if not touched and room is None and not steps and not exposed:
            return Outcome(self.scenario.id, name, horizon, Availability.UNAFFECTED, Availability.UNAFFECTED)
        book = self.plan.book
        line = book.lines[number]
        worst = _LEVELS[book.at(number, hour)]
        best = min(worst, _LEVELS[book.at(self.best.of(place).out.get(place, 0), hour)])
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
        if (id(those), reached, hour) not in self._reached:
            found = {self.plan.position[blow.component.id]: blow for blow in those if blow.holds_at(hour)}
            self._reached[id(those), reached, hour] = [found[at] for at in self.plan.bits(reached) if at in found]
        return self._reached[id(those), reached, hour]

    def _mask(self, those: Sequence[Blow]) -> int:
        if id(those) not in self._masks:
            self._masks[id(those)] = 0
            for blow in those:
                self._masks[id(those)] |= 1 << self.plan.position[blow.component.id]
        return self._masks[id(those)]

    def _explain(self, state: State) -> Explaining:
        if id(state) not in self._explaining:
            self._explaining[id(state)] = Explaining(self.plan, self._at, self.worst.base, state, self.hit.begin)
        return self._explaining[id(state)]

    def _rooms(self, moved: set[int], horizon: Horizon) -> dict[int, Room]:
        return rooms(self.plan, self._at, self.worst.base, self.worst.of, moved, float(horizon))

    def _held_over(self, horizon: Horizon) -> dict[int, dict[int, tuple[Step, ...]]]:
        """Return for every state in use who works only until started afresh, by the identity of the state."""
        states = {id(state): state for state in map(self.worst.of, range(self.plan.first_workload, self.plan.size))}
        return {key: held_over(self.plan, self._at, state, float(horizon)) for key, state in states.items()}

    def _fates(self) -> tuple[SharedFate, ...]:
        """Return the second sources that this scenario takes together with the first, wholly or in part."""
        own, position = self.worst.base.own, self.plan.position
        if not own:
            return ()
        if "fates" not in self.plan.kept:
            self.plan.kept["fates"] = shared_fates(self.plan)
        return tuple(
            one for one in self.plan.kept["fates"] if position[one.source] in own and position[one.target] in own
        )

    def _unknowns(self) -> set[Unknown]:
        """Return what is not known and bears on something that a workload uses."""
        plan, own = self.plan, self.worst.base.own
        used = 0
        for place in range(plan.first_workload, plan.size):
            used |= plan.reach_with_ways[place]
        found = {one for one in self.hit.unknown if used >> plan.position[one.id] & 1}
        found |= {
            Unknown(blow.component.id, "sees_plain_text")
            for blow in self.hit.orders
            if blow.component.sees_plain_text is None and used >> plan.position[blow.component.id] & 1
        }
        for place in own:
            if place >= plan.first_workload or not used >> place & 1:
                continue
            component = plan.components[place]
            if component.kind is Kind.SAFETY_CHECK and component.on_failure in (None, OnFailure.UNKNOWN):
                found.add(Unknown(component.id, "on_failure"))
            if component.kind in _HOLDS:
                found |= {Unknown(component.id, "survives_for") for edge in plan.into[place] if edge.unknown_hours}
        for source, ways in plan.best.items():
            if source in own and used >> source & 1:
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
    return [summarise(plan, scenario) for scenario in scenarios]


def dark_hours(line: Sequence[Change], until: float) -> float:
    """Return the hours before `until` for which a line of time is dark."""
    ends = [change.at for change in line[1:]] + [FOR_EVER]
    return sum(
        min(end, until) - change.at
        for change, end in zip(line, ends, strict=True)
        if change.availability is Availability.DARK and change.at < until
    )
