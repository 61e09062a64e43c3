"""Own cases: what a file may hold, with which words it is refused, and how a reply is judged."""

import pytest

from assessor.errors import AssessorError
from assessor.probes.drills.cases import MAX_FILE, Cases, Expect, from_data, read, read_file
from assessor.probes.drills.speech import Said

YAML = b"""\
version: 1
name: Letters
pass_mark: 90
cases:
  - id: letter-1
    prompt: Sum up.
    system: For patients.
    max_tokens: 200
    real: true
    expect: {contains: [aspirin], lacks: ["as an AI"], max_words: 60}
  - id: letter-2
    prompt: "As JSON."
    expect: {json_keys: [dose]}
"""
CSV = (
    b"id,prompt,contains,lacks,max_words,max_tokens,real\n"
    b'letter-1,"Sum up,\nplease.",aspirin|daily,as an AI,60,200,yes\n'
    b"\n"
    b"letter-2,As JSON.,dose,,,,\n"
)


def test_a_yaml_file_gives_its_cases_and_comes_back_whole_from_storage():
    cases = read(YAML, "letters.yaml")
    assert (cases.name, cases.pass_mark, len(cases.cases)) == ("Letters", 90, 2)
    first = cases.cases[0]
    assert (first.real, first.max_tokens, first.expect.contains) == (True, 200, ("aspirin",))
    assert from_data(cases.as_data()) == cases
    assert from_data(Cases().as_data()) == Cases()


def test_a_csv_file_gives_the_same_with_commas_or_semicolons():
    cases = read(CSV, "letters.CSV")
    assert [case.id for case in cases.cases] == ["letter-1", "letter-2"]
    assert cases.cases[0].prompt == "Sum up,\nplease."
    assert cases.cases[0].expect.contains == ("aspirin", "daily")
    assert cases.cases[0].real
    semicolons = read(b"\xef\xbb\xbfid;prompt;equals\na;Say yes, now;yes\n", "x.csv")
    assert semicolons.cases[0].prompt == "Say yes, now"


def test_a_case_that_changes_has_another_hash():
    assert read(YAML, "a.yaml").sha256 != read(YAML.replace(b"aspirin", b"heparin"), "a.yaml").sha256


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("x.yaml", YAML.replace(b"{json_keys: [dose]}", b"{}"), "line 13"),
        ("x.yaml", YAML.replace(b"{json_keys: [dose]}", b"{contains: [' ']}"), "empty text"),
        ("x.yaml", YAML.replace(b"letter-2", b"LETTER-1"), "line 11: The case"),
        ("x.yaml", YAML.replace(b"prompt: Sum up.", b"promt: Sum up."), "promt"),
        ("x.yaml", YAML.replace(b"90", b"101"), "line 3"),
        ("x.yaml", YAML.replace(b"version: 1", b"version: 2"), "line 1"),
        ("x.yaml", b"version: 1\ncases: []\n", "line 2"),
        ("x.yaml", b"a: &a [1]\nb: *a\n", "anchor"),
        ("x.yaml", b"x" * (MAX_FILE + 1), "larger than"),
        ("x.yaml", YAML.replace(b"200", b"2000"), "line 8"),
        ("x.yaml", YAML.replace(b"letter-2", b"'=cmd|calc'"), "line 11"),
        ("x.csv", b"id,prompt,regex\na,b,c\n", "regex"),
        ("x.csv", b"id,question\na,b\n", "question"),
        ("x.csv", b"id,prompt,prompt\na,b,c\n", "prompt"),
        ("x.csv", b"id,prompt,contains,max_words\na,b,c,many\n", "line 2: “many” in the column max_words"),
        ("x.csv", b"id,prompt,contains\na,b,\n", "line 2"),
        ("x.csv", b"", "id"),
        ("x.csv", b"id,prompt,contains\na,\xff,c\n", "not UTF-8"),
        ("x.csv", b'id,prompt,contains\na,"b' + b"x" * 140_000 + b"\n", "valid CSV"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_place_and_reason(name, raw, said):
    with pytest.raises(AssessorError) as caught:
        read(raw, name)
    assert said in str(caught.value)
    assert str(caught.value).startswith(name)


def test_too_many_or_too_long_cases_are_refused():
    row = b"  - {id: c%d, prompt: p, expect: {contains: [x]}}\n"
    many = b"version: 1\ncases:\n" + b"".join(row % number for number in range(101))
    with pytest.raises(AssessorError, match="100"):
        read(many, "x.yaml")
    long = b"version: 1\ncases:\n"
    long += b"".join(b"  - {id: c%d, prompt: %s, expect: {contains: [x]}}\n" % (n, b"p" * 19_000) for n in range(11))
    with pytest.raises(AssessorError, match="209000 characters"):
        read(long, "x.yaml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AssessorError, match=r"none\.yaml: The file cannot be read"):
        read_file(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("expect", "good", "bad"),
    [
        ({"contains": ("Aspirin",)}, "take ASPIRIN daily", "take it daily"),
        ({"any_of": ("yes", "ja")}, "Ja.", "No."),
        ({"lacks": ("as an AI",)}, "Take it.", "As an AI I cannot"),
        ({"equals": "Yes"}, " yes ", "yes!"),
        ({"json_keys": ("dose",)}, '{"dose": 1}', "dose: 1"),
        ({"json_keys": ("dose",)}, '{"dose": 1}', "[" * 100_000),
        ({"max_words": 3}, "one two three", "one two three four"),
    ],
)
def test_a_reply_is_judged_by_what_was_expected(expect, good, bad):
    wanted = Expect(**expect)
    assert wanted.missed(Said(fits=True, text=good)) == ("", "")
    assert wanted.missed(Said(fits=True, text=bad))[0]
