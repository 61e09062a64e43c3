"""The shipped scenarios: clean, in both languages, all kinds of causes, all gates; and files that are wrong say where."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from assessor.content import read_yaml
from assessor.errors import ContentErrors
from assessor.questionnaire.overlay import load_overlay
from assessor.scenarios.graph import Component, Hosting, Inventory, Kind
from assessor.scenarios.lint import lint
from assessor.scenarios.loader import load_scenarios, overlay_faults, parse_scenario, translate
from assessor.scenarios.plan import Plan
from assessor.scenarios.scenario import Cause, Effect, Gate, Scenario
from assessor.scenarios.simulate import picks, simulate
from tests.scenarios.builders import scenario

FOLDER = Path(__file__).parents[2] / "questionnaires" / "scenarios"
SHIPPED = {one.id: one for one in load_scenarios(FOLDER)}


@pytest.mark.parametrize("one", SHIPPED.values(), ids=SHIPPED)
def test_a_shipped_scenario_is_clean(one: Scenario) -> None:
    assert [fault.sentence() for fault in lint(one)] == []


def test_every_text_is_in_german_and_none_is_stale() -> None:
    overlay = load_overlay(FOLDER, "de")

    assert [gap.sentence() for gap in overlay_faults(SHIPPED.values(), overlay)] == []
    german = translate(SHIPPED["friday-letter-2026"], overlay)
    assert german.title == "Das Freitagsschreiben vom Juni 2026"
    assert german.acts == SHIPPED["friday-letter-2026"].acts


def test_a_scenario_with_one_stale_text_stays_whole_in_its_own_language() -> None:
    changed = SHIPPED["internet-cut"].model_copy(update={"title": "Another title"})

    assert translate(changed, load_overlay(FOLDER, "de")) == changed


def test_each_of_the_three_gates_is_hit_by_some_scenario() -> None:
    for gate in Gate:
        assert [one.id for one in SHIPPED.values() if gate in one.gates], gate


def test_every_cause_and_every_effect_is_told_somewhere() -> None:
    assert {cause for one in SHIPPED.values() for cause in one.causes} == set(Cause)
    assert {effect for one in SHIPPED.values() for effect in one.effects} == set(Effect)
    assert len(SHIPPED) >= 25


MODEL_STORIES = ["friday-letter-2026", "model-withdrawn", "returned-changed", "silent-change", "deprecation"]


@pytest.mark.parametrize("name", MODEL_STORIES)
def test_a_story_of_a_model_is_played_on_a_model_and_not_on_a_check_that_is_better_known(name: str) -> None:
    told = Inventory(
        components=(
            Component(
                id="filter", name="Filter", kind=Kind.SAFETY_CHECK, product="Filter", hosting=Hosting.PUBLIC_SAAS
            ),
            Component(id="model", name="Model", kind=Kind.MODEL, product="Tern", hosting=Hosting.PUBLIC_SAAS),
        )
    )
    assert picks(Plan(told, date(2026, 11, 1)), SHIPPED[name]) == ["Tern"]


def test_the_friday_letter_runs_by_its_real_clock() -> None:
    letter = SHIPPED["friday-letter-2026"]

    assert letter.begins == "2026-06-12T17:21-04:00"
    assert letter.notice_hours == 0
    assert [(act.effect.value, act.after_hours, act.until_hours) for act in letter.acts] == [
        ("removed", 0, 19 * 24),
        ("changed", 19 * 24, None),
    ]
    assert "As reported" in letter.story
    assert {one.name for one in letter.sources} >= {"Traefik Labs blog", "The maker's statement"}


def test_the_hash_is_of_what_it_says() -> None:
    letter = SHIPPED["friday-letter-2026"]

    assert letter.content_hash() == letter.model_copy().content_hash()
    assert letter.content_hash() != letter.model_copy(update={"version": "2026.12"}).content_hash()


WRONG = {
    "an unknown key": ("colour: red\n", "own.yaml, line 7: “colour” is not a known key here."),
    "an effect nobody knows": (
        "acts:\n  - {effect: gone, matches: [{kind: [model]}]}\n",
        "line 8: “acts.0.effect”",
    ),
    "a matcher that says nothing": (
        "acts:\n  - {effect: removed, matches: [{}]}\n",
        "must name at least one attribute",
    ),
    "an expression": ("acts:\n  - {effect: removed, matches: [{if: x > 1}]}\n", "“if” is not a known key here"),
    "an end before the beginning": (
        "acts:\n  - {effect: removed, after_hours: 5, until_hours: 5, matches: [{kind: [model]}]}\n",
        "until_hours must come after after_hours",
    ),
    "a price without a factor": ("acts:\n  - {effect: price-times, matches: [{kind: [model]}]}\n", "give times with"),
    "a pick that nothing uses": (
        "pick: maker\nacts:\n  - {effect: removed, matches: [{kind: [model]}]}\n",
        "pick and a matcher with picked: true go together",
    ),
    "an act before the notice is over": (
        "notice_hours: 24\nacts:\n  - {effect: removed, matches: [{kind: [model]}]}\n",
        "no act may begin before notice_hours are over",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_says_where_and_why(name: str) -> None:
    rows, said = WRONG[name]
    head = 'id: own\nversion: "1"\ntitle: T\nstory: S\nrecourse: R\ncauses: [legal]\n'

    with pytest.raises(ContentErrors) as caught:
        parse_scenario(read_yaml((head + rows).encode(), "own.yaml"))

    assert said in str(caught.value)
    assert all(error.remedy for error in caught.value.errors)


def test_a_gate_that_no_act_can_hit_is_told() -> None:
    one = scenario({"matches": [{"kind": ["team"]}], "effect": "people-gone"}, gates=["model"])

    assert "gate" in {fault.rule for fault in lint(one)}


def test_the_check_for_authors_runs_without_django() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assessor.scenarios", str(FOLDER)],
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER.parents[1],
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 to mend" in done.stdout


@pytest.mark.parametrize("name", MODEL_STORIES)
def test_a_hosted_model_of_which_no_product_is_known_is_not_spared(name: str) -> None:
    told = Inventory(components=(Component(id="m", name="Model", kind=Kind.MODEL, hosting=Hosting.PUBLIC_SAAS),))
    assert simulate(told, SHIPPED[name]).perhaps == ("m",)
