"""What scenarios give to a report: from what was computed last, so that a page of it plays nothing anew."""

from collections.abc import Iterable

from assessor.models import Assessment, Component, Exercise, SimulatedScenario
from assessor.reports import scenario_matrix
from assessor.reports.scenario_chapter import MOST_SHARES, EntryRecord, ExerciseRecord, ScenariosPlayed
from assessor.reports.scenario_matrix import told_first
from assessor.reports.scenario_part import ShareRow
from assessor.reports.scenario_story import Story, tell
from assessor.scenarios import results
from assessor.scenarios.graph import Inventory
from assessor.scenarios.results import Horizon
from assessor.services import exercises, parties, simulating
from assessor.services.simulating import Reading

MOST_EXERCISES = 3


def scenarios_of(assessment: Assessment) -> ScenariosPlayed | None:
    """Return what the chapter is made from; None where there is no inventory to play anything on."""
    if not Component.objects.filter(removed_at=None).exists():
        return None
    reading = simulating.reading(assessment)
    if not reading.known:
        return None
    inventory, workloads = simulating.inventory_in(assessment)
    matrix = scenario_matrix.view(reading.summary, reading.scenarios, Horizon.DAY, reading.workloads)
    told = parties.concentration(reading.summary["concentration"])
    return ScenariosPlayed(
        inventory=inventory,
        workloads=workloads,
        matrix=matrix,
        computed_at=reading.computed_at,
        concentration_headline=told.headline,
        shares=tuple(_shares(told)),
        stories=tuple(_stories(assessment, reading, inventory, workloads, told_first(matrix, reading.scenarios))),
        exercises=tuple(_exercises(assessment)),
    )


def _shares(told: parties.ConcentrationRows) -> Iterable[ShareRow]:
    for group in told.groups:
        for row in group.rows[:MOST_SHARES]:
            yield ShareRow(
                group=group.column,
                name=row.name,
                behind=row.behind,
                total=told.total,
                stops=row.stops,
                workloads=", ".join(row.workloads),
            )


def _stories(
    assessment: Assessment, reading: Reading, inventory: Inventory, workloads: frozenset[str], wanted: list[str]
) -> Iterable[Story]:
    rows = SimulatedScenario.objects.filter(simulation__assessment=assessment, scenario__in=wanted)
    details = {row.scenario: results.from_data(row.detail) for row in rows}
    for name in wanted:
        scenario = reading.scenarios[name]
        # Of two that do the same the other may come first in another language.
        simulation = details.get(name) or simulating.play_told(inventory, scenario)
        if simulation.matched or simulation.perhaps:
            yield tell(
                scenario,
                simulation,
                inventory,
                workloads=workloads,
                picked=simulation.picked or "",
            )


def _exercises(assessment: Assessment) -> Iterable[ExerciseRecord]:
    rows = Exercise.objects.filter(assessment=assessment).exclude(ended_at=None)[:MOST_EXERCISES]
    for row in rows.prefetch_related("entries__workload"):
        title, steps = exercises.in_own_words(row)
        yield ExerciseRecord(
            id=str(row.pk),
            title=title,
            facilitator=row.facilitator,
            participants=tuple(row.participants.splitlines()),
            runbook=row.runbook,
            pass_mark=row.pass_mark,
            begun_at=row.begun_at,
            ended_at=row.ended_at,
            passed=row.passed,
            conclusion=row.conclusion if row.ended_at else "",
            entries=tuple(
                EntryRecord(
                    when=str(steps[one.step]["when"]) if one.step < len(steps) else "",
                    kind=one.get_kind_display(),
                    text=one.text,
                    decided_by=one.decided_by,
                    runbook=one.runbook,
                    workload=one.workload.name if one.workload else "",
                    noted_at=one.noted_at,
                )
                for one in row.entries.all()
            ),
        )
