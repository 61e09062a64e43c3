"""Findings meet questions by codes alone: each code that a question names can be seen, and each provable question can be reached."""

from pathlib import Path

import pytest

from assessor.evidence import Tier
from assessor.questionnaire.loader import load_questionnaire
from assessor.questionnaire.schema import Question
from tests.probes.test_detectors_rules import possible_codes

SHIPPED = Path(__file__).parents[1] / "questionnaires"
FOLDERS = sorted(path.parent for path in SHIPPED.glob("*/questionnaire.yaml"))

# Questions that ask for more than a document and that nothing seen at an endpoint can bear on, each with the reason.
BEYOND_A_PROBE = {
    "governance.first-hour": "who acts in the first hour shows in an exercise or a real stop, never in a reply",
    "lock-in.belongings": "what lies in the organisation's own repositories is behind no endpoint",
    "sov-3.keys": "keys and vault are behind the endpoint, and sealed memory cannot be told from its answers",
    "sov-3.place": "a region that a service states is its word, and the code does not carry which",
    "sov-3.access-record": "who looked at data shows in the provider's record only",
    "sov-3.deletion": "what is gone is searched for where it lay, never at the endpoint",
    "sov-3.ai-record": "what is recorded of an answer lies behind the endpoint",
    "sov-4.leaving": "a move to another provider shows in its record, not where one still is",
    "sov-4.know-how": "manuals and source are behind no endpoint",
    "sov-5.reliance": "stock and replacements are behind no endpoint",
    "sov-5.firmware": "firmware is not seen from outside the machine",
    "sov-5.updates": "the stores that machines ask are not seen from their endpoint",
    "sov-6.interfaces": "a dialect shows what an endpoint speaks, not what else would answer the same calls",
    "sov-6.design": "documents are compared with the inside of the service",
    "sov-6.computing": "processors do not show in a reply",
    "sov-7.logs": "logs arrive at the customer's store, not in a reply",
    "sov-7.reporting": "how soon somebody tells of an incident shows in an exercise",
    "sov-7.audits": "rights to examine are used on the spot",
    "sov-8.outlast": "fuel and water are behind no endpoint",
}


def questions() -> list[Question]:
    return [question for folder in FOLDERS for question in load_questionnaire(folder / "questionnaire.yaml").questions]


def reached(question: Question) -> set[str]:
    """Return the codes that a detector can yield and that bear on a question."""
    return {
        code
        for bearing in question.findings
        for code in possible_codes()
        if code == bearing.code or code.startswith(bearing.code + ".")
    }


def test_every_question_that_a_probe_could_prove_is_reached_by_a_finding_or_says_why_not() -> None:
    asked = {question.id: question for question in questions() if question.proof.rank >= Tier.OBSERVED.rank}
    assert len(asked) > 30
    unreached = {name for name, question in asked.items() if not reached(question)}
    assert unreached == set(BEYOND_A_PROBE)


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.id)
def test_every_code_that_a_question_names_is_one_that_a_detector_can_yield(question: Question) -> None:
    for bearing in question.findings:
        assert any(code == bearing.code or code.startswith(bearing.code + ".") for code in possible_codes()), (
            bearing.code
        )


def test_no_models_name_weighs_anything() -> None:
    named = [bearing.code for question in questions() for bearing in question.findings]
    assert not [code for code in named if code.startswith("model")], "a name is a claim"


def test_what_runs_here_is_never_supported_above_three_by_what_answers_at_the_door() -> None:
    for question in questions():
        for bearing in question.findings:
            assert bearing.supports is None or bearing.supports <= 3
