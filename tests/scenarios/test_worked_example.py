"""The worked example of docs/scenarios.md, and each shipped scenario on the inventory of the example, told in tables."""

import re
from datetime import date
from pathlib import Path

import pytest

from assessor.content import read_yaml_file
from assessor.scenarios.graph import cross_faults, notices, parse_inventory
from assessor.scenarios.loader import load_scenarios
from assessor.scenarios.plan import Plan
from assessor.scenarios.results import Availability, Horizon, Outcome, Reason
from assessor.scenarios.simulate import simulate

ROOT = Path(__file__).parents[2]
INVENTORY = parse_inventory(read_yaml_file(ROOT / "examples" / "regional-hospital-inventory.yaml"))
PLAN = Plan(INVENTORY, date(2026, 11, 21))
SHIPPED = {one.id: one for one in load_scenarios(ROOT / "questionnaires" / "scenarios")}


def cell(outcome: Outcome) -> str:
    percent = outcome.capacity_percent
    full = percent is None or percent >= 100 or outcome.availability is Availability.DARK
    return outcome.availability.word + ("" if full else f" {percent:g} %")


def test_the_worked_example_is_what_the_code_says() -> None:
    rows = [
        [word.strip() for word in line.strip("|\n").split("|")]
        for line in (ROOT / "docs" / "scenarios.md").read_text().splitlines()
        if line.startswith("| ")
    ]
    head, told = rows[0], {row[0]: row[1:] for row in rows[1:]}
    found = simulate(PLAN, SHIPPED["friday-letter-2026"])

    assert head[1:] == [horizon.word for horizon in Horizon]
    assert told == {one.id: [cell(outcome) for outcome in found.of(one.id)] for one in INVENTORY.workloads}


def test_the_friday_tells_a_story_worth_showing() -> None:
    found = simulate(PLAN, SHIPPED["friday-letter-2026"])
    day = {one.workload: one for one in found.outcomes if one.horizon is Horizon.DAY}

    assert found.picked == "Fable 5"
    assert sorted(name for name, one in day.items() if one.availability is Availability.DARK) == [
        "bed-planning",
        "coding-help",
    ]
    assert [step.reason for step in day["discharge-letters"].path][-2:] == [Reason.FALLS_BACK, Reason.REDUCED]
    assert [tuple(step) for step in day["radiology-summaries"].path] == [
        ("hosted-check", Reason.CHECK_OPEN),
        ("fable", Reason.REQUIRES),
        ("fable", Reason.REMOVED),
    ]
    assert day["staff-assistant"].felt is Availability.DARK
    assert day["staff-assistant"].goes_without == ("second-model",)
    assert day["bed-planning"].until == 456
    assert {one.code for one in found.findings} >= {
        "scenario.dark-beyond-tolerance.friday-letter-2026",
        "scenario.unprotected",
    }


def test_the_example_is_sound() -> None:
    assert cross_faults(INVENTORY) == []
    assert notices(INVENTORY) == []


# Each scenario at one week: d dark, p unprotected, a unaudited, g degraded, - unaffected, in the order of the workloads.
WEEK = {
    "certificates-time-names": "-----",
    "cloud-account-suspended": "gdddp",
    "console-unreachable": "-----",
    "country-blocked": "gdddp",
    "customer-cut-off": "gdd-p",
    "deprecation": "-----",
    "disclosure-order": "-----",
    "everybody-falls-back": "gddgp",
    "friday-letter-2026": "gdd-p",
    "insolvency": "ggg-g",
    "internet-cut": "-----",
    "jurisdiction-hosted": "gdddp",
    "key-person-gone": "d----",
    "maker-gone": "gdd-p",
    "model-withdrawn": "gdd-p",
    "new-terms": "-----",
    "origin-barred": "-----",
    "price-times-five": "-----",
    "region-lost": "-----",
    "registries-stopped": "-----",
    "returned-changed": "ggg-g",
    "safety-check-down": "-----",
    "sign-in-down": "-----",
    "silent-change": "ggg-g",
    "site-lost": "d--dd",
    "staff-barred": "g----",
    "tools-cut-off": "---d-",
}
# Those that are over after a week, or not begun, at the horizon at which they show.
ELSEWHERE = {
    ("internet-cut", Horizon.DAY): "gdddp",
    ("deprecation", Horizon.MONTH): "gdd-p",
    ("new-terms", Horizon.MONTH): "gdd-p",
    ("origin-barred", Horizon.MONTH): "ddddd",
    ("price-times-five", Horizon.MONTH): "gdd-p",
    ("safety-check-down", Horizon.DAY): "----p",
    ("sign-in-down", Horizon.HOUR): "gdd-p",
    ("insolvency", Horizon.MONTH): "gdd-p",
}


@pytest.mark.parametrize(
    ("name", "horizon", "told"),
    [(name, Horizon.WEEK, told) for name, told in WEEK.items()] + [(*key, told) for key, told in ELSEWHERE.items()],
)
def test_each_scenario_on_the_example(name: str, horizon: Horizon, told: str) -> None:
    outcomes = [one for one in simulate(PLAN, SHIPPED[name]).outcomes if one.horizon is horizon]

    assert "".join("-gapd"[one.availability] for one in outcomes) == told


def test_every_shipped_scenario_is_told_here() -> None:
    assert set(WEEK) == set(SHIPPED)


def test_what_matches_nothing_says_so() -> None:
    assert simulate(PLAN, SHIPPED["console-unreachable"]).notes == ("matches-nothing",)
    assert simulate(PLAN, SHIPPED["disclosure-order"]).notes == ()


def test_an_order_reaches_everything_that_sees_plain_text() -> None:
    found = simulate(PLAN, SHIPPED["disclosure-order"])
    letters = found.of("discharge-letters")[0].could_be_compelled

    assert found.picked == "US"
    assert [(one.component, one.days_back, one.certain) for one in letters] == [
        ("fable", 30, True),
        ("images", None, False),
    ]


def test_registries_leave_work_until_a_restart() -> None:
    found = simulate(PLAN, SHIPPED["registries-stopped"]).of("discharge-letters")

    assert all(one.works_until_restart for one in found)
    assert {one.availability for one in found} == {Availability.UNAFFECTED}


def test_the_page_names_every_level() -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text()

    assert all(re.search(rf"\b{level.word}\b", text) for level in Availability)
