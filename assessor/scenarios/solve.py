"""The fixpoint: how every component and workload stands at every hour, worst first.

First everything that is hit spreads along what requires it, as if there were no fallback. Then round by round each
fallback relieves its source by how its target stood the round before, and everything spreads anew. A round can only
make things better, so a fallback counts only if its target stands without the help of what it stands in for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assessor.scenarios.lines import FOR_EVER, until_ready, worse
from assessor.scenarios.plan import Feed, Plan, Way

Numbers = dict[int, int]

ROUNDS = 6
"""A fallback counts within so many rounds, one for each fallback that stands behind another.

Help that goes round a loop can put an outage off a little further each round, for ever. Stopping early is safe: every
round is worse than the next, and the same number for everybody keeps what is monotone monotone.
"""


@dataclass(frozen=True, slots=True)
class Relief:
    """What one fallback offers in one round: a line by its number, for as long as it can be kept up."""

    way: Way
    line: int
    lasts: float


@dataclass(slots=True)
class State:
    """How all stand: `own` before fallbacks and `out` after, as numbers of lines by position; absent means clear."""

    own: Numbers
    out: Numbers
    reliefs: dict[int, list[Relief]] = field(default_factory=dict)
    rounds: int = 0
    outside: dict[int, list[int]] = field(default_factory=dict)
    """What comes into each loop from outside of it, by the number of the group."""

    def chosen(self, plan: Plan, place: int, hour: float) -> Way | None:
        """Return the fallback that serves in place of a component at one hour; None where none does."""
        if place not in self.reliefs or place not in self.own:
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
    reliefs: dict[int, list[Relief]],
    near: State | None = None,
    stale: Iterable[int] | None = None,
    *,
    below: bool = False,
) -> State:
    """Return the least harm that follows from what is hit, with each fallback's relief given.

    `near` is a state that differs only by what is hit or relieved at the `stale` positions: only what they change is
    worked out anew. Groups are taken each after all it leads to, so that an edge outside of a loop is walked once.
    `below`: workloads stay as they are in `near`; nothing stands on them, and `look` is for those one asks about.
    """
    state = State({}, {}, reliefs)
    if near is not None:
        state = State(dict(near.own), dict(near.out), reliefs, outside=dict(near.outside))
    own, out = state.own, state.out
    groups, feeds, group_of = plan.groups, plan.feeds, plan.group_of
    above = plan.above_below if below else plan.above
    waiting = moved = 0
    for place in direct if stale is None else stale:
        waiting |= 1 << group_of[place]
        moved |= 1 << place
    while waiting:
        first = waiting & -waiting
        waiting ^= first
        number = first.bit_length() - 1
        group = groups[number]
        if len(group) == 1:
            place = group[0]
            line = _received(plan, feeds[place], direct.get(place, 0), out)
            if _put(plan, place, line, reliefs, own, out):
                waiting |= above[number]
                moved |= 1 << place
        else:
            changed = _loop(plan, number, direct, state, moved)
            if changed:
                waiting |= above[number]
                moved |= changed
    return state


def look(plan: Plan, places: Iterable[int], state: State) -> None:
    """Work out how some workloads stand in a state of components."""
    for place in places:
        _put(plan, place, _received(plan, plan.feeds[place], 0, state.out), {}, state.own, state.out)


def _received(plan: Plan, feeds: Sequence[Feed], line: int, out: Numbers) -> int:
    """Return the worst of a line and of all that comes in over some edges."""
    plan.steps += len(feeds)
    book = plan.book
    get, worst = out.get, book.worse_known
    for target, hours, levels, known in feeds:
        handed = get(target)
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


def _put(
    plan: Plan, place: int, line: int, reliefs: Mapping[int, Sequence[Relief]], own: Numbers, out: Numbers
) -> bool:
    """Note how a position stands, and with its fallbacks; tell whether what it hands on has changed."""
    if line:
        own[place] = line
        if place in reliefs:
            line = _relieved(plan, line, reliefs[place])
    else:
        own.pop(place, None)
    if out.get(place, 0) == line:
        return False
    if line:
        out[place] = line
    else:
        del out[place]
    return True


def _relieved(plan: Plan, own: int, reliefs: Sequence[Relief]) -> int:
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
    group, own, out, reliefs = plan.groups[number], state.own, state.out, state.reliefs
    before = state.outside.get(number)
    outside = [
        before[at]
        if before is not None and not (plan.near[place] | 1 << place) & moved
        else _received(plan, plan.outer[place], direct.get(place, 0), out)
        for at, place in enumerate(group)
    ]
    state.outside[number] = outside
    key = ("loop", number, tuple(outside), tuple(id(one) for place in group for one in reliefs.get(place, ())))
    if key not in plan.kept:
        plan.kept[key] = _round(plan, group, outside, reliefs)
    changed = 0
    for place, stands, hands_on in plan.kept[key]:
        if out.get(place, 0) != hands_on:
            changed |= 1 << place
            if hands_on:
                out[place] = hands_on
            else:
                del out[place]
        if stands:
            own[place] = stands
        else:
            own.pop(place, None)
    return changed


def _round(
    plan: Plan, group: Sequence[int], outside: Sequence[int], reliefs: Mapping[int, Sequence[Relief]]
) -> list[tuple[int, int, int]]:
    """Return how all in a loop stand and what they hand on.

    Who gets worse hands that on to whoever requires it; nobody in here gets better on the way, so nothing is asked
    for twice. Sweep by sweep, from the last position down: mostly those further down stand later.
    """
    book, handing = plan.book, plan.handing
    worst, out = book.worse_known, Numbers()
    own = {place: line for place, line in zip(group, outside, strict=True) if line}
    waiting = sum(1 << place for place in own)
    while waiting:
        sweep, waiting = waiting, 0
        while sweep:
            place = sweep.bit_length() - 1
            sweep ^= 1 << place
            line = own[place]
            if place in reliefs:
                line = _relieved(plan, line, reliefs[place])
            if out.get(place, 0) == line:
                continue
            out[place] = line
            plan.steps += len(handing[place])
            for source, hours, levels, known in handing[place]:
                handed: int | None = line
                if known is not None:
                    handed = known.get(line)
                    if handed is None:
                        handed = known[line] = book.passed(line, hours, levels)
                before = own.get(source, 0)
                if not handed or handed == before:
                    continue
                if before:
                    joined = worst[before].get(handed)
                    handed = book.worse(before, handed) if joined is None else joined
                    if handed == before:
                        continue
                own[source] = handed
                if source < place:
                    sweep |= 1 << source
                else:
                    waiting |= 1 << source
    return [(place, own.get(place, 0), out.get(place, 0)) for place in group]


def settle(
    plan: Plan,
    direct: Mapping[int, int],
    base: State,
    ways: Sequence[Way],
    begin: float,
    beside: Sequence[State] = (),
) -> list[State]:
    """Return how all stand with these fallbacks, round by round, settled last.

    `base` is the state without any, `begin` when switching begins, `beside` the rounds of those who have nearly the
    same fallbacks: most of what is found there holds here too. Only components stand as they should; see `look`.
    """
    rounds = [base]
    while ways and len(rounds) <= ROUNDS:
        state = rounds[-1]
        reliefs: dict[int, list[Relief]] = {}
        for way in ways:
            reliefs.setdefault(way.source, []).append(_relief(plan, way, state.out, begin))
        if reliefs == state.reliefs:
            break
        near = beside[len(rounds)] if len(rounds) < len(beside) else state
        either = reliefs.keys() | near.reliefs.keys()
        stale = [place for place in either if near.reliefs.get(place) != reliefs.get(place)]
        after = spread(plan, direct, reliefs, near, stale, below=True)
        after.rounds = len(rounds)
        rounds.append(after)
    return rounds


def helps(plan: Plan, way: Way, state: State, begin: float) -> bool:
    """Tell whether one more fallback would make anything better in a state that is settled without it."""
    own = state.own.get(way.source, 0)
    if not own:
        return False
    line = offered(plan, own, _relief(plan, way, state.out, begin))
    return plan.book.better(state.out.get(way.source, 0), line) != state.out.get(way.source, 0)


def _relief(plan: Plan, way: Way, out: Numbers, begin: float) -> Relief:
    """Return what a fallback offers; the same object for the same, so that comparing is cheap."""
    book = plan.book
    plan.steps += 1 + len(way.checks)
    number = out.get(way.target, 0)
    for check in way.checks:
        number = book.worse(number, book.passed(out.get(check.target, 0), 0.0, check.levels))
    key = (id(way), number, begin)
    found: Relief | None = plan.kept.get(key)
    if found is None:
        line = book.lines[number]
        if way.floor:
            line = worse(line, ((0.0, way.floor),))
        lasts = way.lasts if way.lasts == FOR_EVER else way.lasts + way.delay
        line = until_ready(line, begin + way.delay if way.delay else 0.0)
        found = plan.kept[key] = Relief(way, book.number(line), lasts)
    return found


def level(plan: Plan, numbers: Numbers, place: int, hour: float) -> int:
    """Return how something stands at one hour."""
    return plan.book.at(numbers.get(place, 0), hour)
