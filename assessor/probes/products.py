"""The catalogue: which signs give a product away, read from `catalogue/*.yaml`, every row sourced and dated."""

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from assessor.content import Document, read_packaged, validate
from assessor.content import packaged as packaged_in
from assessor.evidence import Strength

PACKAGE = "assessor.probes"

Group = Literal["server", "gateway", "hosted", "safety", "tools"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Value = str | int | bool


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


def packaged(name: str) -> bytes:
    """Return a file of the catalogue, wherever the package lies: in a folder, or in one file to run."""
    return packaged_in(PACKAGE, f"catalogue/{name}")


def packaged_yaml(name: str) -> Document:
    """Read a YAML file of the catalogue."""
    return read_packaged(PACKAGE, f"catalogue/{name}")


class Row(BaseModel):
    """A frozen part of the catalogue; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Signal(Row):
    """One sign, looked for in the exchanges named by `reply` (in every one when empty).

    Where: `header` (a trailing * takes every header that begins so), `at` (a path into the JSON body, `*` for each
    element, `$` for the whole), or `text` (a pattern searched in the body). What: `equals`, `matches` (a pattern
    searched in the value), `has` (keys of an object), `fields` (values of an object), `same` (keys of an object
    that hold one text), or nothing but presence.
    `general: true` marks what is common knowledge and was not verified: it corroborates, it never identifies.
    """

    reply: tuple[str, ...] = ()
    status: int = 0
    header: str = ""
    at: str = ""
    text: Pattern = ""
    equals: Value | None = None
    matches: Pattern = ""
    has: tuple[str, ...] = ()
    fields: dict[str, Value] = Field(default_factory=dict)
    same: tuple[str, ...] = ()
    strength: Strength
    general: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> "Signal":
        if sum(bool(place) for place in (self.header, self.at, self.text)) > 1:
            raise ValueError("give one of header, at and text")
        if not (self.header or self.at or self.text or self.status):
            raise ValueError("give header, at, text or status")
        if self.header != self.header.lower():
            raise ValueError("header names are written in lower case")
        return self

    @property
    def weight(self) -> Strength:
        """The strength it counts with: what is only common knowledge counts as weak."""
        return Strength.WEAK if self.general else self.strength


class Reading(Row):
    """A place that a value is read from: a header, or a path into the JSON body of the named exchanges."""

    reply: tuple[str, ...] = ()
    header: str = ""
    at: str = ""


class Disclosure(Reading):
    """A place where a relay names what it forwards to: a provider's label, `provider/model`, or a URL."""

    form: Literal["provider", "provider/model", "url"]
    strength: Strength = Strength.PROOF


class Product(Row):
    """A program or a service: how it shows, whose it is, and where the row comes from.

    `hosts` are host-name patterns of a service, `region` a pattern with a group that reads the processing region out of
    a host name, `regions` places in a reply where the service states it. `labels` are names that relays call it by.
    `not_with` drops the row when one of those products is seen too (it imitates, or carries, the same signs).
    `types` are names under which LiteLLM lists a filter, `plugins` names under which Portkey runs one, `models` a
    pattern of model names that are one; `place` says where the filter runs, `program` that it is itself what
    answers. `path` reads the provider behind out of the registered path. `silent` marks a relay known to show no
    sign of its own, so that nothing can find it. Whose law reaches the operator stands in operators.yaml.
    """

    id: Slug
    name: str
    operator: str = ""
    source: str
    date: str = Field(pattern=r"^20\d\d-\d\d-\d\d$")
    hosts: tuple[str, ...] = ()
    path: Pattern = ""
    silent: bool = False
    region: Pattern = ""
    labels: tuple[str, ...] = ()
    dialects: tuple[Slug, ...] = ()
    not_with: tuple[Slug, ...] = ()
    version: tuple[Reading, ...] = ()
    regions: tuple[Reading, ...] = ()
    discloses: tuple[Disclosure, ...] = ()
    place: Literal["hosted", "local", "unplaced"] = "unplaced"
    program: bool = False
    types: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    models: Pattern = ""
    signals: tuple[Signal, ...] = ()

    def serves(self, host: str) -> bool:
        """Tell whether a host name is one of this service's."""
        return any(fnmatchcase(host.lower().rstrip("."), pattern) for pattern in self.hosts)


class Catalogue(Row):
    """One file of products; `protocol_labels` are relay labels that name a protocol, not whose server it is."""

    group: Group
    protocol_labels: tuple[str, ...] = ()
    products: tuple[Product, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Catalogue":
        ids = [product.id for product in self.products]
        if len(set(ids)) < len(ids):
            raise ValueError("a product id is given twice")
        return self


FILES: dict[Group, str] = {
    "server": "servers.yaml",
    "gateway": "gateways.yaml",
    "hosted": "hosted.yaml",
    "safety": "safety.yaml",
    "tools": "tools.yaml",
}


@lru_cache(maxsize=len(FILES))
def catalogue(group: Group) -> Catalogue:
    """Return one checked file of the catalogue; raises `ContentError` when the file is wrong."""
    return validate(Catalogue, packaged_yaml(FILES[group]))


def product(group: Group, product_id: str) -> Product | None:
    """Return a product by its id."""
    return next((row for row in catalogue(group).products if row.id == product_id), None)


# Every detector asks about the same few names.
@lru_cache(maxsize=1024)
def serving(group: Group, host: str) -> tuple[Product, ...]:
    """Return the products of one file that a host name is one of."""
    return tuple(row for row in catalogue(group).products if row.serves(host))


def provider_of_host(host: str) -> Product | None:
    """Return the hosted service that a host name belongs to."""
    return next(iter(serving("hosted", host)), None)


def provider_of_label(label: str) -> Product | None:
    """Return the hosted service that relays call by this label."""
    wanted = label.strip().lower()
    return next((row for row in catalogue("hosted").products if wanted == row.id or wanted in row.labels), None)


@lru_cache(maxsize=256)
def server_of_owner(label: str) -> str:
    """Return the name of the inference server that writes this label into its list of models, else the label."""
    rows = catalogue("server").products
    signs = ((row, sign) for row in rows for sign in row.signals if sign.at.endswith(".owned_by"))
    return next((row.name for row, sign in signs if sign.equals == label), label)


def is_protocol(label: str) -> bool:
    """Tell whether a relay's label names only a protocol, so that its server may stand anywhere."""
    return label.strip().lower() in catalogue("gateway").protocol_labels
