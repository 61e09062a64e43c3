"""Many cases of scenarios worked out abreast: position by position, each for all cases at once.

What `solve` does for one case after the other, with the same results: a position's lines in all cases are a column,
and what comes of the columns of all that it requires is looked up for the whole column at once. One look-up costs a
fraction of what it costs to come to a position, and of what was never met the edges are walked column by column too.

Work: columns as wide as there are cases, one for each edge of what has changed in any of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assessor.scenarios.lines import Book
from assessor.scenarios.plan import Feed, Plan, Way
from assessor.scenarios.solve import Relief, Reliefs, State, offers_of, reliefs_of, relieved, turned_anew

Told = TypeVar("Told")
# How something stands in each case, as numbers of lines.
_Column = Sequence[int]


@dataclass(frozen=True, slots=True)
class Question:
    """One case to settle: what is hit, the state without fallbacks, these, and the hours that `settle` asks for."""

    direct: Mapping[int, int]
    base: State
    ways: Sequence[Way]
    begin: float
    hours: Sequence[float]


def spread_abreast(
    plan: Plan,
    directs: Sequence[Mapping[int, int]],
    reliefs: Sequence[Reliefs],
    near: Sequence[State],
    stale: Iterable[int],
    *,
    within: bytes,
) -> list[State]:
    """Return for each case what `spread` returns; `stale` are the positions at which any case differs from `near`."""
    states = [state.anew(those) for state, those in zip(near, reliefs, strict=True)]
    own: list[_Column] = list(zip(*[state.own for state in states], strict=True))
    out: list[_Column] = list(zip(*[state.out for state in states], strict=True))
    struck, helped = _by_place(directs), _by_place(reliefs)
    waiting = bytearray(within)
    # What waits is marked by a bit beside the one that says that it is asked about.
    for place in stale:
        waiting[plan.group_of[place]] |= 2
    number = waiting.find(3)
    while number >= 0:
        place = plan.alone[number]
        if place < 0:
            changed = _loop(plan, number, states, own, out, struck)
        else:
            own[place] = _struck(plan, place, out, struck)
            column = _helped(plan, own[place], helped.get(place, ()))
            changed = column != out[place]
            out[place] = column
        if changed:
            for up in plan.above[number]:
                waiting[up] |= 2
        number = waiting.find(3, number + 1)
    for state, stands, hands_on in zip(states, zip(*own, strict=True), zip(*out, strict=True), strict=True):
        state.own[:], state.out[:] = stands, hands_on
    return states


def settle_abreast(plan: Plan, questions: Sequence[Question]) -> list[list[State]]:
    """Return for each case what `settle` returns: how the components stand, round by round; and all in the last one."""
    rounds = [[one.base] for one in questions]
    offers = [offers_of(plan, one.ways, one.begin) for one in questions]
    left = [at for at, those in enumerate(offers) if those]
    while left:
        reliefs = {at: reliefs_of(offers[at], rounds[at], questions[at].hours) for at in left}
        left = [at for at in left if reliefs[at] != rounds[at][-1].reliefs]
        if not left:
            break
        near = [rounds[at][-1] for at in left]
        stale = {
            source
            for at, state in zip(left, near, strict=True)
            for source, those in reliefs[at].items()
            if state.reliefs.get(source) != those
        }
        directs = [questions[at].direct for at in left]
        after = spread_abreast(plan, directs, [reliefs[at] for at in left], near, stale, within=plan.below)
        for at, state in zip(left, after, strict=True):
            state.rounds = len(rounds[at])
            rounds[at].append(state)
    _look_abreast(plan, [those[-1] for those in rounds])
    return rounds


def _look_abreast(plan: Plan, states: Sequence[State]) -> None:
    """Work out how all workloads stand in these states of components."""
    first = plan.first_workload
    out: list[_Column] = list(zip(*[state.out for state in states], strict=True))
    columns = [_taken(plan, place, out) for place in range(first, plan.size)]
    for state, lines in zip(states, zip(*columns, strict=True), strict=False):
        state.own[first:] = state.out[first:] = lines


def _by_place(cases: Sequence[Mapping[int, Told]]) -> dict[int, list[tuple[int, Told]]]:
    """Return what is told of each position, with the number of the case."""
    found: dict[int, list[tuple[int, Told]]] = {}
    for case, those in enumerate(cases):
        for place, told in those.items():
            found.setdefault(place, []).append((case, told))
    return found


def _struck(plan: Plan, place: int, out: Sequence[_Column], struck: Mapping[int, Sequence[tuple[int, int]]]) -> _Column:
    """Return the worst of what hits a position itself and of what comes to it from outside of its loop."""
    column = _taken(plan, place, out)
    hits = struck.get(place)
    if not hits:
        return column
    joined = list(column)
    for case, line in hits:
        joined[case] = plan.book.worse(line, joined[case])
    return tuple(joined)


def _helped(plan: Plan, own: _Column, helped: Sequence[tuple[int, Sequence[Relief]]]) -> _Column:
    """Return what a position hands on with its fallbacks, given how it stands itself."""
    if not helped:
        return own
    eased = list(own)
    for case, reliefs in helped:
        if eased[case]:
            eased[case] = relieved(plan, eased[case], reliefs)
    return tuple(eased)


def _taken(plan: Plan, place: int, out: Sequence[_Column]) -> _Column:
    """Return the worst of all that comes to a position from outside of its loop."""
    feeds, met = plan.feeds[place], plan.met[place]
    width = len(out[place])
    if not feeds:
        return (0,) * width
    plan.steps += width
    keys: Sequence[Any] = out[feeds[0][0]]
    if len(feeds) > 1:
        keys = list(zip(*[out[feed[0]] for feed in feeds], strict=True))
    new = [key for key in set(keys) if key not in met]
    if new:
        met.update(zip(new, _received(plan, feeds, new), strict=True))
    return tuple(map(met.__getitem__, keys))


def _received(plan: Plan, feeds: Sequence[Feed], keys: Sequence[Any]) -> _Column:
    """Return the worst of all that comes in over some edges, for each of some ways in which it may come."""
    plan.steps += len(feeds) * len(keys)
    columns: Iterable[_Column] = zip(*keys, strict=True) if len(feeds) > 1 else [keys]
    lines: _Column = ()
    for feed, column in zip(feeds, columns, strict=True):
        handed = _passed(plan.book, feed, column)
        lines = _worse(plan.book, lines, handed) if lines else handed
    return lines


def _passed(book: Book, feed: Feed, column: _Column) -> _Column:
    """Return what comes over an edge."""
    _, hours, levels, known = feed
    if known is None:
        return column
    for line in set(column).difference(known):
        known[line] = book.passed(line, hours, levels)
    return list(map(known.__getitem__, column))


def _worse(book: Book, one: _Column, other: _Column) -> _Column:
    """Return the worse of two, case by case."""
    known, worse = book.worse_known, book.worse
    # The clear line has the number 0 and makes nothing worse; the worse of two others never is the clear one.
    return [
        (first if first == second or not second else known[first].get(second) or worse(first, second))
        if first
        else second
        for first, second in zip(one, other, strict=True)
    ]


def _loop(
    plan: Plan,
    number: int,
    states: Sequence[State],
    own: list[_Column],
    out: list[_Column],
    struck: Mapping[int, Sequence[tuple[int, int]]],
) -> bool:
    """Work out a loop in all cases; tell whether anybody in it hands on something else than before in any."""
    group = plan.groups[number]
    outside = [_struck(plan, place, out, struck) for place in group]
    anew = False
    for state, lines in zip(states, zip(*outside, strict=True), strict=True):
        state.outside[number] = list(lines)
        anew = turned_anew(plan, number, state) or anew
    if not anew:
        return False
    changed = False
    turned = [state.turned[number] for state in states]
    for place, *stands in zip(group, *turned, strict=True):
        own[place] = tuple([line for _, line, _ in stands])
        column = tuple([line for _, _, line in stands])
        changed = changed or column != out[place]
        out[place] = column
    return changed
