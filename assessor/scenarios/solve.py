"""The fixpoint: how every component and workload stands at every hour, worst first.

First everything that is hit spreads along what requires it, as if there were no fallback. Then round by round each
fallback relieves its source by how its target stood the round before, and everything spreads anew. A round can only
make things better, so a fallback counts only if its target stands without the help of what it stands in for.

Work: a spread walks the edges of what has changed, once where no loop leads round. What comes of the same things taken
together is looked up, not worked out again, whichever round, case, workload or scenario met them first.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assessor.scenarios.bits import bits_of, each_bit
from assessor.scenarios.lines import CLEAR, FOR_EVER, onto, pulse, until_ready
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
    due: int = 0
    """The bits of the workloads that stand another way now and have not been looked at since."""
    moved: int = 0
    """The bits of all that may stand another way than in the round before."""

    @classmethod
    def clear(cls, plan: Plan) -> "State":
        """Return the state in which all is well."""
        return cls([0] * plan.size, [0] * plan.size)

    def anew(self, reliefs: Reliefs) -> "State":
        """Return the same to be changed, with something else offered."""
        turned, outside = self.turned.copy(), self.outside.copy()
        return State(self.own.copy(), self.out.copy(), reliefs, 0, outside, turned, bits_of(reliefs), self.due)

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
    eased: Iterable[int] = (),
    *,
    within: bytes,
) -> State:
    """Return the least harm that follows from what is hit, with each fallback's relief given.

    `near` is a state that differs only by what hits or is required at the `stale` positions, and by what relieves the
    `eased` ones: only what they change is worked out anew. Groups are taken each after all it leads to, so that an edge
    outside of a loop is walked once. `within`: 1 for each group of components that is asked about, else 0; all others
    stay as they are in `near`, workloads until somebody looks.
    """
    state = (near or State.clear(plan)).anew(reliefs)
    own, out = state.own, state.out
    group_of, alone, take, met, feeds = plan.group_of, plan.alone, plan.take, plan.met, plan.feeds
    above, requires, tops_over = plan.above, plan.near, plan.tops_over
    changed = direct if stale is None else tuple(stale)
    moved = bits_of(changed)
    due = state.due | moved & plan.tops
    relieved_anew = set(eased)
    waiting = bytearray(within)
    # What waits is marked by a bit beside the one that says that it is asked about.
    for place in (*changed, *relieved_anew):
        waiting[group_of[place]] |= 2
    steps = 0
    number = waiting.find(3)
    while number >= 0:
        place = alone[number]
        if place < 0:
            turned = _loop(plan, number, direct, state, moved)
            moved |= turned
            for one in each_bit(turned):
                due |= tops_over[one]
                for up in above[one]:
                    waiting[up] |= 2
            number = waiting.find(3, number + 1)
            continue
        if place in relieved_anew and not (requires[place] | 1 << place) & moved:
            line = own[place]
        else:
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
            moved |= 1 << place
            due |= tops_over[place]
            for up in above[place]:
                waiting[up] |= 2
        number = waiting.find(3, number + 1)
    plan.steps += steps
    state.moved = moved
    # Nothing stands on a workload: how it stands is looked up when somebody asks.
    state.due = due
    return state


def look(plan: Plan, places: int, state: State) -> None:
    """Work out how some workloads (bits) stand in a state of components, where that is not known yet."""
    for place in each_bit(places & state.due):
        state.own[place] = state.out[place] = _taken(plan, place, state.out)
    state.due &= ~places


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
    hours: Callable[[], Sequence[float]],
    beside: Sequence[State] = (),
    stale: Iterable[int] = (),
    *,
    within: bytes,
) -> list[State]:
    """Return how all stand with these fallbacks, round by round, settled last.

    `base` is the state without any, `begin` when switching begins, `hours` tells those that help is rounded onto after
    `ROUNDS`, `beside` the rounds of those who have nearly the same fallbacks: most of what is found there holds here
    too, save at the `stale` positions. Only those in the groups of `within` stand as they should in the end.
    """
    rounds = [base]
    offers = offers_of(plan, ways, begin)
    reliefs = reliefs_of(offers, base.out)
    anew: Iterable[int] = offers
    # How the rounds here may differ from those beside.
    apart = base.moved if beside and beside[0] is not base else 0
    while reliefs != rounds[-1].reliefs:
        if len(rounds) < len(beside):
            near = beside[len(rounds)]
            anew = offers.keys() | {source for source in near.reliefs if within[plan.group_of[source]]}
            after = spread(plan, direct, reliefs, near, stale, _eased(anew, near.reliefs, reliefs), within=within)
            apart, after.moved = after.moved, after.moved | near.moved | apart
        else:
            near = rounds[-1]
            after = spread(plan, direct, reliefs, near, (), _eased(anew, near.reliefs, reliefs), within=within)
        after.rounds = len(rounds)
        rounds.append(after)
        anew = [source for source, those in offers.items() if any(one.uses & after.moved for one in those)]
        reliefs = {**reliefs, **reliefs_of({source: offers[source] for source in anew}, after.out)}
        if after.rounds >= ROUNDS:
            # What is offered as before stays as it is when rounded.
            reliefs |= rounded({source: offers[source] for source in anew}, after.reliefs, reliefs, hours())
    return rounds


def _eased(sources: Iterable[int], before: Reliefs, now: Reliefs) -> list[int]:
    """Return those of these to whom something else is offered now."""
    return [source for source in sources if before.get(source) != now.get(source)]


class Offer:
    """One fallback ready for its rounds: `uses` are the bits of what it needs, `take` hands over how those stand."""

    __slots__ = ("_floor", "_plan", "_ready", "_way", "known", "take", "uses")

    def __init__(self, plan: Plan, way: Way, begin: float) -> None:
        self._plan, self._way, self.take, self.uses = plan, way, way.take, way.uses
        self.known: dict[Hashable, Relief] = {}
        """What is offered, by how those stand."""
        self._floor = plan.book.number(pulse(0.0, FOR_EVER, way.floor))
        self._ready = plan.book.number(until_ready(CLEAR, begin + way.delay if way.delay else 0.0))

    def relief(self, out: Numbers) -> Relief:
        """Return what is offered, given how all stand."""
        taken = self.take(out)
        found = self.known.get(taken)
        if found is None:
            found = self.known[taken] = self._worked_out(out)
        return found

    def _worked_out(self, out: Numbers) -> Relief:
        book, way = self._plan.book, self._way
        self._plan.steps += 1 + len(way.checks)
        number = out[way.target]
        for check in way.checks:
            number = book.worse(number, book.passed(out[check.target], 0.0, check.levels))
        return self._of(book.worse(book.worse(number, self._floor), self._ready))

    def rounded(self, hours: Sequence[float], before: Relief, after: Relief) -> Relief:
        """Return the better of what was offered before and what is now, this rounded onto some hours."""
        book = self._plan.book
        return self._of(book.better(before.line, book.number(onto(book.line(after.line), hours))))

    def _of(self, number: int) -> Relief:
        way = self._way
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
        offers.setdefault(way.source, []).append(_offer(plan, way, begin))
    return offers


def _offer(plan: Plan, way: Way, begin: float) -> Offer:
    offer: Offer | None = plan.kept.get((way, begin))
    if offer is None:
        offer = plan.kept[way, begin] = Offer(plan, way, begin)
    return offer


def reliefs_of(offers: Offers, out: Numbers) -> dict[int, tuple[Relief, ...]]:
    """Return what is offered in the next round, given how all stand."""
    return {
        source: tuple([one.known.get(one.take(out)) or one.relief(out) for one in those])
        for source, those in offers.items()
    }


def rounded(offers: Offers, before: Reliefs, now: Reliefs, hours: Sequence[float]) -> dict[int, tuple[Relief, ...]]:
    """Return what is offered, once more than the first rounds are over."""
    return {
        source: tuple(
            [one.rounded(hours, *pair) for one, *pair in zip(those, before[source], now[source], strict=True)]
        )
        for source, those in offers.items()
    }


def helps(plan: Plan, way: Way, state: State, begin: float) -> bool:
    """Tell whether one more fallback would make anything better in a state that is settled without it."""
    own, out = state.own[way.source], state.out[way.source]
    if not own or not out:
        return False
    return plan.book.better(out, offered(plan, own, _offer(plan, way, begin).relief(state.out))) != out


def level(plan: Plan, numbers: Numbers, place: int, hour: float) -> int:
    """Return how something stands at one hour."""
    return plan.book.at(numbers[place], hour)
