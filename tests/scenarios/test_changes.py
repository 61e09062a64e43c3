"""The single change that shrinks a scenario most is found by trying, and is what a careful reader would name."""

from datetime import date

from assessor.scenarios.changes import ACTIONS, TRIES, best_single_change
from assessor.scenarios.graph import Inventory
from assessor.scenarios.plan import Plan
from assessor.scenarios.simulate import simulate
from tests.scenarios.builders import component, gone, needs, stands_in, workload
from tests.scenarios.test_worked_example import PLAN, SHIPPED

MODELS = (component("a"), component("b"))


def change(inventory: Inventory, lost: str = "a") -> tuple[str, tuple[str, ...]]:
    found = best_single_change(Plan(inventory, date(2026, 11, 21)), gone(lost))
    assert found is not None
    assert found.gain.after < found.gain.before
    assert found.tried <= TRIES
    return found.action, found.ids


def one(*fallbacks: object, edges: str = "w a", parts: tuple[object, ...] = MODELS) -> Inventory:
    return Inventory.model_validate(
        {"workloads": (workload("w"),), "components": parts, "requires": needs(edges), "fallbacks": fallbacks}
    )


def test_where_nothing_stands_in_a_fallback_helps_most() -> None:
    assert change(one()) == ("add-fallback", ("a",))


def test_an_untested_fallback_is_to_be_tested() -> None:
    assert change(one(stands_in("a", "b", tested_on=None, safety_path=["b"]))) == ("test-fallback", ("a", "b"))


def test_a_fallback_without_checks_is_to_be_given_one() -> None:
    assert change(one(stands_in("a", "b"))) == ("give-own-checks", ("a", "b"))


def test_where_nothing_is_harmed_nothing_is_proposed() -> None:
    assert best_single_change(Plan(one()), gone("b")) is None


def test_on_the_friday_a_fallback_for_the_model_helps_most() -> None:
    found = best_single_change(PLAN, SHIPPED["friday-letter-2026"])

    assert found is not None
    assert (found.action, found.ids) == ("add-fallback", ("fable",))
    assert found.action in ACTIONS


def test_it_is_the_same_whether_the_story_was_played_before_or_not() -> None:
    for story in SHIPPED.values():
        played = simulate(PLAN, story)
        assert best_single_change(PLAN, story, played.picked, played) == best_single_change(PLAN, story)
