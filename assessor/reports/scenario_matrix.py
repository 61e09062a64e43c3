"""The matrix of scenarios by workloads: a small summary that is stored, and the view of it at one horizon. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.reports import scenario_words as words
from assessor.scenarios.graph import Criticality, Inventory
from assessor.scenarios.results import Availability, Horizon, Summary
from assessor.scenarios.scenario import Scenario

# The stored form of a state: one letter for the worst and the best case at each horizon.
LETTERS = dict(zip(Availability, "adnpx", strict=True))
STATES = {letter: state for state, letter in LETTERS.items()}
_IN_LETTERS = bytes.maketrans(bytes(Availability), "".join(LETTERS.values()).encode())
SCHEMA = 1


def summary(inventory: Inventory, played: Sequence[Summary]) -> dict[str, Any]:
    """Return what the matrix needs of all results, as plain data: two letters a cell and horizon, and no words."""
    return {
        "schema": SCHEMA,
        "workloads": [
            {
                "id": one.id,
                "name": one.name,
                "owner": one.owner or "",
                "criticality": one.criticality.value,
                "tolerance": one.tolerance_hours,
            }
            for one in inventory.workloads
        ],
        "scenarios": [
            {
                "id": one.scenario,
                "picked": one.picked or "",
                "cells": {name: states.translate(_IN_LETTERS).decode() for name, states in one.states.items()},
            }
            for one in played
        ],
    }


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario: title, address, causes in words, and (worst, best, beyond tolerance) for each workload shown."""

    id: str
    title: str
    url: str
    causes: str
    picked: str
    cells: tuple[tuple[str, str, bool], ...]
    dark: int
    weight: int


@dataclass(frozen=True, slots=True)
class Column:
    """One workload."""

    id: str
    name: str
    owner: str
    criticality: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """What a page shows at one horizon: rows by the damage they do, worst first."""

    horizon: Horizon
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    headline: str
    counts: Mapping[str, int] = field(default_factory=dict)


WEIGHTS = {Criticality.CRITICAL.value: 100, Criticality.IMPORTANT.value: 10, Criticality.SUPPORTING.value: 1}


def view(
    stored: Mapping[str, Any],
    scenarios: Mapping[str, Scenario],
    horizon: Horizon,
    workloads: Sequence[str] | None = None,
    address: Callable[[str], str] = str,
) -> Matrix:
    """Return the matrix at `horizon`; `workloads` limits its columns, `address` gives the page of a scenario."""
    at = list(Horizon).index(horizon) * 2
    wanted = None if workloads is None else set(workloads)
    shown = [one for one in stored["workloads"] if wanted is None or one["id"] in wanted]
    # Each word and weight looked up once, because there may be thousands of cells.
    faced = [
        (
            one["id"],
            one["tolerance"] is None or horizon > one["tolerance"],
            {letter: WEIGHTS[one["criticality"]] * int(state) for letter, state in STATES.items()},
        )
        for one in shown
    ]
    said = {letter: state.word for letter, state in STATES.items()}
    clear, dark_letter = "aa" * len(Horizon), LETTERS[Availability.DARK]
    rows = []
    for entry in stored["scenarios"]:
        scenario = scenarios.get(entry["id"])
        if scenario is None:
            continue
        cells, weight, dark = [], 0, 0
        told = entry["cells"]
        for name, late, weights in faced:
            letters = told.get(name, clear)
            worst = letters[at]
            is_dark = worst == dark_letter
            cells.append((said[worst], said[letters[at + 1]], late and is_dark))
            weight += weights[worst]
            dark += is_dark
        causes = ", ".join(_(words.CAUSES[cause.value]) for cause in scenario.causes)
        title = f"{scenario.title}: {entry['picked']}" if entry["picked"] else scenario.title
        rows.append(Row(scenario.id, title, address(scenario.id), causes, entry["picked"], tuple(cells), dark, weight))
    rows.sort(key=lambda one: (-one.weight, one.title.casefold()))
    columns = tuple(Column(one["id"], one["name"], one["owner"], one["criticality"]) for one in shown)
    counts = {one["id"]: sum(row.cells[at][0] == "dark" for row in rows) for at, one in enumerate(shown)}
    return Matrix(horizon, columns, tuple(rows), _headline(rows, shown, horizon), counts)


def told_first(matrix: Matrix, scenarios: Mapping[str, Scenario]) -> list[str]:
    """Return the ids of what a report tells: the real event that does most, and the scenario that does most of all."""
    real = [row.id for row in matrix.rows if scenarios[row.id].begins]
    return list(dict.fromkeys([*real[:1], *(row.id for row in matrix.rows[:1])]))


def _headline(rows: Sequence[Row], shown: Sequence[Mapping[str, Any]], horizon: Horizon) -> str:
    if not shown or not rows:
        return _("There is nothing to play the scenarios on yet.")
    critical = [at for at, one in enumerate(shown) if one["criticality"] == Criticality.CRITICAL.value]
    places = critical or list(range(len(shown)))
    hit = sum(any(row.cells[at][0] == "dark" for at in places) for row in rows)
    told = {"count": hit, "total": len(rows), "when": words.horizon_words(horizon)}
    if not hit:
        return _("None of %(total)d scenarios leaves a critical workload dark %(when)s.") % told
    return (
        ngettext(
            "In the worst case %(count)d of %(total)d scenarios leaves a critical workload dark %(when)s.",
            "In the worst case %(count)d of %(total)d scenarios leave a critical workload dark %(when)s.",
            hit,
        )
        % told
    )
