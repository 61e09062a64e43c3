"""One scenario told on one inventory: moments in order, each workload's lot, and why; in the reader's language."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.reports import scenario_words as words
from assessor.reports.reasons_read import retold_reason
from assessor.scenarios.graph import Inventory, Workload
from assessor.scenarios.results import Availability, Exposure, Horizon, Outcome, Simulation
from assessor.scenarios.scenario import Scenario

MOST_MOMENTS = 24


# How much of the load there is room for, in per cent, at which horizon, and what is full.
Room = tuple[int, str, tuple[str, ...]]


@dataclass(frozen=True)
class Because:
    """What a reason is told from, in any language: each step's reason and the name it speaks of, else the room left.

    `uncertain` tells that what the chain ends with is hit only if what is not known of it is so.
    """

    chain: tuple[tuple[str, str], ...] = ()
    uncertain: bool = False
    room: Room | None = None

    def sentence(self, workload: str) -> str:
        """Return it as one sentence, empty where there is nothing to say."""
        said = words.chain_sentence(workload, self.chain, self.uncertain)
        return said or (_room_sentence(self.room) if self.room else "")


@dataclass(frozen=True)
class Turn:
    """A workload that changes its state at a moment."""

    workload: str
    name: str
    owner: str
    state: str
    words: str
    why: str
    reason: Because = Because()


@dataclass(frozen=True)
class TimePoint:
    """One moment: what is told of it, and what changes then. `hours` count from the beginning."""

    hours: float
    when: str
    told: tuple[str, ...]
    turns: tuple[Turn, ...]
    dark: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """How a workload stands at one horizon: the worst case as it is felt, and the range where there is one."""

    horizon: str
    when: str
    state: str
    words: str
    certain: bool


@dataclass(frozen=True)
class Lot:
    """What becomes of one workload. Every sentence is empty where there is nothing to say."""

    id: str
    name: str
    owner: str
    criticality: str
    cells: tuple[Cell, ...]
    worst: str
    why: str
    beyond: bool
    tolerance: str
    room: str
    restart: str
    compelled: tuple[str, ...]
    forced_off: str
    ends: str


@dataclass(frozen=True)
class Story:
    """All that a page or a chapter says of one scenario."""

    scenario: Scenario
    picked: str
    begins: str
    headline: str
    matched: tuple[str, ...]
    perhaps: tuple[str, ...]
    moments: tuple[TimePoint, ...]
    lots: tuple[Lot, ...]
    shared: tuple[str, ...]
    unknowns: tuple[str, ...]
    change: str
    touches_nothing: bool


def names_of(inventory: Inventory) -> dict[str, str]:
    """Return the name of everything in an inventory by its id."""
    names = {one.id: one.name for one in inventory.components}
    return names | {one.id: one.name for one in inventory.workloads}


def tell(
    scenario: Scenario,
    simulation: Simulation,
    inventory: Inventory,
    *,
    workloads: Collection[str] | None = None,
    picked: str = "",
) -> Story:
    """Return the story of `simulation`; `workloads` limits it to those ids, None takes all."""
    names = names_of(inventory)
    shown = [one for one in inventory.workloads if workloads is None or one.id in workloads]
    lots = tuple(_lot(one, simulation.of(one.id), names, simulation.perhaps) for one in shown)
    return Story(
        scenario=scenario,
        picked=picked,
        begins=words.begins_words(scenario.begins),
        headline=headline(simulation, shown),
        matched=tuple(names.get(one, one) for one in simulation.matched),
        perhaps=tuple(names.get(one, one) for one in simulation.perhaps),
        moments=_moments(scenario, simulation, shown, names),
        lots=lots,
        shared=tuple(
            _("%(source)s and %(target)s share %(what)s.")
            % {
                "source": names.get(one.source, one.source),
                "target": names.get(one.target, one.target),
                "what": words.shared_words(one.by, one.name),
            }
            for one in simulation.shared_fate
        ),
        unknowns=tuple(
            _("%(name)s: %(attribute)s")
            % {"name": names.get(one.id, one.id), "attribute": words.attribute_words(one.attribute)}
            for one in simulation.unknowns
        ),
        change=words.change_sentence(simulation.best_single_change, names) if simulation.best_single_change else "",
        touches_nothing=simulation.changes_nothing,
    )


def headline(simulation: Simulation, shown: Sequence[Workload]) -> str:
    """Return in one sentence what the scenario does to the workloads shown, worst case."""
    ids = {one.id for one in shown}
    worst = dict.fromkeys(ids, Availability.UNAFFECTED)
    sure = Availability.UNAFFECTED
    for outcome in simulation.outcomes:
        if outcome.workload in ids:
            worst[outcome.workload] = max(worst[outcome.workload], outcome.felt)
            sure = max(sure, min(outcome.best, outcome.felt))
    dark = sum(state is Availability.DARK for state in worst.values())
    bare = sum(state is Availability.UNPROTECTED for state in worst.values())
    total = {"total": len(ids)}
    if not ids:
        return _("No workload of this assessment is in the inventory.")
    if dark:
        said = ngettext(
            "%(count)d of %(total)d workloads goes dark within 90 days.",
            "%(count)d of %(total)d workloads go dark within 90 days.",
            dark,
        ) % {"count": dark, **total}
        first = min(one.horizon for one in simulation.outcomes if one.workload in ids and one.felt is Availability.DARK)
        if first is Horizon.NOW:
            said = ngettext(
                "%(count)d of %(total)d workloads goes dark at once or soon after.",
                "%(count)d of %(total)d workloads go dark at once or soon after.",
                dark,
            ) % {"count": dark, **total}
    elif bare:
        said = ""
    elif any(worst.values()):
        return _("Nothing goes dark; what stays does less than usual.")
    else:
        return _("No workload shown stops or loses anything.")
    if bare:
        more = ngettext("%(count)d runs on without its checks.", "%(count)d run on without their checks.", bare) % {
            "count": bare
        }
        said = f"{said} {more}".strip()
    # Nothing of what is counted is so for certain.
    if sure < (Availability.DARK if dark else Availability.UNPROTECTED):
        return _("In the worst case: {said}").format(said=said)
    return said


def cells_of(outcomes: Sequence[Outcome]) -> tuple[Cell, ...]:
    """Return the cells of one workload, one for each horizon."""
    return tuple(
        Cell(
            horizon=one.horizon.word,
            when=words.horizon_words(one.horizon),
            state=one.felt.word,
            words=words.range_words(one.felt, min(one.best, one.felt)),
            certain=one.best >= one.felt,
        )
        for one in outcomes
    )


def _lot(workload: Workload, outcomes: Sequence[Outcome], names: Mapping[str, str], perhaps: Collection[str]) -> Lot:
    worst = max(outcomes, key=lambda one: one.felt, default=None)
    compelled = {said: None for one in outcomes for said in (_exposed(it, names) for it in one.could_be_compelled)}
    off = {one for outcome in outcomes for one in outcome.forced_off}
    return Lot(
        id=workload.id,
        name=workload.name,
        owner=workload.owner or "",
        criticality=workload.criticality.value,
        cells=cells_of(outcomes),
        worst=worst.felt.word if worst else Availability.UNAFFECTED.word,
        why=words.path_sentence(workload.name, worst.path, names, perhaps) if worst and worst.felt else "",
        beyond=_beyond(workload, outcomes),
        tolerance=words.tolerance_sentence(outcomes, workload.tolerance_hours),
        room=_room(outcomes, names),
        restart=_("It works until the next restart, and not after it.")
        if any(one.works_until_restart for one in outcomes)
        else "",
        compelled=tuple(compelled),
        forced_off=_("Too expensive to go on with: %(names)s.")
        % {"names": ", ".join(sorted(names.get(one, one) for one in off))}
        if off
        else "",
        ends=_ends(outcomes),
    )


def _beyond(workload: Workload, outcomes: Sequence[Outcome]) -> bool:
    dark = [one.horizon for one in outcomes if one.felt is Availability.DARK]
    return bool(dark) and (workload.tolerance_hours is None or max(dark) > workload.tolerance_hours)


def _room(outcomes: Sequence[Outcome], names: Mapping[str, str]) -> str:
    room = _least_room(outcomes, names)
    return _room_sentence(room) if room else ""


def _least_room(outcomes: Sequence[Outcome], names: Mapping[str, str]) -> Room | None:
    # Where all stands still there is no room to speak of, unless that is why it stands still.
    short = [
        one
        for one in outcomes
        if one.capacity_percent is not None
        and one.capacity_percent < 100
        and (one.capacity_percent > 0 or one.availability < Availability.DARK)
    ]
    if not short:
        return None
    least = min(short, key=lambda one: one.capacity_percent or 0)
    full = tuple(names.get(one, one) for one in least.goes_without)
    return round(least.capacity_percent or 0), least.horizon.word, full


def _room_sentence(room: Room) -> str:
    share, horizon, full = room
    said = _("Room for %(share)d per cent of its load %(when)s.") % {"share": share, "when": _(words.HORIZONS[horizon])}
    if full:
        said += " " + _("What is full: %(names)s.") % {"names": ", ".join(full)}
    return said


def _exposed(one: Exposure, names: Mapping[str, str]) -> str:
    told: dict[str, object] = {"name": names.get(one.component, one.component)}
    if one.days_back is None:
        back = _("how far back it keeps is not known")
    elif one.days_back:
        days = round(one.days_back)
        back = ngettext("%(count)d day back", "%(count)d days back", days) % {"count": days}
    else:
        back = _("nothing that was kept")
    told["back"] = back
    said = _("%(name)s: %(back)s, and all from now on") if one.from_now_on else _("%(name)s: %(back)s")
    text = said % told
    return text if one.certain else _("%(text)s (whether it sees plain text is not known)") % {"text": text}


def _ends(outcomes: Sequence[Outcome]) -> str:
    ends = {one.ends_on for one in outcomes if one.felt}
    known = [one for one in ends if one is not None]
    if not ends or None in ends or not known:
        return ""
    return _("Over after %(time)s.") % {"time": words.hours_words(max(known))}


def _moments(
    scenario: Scenario, simulation: Simulation, shown: Sequence[Workload], names: Mapping[str, str]
) -> tuple[TimePoint, ...]:
    told: dict[float, list[str]] = {}
    for one in scenario.clock:
        told.setdefault(one.at_hours, []).append(one.text)
    changes: dict[float, list[tuple[Workload, Availability]]] = {}
    for workload in shown:
        for at, state in _felt_changes(workload, simulation):
            changes.setdefault(at, []).append((workload, state))
    moments, standing = [], {one.id: Availability.UNAFFECTED for one in shown}
    for hours in sorted({0.0, *told, *changes})[:MOST_MOMENTS]:
        turned = changes.get(hours, [])
        standing |= {workload.id: state for workload, state in turned}
        turns = tuple(_turn(workload, state, hours, simulation, names) for workload, state in turned)
        dark = tuple(one.name for one in shown if standing[one.id] is Availability.DARK)
        moments.append(
            TimePoint(hours, words.moment_words(hours, scenario.begins), tuple(told.get(hours, ())), turns, dark)
        )
    return tuple(moments)


def _felt_changes(workload: Workload, simulation: Simulation) -> list[tuple[float, Availability]]:
    """Return when a workload changes and to what, with the room counted that is left at the horizons."""
    line, outcomes = simulation.timelines.get(workload.id, ()), simulation.of(workload.id)
    crowded = any(one.felt > one.availability for one in outcomes)
    times = {one.at for one in line} | ({float(one.horizon) for one in outcomes} if crowded else set())
    found, before = [], Availability.UNAFFECTED
    for at in sorted(times):
        state = next((one.availability for one in reversed(line) if one.at <= at), Availability.UNAFFECTED)
        look = next((one for one in reversed(outcomes) if one.horizon <= at), None)
        if look is not None and look.felt > look.availability:
            state = max(state, look.felt)
        if state != before:
            found.append((at, state))
        before = state
    return found


def _turn(
    workload: Workload, state: Availability, hours: float, simulation: Simulation, names: Mapping[str, str]
) -> Turn:
    outcomes = simulation.of(workload.id)
    # The horizon at or next after the moment explains it: that is when somebody would look.
    later = [one for one in outcomes if one.horizon >= hours and one.felt == state]
    near = later[0] if later else next((one for one in reversed(outcomes) if one.felt == state), None)
    reason = _reason(near, names, simulation.perhaps) if near is not None and state else Because()
    why = reason.sentence(workload.name)
    return Turn(workload.id, workload.name, workload.owner or "", state.word, _turned(state.word), why, reason)


def _reason(outcome: Outcome, names: Mapping[str, str], perhaps: Collection[str]) -> Because:
    chain = tuple((str(one.reason), names.get(one.id, one.id)) for one in outcome.path)
    uncertain = bool(outcome.path) and outcome.path[-1].id in perhaps
    return Because(chain, uncertain, _least_room([outcome], names))


def _turned(state: str) -> str:
    return _(words.STATES[state]) if state != Availability.UNAFFECTED.word else _("as before")


def frozen_steps(story: Story) -> list[dict[str, Any]]:
    """Return the moments as plain data, for an exercise that must stay what the team saw."""
    return [
        {
            "hours": one.hours,
            "when": one.when,
            "told": list(one.told),
            "turns": [
                {"workload": it.workload, "name": it.name, "owner": it.owner, "state": it.state}
                | {"words": it.words, "why": it.why, "reason": asdict(it.reason)}
                for it in one.turns
            ],
            "dark": list(one.dark),
        }
        for one in story.moments
    ]


def _why(turn: Mapping[str, Any]) -> str:
    if "reason" in turn:
        return Because(**turn["reason"]).sentence(turn["name"])
    return retold_reason(turn["name"], turn["why"])


def thawed_steps(steps: Sequence[Mapping[str, Any]], scenario: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return frozen moments in the reader's language, as far as they tell what they were told from.

    `scenario` is the frozen one, in the reader's language where there is one.
    """
    clock: dict[float, list[str]] = {}
    for one in scenario.get("clock", ()):
        clock.setdefault(one["at_hours"], []).append(one["text"])
    return [
        {
            **step,
            "when": words.moment_words(step["hours"], scenario.get("begins")),
            "told": clock.get(step["hours"], step["told"]),
            "turns": [
                {
                    **turn,
                    "words": _turned(turn["state"]),
                    "why": _why(turn),
                }
                for turn in step["turns"]
            ],
        }
        for step in steps
    ]
