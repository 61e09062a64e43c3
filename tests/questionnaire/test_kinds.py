"""Questions that are no ladders: what each kind must say, what an answer to it amounts to."""

import pytest

from assessor.errors import ContentErrors
from assessor.questionnaire.lint import lint
from assessor.questionnaire.schema import Question
from tests.questionnaire.sample import sample

LIST = """  - id: keys.list
    dimension: keys
    kind: checklist
    title: Around the house
    text: Which of these are in your own hands, so that nobody outside can use them tonight?
    why: Each of them opens the house.
    find_out: [Walk around the house once.]
    evidence: [A photograph of each.]
    rulings: [A window counts as a door., A cat flap counts as none.]
    weight: 1
    proof: documented
    items:
      - {id: shed, level: 1, text: The shed is locked with a padlock that nobody outside the house has a key to and it was tried this year.}
      - {id: gate, level: 2, text: The gate closes by itself and opens only with a key that is counted and kept inside the house.}
    remedies:
      - {to: 1, effort: [1, 2], text: Buy a padlock.}
      - {to: 2, effort: [1, 2], text: Buy a gate closer.}
"""
FACT = """  - id: keys.lodger
    dimension: keys
    kind: yes-no
    title: A lodger
    text: Does anybody live in the house who is not of the family, for money or without?
    why: A lodger has a key.
"""
CELLAR = "  - id: keys.cellar\n"


def with_question(text: str, *changes: tuple[str, str]) -> Question:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return sample((CELLAR, text + CELLAR)).questions[1]


def refusal(text: str, *changes: tuple[str, str]) -> str:
    with pytest.raises(ContentErrors) as refused:
        with_question(text, *changes)
    return str(refused.value)


@pytest.mark.parametrize(
    ("ticked", "level"), [([], 0), (["shed"], 1), (["gate"], 0), (["shed", "gate"], 2), ("shed", 0), (None, 0)]
)
def test_a_checklist_reaches_the_highest_level_at_which_nothing_is_missing(ticked, level):
    assert with_question(LIST).level_of(ticked) == level


def test_a_clean_checklist_has_nothing_to_mend():
    assert [fault for fault in lint(sample((CELLAR, LIST + CELLAR))) if fault.place.startswith("keys.list")] == []


def test_a_yes_no_without_levels_is_a_fact_and_one_with_levels_is_scored():
    sides = "    if_yes: {level: 0, text: A lodger lives here.}\n    if_no: {level: 2, text: Nobody else does.}\n"
    scored = (
        "    find_out: [Ask.]\n    evidence: [See.]\n    rulings: [One., Two.]\n    weight: 1\n    proof: declared\n"
    )
    fact, question = with_question(FACT), with_question(FACT + sides + scored)
    assert (fact.scored, fact.levels, fact.level_of("yes")) == (False, (), None)
    assert (question.scored, question.levels, question.level_of("yes"), question.level_of("no")) == (True, (0, 2), 0, 2)


@pytest.mark.parametrize(
    ("text", "change", "sentence"),
    [
        (LIST, ("    kind: checklist\n", ""), "“choices” is missing in keys.list, a question of the kind ladder"),
        (LIST, ("    weight: 1\n", ""), "“weight” is missing"),
        (LIST, ("id: gate, level: 2", "id: shed, level: 2"), "“shed” is used twice"),
        (LIST, ("id: gate, level: 2", "id: gate, level: 3"), "Level 3 is above the scale"),
        (LIST, ("id: shed, level: 1", "id: shed, level: 0"), "takes part in level 0"),
        (FACT, ("    why:", "    weight: 1\n    why:"), "“weight” does not belong to keys.lodger"),
        (FACT, ("    why:", "    unit: km\n    why:"), "“unit” does not belong to keys.lodger"),
        (FACT, ("kind: yes-no", "kind: riddle"), "Write ladder, checklist, yes-no, text, number or date"),
        (FACT, ("    why:", "    if_yes: {level: 1, text: Yes.}\n    why:"), "“if_no” is missing"),
        (
            FACT,
            ("kind: yes-no", "kind: number\n    least: 5\n    most: 2"),
            "The least number, 5, is above the most, 2",
        ),
    ],
)
def test_a_question_that_does_not_fit_its_kind_is_refused(text, change, sentence):
    assert sentence in refusal(text, change)


def cellar_shown_if(condition: str, *more: str) -> str:
    cellar = CELLAR + f"    show_if: {condition}\n"
    with pytest.raises(ContentErrors) as refused:
        sample((CELLAR, FACT + "".join(more) + cellar))
    return str(refused.value)


OTHER = FACT.replace("keys.lodger", "keys.guest").replace("live in", "sleep in")


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ('{question: keys.nobody, is: "yes"}', "There is no question “keys.nobody”"),
        ('{question: keys.front, is: "yes"}', "“keys.front” carries a score"),
        ("{question: keys.lodger, at_least: 2}", "which this condition cannot test"),
        ("{question: keys.lodger}", "The condition of keys.cellar is not whole"),
        ("{profile: [castle]}", "There is no profile “castle”"),
        ('{question: keys.lodger, is: "perhaps"}', "Write “yes” or “no” in quotes"),
    ],
)
def test_a_condition_that_leads_nowhere_is_refused_with_its_line(condition, sentence):
    said = cellar_shown_if(condition)
    assert sentence in said
    assert "sample.yaml, line" in said


def test_conditions_in_a_loop_are_refused():
    one = FACT + '    show_if: {question: keys.guest, is: "yes"}\n'
    two = OTHER + '    show_if: {question: keys.lodger, is: "yes"}\n'
    with pytest.raises(ContentErrors, match=r"The condition of keys\.lodger leads back to keys\.lodger itself"):
        sample((CELLAR, one + two + CELLAR))
