"""Which of an endpoint's drills counts, and what a later one makes of a dispute about what it found; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class HeldDrill:
    """A drill's record: `plan` is the same for a record and those with proof joined to it.

    `held` is when the drill itself ended, `written` when this record of it was made; `whole` that it reached its end.
    """

    id: object
    plan: object
    candidate: object
    held: datetime
    written: datetime
    whole: bool
    passed: bool | None


def in_force(drills: Sequence[HeldDrill]) -> HeldDrill | None:
    """Return the one drill, of those of one kind at one endpoint, whose findings count.

    The latest that reached its end, for each candidate: a drill that was broken off hides none that was not. One
    candidate that failed says nothing against another that passed, so a passed one goes before.
    """
    rows = [one for one in drills if one.whole] or list(drills)
    latest: dict[object, HeldDrill] = {}
    for one in sorted(rows, key=lambda row: (row.held, row.written)):
        latest[one.candidate] = one
    rows = [one for one in latest.values() if one.passed] or list(latest.values())
    return max(rows, key=lambda row: (row.held, row.written), default=None)


def later_word(
    drills: Sequence[HeldDrill], found: dict[object, frozenset[str]], code: str, raised: datetime
) -> Literal["moved", "resolved", "again", ""]:
    """Return what became of the finding that was disputed at `raised`; empty while the same drill still shows it.

    `found` are the codes of each drill. A dispute is about one drill: another that finds the same is a new fact.
    """
    then = in_force([one for one in drills if one.written <= raised])
    if then is None:
        return "moved"
    for moment in sorted({one.written for one in drills if one.written > raised}):
        now = in_force([one for one in drills if one.written <= moment])
        assert now is not None  # noqa: S101 - it was there before
        if code not in found[now.id]:
            return "resolved"
        if now.plan != then.plan:
            return "again"
    return ""
