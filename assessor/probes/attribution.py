"""Whose is it? Host names, addresses and operators, answered from files alone: nothing is asked of a network.

Three facts are kept apart, because they answer different questions: whose law reaches the operator (`country` of an
operator's row), where a request is processed (the detectors' `region`), and where an address is registered (`Origin`).
"""

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from assessor.content import content_hash, validate
from assessor.probes.products import Row, packaged_yaml

AsNumber = Annotated[int, Field(gt=0, lt=2**32)]
OPERATORS, REGIONS = "operators.yaml", "regions.yaml"


class Operator(Row):
    """Who runs a service or a network, and who controls them in the end.

    `name` is the word that products and networks use, `legal` the controlling company, `country` its seat (ISO 3166).
    `networks` are AS numbers of its own. `general: true` marks a seat that is generally known and was not looked up.
    """

    name: str
    legal: str
    country: str = Field(pattern=r"^[A-Z]{2}$")
    kind: Literal["cloud", "edge", "carrier", "model", "relay", "safety"]
    networks: tuple[AsNumber, ...] = ()
    note: str = ""
    source: str
    general: bool = False
    date: str = Field(pattern=r"^20\d\d-\d\d-\d\d$")


class Operators(Row):
    """The file of operators."""

    operators: tuple[Operator, ...]

    @model_validator(mode="after")
    def _each_is_given_once(self) -> "Operators":
        names = [row.name for row in self.operators]
        numbers = [number for row in self.operators for number in row.networks]
        if len(set(names)) < len(names) or len(set(numbers)) < len(numbers):
            raise ValueError("an operator or one of its networks is given twice")
        return self


@lru_cache(maxsize=1)
def operators() -> tuple[Operator, ...]:
    """Return every operator; raises `ContentErrors` when the file is wrong."""
    return validate(Operators, packaged_yaml(OPERATORS)).operators


def operator(name: str) -> Operator | None:
    """Return an operator by the name that products and networks use, or None."""
    return _by_name().get(name)


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Operator]:
    return {row.name: row for row in operators()}


def country_of(name: str) -> str:
    """Return the country of the company that controls an operator, or an empty text."""
    row = operator(name)
    return row.country if row else ""


def operator_of_network(number: int) -> Operator | None:
    """Return whose an AS number is, or None when it is none of the catalogue's."""
    return _by_network().get(number)


@lru_cache(maxsize=1)
def _by_network() -> dict[int, Operator]:
    return {number: row for row in operators() for number in row.networks}


class Regions(Row):
    """Which country each region of each cloud lies in; `source` and `date` hold for all of them."""

    source: str
    date: str = Field(pattern=r"^20\d\d-\d\d-\d\d$")
    regions: dict[str, dict[str, tuple[str, ...]]]


@lru_cache(maxsize=1)
def _regions() -> dict[str, str]:
    """Return country by the region's word without spaces and dashes; words on which clouds differ are left out."""
    read = validate(Regions, packaged_yaml(REGIONS))
    found: dict[str, set[str]] = {}
    for countries in read.regions.values():
        for country, names in countries.items():
            for name in names:
                found.setdefault(_plain(name), set()).add(country)
    return {name: countries.pop() for name, countries in found.items() if len(countries) == 1}


def _plain(region: str) -> str:
    return "".join(char for char in region.lower() if char.isalnum())


def country_of_region(region: str) -> str:
    """Return the country that a cloud's region lies in (ISO 3166), or an empty text when the word is not known."""
    return _regions().get(_plain(region), "")


def phrases() -> tuple[str, ...]:
    """Return what the rows say in words of ours, to be translated: notes, and sources that are no document."""
    rows = operators()
    return tuple(dict.fromkeys(text for row in rows for text in (row.note, row.source if row.general else "") if text))


@lru_cache(maxsize=1)
def attribution_hash() -> str:
    """Return the first 12 digits of the hash of everything here, for the catalogue's version."""
    rows = [row.model_dump(mode="json") for row in operators()]
    return content_hash([rows, sorted(_regions().items())])[:12]
