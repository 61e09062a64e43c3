"""Many cases spread at once: the same as one by one, whatever the hours, and each edge once for all of them."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from assessor.scenarios.abreast import spread_abreast
from assessor.scenarios.capacity import as_far_as
from assessor.scenarios.graph import Inventory
from assessor.scenarios.lines import FOR_EVER, Book, Line, level_at, pulse, spans
from assessor.scenarios.plan import AUDIT_IS_LOST, CHECK_FAILS_OPEN, Plan
from assessor.scenarios.results import Horizon
from assessor.scenarios.scenario import Scenario
from assessor.scenarios.simulate import play_all, summarise
from assessor.scenarios.solve import State, spread
from tests.scenarios.builders import component, gone, large, needs, scenario, workload
from tests.scenarios.test_properties import LINES, MANY, inventories

# What fits into narrow lanes, into wide ones only, and into none; together they make every width.
ODD_HOURS = st.lists(st.sampled_from([0, 1, 24, 0.25, 8760, 999_999.5, 1_000_000, 1 / 1024, 0.1, 1 / 3]), min_size=3)


def one_by_one(plan: Plan, direct: dict[int, int]) -> State:
    return spread(plan, direct, {}, within=plan.below)


@settings(MANY, max_examples=20)
@given(inventories(), ODD_HOURS, st.data())
def test_cases_side_by_side_stand_as_each_does_alone(
    inventory: Inventory, hours: list[float], data: st.DataObject
) -> None:
    held = tuple(row.model_copy(update={"survives_for": hours[at % 3]}) for at, row in enumerate(inventory.requires))
    plan = Plan(inventory.model_copy(update={"requires": held}))
    begins, ends = st.sampled_from([0.0, *hours]), st.sampled_from([2e6, 3e6, FOR_EVER])
    cases = data.draw(st.lists(st.lists(st.tuples(begins, ends, st.integers(1, 4)), max_size=4), max_size=5))
    directs = [{place: plan.book.number(pulse(*struck)) for place, struck in enumerate(case)} for case in cases]

    for direct, state in zip(directs, spread_abreast(plan, directs), strict=True):
        alone = one_by_one(plan, direct)
        assert state.own[: plan.first_workload] == alone.own[: plan.first_workload]
        assert state.out[: plan.first_workload] == alone.out[: plan.first_workload]


def test_the_first_spread_of_many_cases_comes_to_each_edge_once_and_to_those_of_a_loop_seldom() -> None:
    plan = Plan(large(40, 100, 400, 0))
    dark = plan.book.number(pulse(0.0, FOR_EVER, 4))
    few, many = [{at: dark} for at in range(80, 82)], [{at: dark} for at in range(60, 100)]
    steps = []
    for directs in (few, many):
        before = plan.steps
        spread_abreast(plan, directs)
        steps.append((plan.steps - before) / len(directs))

    looped = sum([len(plan.handing[place]) for place in range(plan.size)])
    assert max(steps) <= len(plan.inventory.requires) + 4 * looped


@MANY
@given(LINES)
def test_a_line_is_when_it_is_at_each_level_or_it_comes_back_to_one(line: Line) -> None:
    book, found = Book(()), spans(line)

    if found is None:
        assert any(sum([(one >= least) for one in rising(line, least)]) > 1 for least in range(1, 5))
    else:
        assert book.line(book.spanning(*zip(*found, strict=True))) == line


def rising(line: Line, least: int) -> list[int]:
    """Return the levels to which a line rises from below `least`."""
    before = [0, *[level for _, level in line[:-1]]]
    return [level for was, (_, level) in zip(before, line, strict=True) if was < least]


@MANY
@given(LINES, st.sampled_from([1, 6.5, 24, 300]), st.sampled_from([None, CHECK_FAILS_OPEN, AUDIT_IS_LOST]))
def test_the_book_tells_when_a_hold_over_spares_anything(
    line: Line, hours: float, levels: tuple[int, ...] | None
) -> None:
    book = Book(tuple(map(float, Horizon)))
    number = book.number(line)
    felt, plain = (book.line(book.passed(number, kept, levels)) for kept in (hours, 0.0))

    spared = book.spared(number, hours, levels)
    assert [spared >> at & 1 for at in range(len(Horizon))] == [
        level_at(felt, hour) < level_at(plain, hour) for hour in Horizon
    ]


def test_a_chain_of_any_length_is_followed_to_where_something_serves() -> None:
    size = 1500
    names = [f"c{at:04}" for at in range(size)]
    edges = needs("w c0000", *[f"{one} {other}" for one, other in pairwise(names)])
    plan = Plan(
        Inventory(workloads=(workload("w"),), components=tuple(component(one) for one in names), requires=edges)
    )

    assert as_far_as(plan, 1 << 1400, plan.first_workload).bit_count() == 1402
    assert as_far_as(plan, 1 << 50, plan.first_workload).bit_count() == 52
    assert as_far_as(plan, 0, plan.first_workload).bit_count() == size + 1


def test_acts_that_end_apart_are_played_beside_those_that_end_together() -> None:
    inventory = Inventory(
        workloads=(workload("w"), workload("v")),
        components=(component("a"), component("b"), component("c")),
        requires=(*needs("w a", "v b", "a c"), *needs("b c", survives_for=24)),
    )
    apart = scenario(
        {"matches": [{"ids": ["a"]}], "effect": "removed", "until_hours": 10},
        {"matches": [{"ids": ["c"]}], "effect": "removed", "after_hours": 20, "until_hours": 100},
    )
    stories: list[Scenario] = [gone("c"), apart, gone("a", until_hours=48)]

    assert play_all(Plan(inventory), stories) == [summarise(Plan(inventory), one) for one in stories]
