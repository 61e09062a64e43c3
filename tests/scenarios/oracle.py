"""The rules of docs/scenarios.md read as plainly as can be: everything worked out anew, every time, for one workload.

No bits, no numbers for lines, no order, nothing kept. It is slow, and right where the engine is right.
"""

from functools import reduce
from typing import Any

from assessor.scenarios.graph import Component, Fallback, Inventory, Kind, OnFailure, Quality, Requires, Workload
from assessor.scenarios.lines import CLEAR, FOR_EVER, Line, better, held, onto, pulse, translated, until_ready, worse
from assessor.scenarios.results import Horizon
from assessor.scenarios.scenario import Act, Effect, Scenario
from assessor.scenarios.solve import ROUNDS

DARK = {Effect.REMOVED, Effect.BARRED, Effect.PEOPLE_GONE}
SOFT = {Effect.DEGRADED, Effect.CHANGED}
Lines = dict[str, Line]


def hit(act: Act, component: Component) -> bool | None:
    """Tell whether an act hits a component, by ids, maker or hosting only; None where it is not known."""
    found: list[bool | None] = []
    for matcher in act.matches:
        assert set(matcher.said) <= {"ids", "maker", "hosting"}
        fits: list[bool | None] = [True]
        for name in matcher.said:
            value: Any = component.id if name == "ids" else getattr(component, name)
            if name != "ids" and component.kind in (Kind.TEAM, Kind.MANUAL_PROCEDURE):
                # People have neither maker nor form of hosting: nothing about them is unknown.
                fits.append(False)
            else:
                fits.append(None if value is None else value in getattr(matcher, name))
        found.append(False if False in fits else None if None in fits else True)
    return True if True in found else None if None in found else False


class Reading:
    """One scenario read on one inventory for one workload, in the worst or in the best case."""

    def __init__(self, inventory: Inventory, story: Scenario, workload: Workload, *, best: bool) -> None:
        self.inventory, self.story, self.workload, self.best = inventory, story, workload, best
        self.components = {one.id: one for one in inventory.components}
        strictest: dict[tuple[str, str], Requires] = {}
        for row in inventory.requires:
            other = strictest.get((row.source, row.target))
            if other is None or (row.survives_for or 0) < (other.survives_for or 0):
                strictest[row.source, row.target] = row
        self.edges = list(strictest.values())
        self.hits = [(act, one) for act in story.acts for one in inventory.components if hit(act, one) is not False]
        felt = [act.after_hours for act, _ in self.hits if act.effect in DARK | SOFT]
        self.begin = 0.0 if story.notice_hours else min(felt, default=0.0)

    def line(self) -> Line:
        """Return how the workload stands at every hour."""
        ways = list({one.model_dump_json(): one for one in self.inventory.fallbacks}.values())
        ways = [one for one in ways if self.may_use(one)]
        reliefs: dict[Fallback, Line] = {}
        state = self.spread(reliefs)
        for number in range(1000):
            offered = {one: self.offer(one, state) for one in ways}
            if number >= ROUNDS:
                offered = {one: better(reliefs[one], onto(line, self.hours())) for one, line in offered.items()}
            if offered == reliefs:
                return state[self.workload.id]
            reliefs = offered
            state = self.spread(reliefs)
        raise AssertionError("the rounds do not come to an end")

    def hours(self) -> list[float]:
        """Return the hours that help is rounded onto once there were enough rounds."""
        found = {0.0, *map(float, Horizon)}
        for act, _ in self.hits:
            if act.effect is not Effect.COMPELLED:
                found |= {act.after_hours, act.until_hours or 0.0}
        for one in self.inventory.fallbacks:
            if self.best or (one.tested_on is not None and one.switch_hours is not None):
                ready = self.begin + (one.switch_hours or 0.0)
                found |= {ready} | ({ready + self.lasts(one)} if self.lasts(one) < FOR_EVER else set())
        return sorted(found)

    def may_use(self, one: Fallback) -> bool:
        """Tell whether a fallback counts, and counts for this workload."""
        if not self.best and (one.tested_on is None or one.switch_hours is None):
            return False
        if one.workload not in (None, self.workload.id):
            return False
        if one.data_classes and not self.workload.data_classes:
            return self.best
        return not one.data_classes or set(self.workload.data_classes) <= set(one.data_classes)

    def direct(self, name: str) -> Line:
        """Return what befalls a component itself."""
        line = CLEAR
        for act, one in self.hits:
            level = 4 if act.effect in DARK else 1 if act.effect in SOFT else 0
            if one.id == name and level and not (self.best and hit(act, one) is None):
                line = worse(line, pulse(act.after_hours, act.until_hours or FOR_EVER, level))
        return line

    def handed(self, target: str, hours: float, line: Line) -> Line:
        """Return what comes of how a component stands to whoever requires it."""
        line, component = held(line, hours), self.components[target]
        if component.kind is Kind.AUDIT:
            return translated(line, (0, 1, 2, 2, 2))
        if component.kind is Kind.SAFETY_CHECK and component.on_failure not in (OnFailure.CLOSED, OnFailure.QUEUE):
            return translated(line, (0, 1, 2, 3, 3))
        return line

    def spread(self, reliefs: dict[Fallback, Line]) -> Lines:
        """Return how all stand with what fallbacks offer, worked out until nothing changes any more."""
        out: Lines = dict.fromkeys([*self.components, self.workload.id], CLEAR)
        for _ in range(10_000):
            after = {}
            for name in out:
                coming = [
                    self.handed(e.target, e.survives_for or 0, out[e.target]) for e in self.edges if e.source == name
                ]
                own = reduce(worse, coming, self.direct(name) if name in self.components else CLEAR)
                helping = [
                    worse(line, held(own, self.lasts(one) + (one.switch_hours or 0)))
                    if self.lasts(one) < FOR_EVER
                    else line
                    for one, line in reliefs.items()
                    if one.source == name
                ]
                after[name] = reduce(better, helping, own)
            if after == out:
                return out
            out = after
        raise AssertionError("a state does not settle")

    def offer(self, one: Fallback, state: Lines) -> Line:
        """Return what a fallback offers, given how all stand."""
        line = reduce(worse, [self.handed(name, 0, state[name]) for name in one.safety_path], state[one.target])
        line = worse(line, ((0.0, self.floor(one)),))
        return until_ready(line, self.begin + one.switch_hours if one.switch_hours else 0.0)

    def floor(self, one: Fallback) -> int:
        """Return the least harm that a fallback does when all is well with it."""
        by_hand = self.components[one.target].kind is Kind.MANUAL_PROCEDURE
        if not one.safety_path and not by_hand and self.components[one.source].kind in (Kind.MODEL, Kind.GATEWAY):
            return 3
        share = one.capacity_percent
        if not self.best:
            share = None if share is None or one.tested_share is None else min(share, one.tested_share)
        enough = share is not None and share >= 100
        if self.best and one.quality is None and not by_hand:
            return 0 if share is None or enough else 1
        return 0 if one.quality is Quality.EQUAL and enough else 1

    def lasts(self, one: Fallback) -> float:
        """Return for how many hours a fallback can be kept up."""
        target = self.components[one.target]
        if target.kind is not Kind.MANUAL_PROCEDURE:
            return FOR_EVER
        if target.longest_hours is None:
            return FOR_EVER if self.best else 0.0
        return target.longest_hours
