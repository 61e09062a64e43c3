"""Playing scenarios on the inventory of an assessment: all of them, stored for the matrix, or one, told at once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from assessor.models import (
    Assessment,
    Component,
    Fallback,
    Organisation,
    OwnScenario,
    Requires,
    SimulatedScenario,
    Simulation,
)
from assessor.reports import scenario_matrix
from assessor.reports.scenario_story import Story, names_of, tell
from assessor.scenarios import results
from assessor.scenarios.changes import simulate_and_search
from assessor.scenarios.concentration import concentration as concentrated
from assessor.scenarios.graph import Inventory
from assessor.scenarios.plan import Plan
from assessor.scenarios.scenario import Scenario
from assessor.scenarios.simulate import picks, play_all, simulate
from assessor.services import summaries
from assessor.services.inventory.rows import inventory_of
from assessor.services.scenario_catalogue import catalogue, find, shipped_hashes

# Up to here a page computes what it needs itself; above, the worker does.
COMPUTED_AT_ONCE = 120
# Up to here the single change that would help most is searched for whoever reads a story.
SEARCHED = 500


@dataclass(frozen=True)
class Played:
    """One scenario played on the inventory of an assessment. `workloads` are the ids in its scope."""

    scenario: Scenario
    simulation: results.Simulation
    inventory: Inventory
    story: Story
    workloads: frozenset[str]
    picks: Sequence[str]
    picked: str
    own: bool

    @property
    def keep(self) -> str:
        """What of the address stays when another horizon is chosen."""
        return urlencode({"pick": self.picked}) + "&" if self.picked else ""


@dataclass(frozen=True)
class Reading:
    """What was computed last for an assessment. `waiting`: the inventory has changed since."""

    summary: dict[str, Any]
    scenarios: dict[str, Scenario]
    workloads: Sequence[str]
    computed_at: datetime | None
    waiting: bool

    @property
    def known(self) -> bool:
        """Whether there is anything that a scenario could hit."""
        return bool(self.summary["scenarios"]) and bool(self.workloads)


def scope_of(assessment: Assessment) -> frozenset[str]:
    """Return the ids, as the graph has them, of the workloads in scope."""
    return frozenset(one.key for one in assessment.workloads.all())


def inventory_in(assessment: Assessment) -> tuple[Inventory, frozenset[str]]:
    """Return the whole inventory, because capacity is shared by all, and the workloads in scope."""
    return inventory_of(assessment.organisation), scope_of(assessment)


def play(assessment: Assessment, name: str, picked: str = "") -> Played:
    """Play one scenario and tell it; `picked` takes another value than the one most depends on."""
    scenario, own = find(assessment.organisation, name)
    inventory, workloads = inventory_in(assessment)
    plan = Plan(inventory, timezone.localdate())
    choices = picks(plan, scenario)
    chosen = picked if picked in choices else None
    simulation = told_in_full(plan, scenario, chosen)
    shown = simulation.picked or ""
    story = tell(scenario, simulation, inventory, workloads=workloads, picked=shown)
    return Played(scenario, simulation, inventory, story, workloads, choices, shown, own)


def key_of(assessment: Assessment) -> str:
    """Return a hash of everything that goes into the results: six small queries, no graph is built."""
    organisation = assessment.organisation
    told = hashlib.sha256(results.METHOD_VERSION.encode())
    told.update(timezone.localdate().isoformat().encode())
    told.update(repr(organisation.home_jurisdictions).encode())
    rows: list[Iterable[Any]] = [
        assessment.workloads.order_by("pk").values_list("pk"),
        organisation.workloads.order_by("pk").values_list(
            "pk", "slug", "name", "owner", "criticality", "tolerance_hours", "load", "data_classes"
        ),
        Component.objects.filter(removed_at=None).order_by("pk").values_list("pk", "version"),
        Requires.objects.order_by("pk").values_list(
            "workload_id", "source_id", "target_id", "survives_for", "survives_restart"
        ),
        Fallback.objects.order_by("pk").values_list(),
        OwnScenario.objects.filter(replaced_at=None).order_by("pk").values_list("pk"),
    ]
    for table in rows:
        for row in table:
            told.update(repr(row).encode())
        told.update(b"/")
    told.update("".join(shipped_hashes()).encode())
    return told.hexdigest()


def reading(assessment: Assessment) -> Reading:
    """Return what was computed last, computed anew where the inventory changed and is small enough."""
    key = key_of(assessment)
    row = Simulation.objects.filter(assessment=assessment).first()
    if (row is None or row.key != key) and Component.objects.filter(removed_at=None).count() <= COMPUTED_AT_ONCE:
        row = compute(assessment, key)
    summary = row.summary if row else {"schema": scenario_matrix.SCHEMA, "workloads": [], "scenarios": []}
    scenarios = {one.id: one for one in catalogue(assessment.organisation)}
    in_scope = scope_of(assessment)
    workloads = [one["id"] for one in summary["workloads"] if one["id"] in in_scope]
    return Reading(summary, scenarios, workloads, row.computed_at if row else None, row is None or row.key != key)


def compute(assessment: Assessment, key: str = "") -> Simulation:
    """Play every scenario on the inventory as it is, and store the results in place of the last ones."""
    organisation = assessment.organisation
    key = key or key_of(assessment)
    inventory, workloads = inventory_in(assessment)
    plan = Plan(inventory, timezone.localdate())
    # An inventory without components says nothing: no scenario can reach anything.
    scenarios = {one.id: one for one in catalogue(organisation)} if inventory.components else {}
    played = play_all(plan, scenarios.values())
    summary = scenario_matrix.summary(inventory, played)
    matrix = scenario_matrix.view(summary, scenarios, results.Horizon.DAY, sorted(workloads))
    # What a report tells is stored whole; any other story is worked out when somebody asks for it.
    told = [told_in_full(plan, scenarios[name]) for name in scenario_matrix.told_first(matrix, scenarios)]
    with transaction.atomic():
        row, _made = Simulation.objects.update_or_create(
            assessment=assessment,
            defaults={
                "organisation": organisation,
                "key": key,
                "summary": summary | {"concentration": _concentration(plan, workloads) if played else {}},
                "findings": _findings(inventory, workloads, played),
                "computed_at": timezone.now(),
            },
        )
        SimulatedScenario.objects.filter(simulation=row).delete()
        SimulatedScenario.objects.bulk_create(
            SimulatedScenario(
                organisation=organisation,
                simulation=row,
                scenario=one.scenario,
                detail=results.to_data(one),
            )
            for one in told
        )
    summaries.refresh_soon(assessment)
    return row


def play_told(inventory: Inventory, scenario: Scenario) -> results.Simulation:
    """Play one scenario on an inventory as `compute` does for those that a report tells."""
    return told_in_full(Plan(inventory, timezone.localdate()), scenario)


def told_in_full(plan: Plan, scenario: Scenario, picked: str | None = None) -> results.Simulation:
    """Play one scenario with all paths and, where that is quick, with the single change that would help most."""
    small = len(plan.components) <= SEARCHED
    return simulate_and_search(plan, scenario, picked) if small else simulate(plan, scenario, picked)


def _findings(
    inventory: Inventory, workloads: frozenset[str], simulations: Iterable[results.Summary]
) -> list[dict[str, Any]]:
    """Return each code once, with the workload or the sources that show it first; only of workloads in scope."""
    names = {one.name for one in inventory.workloads if one.id in workloads}
    found: dict[str, dict[str, Any]] = {}
    for simulation in simulations:
        for one in simulation.shown:
            if one.code not in found and one.params.get("workload", next(iter(names), "")) in names:
                found[one.code] = one.finding().model_dump(mode="json")
    return [found[code] for code in sorted(found)]


def _concentration(plan: Plan, workloads: frozenset[str]) -> dict[str, Any]:
    found = concentrated(plan, workloads)
    names = names_of(plan.inventory)
    return {
        "total": len(found.counted),
        "only_critical": found.only_critical,
        "groups": [
            {
                "by": group.by,
                "shares": [
                    {"name": one.name, "behind": [names[it] for it in one.behind], "stops": len(one.stops)}
                    for one in group.shares
                ],
                "unknown": [names[it] for it in group.unknown],
            }
            for group in found.groups
        ],
    }


def carry_out(organisation_id: UUID | str) -> int:
    """Compute, in the worker, for every assessment of an organisation; returns how many were stale."""
    with scopes_disabled():
        organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        return 0
    done = 0
    with scope(organisation=organisation):
        for assessment in Assessment.objects.filter(organisation=organisation, archived_at=None):
            assessment.organisation = organisation
            key = key_of(assessment)
            if not Simulation.objects.filter(assessment=assessment, key=key).exists():
                compute(assessment, key)
                done += 1
    return done
