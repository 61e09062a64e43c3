"""The stand-in for pydantic beside pydantic itself: the same records, the same JSON, the same refusals."""

import importlib.util
import sys
import types
from pathlib import Path

import pydantic
import pytest

FILE = Path(__file__).parents[2] / "scripts" / "zipapp" / "standins" / "pydantic.py"
spec = importlib.util.spec_from_file_location("standin", FILE)
standin = importlib.util.module_from_spec(spec)
sys.modules["standin"] = standin
spec.loader.exec_module(standin)

SOURCE = """
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from {name} import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"

def must_be_even(value):
    if value % 2:
        raise ValueError("not even")
    return value

class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

class Inner(Part):
    name: Annotated[str, Field(pattern=r"^[a-z]+$", max_length=5)]
    colour: Colour = Colour.RED

class Outer(Part):
    one: int
    text: str = ""
    flag: bool = False
    ratio: float = 0.0
    limited: int = Field(default=3, ge=1, le=9)
    at_will: int | None = Field(default=None, ge=1, le=9)
    even: Annotated[int, AfterValidator(must_be_even)] = 2
    doubled: Annotated[str, BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)] = ""
    word: Literal["a", "b", 3] = "a"
    maybe: str | None = None
    value: str | int | bool | float = ""
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    short: tuple[str, ...] = Field(default=(), max_length=2)
    params: dict[str, str | int | float | bool] = Field(default_factory=dict)
    listed: list[int] = []
    words: frozenset[str] = frozenset()
    day: date | None = None
    moment: datetime | None = None
    anything: Any = None

    @field_validator("text", "maybe")
    @classmethod
    def _no_braces(cls, text):
        if text and "{{" in text:
            raise ValueError("no braces")
        return text

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value):
        return {{"one": value}} if isinstance(value, int) else value

    @model_validator(mode="after")
    def _agree(self):
        if self.one == 13:
            raise ValueError("thirteen")
        return self
"""


def classes(name):
    module = types.ModuleType(f"made_with_{name}")
    sys.modules[module.__name__] = module
    exec(SOURCE.format(name=name), module.__dict__)
    return module


THEIRS, OURS = classes("pydantic"), classes("standin")
GOOD = {"name": "abc"}
CASES = [
    {"one": 1}, 5, 13, "5", None, [], {}, {"one": "7"}, {"one": "x"}, {"one": 1.0}, {"one": 1.5}, {"one": True}, {"one": None},
    {"one": 13}, {"one": 1, "colour": "red"}, {"one": 1, "text": 3}, {"one": 1, "text": "{"}, {"one": 1, "maybe": "{"},
    {"one": 1, "maybe": None}, {"one": 1, "flag": "yes"}, {"one": 1, "flag": 1}, {"one": 1, "flag": 2}, {"one": 1, "flag": "often"},
    {"one": 1, "ratio": 3}, {"one": 1, "ratio": "2.5"}, {"one": 1, "ratio": "x"}, {"one": 1, "limited": 0}, {"one": 1, "limited": 9},
    *({"one": 1, "at_will": value} for value in (None, 0, 9, 10)), {"one": 1, "limited": None},
    {"one": 1, "even": 3}, {"one": 1, "even": 4}, {"one": 1, "doubled": "ab"}, {"one": 1, "doubled": 3},
    *({"one": 1, "word": word} for word in ("a", "c", 3, 3.0, "3")),
    *({"one": 1, "value": value} for value in ("x", 3, 3.5, True, False, None, [], "3")),
    {"one": 1, "inner": GOOD}, {"one": 1, "inner": {"name": "ABC"}}, {"one": 1, "inner": {"name": "abcdef"}}, {"one": 1, "inner": {"name": "abc\n"}},
    {"one": 1, "inner": {"name": "abc", "colour": "blue"}}, {"one": 1, "inner": {"name": "abc", "colour": "green"}}, {"one": 1, "inner": 3},
    {"one": 1, "many": [GOOD, {"name": "de"}]}, {"one": 1, "many": [GOOD, {"name": 3}, {}]}, {"one": 1, "many": "abc"}, {"one": 1, "many": GOOD},
    {"one": 1, "pairs": [["a", "b"], ("c", "d")]}, {"one": 1, "pairs": [["a"]]}, {"one": 1, "pairs": [["a", "b", "c"]]},
    {"one": 1, "short": ["a", "b", "c"]}, {"one": 1, "params": {"a": 1, "b": "x", "c": 1.5, "d": True}}, {"one": 1, "params": {"a": None}},
    {"one": 1, "params": {3: "x"}}, {"one": 1, "params": []}, {"one": 1, "listed": (1, "2")}, {"one": 1, "listed": ["x"]},
    {"one": 1, "words": ["b"]}, {"one": 1, "day": "2026-11-21"}, {"one": 1, "day": "2026-11-31"},
    {"one": 1, "moment": "2026-11-21T10:00:00"}, {"one": 1, "anything": {"a": [1]}}, {"one": 1, "two": 2, "three": 3}, {"two": 2},
]  # fmt: skip


def outcome(module, value):
    """Return the JSON of a record, or the places and kinds of its faults."""
    try:
        made = module.Outer.model_validate(value)
    except ValueError as error:
        # Of a union, the other names the member behind the field.
        return sorted({one["loc"][: 1 if one["loc"][:1] == ("value",) else 2] for one in error.errors()}, key=str)
    again = module.Outer.model_validate_json(made.model_dump_json())
    assert again == made
    assert module.Outer(**made.model_dump()) == made
    return (
        made.model_dump_json(),
        made.model_dump(mode="json", exclude={"one"}),
        made.model_copy(update={"text": "t"}).text,
    )


@pytest.mark.parametrize("value", CASES, ids=lambda value: str(value)[:60])
def test_both_take_and_refuse_the_same(value):
    assert outcome(OURS, value) == outcome(THEIRS, value)


@pytest.mark.parametrize("module", [OURS, THEIRS], ids=["ours", "theirs"])
def test_records_are_frozen_equal_by_content_and_hashed(module):
    one, two = module.Inner(name="a"), module.Inner(name="a", colour="red")
    assert one == two
    assert hash(one) == hash(two)
    assert one != module.Inner(name="b")
    with pytest.raises(ValueError, match="frozen"):
        one.name = "b"
    assert module.Outer.model_construct(one="unchecked").one == "unchecked"


def test_what_the_stand_in_does_not_know_is_said_and_not_passed_over():
    class Strange(standin.BaseModel):
        field: bytes

    with pytest.raises(TypeError, match="bytes"):
        Strange(field=b"x")
    with pytest.raises(TypeError, match="multiple_of"):
        standin.Field(multiple_of=3)


def test_a_fault_names_its_place_and_kind_as_content_needs_it():
    for module, library in ((OURS, standin), (THEIRS, pydantic)):
        with pytest.raises(library.ValidationError) as caught:
            module.Outer.model_validate({"many": [{"nane": "x"}]})
        found = {(one["type"], one["loc"]) for one in caught.value.errors(include_url=False)}
        assert {
            ("missing", ("one",)),
            ("missing", ("many", 0, "name")),
            ("extra_forbidden", ("many", 0, "nane")),
        } == found
