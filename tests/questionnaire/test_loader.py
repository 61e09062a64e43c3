"""A wrong questionnaire is refused where it is wrong, with a reason and a way out."""

from pathlib import Path

import pytest

from assessor.content import read_yaml
from assessor.errors import ContentErrors
from assessor.questionnaire.loader import find_questionnaires, from_canonical, load_questionnaire, parse_questionnaire
from tests.questionnaire.sample import SAMPLE, changed, sample, write

# What is changed, into what, on which line the fault is told, and words of the reason and the remedy.
WRONG = {
    "a misspelt key": ("    weight: 3", "    wieght: 3", "wieght", "“wieght” is not a known key", "spelling"),
    "a missing key": (
        "    why: A locked door is the shortest way to stop somebody.\n",
        "",
        "- id: keys.front",
        "“why” is missing",
        "Add it",
    ),
    "an unknown dimension": (
        "    dimension: keys",
        "    dimension: locks",
        "dimension: locks",
        "no dimension “locks”",
        "Use one of: keys",
    ),
    "an id outside its dimension": (
        "id: keys.front",
        "id: doors.front",
        "id: doors.front",
        "does not begin with",
        "Write “keys.subject”",
    ),
    "an id used twice": ("id: keys.cellar", "id: keys.front", 54, "“keys.front” is used twice", "own id"),
    "a malformed id": ("id: keys.front", "id: Keys Front", "Keys Front", "pattern", "dimension.subject"),
    "an unknown party": (
        "by: changing the lock}]",
        "by: x}, {party: thief, by: breaking in}]",
        "thief",
        "no party “thief”",
        "landlord",
    ),
    "an unknown party in a finding": (
        "{party: landlord, by: walking in}",
        "{party: thief, by: walking in}",
        "thief",
        "no party “thief”",
        "landlord",
    ),
    "a ladder that does not ascend": (
        "      - level: 1\n",
        "      - level: 0\n",
        40,
        "does not rise above",
        "ascending order",
    ),
    "a ladder without its foot": (
        "      - level: 0\n        text: Nobody in the house can say how",
        "      - level: 1\n        text: Nobody in the house can say how",
        36,
        "begins at level 1",
        "Begin with level 0",
    ),
    "a level beyond the scale": (
        "      - level: 2\n",
        "      - level: 3\n",
        "- level: 3",
        "above the scale, which ends at 2",
        "Use a level of the scale",
    ),
    "a cap beyond the scale": (
        "caps: 1, because",
        "caps: 7, because",
        "caps: 7",
        "Level 7 is above the scale",
        "Use a level",
    ),
    "a finding that does both": (
        "supports: 1,",
        "supports: 1, caps: 1,",
        "supports: 1, caps: 1",
        "either supports or caps",
        "README",
    ),
    "a remedy to nowhere": (
        "{to: 2, effort: [0.5, 1]",
        "{to: 1, effort: [0.5, 1]",
        "{to: 1, effort: [0.5",
        "no step of this question",
        "rung above the first",
    ),
    "two remedies to one step": (
        "{to: 2, effort: [2, 5]",
        "{to: 1, effort: [2, 5]",
        "{to: 1, effort: [2",
        "two remedies to level 1",
        "Keep one",
    ),
    "an effort upside down": ("effort: [2, 5]", "effort: [5, 2]", "[5, 2]", "low then high", "README"),
    "an effort of one number": ("effort: [2, 5]", "effort: [2]", "effort: [2]", "too short", "the lower first"),
    "a weight out of range": ("weight: 3", "weight: 4", "weight: 4", "Input should be 0, 1, 2 or 3", "Write 1, 2 or 3"),
    "a proof that is no tier": (
        "proof: observed",
        "proof: believed",
        "proof: believed",
        "proof",
        "declared, documented",
    ),
    "a version read as a number": (
        'version: "2026.11"',
        "version: 2026.11",
        "version: 2026.11",
        "valid string",
        "in quotes",
    ),
    "a colon that made a mapping": (
        "[Ask who has had a key cut.]",
        "[Ask: who has a key]",
        "[Ask: who has a key]",
        "valid string",
        "in quotes if it contains a colon",
    ),
    "a scale with a gap": ("level: 1, name: Dim", "level: 5, name: Dim", "scale:", "count up from 0", "README"),
    "caps of the scale that fall": (
        "documented: 1, observed: 2",
        "documented: 2, observed: 1",
        "caps: {declared",
        "carries less than weaker",
        "rise from declared",
    ),
    "a slack beyond the scale": ("slack: 1", "slack: 8", "slack: 8", "above the scale", "Use a level"),
    "a dimension nobody asks about": (
        "parties:\n",
        "  - {id: roof, title: R, short: R, asks: Who}\nparties:\n",
        "id: roof",
        "No question asks about",
        "Add a question",
    ),
    "a kind of question not known": (
        "    gate: true\n",
        "    gate: true\n    kind: riddle\n",
        "kind: riddle",
        "kind",
        "Write ladder",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_file_line_reason_and_remedy(name: str, tmp_path: Path) -> None:
    old, new, marker, reason, remedy = WRONG[name]
    text = changed((old, new))
    if isinstance(marker, str):
        line = next(number for number, row in enumerate(text.splitlines(), 1) if marker in row)
    else:
        line = marker
    path = write(tmp_path, text)

    with pytest.raises(ContentErrors) as caught:
        load_questionnaire(path)

    sentences = [fault.sentence() for fault in caught.value.errors if fault.line == line]
    assert sentences, f"no fault on line {line}: {caught.value}"
    assert any(s.startswith(f"{path}, line {line}: ") and reason in s and remedy in s for s in sentences), sentences


def test_every_fault_is_told_at_once_in_the_order_of_lines() -> None:
    text = changed(
        ("weight: 3", "weight: 9"), ("proof: documented", "proof: none"), ("language: en", "language: English")
    )

    with pytest.raises(ContentErrors) as caught:
        parse_questionnaire(read_yaml(text.encode(), "three.yaml"))

    lines = [fault.line for fault in caught.value.errors]
    assert len(lines) == 3
    assert lines == sorted(lines)
    assert all(fault.remedy for fault in caught.value.errors)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n- list\n", "just words\n"])
def test_a_file_without_a_questionnaire_says_how_to_begin(text: str) -> None:
    with pytest.raises(ContentErrors, match=r"There is no questionnaire in this file\. Begin with id"):
        parse_questionnaire(read_yaml(text.encode(), "empty.yaml"))


def test_a_file_that_is_not_there_is_one_fault_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ContentErrors, match=r"gone\.yaml: The file cannot be read"):
        load_questionnaire(tmp_path / "gone.yaml")


def test_the_folder_and_the_id_have_to_agree(tmp_path: Path) -> None:
    with pytest.raises(ContentErrors, match="is not the name of the folder, “other”"):
        load_questionnaire(write(tmp_path, SAMPLE, "other"))


def test_questionnaires_are_found_by_the_name_of_their_folder(tmp_path: Path) -> None:
    path = write(tmp_path, SAMPLE)
    (tmp_path / "notes").mkdir()

    assert find_questionnaires(tmp_path) == {"sample": path}
    assert find_questionnaires(tmp_path / "nowhere") == {}
    assert load_questionnaire(path) == sample()


def test_the_hash_is_that_of_the_content_not_of_the_file() -> None:
    lines = SAMPLE.splitlines()
    reordered = "\n".join(["title: A sample", *[line for line in lines if line != "title: A sample"]])
    spelt_out = changed(
        ("    proof: documented\n", "    proof: documented\n    gate: false\n"),
        ("effort: [1, 2]", "effort: [1.0, 2.0]"),
        (
            "introduction: Two questions about one thing, for tests only.",
            "introduction: >\n  Two questions about\n  one thing, for tests only.",
        ),
    )
    hashes = {
        parse_questionnaire(read_yaml(text.encode(), "x")).content_hash() for text in (SAMPLE, reordered, spelt_out)
    }

    # Written out: a change of this number means that stored assessments no longer find their questionnaire.
    assert hashes == {"e84d17464cf4698bbf84b598a5633c933fc36ef0a369e013eb7594030c6f5908"}


def test_another_word_is_another_hash() -> None:
    assert sample(("Count the keys", "Number the keys")).content_hash() != sample().content_hash()


def test_stored_content_comes_back_the_same() -> None:
    questionnaire = sample()
    stored = questionnaire.model_dump(mode="json")

    assert from_canonical(stored) == questionnaire
    assert from_canonical(stored).content_hash() == questionnaire.content_hash()


def test_stored_content_of_another_version_of_the_program_is_refused_kindly() -> None:
    stored = sample().model_dump(mode="json") | {"colour": "blue"}

    with pytest.raises(ContentErrors, match="sample: Stored content does not fit this version"):
        from_canonical(stored)
