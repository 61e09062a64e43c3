"""The fixed set: one prompt for each feature that programs rely on, and how its reply is judged.

The prompts are the same everywhere and show the dialect. They never show whether a model is any good.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assessor.errors import N_
from assessor.probes.drills.speech import Ask, Said, Tool

# works: asked for and seen to happen. accepted: taken without complaint, with nothing in the reply that shows it.
# differs: taken, and the reply does not do it. breaks: refused or not answered. absent: no words for it.
State = Literal["works", "accepted", "differs", "breaks", "absent", "not-sent"]
GOOD: frozenset[str] = frozenset({"works", "accepted"})

LONG_WORDS = 1200
_SENTENCE = "The archive keeps one line for every delivery that reached the harbour before noon on a working day. "
_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "open": {"type": "boolean"}},
    "required": ["city", "open"],
    "additionalProperties": False,
}
TOOL = Tool("look_up_stock", "Look up how many pieces of an article are in stock.", "article")


@dataclass(frozen=True)
class Verdict:
    """How a feature fared; `note` is a sentence with {fields} that `params` fill."""

    state: State
    note: str = ""
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Feature:
    """One feature: its name for people, what is asked, and the judgement of what was said."""

    id: str
    name: str
    ask: Ask
    judge: Callable[[Said], Verdict]


def _plain(said: Said) -> Verdict:
    if said.text or said.tokens_out:
        return Verdict("works")
    return Verdict("differs", N_("the reply is empty"))


def _system(said: Said) -> Verdict:
    if "PELICAN" in said.text.upper():
        return Verdict("works", N_("the instruction was followed"))
    return Verdict("accepted", N_("taken; the reply does not show that it was followed"))


def _stop(said: Said) -> Verdict:
    if "5" in said.text:
        return Verdict("differs", N_("the reply goes on past the stop word"))
    if said.ended == "length" or not said.text:
        return Verdict("accepted", N_("taken; the stop word did not come up"))
    return Verdict("works")


def _tools(said: Said) -> Verdict:
    if said.tool != TOOL.name:
        return Verdict("differs", N_("taken, and no call of the tool came back"))
    if isinstance(said.arguments, dict) and TOOL.required in said.arguments:
        return Verdict("works")
    return Verdict("differs", N_("the call of the tool has no readable arguments"))


def _json(said: Said) -> Verdict:
    from assessor.probes.drills.streams import parsed

    found = parsed(said.text.strip())
    if isinstance(found, dict) and set(found) == {"city", "open"}:
        return Verdict("works")
    if said.ended == "length":
        return Verdict("accepted", N_("taken; the reply was cut at the cap before it was whole"))
    if isinstance(found, dict):
        return Verdict("differs", N_("the reply is JSON, and not of the form that was asked for"))
    return Verdict("differs", N_("taken, and the reply is not JSON"))


def _stream(said: Said) -> Verdict:
    if said.events < 2:
        return Verdict("differs", N_("the reply came in one piece"))
    if not said.closed:
        return Verdict("differs", N_("the end of the stream is not marked"))
    return Verdict("works", N_("{count} parts"), (("count", str(said.events)),))


def _long(said: Said) -> Verdict:
    if said.tokens_in is None:
        return Verdict("accepted", N_("taken; the server does not count what it read"))
    if said.tokens_in < LONG_WORDS // 2:
        return Verdict("differs", N_("only {count} tokens of it were read"), (("count", str(said.tokens_in)),))
    return Verdict("works", N_("{count} tokens read"), (("count", str(said.tokens_in)),))


def _embeddings(said: Said) -> Verdict:
    return Verdict("works", N_("{count} numbers"), (("count", str(said.vector)),))


FEATURES: tuple[Feature, ...] = (
    Feature("plain", N_("Plain answer"), Ask("Name one colour.", max_tokens=16), _plain),
    Feature(
        "system",
        N_("System instruction"),
        Ask("Name one animal.", system="Whatever is asked, answer with the one word PELICAN.", max_tokens=16),
        _system,
    ),
    Feature(
        "stop",
        N_("Stop words"),
        Ask("Count from 1 to 9, separated by commas, and write nothing else.", stop=("5",), max_tokens=32),
        _stop,
    ),
    Feature(
        "tools",
        N_("Tools"),
        Ask("How many red buckets are in stock?", tool=TOOL, max_tokens=64),
        _tools,
    ),
    Feature(
        "json",
        N_("JSON by a schema"),
        Ask("Is the museum of Lisbon open today? Guess.", schema=_SCHEMA, max_tokens=64),
        _json,
    ),
    Feature("streaming", N_("Streaming"), Ask("Name three rivers.", stream=True, max_tokens=24), _stream),
    Feature(
        "long-input",
        N_("Long input"),
        Ask((_SENTENCE * (LONG_WORDS // 17 + 1)).strip() + "\nWhat does the archive keep?", max_tokens=16),
        _long,
    ),
    Feature("embeddings", N_("Embeddings"), Ask("A red bucket.", embed=True, max_tokens=0), _embeddings),
)


def feature(name: str) -> Feature | None:
    """Return a feature by its id."""
    return next((one for one in FEATURES if one.id == name), None)
