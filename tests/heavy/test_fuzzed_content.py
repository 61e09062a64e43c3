"""Whatever lies in a content file, the reader ends in time with a document or with a fault that a person can mend."""

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assessor.content import Document, read_yaml
from assessor.errors import ContentError, ContentErrors
from assessor.reports import viewmodel
from assessor.services import headless
from assessor.services.answer_checks import check_against
from assessor.services.answer_file import read_answer_file
from assessor.services.exchange.blank_yaml import blank_file
from assessor.services.questionnaires import shipped

LIMIT_S = 2.0
FUZZ = settings(max_examples=800, deadline=LIMIT_S * 1000, database=None, suppress_health_check=[HealthCheck.too_slow])

TOKENS = st.sampled_from(
    "a b : , [ ] { } - ? | > & * ! % @ ` # ' \" \\ = << ~ null true yes .nan .inf 0 1 07 0x 0b_ 1_0 1:30 1:0.0 1e9 -1 "
    "2026-11-21 --- ... %YAML %TAG &a *a !!str !!binary !!python/object:os.system :// {x} {0} %s \u00e4 \u2028 \ufeff "
    "\U0001f600".split(" ")
)
JOINS = st.sampled_from(["", " ", ": ", "\n", "\n  ", "\n- ", "\t", "\r\n", "\x00", "\x85"])
ALMOST_YAML = st.lists(st.tuples(TOKENS, JOINS), max_size=60).map(lambda pairs: "".join(a + b for a, b in pairs))
# Each once took far too long, or ended in another exception, here or in other readers of YAML.
HOSTILE = {
    "a number to the base of 60 with half a million digits": "a: 1:" + "59:" * 340_000 + "0",
    "a fraction to the base of 60 beyond every float": "a: 1:" + "0:" * 200 + "0.0",
    "a million digits": "a: " + "9" * 1_000_000,
    "a million hexadecimal digits": "a: 0x" + "f" * 1_000_000,
    "an exponent beyond every float": "a: 1.0e+" + "9" * 100_000,
    "underscores": "a: 0b_",
    "a bomb of aliases": "a: &a [x]\n" + "\n".join(f"b{n}: &b{n} [*a,*a,*a]" for n in range(40)),
    "a bomb of merges": "a: &a {x: 1}\nb: {<<: [" + ",".join(["*a"] * 9000) + "]}",
    "a hundred thousand brackets": "[" * 100_000,
    "a hundred thousand dashes": "- " * 100_000,
    "a hundred thousand questions": "? " * 100_000,
    "many keys": "\n".join(f"k{number}: 1" for number in range(24_000)),
    "many commas": "[" + "a," * 500_000 + "]",
    "one long line": "a: " + "x" * 1_000_000,
    "one long quoted line": 'a: "' + "\\n" * 500_000 + '"',
    "nothing but lines": "\n" * 1_000_000,
    "nothing but a comment": "#" * 1_000_000,
    "a value without a type": "a: =",
    "an impossible date": "a: 2026-99-99",
    "a huge number as a key": "0x" + "f" * 900 + ": 1",
    "another version": "%YAML 9.9\n---\na: 1",
}


def read(raw: bytes) -> Document | None:
    """Return what was read, None for a fault; anything but a `ContentError` goes up."""
    try:
        document = read_yaml(raw, "fuzz.yaml")
    except ContentError as refusal:
        fault = refusal
    else:
        assert document.line(("nowhere", 0)) >= 0
        return document
    assert str(fault).startswith("fuzz.yaml")
    assert fault.line >= 0
    return None


@FUZZ
@given(st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused(raw):
    assert read(raw) is None or raw is not None


@FUZZ
@given(st.text(max_size=2000))
@example("{")
@example("\ufeff")
def test_any_text_is_read_or_refused(text):
    document = read(text.encode("utf-8", "surrogatepass"))
    assert document is None or document.source == "fuzz.yaml"


@FUZZ
@given(ALMOST_YAML)
def test_almost_yaml_is_read_or_refused(text):
    document = read(text.encode())
    assert document is None or document.lines[()] >= 1


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_to_hurt_is_over_in_time(name):
    # Of the processor's time: what else the machine does is not the reader's.
    begun = time.process_time()
    document = read(HOSTILE[name].encode())
    assert time.process_time() - begun < LIMIT_S
    assert document is None or document.source == "fuzz.yaml"


@cache
def blank() -> str:
    return blank_file(shipped("ai-sovereignty"))


def assess(text: str) -> bool:
    """Do with an answer file what `manage.py assess` does; return whether it was good."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answers.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        questionnaire, fault = shipped("ai-sovereignty"), None
        try:
            file, document = read_answer_file(path)
            check_against(file, questionnaire, document)
        except (ContentError, ContentErrors) as refusal:
            fault = refusal
    if fault is not None:
        assert str(path) in str(fault)
        return False
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert viewmodel.build(headless.report_input(file, questionnaire, {}, now)).board.verdict
    return True


@settings(FUZZ, max_examples=300)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), TOKENS | ALMOST_YAML), min_size=1, max_size=4))
def test_a_damaged_answer_file_is_assessed_or_refused_with_its_place(cuts):
    text = blank()
    for place, length, put in cuts:
        at = int(place * len(text))
        text = text[:at] + put + text[at + length :]
    assert assess(text) in (True, False)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["unknown", "not-applicable", "contract", "drill", "2026-11-21", "critical", "{x}", "%s"])
    | st.integers(min_value=0, max_value=5),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["level", "state", "note", "evidence", "kind", "description", "name", "url", "tier"])
            | st.text(max_size=8),
            inside,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(FUZZ, max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(["questionnaire", "scope", "title", "assessor", "organisation", "workload", "endpoints"]),
        VALUES,
        max_size=2,
    ),
    st.dictionaries(st.sampled_from(["data.readers", "data.orders", "no.such"]) | st.text(max_size=9), VALUES),
)
def test_any_values_in_an_answer_file_are_assessed_or_refused_with_their_place(fields, answers):
    good = {
        "questionnaire": "ai-sovereignty",
        "organisation": {"name": "Clinic", "home_jurisdictions": ["Germany"]},
        "workload": {"name": "Letters"},
    }
    assert assess(yaml.safe_dump(good | {"answers": answers} | fields, allow_unicode=True)) in (True, False)


LEVELS = st.integers(0, 5) | st.sampled_from(["unknown", "not-asked"])
EVIDENCE = st.fixed_dictionaries(
    {"kind": st.sampled_from(["statement", "contract", "log", "drill"]), "description": st.text("ab{}%", min_size=1)},
    optional={
        "place": st.text("ab{}%<&", max_size=9),
        "taken_on": st.dates().map(str),
        "expires_on": st.dates().map(str),
        "read": st.booleans(),
        "passed": st.booleans(),
        "minutes": st.integers(0, 5_000_000),
    },
)


@settings(FUZZ, max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from([one.id for one in shipped("ai-sovereignty").questions if one.kind == "ladder"]),
        LEVELS | st.fixed_dictionaries({"level": st.integers(0, 5), "evidence": st.lists(EVIDENCE, max_size=2)}),
    ),
    st.text(min_size=1, max_size=50).filter(str.isprintable),
    st.floats(0, 100_000),
)
def test_every_good_answer_file_is_assessed(answers, name, hours):
    file = {
        "questionnaire": "ai-sovereignty",
        "organisation": {"name": name, "home_jurisdictions": ["Germany"]},
        "workload": {"name": name, "tolerance_hours": hours},
        "answers": answers,
    }
    assert assess(yaml.safe_dump(file, allow_unicode=True))
