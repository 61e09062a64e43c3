"""The one reader of YAML: hostile files are refused quickly, faults carry file and line, hashes are of content."""

import time
import tracemalloc
from pathlib import Path

import pytest
from pydantic import BaseModel

from assessor.content import MAX_BYTES, Document, canonical_json, content_hash, read_yaml, read_yaml_file, validate
from assessor.errors import ContentError, ContentErrors

LAUGHS = "a: &a [lol]\n" + "".join(
    f"{b}: &{b} [{', '.join(f'*{a}' for _ in range(9))}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE = "a: &a {k: 1}\n" + "".join(
    f"{b}: &{b} {{<<: [{', '.join(['*' + a] * 9)}]}}\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)

# Processor time for the worst of them; most take a hundredth of it.
SECONDS = 1

# What arrives, and what is said about it.
BOMBS: dict[str, tuple[bytes, str]] = {
    "billion laughs": (LAUGHS.encode(), "line 1: An anchor"),
    "a merge bomb": (MERGE.encode(), "line 1: An anchor"),
    "an alias without an anchor": (b"a: 1\nb: *a\n", "line 2: An alias"),
    "a merge key": (b"a:\n  <<: {b: 1}\n", "line 2: Only plain keys"),
    "deep nesting of lists": (b"[" * 200_000, "nested too deeply"),
    "deep nesting of mappings": (b"{a: " * 50_000, "nested too deeply"),
    "deep nesting by indentation": (b"".join(b" " * depth + b"a:\n" for depth in range(200)), "nested too deeply"),
    "a second document": (b"a: 1\n---\nb: 2\n", "line 2: A second document"),
    "too many parts": (b"- 1\n" * 60_000, "too many parts"),
    "too many bytes": (b"a: " + b"x" * (MAX_BYTES + 1), "larger than 1048576 bytes"),
    "a tag that builds an object": (b"a: !!python/object/apply:os.system [id]\n", "line 1: A tag"),
    "a tag on a scalar": (b"a: 1\nb: !!int '7'\n", "line 2: A tag"),
    "an anchor nobody uses": (b"a: 1\nb: &b 2\n", "line 2: An anchor"),
    "a key that is a list": (b"? [a, b]\n: 1\n", "line 1: Only plain keys"),
    "the same key twice": (b"a: 1\nb: 2\na: 3\n", "line 3: The key “a” is given twice"),
    "the same key twice, written differently": (b'a: 1\n"a": 3\n', "line 2: The key “a” is given twice"),
    "bytes that are no UTF-8": (b"a: \xff\xfe\n", "not UTF-8 text (byte 3)"),
    "a control character": (b"a: \x01\n", "not valid YAML"),
    "a number too long to be read": (b"a: " + b"9" * 100_000, "not valid YAML"),
    "a bracket left open": (b"a: [1, 2\nb: 3\n", "not valid YAML"),
    "a tab for indentation": (b"a:\n\tb: 1\n", "line 2: This is not valid YAML"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_file_is_refused_quickly_and_by_name(name: str) -> None:
    raw, said = BOMBS[name]
    begun = time.process_time()

    with pytest.raises(ContentError) as caught:
        read_yaml(raw, "bomb.yaml")

    assert time.process_time() - begun < SECONDS
    assert said in str(caught.value)
    assert str(caught.value).startswith("bomb.yaml")


@pytest.mark.parametrize("name", [name for name in BOMBS if name != "too many parts"])
def test_a_hostile_file_takes_little_memory(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ContentError):
            read_yaml(BOMBS[name][0], "bomb.yaml")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 20_000_000


def test_a_plain_file_gives_its_values_and_their_lines() -> None:
    document = read_yaml(b"a: 1\nb:\n  - c: x\n  - d: [y,\n      z]\n", "plain.yaml")

    assert document.data == {"a": 1, "b": [{"c": "x"}, {"d": ["y", "z"]}]}
    assert [document.line(path) for path in ((), ("a",), ("b", 0, "c"), ("b", 1, "d", 1))] == [1, 1, 3, 5]


def test_a_value_that_is_not_there_has_the_line_of_what_should_hold_it() -> None:
    document = read_yaml(b"a:\n  b: 1\n", "x")

    assert document.line(("a", "missing", 3)) == 1
    assert Document(None, "x").line(("a",)) == 0


def test_a_date_stays_the_text_its_author_wrote() -> None:
    assert read_yaml(b"day: 2026-11-21\n", "x").data == {"day": "2026-11-21"}


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read_yaml(b"\xef\xbb\xbfa: 1\n", "x").data == {"a": 1}


def test_an_empty_file_is_nothing() -> None:
    assert read_yaml(b"", "x").data is None


def test_a_file_that_cannot_be_read_says_why_and_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"No such file or directory\. Check the name and the permissions"):
        read_yaml_file(tmp_path / "gone.yaml")
    with pytest.raises(ContentError, match="Is a directory"):
        read_yaml_file(tmp_path)


def test_a_file_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as handle:
        handle.truncate(10 * 1024**3)

    with pytest.raises(ContentError, match="larger than"):
        read_yaml_file(path)


class Inner(BaseModel, extra="forbid"):
    """A part."""

    size: int


class Outer(BaseModel, extra="forbid"):
    """A whole with parts by name."""

    parts: dict[str, Inner]


def test_faults_are_told_all_at_once_each_at_its_line() -> None:
    document = read_yaml(b"parts:\n  one:\n    size: big\n  two:\n    colour: red\n", "parts.yaml")

    with pytest.raises(ContentErrors) as caught:
        validate(Outer, document)

    assert [(fault.line, fault.sentence().split(": ", 1)[1]) for fault in caught.value.errors] == [
        (3, "“parts.one.size”: Input should be a valid integer, unable to parse string as an integer."),
        (4, "“size” is missing. Add it."),
        (5, "“colour” is not a known key here. Check the spelling, or take it out."),
    ]


def test_the_hash_is_of_what_is_said_not_of_its_order() -> None:
    assert canonical_json({"b": [1, "ä"], "a": None}) == '{"a":null,"b":[1,"ä"]}'
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash({"a": [1, 2]}) != content_hash({"a": [2, 1]})
    assert len(content_hash({})) == 64
