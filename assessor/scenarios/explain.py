"""The chain that explains a result: from what a workload needs to what befell it, the shortest one there is."""

from collections import deque
from collections.abc import Iterator

from assessor.scenarios.effects import Blow
from assessor.scenarios.graph import Kind, OnFailure
from assessor.scenarios.plan import AUDIT_IS_LOST, CHECK_FAILS_OPEN, Edge, Levels, Plan, Way
from assessor.scenarios.results import Horizon, Reason, Step
from assessor.scenarios.solve import State, level

_Link = tuple[int, tuple[Step, ...]]


class Explaining:
    """One state with what hit it, ready to say why somebody stands as they do at one hour."""

    def __init__(self, plan: Plan, blows: dict[int, list[Blow]], base: State, state: State, begin: float) -> None:
        self._plan, self._blows, self._base, self._state, self._begin = plan, blows, base, state, begin

    def path(self, place: int, hour: float) -> tuple[Step, ...]:
        """Return the steps from the first component to the cause; of two chains of a length, the first by id.

        Where all is well only because something stands in, the chain ends with what does.
        """
        state = self._state if level(self._plan, self._state.out, place, hour) else self._base
        if not level(self._plan, state.out, place, hour):
            return ()
        came: dict[int, tuple[int, tuple[Step, ...]] | None] = {place: None}
        queue = deque([place])
        while queue:
            here = queue.popleft()
            end = self._end(here, hour, state)
            if end is not None:
                return (*_back(came, here), *end)
            for target, steps in self._links(here, hour, state):
                self._plan.steps += 1
                if target not in came:
                    came[target] = (here, steps)
                    queue.append(target)
        return ()

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
        return book.at(book.passed(state.out.get(edge.target, 0), edge.hours, edge.levels), hour)

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
    return (-blow.level, blow.reason.value)


def restarting(plan: Plan, blows: dict[int, list[Blow]], state: State) -> list[int]:
    """Return the bits of those whom `held_over` finds, at each horizon."""
    found = [0] * len(Horizon)
    for place, number in state.out.items():
        for hours, levels, sources, known in plan.holders[place]:
            plan.steps += 1
            masked = known.get(number)
            if masked is None:
                masked = known[number] = _masked(plan, number, hours, levels)
            for at in masked:
                found[at] |= sources
    for at, horizon in enumerate(Horizon):
        for place, those in blows.items():
            if any(blow.reason is Reason.NO_NEW and blow.holds_at(horizon) for blow in those):
                for edge in plan.into[place]:
                    if not edge.after_restart:
                        found[at] |= 1 << edge.source
        if found[at]:
            found[at] = _handed_up(plan, found[at], state, horizon)
    return found


def _masked(plan: Plan, number: int, hours: float, levels: Levels) -> list[int]:
    """Return the horizons at which a line is felt less by who holds over than it would be by others."""
    book = plan.book
    felt, plain = book.passed(number, hours, levels), book.passed(number, 0.0, levels)
    return [at for at, one in enumerate(Horizon) if book.at(felt, one) < book.at(plain, one)]


def _handed_up(plan: Plan, start: int, state: State, hour: float) -> int:
    """Return the bits of whoever requires any of these in the end; where a fallback serves nothing is handed on."""
    served = 0
    for place in state.reliefs:
        if state.chosen(plan, place, hour) is not None:
            served |= 1 << place
    found, todo = start, start
    while todo:
        low = todo & -todo
        place = low.bit_length() - 1
        todo ^= low
        if served & low:
            continue
        plan.steps += 1
        if plan.reached_by[place] & served:
            more = plan.sources[place] & ~found
            todo |= more
            found |= more
        else:
            found |= plan.reached_by[place]
            todo &= ~plan.reached_by[place]
    return found


def held_over(plan: Plan, blows: dict[int, list[Blow]], state: State, hour: float) -> dict[int, tuple[Step, ...]]:
    """Return whoever works only until it is started afresh at one hour, by position, with the steps that say why."""
    found: dict[int, tuple[Step, ...]] = {}
    queue: deque[int] = deque()
    no_new = {at for at, those in blows.items() if any(b.reason is Reason.NO_NEW and b.holds_at(hour) for b in those)}
    for place in sorted(set(state.out) | no_new):
        down = level(plan, state.out, place, hour)
        if not down and place not in no_new:
            continue
        reason = Reason.HOLDS_OVER if down else Reason.NO_NEW
        for edge in plan.into[place] if place in no_new else plan.holding[place]:
            plan.steps += 1
            felt = plan.book.at(plan.book.passed(state.out.get(place, 0), edge.hours, edge.levels), hour)
            masked = felt < (edge.levels[down] if edge.levels else down)
            if (masked or place in no_new) and not edge.after_restart and edge.source not in found:
                found[edge.source] = (Step(plan.ids[place], reason),)
                queue.append(edge.source)
    while queue:
        place = queue.popleft()
        if state.chosen(plan, place, hour) is not None:
            continue
        for edge in plan.into[place]:
            plan.steps += 1
            if edge.source not in found:
                found[edge.source] = (Step(plan.ids[place], Reason.REQUIRES), *found[place])
                queue.append(edge.source)
    return found
