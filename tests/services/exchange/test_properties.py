"""Whatever was answered, in whatever words: out, in and out again is the same file."""

from datetime import date

from django.db import transaction
from django_scopes import scope
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assessor.content import validate
from assessor.scoring.tiers import EvidenceFacts, EvidenceKind
from assessor.services import answers, evidence
from assessor.services.answer_file import AnswerFile
from assessor.services.exchange import plain
from assessor.services.questionnaires import shipped
from tests.questionnaire.sample import sample
from tests.services.exchange.filled import empty
from tests.services.exchange.test_round_trip import out, take_in

QUESTIONS = shipped("ai-sovereignty").questions
# Everything a person can type or paste; half a surrogate pair and the null sign are no text in any database.
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=60)
LINES = st.lists(TEXT, max_size=4).map("\n".join)
WORDS = TEXT.filter(str.strip)


@st.composite
def said(draw, question):
    """Return state, level, value and note of an answer to a question."""
    note = draw(LINES)
    state = draw(st.sampled_from(("answered", "answered", "unknown", "not-asked")))
    if state != "answered":
        return state, None, None, note
    match question.kind:
        case "ladder":
            return state, draw(st.sampled_from(question.levels)), None, note
        case "checklist":
            return state, None, draw(st.lists(st.sampled_from([one.id for one in question.items]), unique=True)), note
        case "yes-no":
            return state, None, draw(st.sampled_from(("yes", "no"))), note
        case "number":
            low = question.least if question.least is not None else -1000
            high = question.most if question.most is not None else 1000
            return state, None, draw(st.floats(low, high)), note
        case "date":
            return state, None, draw(st.dates()).isoformat(), note
        case _:
            return state, None, draw(WORDS), note


FACTS = st.builds(
    EvidenceFacts,
    kind=st.sampled_from(EvidenceKind),
    place=TEXT,
    version=TEXT,
    taken_on=st.none() | st.dates(date(1990, 1, 1)),
    expires_on=st.none() | st.dates(date(1990, 1, 1)),
    read=st.booleans(),
    pass_mark=TEXT,
    minutes=st.integers(0, 5_000_000),
    passed=st.booleans(),
    share_of_load=st.none() | st.integers(0, 100),
    result=LINES,
)
ANSWERS = st.lists(st.sampled_from(QUESTIONS), unique=True, max_size=6).flatmap(
    lambda asked: st.tuples(*(st.tuples(st.just(one), said(one), st.lists(FACTS, max_size=2)) for one in asked))
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_answers=ANSWERS, kind=st.sampled_from(("yaml", "json", "sovpack")))
def test_any_answers_go_out_in_and_out_the_same(owner, given_answers, kind):
    with transaction.atomic():
        first = empty(owner)
        with scope(organisation=first.organisation):
            for question, (state, level, value, note), rows in given_answers:
                row = answers.save_answer(first, question.id, state, level, note, owner, value=value)
                for facts in rows if row.level is not None else ():
                    evidence.add_evidence(first, question.id, facts, "It shows this", owner, link="x", witness="y")
        raw = out(first, kind)
        other = empty(owner)
        take_in(other, raw, f"a.{kind}", owner)
        assert out(other, kind) == raw
        transaction.set_rollback(True)


@settings(max_examples=300, deadline=None)
@given(note=LINES, owner_name=TEXT, value=WORDS)
@example(note=" leading\n\ttab\n\n  trailing  \n", owner_name="1:30", value="yes")
@example(note="...\n---\n# no comment\n", owner_name="0x1F", value="2026-11-21")
@example(note="\ufeff\u2028\x85\r\n\r", owner_name="~", value="<<")
@example(note="!tag &anchor *alias", owner_name="= 1", value="null")
def test_any_words_are_the_same_in_yaml_and_json(note, owner_name, value):
    questionnaire = sample()
    data = {
        "questionnaire": "sample",
        "title": owner_name,
        "organisation": {"name": value[:200], "home_jurisdictions": [value[:200]]},
        "workload": {"name": value[:200], "owner": owner_name},
        "answers": {"keys.front": {"level": 2, "note": note}, "keys.cellar": {"value": value, "note": note}},
    }
    by_yaml = plain.read_yaml_answers(plain.write_yaml(data, questionnaire), "a.yaml")
    by_json = plain.read_json_answers(plain.write_json(data), "a.json")
    assert by_yaml.data == by_json.data == data
    assert validate(AnswerFile, by_yaml) == validate(AnswerFile, by_json)
    assert by_yaml.line(("answers", "keys.front")) < by_yaml.line(("answers", "keys.cellar"))
