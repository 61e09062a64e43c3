"""The chain that explains a result: from what a workload needs to what befell it, the shortest one there is."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from assessor.scenarios.bits import bits_of, each_bit
from assessor.scenarios.capacity import Serving, as_far_as
from assessor.scenarios.effects import Blow
from assessor.scenarios.graph import Kind, OnFailure
from assessor.scenarios.plan import AUDIT_IS_LOST, CHECK_FAILS_OPEN, Edge, Plan, Way
from assessor.scenarios.results import Horizon, Reason, Step
from assessor.scenarios.solve import State, level

_Link = tuple[int, tuple[Step, ...]]


class Explaining:
    """One state with what hit it, ready to say why somebody stands as they do at one hour."""

    def __init__(self, plan: Plan, blows: dict[int, list[Blow]], base: State, state: State, begin: float) -> None:
        self._plan, self._blows, self._base, self._state, self._begin = plan, blows, base, state, begin

    def path(self, place: int, hour: float) -> tuple[Step, ...]:
        """Return the steps from the first component to the cause, the shortest chain that there is.

        Of two chains of a length the one whose cause is certain comes first, then the first by id.

        Where all is well only because something stands in, the chain ends with what does.
        """
        state = self._state if level(self._plan, self._state.out, place, hour) else self._base
        if not level(self._plan, state.out, place, hour):
            return ()
        came: dict[int, tuple[int, tuple[Step, ...]] | None] = {place: None}
        layer = [place]
        doubtful: tuple[Step, ...] = ()
        while layer and not doubtful:
            further = []
            for here in layer:
                end = self._end(here, hour, state)
                if end is None:
                    further.append(here)
                elif self._is_certain(here, hour, state):
                    return (*_back(came, here), *end)
                else:
                    doubtful = doubtful or (*_back(came, here), *end)
            layer = [] if doubtful else self._next(further, came, hour, state)
        return doubtful

    def _next(
        self, layer: Iterable[int], came: dict[int, tuple[int, tuple[Step, ...]] | None], hour: float, state: State
    ) -> list[int]:
        """Return what one step further leads to, and note in `came` from where."""
        found = []
        for here in layer:
            for target, steps in self._links(here, hour, state):
                self._plan.steps += 1
                if target not in came:
                    came[target] = (here, steps)
                    found.append(target)
        return found

    def _is_certain(self, place: int, hour: float, state: State) -> bool:
        """Tell whether what a chain ends with here is so whatever is not known."""
        if self._state.chosen(self._plan, place, hour) is not None:
            return True
        own = level(self._plan, state.own, place, hour)
        return any(
            blow.level >= own and blow.holds_at(hour) and not blow.unknown for blow in self._blows.get(place, ())
        )

    def _end(self, place: int, hour: float, state: State) -> tuple[Step, ...] | None:
        """Return the last steps where the chain ends here; None where it leads on."""
        way = self._state.chosen(self._plan, place, hour)
        if way is not None:
            target = level(self._plan, self._state.out, way.target, hour)
            left = level(self._plan, self._state.out, place, hour)
            if target < left and not self._failing_check(way, left, hour):
                return self._in_place(way)
            if not left:
                return self._in_place(way)
            return None
        own = level(self._plan, state.own, place, hour)
        hit = [blow for blow in self._blows.get(place, ()) if blow.level >= own and blow.holds_at(hour)]
        if not hit:
            return None
        return (*self._waiting(place, hour), Step(self._plan.ids[place], min(hit, key=_by_reason).reason))

    def _in_place(self, way: Way) -> tuple[Step, ...]:
        name = self._plan.ids[way.target]
        stands_in = Step(name, Reason.FALLS_BACK)
        if way.unprotected:
            return (stands_in, Step(name, Reason.NO_OWN_CHECKS))
        return (stands_in, Step(name, Reason.REDUCED)) if way.floor else (stands_in,)

    def _failing_check(self, way: Way, left: int, hour: float) -> Edge | None:
        return next((one for one in way.checks if self._handed(self._state, one, hour) >= left), None)

    def _links(self, place: int, hour: float, state: State) -> Iterator[_Link]:
        plan = self._plan
        way = self._state.chosen(plan, place, hour)
        if way is not None:
            left = level(plan, self._state.out, place, hour)
            stands_in = Step(plan.ids[way.target], Reason.FALLS_BACK)
            if level(plan, self._state.out, way.target, hour) >= left:
                yield way.target, (stands_in,)
            check = self._failing_check(way, left, hour)
            if check is not None:
                yield check.target, (stands_in, self._step(check))
            return
        before = self._waiting(place, hour)
        own = level(plan, state.own, place, hour)
        for edge in plan.out_of[place]:
            if self._handed(state, edge, hour) >= own:
                yield edge.target, (*before, self._step(edge))

    def _waiting(self, place: int, hour: float) -> tuple[Step, ...]:
        """Return what is said of a fallback that is there and does not serve."""
        said = []
        for relief in self._state.reliefs.get(place, ()):
            if hour < self._begin + relief.way.delay:
                said.append(Step(self._plan.ids[relief.way.target], Reason.SWITCHING))
            elif relief.lasts <= hour:
                said.append(Step(self._plan.ids[relief.way.target], Reason.WORN_OUT))
        return tuple(said[:1])

    def _handed(self, state: State, edge: Edge, hour: float) -> int:
        book = self._plan.book
        return book.at(book.passed(state.out[edge.target], edge.hours, edge.levels), hour)

    def _step(self, edge: Edge) -> Step:
        component = self._plan.components[edge.target]
        reason = Reason.REQUIRES
        if edge.levels is CHECK_FAILS_OPEN:
            reason = Reason.CHECK_OPEN
        elif edge.levels is AUDIT_IS_LOST:
            reason = Reason.AUDIT_LOST
        elif component.kind is Kind.SAFETY_CHECK:
            reason = Reason.CHECK_QUEUE if component.on_failure is OnFailure.QUEUE else Reason.CHECK_CLOSED
        return Step(component.id, reason)


def _back(came: dict[int, tuple[int, tuple[Step, ...]] | None], place: int) -> list[Step]:
    chain: list[tuple[Step, ...]] = []
    link = came[place]
    while link is not None:
        chain.append(link[1])
        link = came[link[0]]
    return [step for steps in reversed(chain) for step in steps]


def _by_reason(blow: Blow) -> tuple[int, str]:
    return (-blow.level, blow.reason)


def restarting(plan: Plan, no_new: Iterable[Blow], state: State, serves: Sequence[Serving]) -> dict[int, int]:
    """Return the critical workloads that `held_over` finds, each with the horizons (bits) at which it does.

    `no_new`: the acts after which nothing new arrives; `serves`: what stands in, at each horizon.
    """
    # By the horizons at which something is felt less (bits), who feels it less; whatever is felt as it is comes first.
    found_at = [0] * (1 << len(Horizon))
    out, spared = state.out, plan.book.spared
    plan.steps += len(plan.holders)
    for place, hours, levels, sources, known in plan.holders:
        number = out[place]
        if number:
            horizons = known.get(number)
            if horizons is None:
                horizons = known[number] = spared(number, hours, levels)
            found_at[horizons] |= sources
    start = [0] * len(Horizon)
    for horizons, sources in enumerate(found_at):
        if sources:
            for at in each_bit(horizons):
                start[at] |= sources
    for blow in no_new:
        afresh = bits_of([edge.source for edge in plan.into[blow.place] if not edge.after_restart])
        for at, horizon in enumerate(Horizon):
            if blow.holds_at(horizon):
                start[at] |= afresh
    # Much is the same from one horizon to the next.
    alike: dict[tuple[int, int], int] = {}
    for at, (those, one) in enumerate(zip(start, serves, strict=True)):
        alike[those, one.served] = alike.get((those, one.served), 0) | 1 << at
    found: dict[int, int] = {}
    for (those, served), horizons in alike.items():
        for place in _leading_to(plan, those, served):
            found[place] = found.get(place, 0) | horizons
    return found


def _leading_to(plan: Plan, those: int, served: int) -> list[int]:
    """Return the critical workloads that are among these (bits), or come to any where nothing serves on the way."""
    asked, reach = those & ~served, plan.reach
    return [
        place
        for place in plan.critical
        if those >> place & 1 or (reach[place] & asked and asked & as_far_as(plan, served, place))
    ]


def held_over(
    plan: Plan, no_new: Iterable[Blow], state: State, serves: Serving, hour: float
) -> dict[int, tuple[Step, ...]]:
    """Return whoever works only until it is started afresh at one hour, by position, with the steps that say why."""
    found: dict[int, tuple[Step, ...]] = {}
    queue: deque[int] = deque()
    stopped = {blow.place for blow in no_new if blow.holds_at(hour)}
    for place in sorted({place for place, number in enumerate(state.out) if number} | stopped):
        down = level(plan, state.out, place, hour)
        if not down and place not in stopped:
            continue
        reason = Reason.HOLDS_OVER if down else Reason.NO_NEW
        for edge in plan.into[place] if place in stopped else plan.holding[place]:
            plan.steps += 1
            felt = plan.book.at(plan.book.passed(state.out[place], edge.hours, edge.levels), hour)
            masked = felt < (edge.levels[down] if edge.levels else down)
            if (masked or place in stopped) and not edge.after_restart and edge.source not in found:
                found[edge.source] = (Step(plan.ids[place], reason),)
                queue.append(edge.source)
    while queue:
        place = queue.popleft()
        if place in serves.chosen:
            continue
        for edge in plan.into[place]:
            plan.steps += 1
            if edge.source not in found:
                found[edge.source] = (Step(plan.ids[place], Reason.REQUIRES), *found[place])
                queue.append(edge.source)
    return found
