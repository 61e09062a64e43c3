"""What a drill asks and what a reply says, in no dialect: each dialect translates to and from these."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assessor.probes.snapshot import Exchange

# A token is seldom shorter than three characters in any language that people write in: the estimate errs upward.
CHARACTERS_A_TOKEN = 3


@dataclass(frozen=True)
class Tool:
    """A function that a model may call; `required` names its one text parameter."""

    name: str
    description: str
    required: str


@dataclass(frozen=True)
class Ask:
    """One question to a model; `max_tokens` caps its answer. `embed` asks for a vector of the prompt instead."""

    prompt: str
    system: str = ""
    stop: tuple[str, ...] = ()
    tool: Tool | None = None
    schema: dict[str, Any] | None = None
    stream: bool = False
    embed: bool = False
    max_tokens: int = 16

    @property
    def input_tokens(self) -> int:
        """About how many tokens it costs to be read; an estimate that errs upward."""
        told = len(self.prompt) + len(self.system) + (200 if self.tool or self.schema else 0)
        return told // CHARACTERS_A_TOKEN + 30


@dataclass(frozen=True)
class Said:
    """What a reply says; `fits` tells whether it has the shape of its dialect at all.

    `ended` is why the model stopped: "stop", "length", "tool" or the server's own word. `events` counts the parts of a
    stream and `closed` tells whether its end was marked. Tokens are None where the server does not count them.
    """

    fits: bool
    text: str = ""
    ended: str = ""
    tool: str = ""
    arguments: Any = None
    vector: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    events: int = 0
    closed: bool = False
    reply_id: str = ""


NOTHING = Said(fits=False)
Body = Callable[[Ask, str], dict[str, Any] | None]


@dataclass(frozen=True)
class Dialect:
    """One API dialect: where it is asked, how a question is written in it (None: it has no words for it), how read.

    `space` is "api" for paths below the version (/v1) and "native" for those beside it.
    """

    id: str
    name: str
    path: str
    space: str
    body: Body
    read: Callable[[Exchange, Ask], Said]
    headers: tuple[tuple[str, str], ...] = ()
    embed_path: str = ""


def count(value: Any) -> int | None:
    """Return a token count as a server gives it, None for anything that is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None


def words(value: Any) -> str:
    """Return text, or nothing for anything that is no text."""
    return value if isinstance(value, str) else ""


def under(value: Any, *path: str | int) -> Any:
    """Return what lies at a path of JSON data, None where any step is missing."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value
