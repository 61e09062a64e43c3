"""What holds of every inventory: help never harms, less need never harms, order never matters, everything ends."""

import random
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessor.scenarios.case import Case
from assessor.scenarios.graph import Fallback, Inventory, Kind, Requires
from assessor.scenarios.lines import FOR_EVER, Book, Line, better, held, level_at, pulse, translated, worse
from assessor.scenarios.plan import AUDIT_IS_LOST, CHECK_FAILS_OPEN, Plan
from assessor.scenarios.results import Availability, Horizon, Simulation, from_data, to_data
from assessor.scenarios.scenario import Scenario
from assessor.scenarios.simulate import Playing, play_all, simulate, summarise
from assessor.scenarios.solve import ROUNDS
from tests.scenarios.builders import component, scenario, workload
from tests.scenarios.oracle import Reading

KINDS = ("model", "gateway", "safety-check", "identity", "audit", "compute", "manual-procedure")
COMPONENTS = [f"c{number}" for number in range(7)]
WORKLOADS = ["w0", "w1", "w2"]
HOURS = st.sampled_from([None, 0, 1, 5, 24, 200])
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def requires(draw: Any) -> Requires:
    source, target = draw(st.sampled_from([*COMPONENTS, *WORKLOADS])), draw(st.sampled_from(COMPONENTS))
    return Requires(
        source=source,
        target=target,
        survives_for=draw(HOURS),
        survives_restart=draw(st.sampled_from([None, True, False])),
    )


@st.composite
def fallbacks(draw: Any) -> Fallback:
    source, target = draw(st.permutations(COMPONENTS))[:2]
    return Fallback(
        source=source,
        target=target,
        workload=draw(st.sampled_from([None, None, *WORKLOADS])),
        switch_hours=draw(HOURS),
        capacity_percent=draw(st.sampled_from([None, 0, 50, 100])),
        quality=draw(st.sampled_from([None, "equal", "reduced"])),
        data_classes=draw(st.sampled_from([(), ("public",), ("patient", "public")])),
        tested_on=draw(st.sampled_from([None, "2026-10-01"])),
        tested_share=draw(st.sampled_from([None, 10, 100])),
        safety_path=draw(st.sampled_from([(), ("c2",), ("c2", "c5")])),
    )


@st.composite
def inventories(draw: Any) -> Inventory:
    parts = tuple(
        component(
            name,
            draw(st.sampled_from(KINDS)),
            on_failure=draw(st.sampled_from([None, "open", "closed", "queue"])),
            maker=draw(st.sampled_from([None, "Contoso", "Fabrikam"])),
            hosting=draw(st.sampled_from([None, "public-saas", "own-premises"])),
            sees_plain_text=draw(st.sampled_from([None, True, False])),
            capacity=draw(st.sampled_from([None, 1])),
            longest_hours=draw(HOURS),
        )
        for name in COMPONENTS
    )
    tasks = tuple(
        workload(
            name,
            criticality=draw(st.sampled_from(["critical", "important"])),
            data_classes=draw(st.sampled_from([(), ("public",), ("patient",)])),
        )
        for name in WORKLOADS
    )
    return Inventory(
        workloads=tasks,
        components=parts,
        requires=tuple(draw(st.lists(requires(), max_size=16))),
        fallbacks=tuple(draw(st.lists(fallbacks(), max_size=5))),
    )


@st.composite
def scenarios(draw: Any) -> Scenario:
    acts = []
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.sampled_from([0, 3, 24]))
        matcher = draw(
            st.sampled_from(
                [{"ids": ["c0"]}, {"ids": ["c1", "c4"]}, {"maker": ["Contoso"]}, {"hosting": ["public-saas"]}]
            )
        )
        effect = draw(st.sampled_from(["removed", "degraded", "compelled", "barred-by-own-rule", "no-new"]))
        end = draw(st.sampled_from([None, begin + 1, begin + 48, 2000]))
        acts.append({"matches": [matcher], "effect": effect, "after_hours": begin, "until_hours": end})
    return scenario(*acts)


def worsened(after: Simulation, before: Simulation) -> list[tuple[str, str, str]]:
    """Return every workload that stands worse at a horizon than before, with the case in which it does."""
    pairs = list(zip(after.outcomes, before.outcomes, strict=True))
    assert all((one.workload, one.horizon) == (other.workload, other.horizon) for one, other in pairs)
    worst = [(one, "worst") for one, other in pairs if one.availability > other.availability]
    best = [(one, "best") for one, other in pairs if one.best > other.best]
    return [(one.workload, one.horizon.word, case) for one, case in worst + best]


def exposed(simulation: Simulation) -> list[set[str]]:
    return [{one.component for one in outcome.could_be_compelled} for outcome in simulation.outcomes]


@MANY
@given(inventories(), scenarios(), fallbacks())
def test_adding_a_fallback_never_worsens_availability(inventory: Inventory, story: Scenario, more: Fallback) -> None:
    richer = inventory.model_copy(update={"fallbacks": (*inventory.fallbacks, more)})

    assert worsened(simulate(richer, story), simulate(inventory, story)) == []


@MANY
@given(inventories(), scenarios(), st.integers(0, 15))
def test_removing_a_requires_edge_never_worsens_either_axis(inventory: Inventory, story: Scenario, which: int) -> None:
    rows = inventory.requires
    fewer = inventory.model_copy(update={"requires": rows[:which] + rows[which + 1 :]})
    before, after = simulate(inventory, story), simulate(fewer, story)

    assert worsened(after, before) == []
    assert all(one <= other for one, other in zip(exposed(after), exposed(before), strict=True))


@MANY
@given(inventories(), scenarios(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(inventory: Inventory, story: Scenario, rng: random.Random) -> None:
    mixed = {
        name: tuple(rng.sample(rows, len(rows)))
        for name in ("components", "requires", "fallbacks")
        if (rows := getattr(inventory, name)) is not None
    }

    assert simulate(inventory.model_copy(update=mixed), story) == simulate(inventory, story)


@MANY
@given(inventories(), scenarios())
def test_playing_it_again_says_the_same_and_it_can_be_stored(inventory: Inventory, story: Scenario) -> None:
    plan = Plan(inventory)
    first = simulate(plan, story)

    assert simulate(plan, story) == first == simulate(inventory, story)
    assert from_data(to_data(first)) == first


@MANY
@given(inventories(), scenarios())
def test_the_summary_says_the_same_as_the_whole(inventory: Inventory, story: Scenario) -> None:
    whole, short = simulate(inventory, story), summarise(Plan(inventory), story)

    assert (short.matched, short.perhaps, short.findings) == (whole.matched, whole.perhaps, whole.findings)
    assert {name: list(states) for name, states in short.states.items()} == {
        one.id: [int(it) for at in whole.of(one.id) for it in (at.felt, min(at.best, at.felt))]
        for one in inventory.workloads
    }


@MANY
@given(inventories())
def test_a_scenario_that_matches_nothing_changes_nothing_and_says_so(inventory: Inventory) -> None:
    found = simulate(inventory, scenario({"matches": [{"ids": ["nobody"]}], "effect": "removed"}))

    assert found.changes_nothing
    assert found.notes == ("matches-nothing",)
    assert not found.findings
    assert {one.capacity_percent for one in found.outcomes} <= {100}


@MANY
@given(inventories(), scenarios())
def test_every_bad_result_has_a_path_to_something_that_was_hit(inventory: Inventory, story: Scenario) -> None:
    found = simulate(inventory, story)
    hit = {*found.matched, *found.perhaps}

    for outcome in found.outcomes:
        assert outcome.best <= outcome.availability
        if outcome.availability is Availability.DARK:
            assert outcome.path
            assert outcome.path[-1].id in hit
        elif outcome.availability:
            assert outcome.path


@MANY
@given(inventories(), scenarios())
def test_a_plain_reading_of_the_rules_says_the_same(inventory: Inventory, story: Scenario) -> None:
    found = simulate(inventory, story)

    for one in inventory.workloads:
        worst, best = (Reading(inventory, story, one, best=case).line() for case in (False, True))
        assert tuple(tuple(change) for change in found.timelines[one.id]) == worst
        told = {outcome.horizon: (outcome.availability, outcome.best) for outcome in found.of(one.id)}
        at = {hour: (level_at(worst, hour), level_at(best, hour)) for hour in Horizon}
        assert told == {hour: (levels[0], min(levels)) for hour, levels in at.items()}


@MANY
@given(inventories(), st.lists(scenarios(), max_size=4))
def test_played_abreast_they_say_the_same_as_one_by_one(inventory: Inventory, stories: list[Scenario]) -> None:
    assert play_all(Plan(inventory), stories) == [summarise(Plan(inventory), story) for story in stories]


@MANY
@given(inventories(), scenarios())
def test_the_paths_alone_are_those_of_the_whole(inventory: Inventory, story: Scenario) -> None:
    whole = simulate(inventory, story)
    harmed = [(one.workload, one.path) for one in whole.outcomes if one.availability > Availability.DEGRADED]

    assert list(Playing(Plan(inventory), story, None).paths()) == harmed


@MANY
@given(inventories(), scenarios(), st.data())
def test_a_plan_on_which_much_was_played_says_the_same_as_a_new_one(
    inventory: Inventory, story: Scenario, data: Any
) -> None:
    plan = Plan(inventory)
    for other in data.draw(st.lists(scenarios(), max_size=3)):
        summarise(plan, other)

    assert summarise(plan, story) == summarise(Plan(inventory), story)


@MANY
@given(inventories(), scenarios(), st.data())
def test_trying_a_change_says_the_same_as_making_it(inventory: Inventory, story: Scenario, data: Any) -> None:
    playing = Playing(Plan(inventory), story, None)
    if inventory.fallbacks:
        old = data.draw(st.sampled_from(playing.plan.fallbacks))
        # Another fallback between the same.
        same = {"source": old.source, "target": old.target, "safety_path": old.safety_path}
        more = data.draw(fallbacks()).model_copy(update=same)
        tried = playing.plan.with_fallback(more, old)
        kept = [one for one in inventory.fallbacks if one != old]
        made = Plan(inventory.model_copy(update={"fallbacks": (*kept, more)}))
        assert lines_of(tried, Case(tried, playing.hit, playing.worst, best=False)) == lines_of_made(made, story)
    if inventory.requires:
        row = data.draw(st.sampled_from(inventory.requires))
        gone = [one for one in inventory.requires if (one.source, one.target) != (row.source, row.target)]
        longer = data.draw(st.sampled_from([None, row.model_copy(update={"survives_for": 720})]))
        tried = playing.plan.with_edge(row.source, row.target, longer)
        made = Plan(inventory.model_copy(update={"requires": (*gone, *([longer] if longer else []))}))
        case = Case(tried, playing.hit, playing.worst, [tried.position[row.source]], best=False)
        assert lines_of(tried, case) == lines_of_made(made, story)


def lines_of(plan: Plan, case: Case) -> list[Line]:
    return [plan.book.line(number) for number in case.numbers]


def lines_of_made(plan: Plan, story: Scenario) -> list[Line]:
    return lines_of(plan, Playing(plan, story, None).worst)


@MANY
@given(inventories(), scenarios())
def test_rounds_of_help_come_to_an_end(inventory: Inventory, story: Scenario) -> None:
    playing = Playing(Plan(inventory), story, None)

    for case in (playing.worst, playing.best):
        hours = len(case.hours)
        assert all(state.rounds <= ROUNDS + 4 * len(inventory.fallbacks) * hours for state in case.states)


@MANY
@given(inventories(), scenarios())
def test_the_work_is_bounded_by_the_size_of_the_graph(inventory: Inventory, story: Scenario) -> None:
    plan = Plan(inventory)
    simulate(plan, story)

    # Each context settles within so many rounds; each spread walks an edge once for each way its line can get worse.
    contexts = 2 * (1 + len(WORKLOADS))
    changes = 4 * 2 * len(story.acts) * (len(inventory.components) + 1)
    edges = len(inventory.requires) + sum(1 + len(one.safety_path) for one in inventory.fallbacks) + 1
    assert plan.steps <= contexts * (ROUNDS + 1) * changes * edges + 1000 + 60 * edges * len(WORKLOADS)


def test_kinds_named_here_are_kinds() -> None:
    assert set(KINDS) <= {kind.value for kind in Kind}


LINES = st.one_of(
    st.builds(
        pulse,
        st.sampled_from([0, 1, 5.5]),
        st.sampled_from([7, 24, 200, FOR_EVER]),
        st.integers(min_value=0, max_value=4),
    ),
    st.lists(st.tuples(st.sampled_from([0.0, 1, 7, 24, 168]), st.integers(0, 4)), max_size=4).map(
        lambda steps: merged(pulse(begin, FOR_EVER, level) for begin, level in steps)
    ),
    st.lists(st.tuples(st.sampled_from([0.0, 1, 7, 24]), st.integers(0, 4)), max_size=4).map(
        lambda steps: merged(pulse(begin, begin + 2 + 3 * level, level) for begin, level in steps)
    ),
)


def merged(pulses: Iterable[Line]) -> Line:
    line = pulse(0, FOR_EVER, 0)
    for one in pulses:
        line = worse(line, one)
    return line


@MANY
@given(LINES, LINES, st.sampled_from([0, 1, 6.5, 24, 300]), st.sampled_from([CHECK_FAILS_OPEN, AUDIT_IS_LOST]))
def test_the_book_of_lines_says_what_the_lines_themselves_say(
    one: Line, other: Line, hours: float, levels: tuple[int, ...]
) -> None:
    book = Book(tuple(map(float, Horizon)))
    first, second = book.number(one), book.number(other)
    told = {
        first: one,
        book.worse(first, second): worse(one, other),
        book.better(first, second): better(one, other),
        book.passed(first, hours, None): held(one, hours),
        book.passed(first, hours, levels): translated(held(one, hours), levels),
    }

    assert {number: book.line(number) for number in told} == told
    for number, line in told.items():
        assert book.number(line) == number
        assert list(book.profile(number)) == [level_at(line, hour) for hour in Horizon]
