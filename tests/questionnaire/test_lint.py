"""Each rule of the lint fires where it should, says what to do, and keeps quiet otherwise."""

import pytest

from assessor.questionnaire.lint import QUESTION_RULES, QUESTIONNAIRE_RULES, lint
from tests.questionnaire.sample import sample

Change = tuple[str, str]

FRONT_TOP = "        text: All keys are in your hands, the lock is yours, and nobody else has a right to change it.\n"
CELLAR_TOP = "      - level: 2\n        text: The cellar has a lock"

# What is changed, which rule objects, where, and words of the remedy.
CASES: dict[str, tuple[list[Change], str, str, str]] = {
    "a word that two people read differently": (
        [("All keys are counted", "A robust count of keys exists")],
        "banned-word",
        "keys.front, level 1",
        "with a number",
    ),
    "the same word in another form, in a remedy": (
        [("Count the keys in the house.", "Count the keys adequately and note how many there are.")],
        "banned-word",
        "keys.front, remedy to 1",
        "Say what is the case",
    ),
    "a banned word around the questions": (
        [("meaning: You stop.", "meaning: You largely stop.")],
        "banned-word",
        "level 1",
        "Say what is the case",
    ),
    "a gate that skips a level": (
        [
            (
                "      - level: 1\n        text: All keys are counted, and one",
                "      - level: 2\n        text: All keys one",
            ),
            ("      - level: 2\n" + FRONT_TOP, ""),
            (
                "{to: 1, effort: [1, 2], text: Count the keys in the house.}",
                "{to: 2, effort: [1, 2], text: Count the keys.}",
            ),
            ("      - {to: 2, effort: [2, 5], text: Buy a lock of your own.}\n", ""),
        ],
        "gate-ladder",
        "keys.front",
        "every level",
    ),
    "a gate that ends below the top": (
        [
            ("      - level: 2\n" + FRONT_TOP, ""),
            ("      - {to: 2, effort: [2, 5], text: Buy a lock of your own.}\n", ""),
        ],
        "gate-ladder",
        "keys.front",
        "every level",
    ),
    "a gate that may be left out": (
        [("    gate: true\n", "    gate: true\n    may_not_apply: true\n")],
        "gate-not-applicable",
        "keys.front",
        "ruling",
    ),
    "too little weight that reaches the top": (
        [
            ("    weight: 3\n    gate: true\n", "    weight: 1\n"),
            (CELLAR_TOP, CELLAR_TOP.replace("2", "1")),
            ("{to: 2, effort: [0.5", "{to: 1, effort: [0.5"),
        ],
        "top-weight",
        "keys",
        "reach the top",
    ),
    "a rung without an event": (
        [("        event: Somebody comes in by night.\n", "")],
        "event",
        "keys.front, level 0",
        "merge",
    ),
    "an event on the last rung": (
        [(FRONT_TOP, FRONT_TOP + "        event: The house burns down.\n")],
        "event",
        "keys.front, level 2",
        "Take the event out",
    ),
    "a quick scan of one question": ([("    quick: true\n", "")], "quick-scan", "keys", "two questions"),
    "a step without a remedy": (
        [("      - {to: 1, effort: [1, 2], text: Count the keys in the house.}\n", "")],
        "remedy",
        "keys.front, level 1",
        "effort",
    ),
    "an effort that is no estimate": (
        [("effort: [2, 5]", "effort: [2, 90]")],
        "effort",
        "keys.front, remedy to 2",
        "Narrow",
    ),
    "a probe that supports too much": (
        [("supports: 1", "supports: 2")],
        "finding",
        "keys.front, finding door.locked",
        "inspection or a drill",
    ),
    "a probe that supports what needs no proof": (
        [("supports: 1", "supports: 0")],
        "finding",
        "keys.front, finding door.locked",
        "above 0",
    ),
    "a cap that holds nothing back": (
        [("caps: 1, b", "caps: 2, b")],
        "finding",
        "keys.front, finding door.open",
        "below",
    ),
    "a rung that names nobody under one that does": (
        [("        controlled_by: [{party: landlord, by: changing the lock}]\n", "")],
        "controlled-by",
        "keys.front, level 0",
        "Name a party",
    ),
    "a cap that names nobody": (
        [(", controlled_by: {party: landlord, by: walking in}", "")],
        "controlled-by",
        "keys.front, finding door.open",
        "Add controlled_by",
    ),
    "a rung too short to be observed": (
        [
            (
                "All keys are counted, and one of them is with the landlord, who can change the lock at will.",
                "Keys counted.",
            )
        ],
        "length",
        "keys.front, level 1",
        "between 15 and 70",
    ),
    "an act too long for the board page": (
        [("by: changing the lock}", f"by: {'changing the lock ' * 6}again" + "}")],
        "length",
        "keys.front, level 0",
        "at most 90",
    ),
    "one ruling only": ([(", A code told to guests counts as a key.", "")], "rulings", "keys.front", "2 to 4"),
    "a party nobody names": (
        [
            (
                "  - {id: landlord, name: The landlord}\n",
                "  - {id: landlord, name: The landlord}\n  - {id: thief, name: A thief}\n",
            )
        ],
        "unused-party",
        "thief",
        "take it out",
    ),
    "a question asked twice": (
        [
            (
                "text: Who outside can lock the cellar of the house you live in tonight?",
                "text: Who outside can lock the front door of the house you live in tonight?",
            )
        ],
        "same-text",
        "keys.cellar, text",
        "one place only",
    ),
    "a check on no day": (
        [('"2026-11-21"', '"2026-02-30"')],
        "reference",
        "keys.front, House Act Art. 1",
        "compared with its text",
    ),
}


def test_a_clean_questionnaire_has_nothing_to_mend() -> None:
    assert lint(sample()) == []


@pytest.mark.parametrize("name", CASES)
def test_each_rule_names_place_and_remedy(name: str) -> None:
    changes, rule, place, remedy = CASES[name]

    faults = lint(sample(*changes))

    found = [fault for fault in faults if fault.rule == rule and fault.place == place]
    assert found, [fault.sentence() for fault in faults]
    assert any(remedy in fault.sentence() for fault in found), [fault.sentence() for fault in found]


def test_every_rule_has_a_case_that_makes_it_fire() -> None:
    fired = set()
    for changes, _, _, _ in CASES.values():
        questionnaire = sample(*changes)
        for rule in QUESTIONNAIRE_RULES:
            fired |= {rule} if list(rule(questionnaire)) else set()
        for rule_of_one in QUESTION_RULES:
            fired |= (
                {rule_of_one} if any(list(rule_of_one(questionnaire, q)) for q in questionnaire.questions) else set()
            )

    assert fired == {*QUESTIONNAIRE_RULES, *QUESTION_RULES}


def test_a_questionnaire_without_a_quick_scan_needs_none() -> None:
    questionnaire = sample(("    quick: true\n", ""), ("    quick: true\n", ""))

    assert lint(questionnaire) == []


def test_exactly_two_thirds_of_the_weight_may_reach_the_top() -> None:
    questionnaire = sample(
        ("    weight: 3\n", "    weight: 2\n"),
        (CELLAR_TOP, CELLAR_TOP.replace("2", "1")),
        ("{to: 2, effort: [0.5", "{to: 1, effort: [0.5"),
    )

    assert not [fault for fault in lint(questionnaire) if fault.rule == "top-weight"]


def test_a_fault_is_told_in_the_language_of_the_reader() -> None:
    fault = lint(sample(("    quick: true\n", "")))[0]
    german = {fault.reason: "Die Kurzfassung hat hier {count} Frage.", fault.remedy: "Zwei gehören dazu."}

    assert fault.sentence(german.__getitem__) == "keys: Die Kurzfassung hat hier 1 Frage. Zwei gehören dazu."
