"""What is known of a model by its name: maker, origin, five facts of openness, and the memory it needs.

A name is a claim: whoever runs a server chooses it. So nothing here says what a server runs, only what a model of that
name would be, by the rows of `catalogue/models.yaml` and by lists that say of a name whether its weights are open.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import Field

from assessor.content import content_hash, validate
from assessor.probes.products import Pattern, Row, Slug, packaged, packaged_yaml

Openness = Literal["open", "partly", "closed", "unknown"]
Terms = Literal["free", "restricted", "contract", "unknown"]
Fact = Literal["weights", "data", "recipe", "code", "licence", "parameters"]

MAX_NAME = 200
_SIZE = re.compile(r"(?<![\d.a-z])(\d{1,4}(?:\.\d)?)b(?![a-z0-9])")
# What hosted services and lists write before a name: a region, and whose model it is.
_BEFORE = (
    r"(?:(?:us|eu|apac|jp|au|global)-)?"
    r"(?:(?:anthropic|openai|google|meta|mistral|mistralai|nvidia|deepseek|deepseek-ai|qwen|moonshotai|zai|z-ai|minimax|xai)-)?"
)
# From weights at 4 bits a parameter and a tenth for the work itself, to 16 bits and a third.
_LOW, _HIGH = 0.5 * 1.1, 2 * 1.3


class ModelRow(Row):
    """One family of models. `names` is a pattern for plain names or their beginnings, `but` one that excludes.

    `terms` sums the licence up: free to use, restricted (by trade, size or seat), by contract only, or unknown.
    `parameters` are billions in all and active (0 when not told); `memory` is in GB, lowest and highest.
    """

    id: Slug
    name: str
    maker: str
    origin: str = Field(pattern=r"^[A-Z]{2}$")
    names: Pattern
    but: Pattern = ""
    weights: Openness
    data: Openness
    recipe: Openness
    code: Openness
    licence: str
    terms: Terms
    parameters: tuple[int, int] | None = None
    memory: tuple[int, int] | None = None
    sized: bool = False
    general: tuple[Fact, ...] = ()
    source: str
    date: str = Field(pattern=r"^20\d\d-\d\d-\d\d$")

    def fits(self, plain: str) -> bool:
        """Tell whether a plain name is one of this family's."""
        return bool(_pattern(self.names).match(plain)) and not (self.but and re.search(self.but, plain))


@lru_cache(maxsize=256)
def _pattern(names: str) -> re.Pattern[str]:
    return re.compile(rf"^{_BEFORE}(?:{names})(?:-|$)")


class Lists(Row):
    """Where the lists of open weights come from."""

    source: str
    date: str = Field(pattern=r"^20\d\d-\d\d-\d\d$")


class Models(Row):
    """The file of models."""

    lists: Lists
    models: tuple[ModelRow, ...]


@dataclass(frozen=True)
class Known:
    """What is known of one name. `row` is None when only lists know it; `memory` is in GB, lowest and highest."""

    row: ModelRow | None
    memory: tuple[int, int] | None
    said_open: int
    said_closed: int

    @property
    def weights(self) -> Literal["open", "partly", "closed", "unknown", "disputed"]:
        """Whether the weights are open: by the row, else by the lists, which may disagree."""
        if self.row is not None:
            return self.row.weights
        if self.said_open and self.said_closed:
            return "disputed"
        return "open" if self.said_open else "closed"


@lru_cache(maxsize=1)
def _file() -> Models:
    return validate(Models, packaged_yaml("models.yaml"))


@lru_cache(maxsize=1)
def _counts() -> dict[str, tuple[int, int]]:
    lines = packaged("model-lists.tsv").decode().splitlines()
    rows = (line.split("\t") for line in lines)
    return {name: (int(said_open), int(said_closed)) for name, said_open, said_closed in rows}


def families() -> tuple[ModelRow, ...]:
    """Return every family of models that is known by name."""
    return _file().models


def lists() -> Lists:
    """Return where the lists come from."""
    return _file().lists


def plain_name(name: str) -> str:
    """Return a model's name without path, tag, case and dots, as the rows and lists write it."""
    last = re.split(r"[/\\]", name[:MAX_NAME].strip().rstrip("/\\").lower())[-1]
    last = re.sub(r"\.(gguf|safetensors|bin)$", "", last)
    stem, _, tag = last.partition(":")
    # Ollama writes the size behind a colon; hosted lists write there what it costs or how it thinks.
    if re.fullmatch(r"\d{1,4}(\.\d)?b([-_.].*)?", tag):
        stem = f"{stem}-{tag}"
    return re.sub(r"[\s_.@]+", "-", stem).strip("-")


def known(name: str) -> Known | None:
    """Return what is known of a name, or None: unknown names stay unknown."""
    plain = plain_name(name)
    if not plain:
        return None
    row = next((row for row in _file().models if row.fits(plain)), None)
    said_open, said_closed = _counts().get(plain, (0, 0))
    if row is None and not said_open and not said_closed:
        return None
    return Known(row, _memory(row, name), said_open, said_closed)


def _memory(row: ModelRow | None, name: str) -> tuple[int, int] | None:
    if row is None or not row.sized:
        return row.memory if row else None
    sizes = [float(size) for size in _SIZE.findall(name[:MAX_NAME].lower())]
    if not sizes:
        return None
    return max(1, round(max(sizes) * _LOW)), max(1, round(max(sizes) * _HIGH))


@lru_cache(maxsize=1)
def models_hash() -> str:
    """Return the first 12 digits of the hash of everything here, for the catalogue's version."""
    return content_hash([_file().model_dump(mode="json"), sorted(_counts().items())])[:12]
