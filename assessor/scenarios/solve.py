"""The fixpoint: how every component and workload stands at every hour, worst first.

First everything that is hit spreads along what requires it, as if there were no fallback. Then round by round each
fallback relieves its source by how its target stood the round before, and everything spreads anew. A round can only
make things better, so a fallback counts only if its target stands without the help of what it stands in for.

Work: a spread walks the edges of what has changed, once where no loop leads round. What comes of the same things taken
together is looked up, not worked out again, whichever round, case, workload or scenario met them first.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assessor.scenarios.bits import bits_of, each_bit
from assessor.scenarios.lines import FOR_EVER, Line, better, onto, until_ready, worse
from assessor.scenarios.plan import Feed, Plan, Way

# How all stand, as numbers of lines by position; 0 is clear.
Numbers = list[int]

ROUNDS = 6
"""For so many rounds, one for each fallback that stands behind another, what a fallback offers counts to the hour.

Help that goes round a loop can put an outage off a little further each round, for ever. From then on what is offered
counts only as it is worst between the hours that a scenario and its fallbacks know themselves (see `onto`). There are
finitely many such lines and a round only makes them better, so the rounds come to an end by themselves: after at most
`ROUNDS` and four for each fallback and hour. The hours depend on no edge, so what is monotone stays monotone.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """What one fallback offers in one round: a line by its number, for as long as it can be kept up."""

    way: Way
    line: int
    lasts: float


Reliefs = Mapping[int, tuple[Relief, ...]]
"""What is offered to each position; each relief is there once, so that they can be compared by identity."""

# What is known of a loop: how each position in it stands, and what it hands on.
_Turned = list[tuple[int, int, int]]


@dataclass(slots=True)
class State:
    """How all stand: `own` before fallbacks and `out` after."""

    own: Numbers
    out: Numbers
    reliefs: Reliefs = field(default_factory=dict)
    rounds: int = 0
    outside: dict[int, list[int]] = field(default_factory=dict)
    """What comes into each loop from outside of it, by the number of the group."""
    turned: dict[int, _Turned] = field(default_factory=dict)
    """What came of each loop."""
    relieved: int = 0
    """The bits of those to whom anything is offered."""

    @classmethod
    def clear(cls, plan: Plan) -> "State":
        """Return the state in which all is well."""
        return cls([0] * plan.size, [0] * plan.size)

    def anew(self, reliefs: Reliefs) -> "State":
        """Return the same to be changed, with something else offered."""
        turned, outside = self.turned.copy(), self.outside.copy()
        return State(self.own.copy(), self.out.copy(), reliefs, 0, outside, turned, bits_of(reliefs))

    def chosen(self, plan: Plan, place: int, hour: float) -> Way | None:
        """Return the fallback that serves in place of a component at one hour; None where none does."""
        if place not in self.reliefs or not self.own[place]:
            return None
        own = plan.book.at(self.own[place], hour)
        best: tuple[int, Way] | None = None
        for relief in self.reliefs[place]:
            level = plan.book.at(offered(plan, self.own[place], relief), hour)
            if level < own and (best is None or level < best[0]):
                best = (level, relief.way)
        return best[1] if best else None


def offered(plan: Plan, own: int, relief: Relief) -> int:
    """Return what comes of a fallback, given how its source stands: a manual procedure wears out while it is used."""
    if relief.lasts == FOR_EVER:
        return relief.line
    return plan.book.worse(relief.line, plan.book.passed(own, relief.lasts, None))


def spread(
    plan: Plan,
    direct: Mapping[int, int],
    reliefs: Reliefs,
    near: State | None = None,
    stale: Iterable[int] | None = None,
    *,
    within: bytes,
) -> State:
    """Return the least harm that follows from what is hit, with each fallback's relief given.

    `near` is a state that differs only by what is hit or relieved at the `stale` positions: only what they change is
    worked out anew. Groups are taken each after all it leads to, so that an edge outside of a loop is walked once.
    `within`: 1 for each group that is asked about, else 0; all others stay as they are in `near`.
    """
    state = (near or State.clear(plan)).anew(reliefs)
    own, out = state.own, state.out
    group_of, alone, take, met, feeds = plan.group_of, plan.alone, plan.take, plan.met, plan.feeds
    above, into_loop = plan.above, plan.into_loop
    moved = steps = 0
    waiting = bytearray(within)
    # What waits is marked by a bit beside the one that says that it is asked about.
    for place in direct if stale is None else stale:
        waiting[group_of[place]] |= 2
        moved |= 1 << place
    number = waiting.find(3)
    while number >= 0:
        place = alone[number]
        if place < 0:
            changed = _loop(plan, number, direct, state, moved)
            if changed:
                moved |= changed
                for up in above[number]:
                    waiting[up] |= 2
            number = waiting.find(3, number + 1)
            continue
        taking = take[place]
        line = 0
        if taking is not None:
            taken = taking(out)
            steps += 1
            found = met[place].get(taken)
            if found is None:
                found = met[place][taken] = _received(plan, feeds[place], out)
            line = found
        if place in direct:
            line = plan.book.worse(direct[place], line)
        own[place] = line
        if line and place in reliefs:
            line = relieved(plan, line, reliefs[place])
        if out[place] != line:
            out[place] = line
            for up in above[number]:
                waiting[up] |= 2
            if into_loop[place]:
                moved |= 1 << place
        number = waiting.find(3, number + 1)
    plan.steps += steps
    return state


def look(plan: Plan, places: Iterable[int], state: State) -> None:
    """Work out how some workloads stand in a state of components."""
    for place in places:
        state.own[place] = state.out[place] = _taken(plan, place, state.out)


def _taken(plan: Plan, place: int, out: Numbers) -> int:
    """Return the worst of all that comes to a position from outside of its loop."""
    taking, met = plan.take[place], plan.met[place]
    if taking is None:
        return 0
    taken = taking(out)
    found = met.get(taken)
    plan.steps += 1
    if found is None:
        found = met[taken] = _received(plan, plan.feeds[place], out)
    return found


def _struck(plan: Plan, place: int, direct: Mapping[int, int], out: Numbers) -> int:
    """Return the worst of what hits a position itself and of what comes to it from outside of its loop."""
    line = _taken(plan, place, out)
    return plan.book.worse(direct[place], line) if place in direct else line


def _received(plan: Plan, feeds: Sequence[Feed], out: Numbers) -> int:
    """Return the worst of all that comes in over some edges."""
    plan.steps += len(feeds)
    book = plan.book
    worst, line = book.worse_known, 0
    for target, hours, levels, known in feeds:
        handed = out[target]
        if not handed:
            continue
        if known is not None:
            passed = known.get(handed)
            if passed is None:
                passed = known[handed] = book.passed(handed, hours, levels)
            handed = passed
        if handed != line and handed:
            found = worst[line].get(handed) if line else handed
            line = book.worse(line, handed) if found is None else found
    return line


def relieved(plan: Plan, own: int, reliefs: Sequence[Relief]) -> int:
    """Return what something hands on with its fallbacks, given how it stands itself."""
    line = own
    for relief in reliefs:
        line = plan.book.better(line, offered(plan, own, relief))
    return line


def _loop(plan: Plan, number: int, direct: Mapping[int, int], state: State, moved: int) -> int:
    """Work out a loop from nothing, so that nobody in it is held down by what they hand one another.

    Going round hands on nothing worse than what is there already, because every edge only delays or softens; so each
    change travels along simple paths, and there are finitely many. What comes of a loop depends on what comes in from
    outside (anew where something `moved`) and on its reliefs only, so it is kept for the next time that these are the
    same. Returns the bits of those in it that hand on something else than before.
    """
    group, own, out = plan.groups[number], state.own, state.out
    before, with_near = state.outside.get(number), plan.with_near
    if before is None:
        outside = [_struck(plan, place, direct, out) for place in group]
    else:
        outside = before.copy()
        for at, place in enumerate(group):
            if with_near[place] & moved:
                outside[at] = _struck(plan, place, direct, out)
    state.outside[number] = outside
    if not turned_anew(plan, number, state):
        return 0
    changed = 0
    for place, stands, hands_on in state.turned[number]:
        own[place] = stands
        if out[place] != hands_on:
            changed |= 1 << place
            out[place] = hands_on
    return changed


def turned_anew(plan: Plan, number: int, state: State) -> bool:
    """Look up or work out what comes of a loop, given what comes into it; tell whether that is something else now."""
    outside = state.outside[number]
    helped = tuple([state.reliefs[place] for place in each_bit(plan.within_group[number] & state.relieved)])
    known: dict[Hashable, _Turned] = plan.turned[number]
    key = (tuple(outside), helped)
    turned = known.get(key)
    if turned is None:
        turned = known[key] = _turn(plan, plan.groups[number], outside, state.reliefs)
    if state.turned.get(number) is turned:
        return False
    state.turned[number] = turned
    return True


def _turn(plan: Plan, group: Sequence[int], outside: Sequence[int], reliefs: Reliefs) -> _Turned:
    """Return how all in a loop stand and what they hand on.

    Who gets worse hands that on to whoever requires it; nobody in here gets better on the way, so nothing is asked
    for twice. Sweep by sweep, from the last position down: mostly those further down stand later.
    """
    book, handing = plan.book, plan.handing
    worst, steps = book.worse_known, 0
    own, out, waiting = [0] * plan.size, [0] * plan.size, bytearray(plan.size)
    for place, line in zip(group, outside, strict=True):
        if line:
            own[place], waiting[place] = line, 1
    place = waiting.rfind(1)
    while place >= 0:
        waiting[place] = 0
        line = own[place]
        if place in reliefs:
            line = relieved(plan, line, reliefs[place])
        if out[place] != line:
            out[place] = line
            steps += len(handing[place])
            for source, hours, levels, known in handing[place]:
                handed: int | None = line
                if known is not None:
                    handed = known.get(line)
                    if handed is None:
                        handed = known[line] = book.passed(line, hours, levels)
                before = own[source]
                if not handed or handed == before:
                    continue
                if before:
                    joined = worst[before].get(handed)
                    handed = book.worse(before, handed) if joined is None else joined
                    if handed == before:
                        continue
                own[source], waiting[source] = handed, 1
        place = waiting.rfind(1, 0, place)
        if place < 0:
            place = waiting.rfind(1)
    plan.steps += steps
    return [(place, own[place], out[place]) for place in group]


def settle(
    plan: Plan,
    direct: Mapping[int, int],
    base: State,
    ways: Sequence[Way],
    begin: float,
    hours: Sequence[float],
    beside: Sequence[State] = (),
    stale: Iterable[int] = (),
    *,
    within: bytes,
) -> list[State]:
    """Return how all stand with these fallbacks, round by round, settled last.

    `base` is the state without any, `begin` when switching begins, `hours` those that help is rounded onto after
    `ROUNDS`, `beside` the rounds of those who have nearly the same fallbacks: most of what is found there holds here
    too, save at the `stale` positions. Only those in the groups of `within` stand as they should in the end.
    """
    rounds = [base]
    offers = offers_of(plan, ways, begin)
    while (reliefs := reliefs_of(offers, rounds, hours)) != rounds[-1].reliefs:
        near, anew = rounds[-1], set[int]()
        if len(rounds) < len(beside):
            near, anew = beside[len(rounds)], set(stale)
        for source in offers.keys() | {one for one in near.reliefs if within[plan.group_of[one]]}:
            if near.reliefs.get(source) != reliefs.get(source):
                anew.add(source)
        after = spread(plan, direct, reliefs, near, anew, within=within)
        after.rounds = len(rounds)
        rounds.append(after)
    return rounds


class Offer:
    """One fallback ready for its rounds."""

    __slots__ = ("_begin", "_known", "_plan", "_take", "_way")

    def __init__(self, plan: Plan, way: Way, begin: float) -> None:
        self._plan, self._way, self._begin, self._take = plan, way, begin, way.take
        self._known: dict[Hashable, Relief] = {}

    def relief(self, out: Numbers) -> Relief:
        """Return what is offered, given how all stand."""
        taken = self._take(out)
        found = self._known.get(taken)
        if found is None:
            found = self._known[taken] = self._worked_out(out)
        return found

    def _worked_out(self, out: Numbers) -> Relief:
        book, way = self._plan.book, self._way
        self._plan.steps += 1 + len(way.checks)
        number = out[way.target]
        for check in way.checks:
            number = book.worse(number, book.passed(out[check.target], 0.0, check.levels))
        line = book.line(number)
        if way.floor:
            line = worse(line, ((0.0, way.floor),))
        return self._of(until_ready(line, self._begin + way.delay if way.delay else 0.0))

    def rounded(self, hours: Sequence[float], before: Relief, after: Relief) -> Relief:
        """Return the better of what was offered before and what is now, this rounded onto some hours."""
        line = self._plan.book.line
        return self._of(better(line(before.line), onto(line(after.line), hours)))

    def _of(self, line: Line) -> Relief:
        number, way = self._plan.book.number(line), self._way
        key = ("relief", way, number)
        if key not in self._plan.kept:
            lasts = way.lasts if way.lasts == FOR_EVER else way.lasts + way.delay
            self._plan.kept[key] = Relief(way, number, lasts)
        found: Relief = self._plan.kept[key]
        return found


Offers = dict[int, list[Offer]]
"""Fallbacks ready for their rounds, by what they stand in for."""


def offers_of(plan: Plan, ways: Iterable[Way], begin: float) -> Offers:
    """Return these fallbacks ready for their rounds, by what they stand in for."""
    offers: Offers = {}
    for way in ways:
        offer = plan.kept.get((way, begin))
        if offer is None:
            offer = plan.kept[way, begin] = Offer(plan, way, begin)
        offers.setdefault(way.source, []).append(offer)
    return offers


def reliefs_of(offers: Offers, rounds: Sequence[State], hours: Sequence[float]) -> Reliefs:
    """Return what is offered in the next round: to the hour in the first ones, then rounded onto `hours`."""
    state = rounds[-1]
    reliefs = {source: tuple([one.relief(state.out) for one in those]) for source, those in offers.items()}
    if len(rounds) > ROUNDS:
        for source, those in offers.items():
            pairs = zip(those, state.reliefs[source], reliefs[source], strict=True)
            reliefs[source] = tuple([one.rounded(hours, before, now) for one, before, now in pairs])
    return reliefs


def helps(plan: Plan, way: Way, state: State, begin: float) -> bool:
    """Tell whether one more fallback would make anything better in a state that is settled without it."""
    own, out = state.own[way.source], state.out[way.source]
    relief = offers_of(plan, [way], begin)[way.source][0].relief(state.out)
    return bool(own) and plan.book.better(out, offered(plan, own, relief)) != out


def level(plan: Plan, numbers: Numbers, place: int, hour: float) -> int:
    """Return how something stands at one hour."""
    return plan.book.at(numbers[place], hour)
