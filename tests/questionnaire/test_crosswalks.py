"""A wrong crosswalk is refused where it is wrong; what only the other questionnaire shows is told by lint."""

import pytest

from assessor.errors import ContentErrors
from assessor.questionnaire.__main__ import main
from assessor.questionnaire.crosswalks import lint_crosswalks
from assessor.questionnaire.lint import lint
from tests.questionnaire.crossed import framework, framework_text
from tests.questionnaire.sample import SAMPLE, sample, write

WRONG = {
    "levels that fall": ("levels: [0, 1, 3]", "levels: [0, 3, 1]", "do not ascend within the scale, which ends at 3"),
    "levels beyond the scale": ("levels: [0, 1, 3]", "levels: [0, 1, 4]", "do not ascend within the scale"),
    "a most below the least": (
        "levels: [0, 1, 3]\n",
        "up_to: [0, 0, 3]\n        levels: [0, 1, 3]\n",
        "does not fit its levels or the scale, which ends at 3",
    ),
    "a most of another length": (
        "levels: [0, 1, 3]\n",
        "up_to: [0, 3]\n        levels: [0, 1, 3]\n",
        "does not fit its levels",
    ),
    "a dimension that is not there": ("- dimension: watch\n", "- dimension: dogs\n", "no dimension “dogs”"),
    "a crosswalk to itself": ("questionnaire: sample", "questionnaire: burglary", "from “burglary” to itself"),
    "two rows for one question": ("question: keys.cellar", "question: keys.front", "“keys.front” has two rows"),
    "a row about another dimension": (
        "about: [doors.front]",
        "about: [fence.gate]",
        "no scored question of the dimension “doors”. Use some of: doors.back, doors.front, doors.roof",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_crosswalk_is_refused_with_line_reason_and_remedy(name):
    old, new, words = WRONG[name]
    with pytest.raises(ContentErrors) as refused:
        framework((old, new))
    fault = refused.value.errors[0]
    assert words in str(fault)
    line = framework_text((old, new)).splitlines()[fault.line - 1]
    assert new.split("\n")[0].split(": ")[-1].strip("[]") in line


def rules(*changes, other=None):
    return [one.sentence() for one in lint_crosswalks(framework(*changes), {"sample": other or sample()})]


def test_a_clean_crosswalk_is_clean():
    assert rules() == []
    assert lint(framework()) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("        about: [doors.front]\n", "", "does not say which questions it speaks about"),
        ("question: keys.cellar", "question: keys.attic", "“sample” has no scored question of this id"),
        ("levels: [0, 1, 3]", "levels: [0, 3]", "has 2 levels, and the scale of “sample” has 3"),
    ],
)
def test_lint_names_the_row_that_does_not_fit_the_other_questionnaire(old, new, words):
    (said,) = rules((old, new))
    assert said.startswith("crosswalk doors, keys.")
    assert words in said


def test_a_row_from_a_questionnaire_that_is_not_at_hand_is_held_to_its_own_words_only():
    changed = framework(("question: keys.cellar", "question: keys.attic"))
    assert lint_crosswalks(changed, {}) == []


def test_a_word_that_cannot_be_observed_is_found_in_a_row_too():
    changed = framework(("says: Whoever holds the keys opens the door.", "says: The door is robust enough."))
    assert [one.place for one in lint(changed)] == ["crosswalk doors, keys.front"]


def test_authors_hear_of_it_when_the_other_questionnaire_lies_beside(tmp_path, capsys):
    write(tmp_path, SAMPLE)
    file = write(tmp_path, framework_text(("question: keys.cellar", "question: keys.attic")), "burglary")
    assert main([str(file)]) == 1
    assert "has no scored question of this id" in capsys.readouterr().out
