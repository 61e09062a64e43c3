"""Findings meet questions by codes alone: each code that a question names can be seen, and each provable question and
each finding of a drill can be reached."""

from pathlib import Path

import pytest

from assessor.evidence import Finding, Strength, Tier
from assessor.probes.words import finding_meaning, finding_title
from assessor.questionnaire.loader import load_questionnaire
from assessor.questionnaire.overlay import load_overlay, source_hash
from assessor.questionnaire.schema import Question
from assessor.scenarios import words
from assessor.scenarios.findings import CODES, SHARED_BY
from tests.probes.drills.codes import drill_codes
from tests.probes.test_detectors_rules import possible_codes as codes_of_detectors

SHIPPED = Path(__file__).parents[1] / "questionnaires"
FOLDERS = sorted(path.parent for path in SHIPPED.glob("*/questionnaire.yaml"))

# Questions that ask for more than a document and that nothing seen at an endpoint or in a drill can bear on, each with the reason.
BEYOND_PROBE_AND_DRILL = {
    "governance.first-hour": "who acts in the first hour shows in an exercise or a real stop, never in a reply",
    "lock-in.belongings": "what lies in the organisation's own repositories is behind no endpoint",
    "sov-3.keys": "keys and vault are behind the endpoint, and sealed memory cannot be told from its answers",
    "sov-3.place": "a region that a service states is its word, and the code does not carry which",
    "sov-3.access-record": "who looked at data shows in the provider's record only",
    "sov-3.deletion": "what is gone is searched for where it lay, never at the endpoint",
    "sov-3.ai-record": "what is recorded of an answer lies behind the endpoint",
    "sov-4.know-how": "manuals and source are behind no endpoint",
    "sov-5.reliance": "stock and replacements are behind no endpoint",
    "sov-5.firmware": "firmware is not seen from outside the machine",
    "sov-5.updates": "the stores that machines ask are not seen from their endpoint",
    "sov-6.design": "documents are compared with the inside of the service",
    "sov-6.computing": "processors do not show in a reply",
    "sov-7.logs": "logs arrive at the customer's store, not in a reply",
    "sov-7.reporting": "how soon somebody tells of an incident shows in an exercise",
    "sov-7.audits": "rights to examine are used on the spot",
    "sov-8.outlast": "fuel and water are behind no endpoint",
}

# Findings of drills that weigh nothing at any question, each with the reason.
WEIGHS_NOTHING = {
    "drill.exit.works": "fixed prompts show the dialect, and `dialect-carried` says that once",
    "drill.exit.breaks": "whether an application uses that feature is not seen; only a plain prompt is used by all",
    "drill.exit.fixed-only": "it says what was not asked",
    "drill.exit.unfinished": "it says what was not reached",
    "drill.disconnect.answered": "an endpoint that answers with its way out open, or not shown to be closed, always did",
    "drill.disconnect.not-fresh": "answers from a cache show nothing either way",
    "drill.disconnect.cold-start": "a start that was noted counts with the drill it fell into: `passed.day`",
    "drill.disconnect.unfinished": "it says what was not reached",
    "drill.names.asked": "which of the names lie inside no name server knows; a person reads the list",
}


def questions() -> list[Question]:
    return [question for folder in FOLDERS for question in load_questionnaire(folder / "questionnaire.yaml").questions]


def scenario_codes() -> set[str]:
    """Return every code that a shipped scenario can yield."""
    played = {path.stem for path in (SHIPPED / "scenarios").glob("*.yaml")}
    ends = {"scenario.shared-supplier": set(SHARED_BY), "scenario.dark-beyond-tolerance": played}
    return {f"{code}.{end}" if end else code for code in CODES for end in ends.get(code, {""})}


def possible_codes() -> set[str]:
    """Return every code that a detector, a drill or a scenario can yield."""
    return codes_of_detectors() | drill_codes() | scenario_codes()


def bears(code: str, mapped: str) -> bool:
    return code == mapped or code.startswith(mapped + ".")


def reached(question: Question) -> set[str]:
    """Return the codes that can be seen and that bear on a question."""
    return {code for bearing in question.findings for code in possible_codes() if bears(code, bearing.code)}


def test_every_question_that_a_probe_could_prove_is_reached_by_a_finding_or_says_why_not() -> None:
    asked = {question.id: question for question in questions() if question.proof.rank >= Tier.OBSERVED.rank}
    assert len(asked) > 30
    unreached = {name for name, question in asked.items() if not reached(question)}
    assert unreached == set(BEYOND_PROBE_AND_DRILL)


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.id)
def test_every_code_that_a_question_names_is_one_that_can_be_seen(question: Question) -> None:
    for bearing in question.findings:
        assert any(bears(code, bearing.code) for code in possible_codes()), bearing.code


def test_every_finding_of_a_drill_bears_on_a_question_or_says_why_not() -> None:
    mapped = {bearing.code for question in questions() for bearing in question.findings}
    silent = {code for code in drill_codes() if not any(bears(code, one) for one in mapped)}
    listed = {code: [one for one in WEIGHS_NOTHING if bears(code, one)] for code in silent}
    assert [code for code, reasons in listed.items() if not reasons] == []
    assert {one for reasons in listed.values() for one in reasons} == set(WEIGHS_NOTHING)


def test_drills_bear_on_both_questionnaires() -> None:
    for folder in FOLDERS:
        asked = load_questionnaire(folder / "questionnaire.yaml").questions
        kinds = {b.code.split(".")[1] for question in asked for b in question.findings if b.code.startswith("drill.")}
        assert kinds == {"exit", "disconnect"}, folder.name


def test_scenarios_bear_on_both_questionnaires() -> None:
    for folder in FOLDERS:
        asked = load_questionnaire(folder / "questionnaire.yaml").questions
        assert any(b.code.startswith("scenario.") for question in asked for b in question.findings), folder.name


def test_no_models_name_weighs_anything() -> None:
    named = [bearing.code for question in questions() for bearing in question.findings]
    assert not [code for code in named if code.startswith("model")], "a name is a claim"


def test_what_runs_here_is_never_supported_above_three_by_what_answers_at_the_door() -> None:
    for question in questions():
        for bearing in question.findings:
            assert bearing.supports is None or bearing.supports <= 3


@pytest.mark.parametrize("code", sorted(drill_codes()))
def test_every_finding_of_a_drill_has_words(code: str) -> None:
    finding = Finding(code=code, strength=Strength.STRONG)
    assert finding_title(finding) not in {"", code}
    assert finding_meaning(finding)


@pytest.mark.parametrize("code", sorted(scenario_codes()))
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_finding_of_a_scenario_has_words(code: str, language: str) -> None:
    finding = Finding(code=code, strength=Strength.DEFAULT)
    assert words.title(finding, language) not in {"", code}
    assert words.meaning(finding, language)


def test_the_words_of_scenarios_are_translated() -> None:
    ours = load_overlay(words.FOLDER, "de").texts
    assert {key: ours[key].of for key in words.texts()} == {
        key: source_hash(text) for key, text in words.texts().items()
    }


def test_a_scenario_never_supports_an_answer() -> None:
    bearing = [one for question in questions() for one in question.findings if one.code.startswith("scenario")]
    assert bearing
    assert all(one.supports is None for one in bearing)
