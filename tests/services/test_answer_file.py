"""The answer file: every fault is named by file, line, reason and remedy, and nobody can claim a tier."""

from datetime import date

import pytest

from assessor.errors import AssessorError
from assessor.evidence import Tier
from assessor.services.answer_checks import check_against
from assessor.services.answer_file import read_answer_file
from assessor.services.exchange.blank_yaml import blank_file
from assessor.services.questionnaires import shipped

HEAD = """questionnaire: ai-sovereignty
organisation: {name: Nordhafen, home_jurisdictions: [Germany]}
workload: {name: Letters}
"""


def read(tmp_path, text):
    path = tmp_path / "answers.yaml"
    path.write_text(text)
    file, document = read_answer_file(path)
    check_against(file, shipped(file.questionnaire), document)
    return file


def test_the_blank_file_is_valid_as_it_stands_and_answers_nothing(tmp_path):
    questionnaire = shipped("ai-sovereignty")
    text = blank_file(questionnaire)
    file = read(tmp_path, text)
    assert file.given(date(2026, 11, 21), questionnaire) == {}
    asked = questionnaire.asked("quick")
    assert set(file.answers) == {question.id for question in asked}
    flat = " ".join(line.strip(" #") for line in text.splitlines())
    assert all(" ".join(choice.text.split()) in flat for question in asked for choice in question.choices)


def test_short_and_long_answers_mean_the_same(tmp_path):
    short = read(tmp_path, HEAD + "answers: {data.readers: 2, data.orders: unknown}\n")
    long = read(tmp_path, HEAD + "answers: {data.readers: {level: 2}, data.orders: {state: unknown}}\n")
    today, asked = date(2026, 11, 21), shipped("ai-sovereignty")
    assert short.given(today, asked) == long.given(today, asked)


def test_the_tier_follows_from_the_facts(tmp_path):
    drill = (
        "{kind: drill, description: d, place: p, taken_on: 2026-11-01, pass_mark: m, minutes: 60, passed: true,"
        " share_of_load: 10, result: all served}"
    )
    file = read(tmp_path, HEAD + f"answers: {{lock-in.leaving: {{level: 3, evidence: [{drill}]}}}}\n")
    given = file.given(date(2026, 11, 21), shipped("ai-sovereignty"))["lock-in.leaving"]
    assert [proof.tier for proof in given.proofs] == [Tier.TESTED]


WRONG = {
    "an unknown question": (
        "answers:\n  data.readers: 1\n  data.nothing: 2\n",
        6,
        "no question “data.nothing”",
        "Known are",
    ),
    "a level that is not there": (
        "answers:\n  data.readers: 7\n",
        5,
        "no choice at level 7",
        "Choose one of its levels",
    ),
    "a level and a state": (
        "answers:\n  data.readers: {level: 1, state: unknown}\n",
        5,
        "either a level or a state",
        "Take one",
    ),
    "a tier": (
        "answers:\n  data.readers:\n    level: 3\n    tier: tested\n",
        7,
        "“tier” is not a known key",
        "Check the spelling",
    ),
    "a tier in evidence": (
        "answers:\n  data.readers:\n    level: 3\n    evidence:\n      - kind: drill\n        description: d\n        tier: tested\n",
        10,
        "“tier” is not a known key",
        "take it out",
    ),
    "evidence without a level": (
        "answers:\n  data.readers: {state: unknown, evidence: [{kind: log, description: d}]}\n",
        5,
        "Evidence stands behind a level",
        "Give the level",
    ),
    "what always applies": (
        "answers:\n  data.readers: {state: not-applicable, note: never}\n",
        5,
        "always applies",
        "Answer it, or say",
    ),
    "a wrong type": ("answers:\n  data.readers: {level: two}\n", 5, "level", ""),
    "a forbidden key": ("colour: blue\n", 4, "“colour” is not a known key", "Check the spelling"),
    "broken YAML": ("answers: [\n", 5, "not valid YAML", "Check indentation"),
    "a key given twice": ("answers: {}\nanswers: {}\n", 5, "given twice", "Keep one"),
    "an alias": ("answers: &a {}\n", 4, "anchor", "plainly"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_file_line_reason_and_remedy(tmp_path, name):
    tail, line, reason, remedy = WRONG[name]
    with pytest.raises(AssessorError) as caught:
        read(tmp_path, HEAD + tail)
    text = str(caught.value)
    assert f"answers.yaml, line {line}:" in text
    assert reason in text
    assert remedy in text


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(AssessorError, match="cannot be read"):
        read_answer_file(tmp_path / "nowhere.yaml")


KINDS = """answers:
  safety.agents: yes
  safety.coverage: [{first}]
  air-gap.last-closing: 2026-05-04
  governance.thinnest-duty: 3
  data.kinds: Letters to patients
  data.readers: 2
"""


def test_every_kind_of_answer_can_be_written_in_the_file(tmp_path):
    questionnaire = shipped("ai-sovereignty")
    coverage = questionnaire.question("safety.coverage")
    file = read(tmp_path, HEAD + KINDS.format(first=coverage.items[0].id))
    given = file.given(date(2026, 11, 21), questionnaire)
    assert given["safety.agents"].value == "yes"
    assert given["safety.coverage"].value == (coverage.items[0].id,)
    assert given["air-gap.last-closing"].value == "2026-05-04"
    assert given["governance.thinnest-duty"].value == 3
    assert given["data.kinds"].value == "Letters to patients"
    assert given["data.readers"].level == 2


def test_a_blank_file_of_every_question_is_good_as_it_stands(tmp_path):
    path = tmp_path / "blank.yaml"
    path.write_text(blank_file(shipped("ai-sovereignty"), "full"))
    file, document = read_answer_file(path)
    check_against(file, shipped("ai-sovereignty"), document)
    assert "a list of what is so" in path.read_text()
