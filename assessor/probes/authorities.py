"""Who signs certificates: authorities on the public list, and those that clouds run themselves; from files alone."""

import re
from functools import lru_cache

from pydantic import Field

from assessor.content import validate
from assessor.probes.products import Pattern, Row, packaged, packaged_yaml


class CloudAuthority(Row):
    """An authority that a cloud or an edge network runs; `issuer` is searched in the name of an issuer.

    `elsewhere` says that it signs for servers of others as well, so that its name alone places nothing.
    """

    operator: str
    issuer: Pattern
    elsewhere: bool = False
    source: str
    general: bool = False
    date: str = Field(pattern=r"^20\d\d-\d\d-\d\d$")


class PublicList(Row):
    """Where the list of public authorities comes from."""

    source: str
    date: str = Field(pattern=r"^20\d\d-\d\d-\d\d$")


class Authorities(Row):
    """The file of authorities."""

    public: PublicList
    clouds: tuple[CloudAuthority, ...]


@lru_cache(maxsize=1)
def authorities() -> Authorities:
    """Return the file of authorities; raises `ContentErrors` when it is wrong."""
    return validate(Authorities, packaged_yaml("authorities.yaml"))


@lru_cache(maxsize=1)
def public_list() -> dict[str, str]:
    """Return the country of every public authority (empty where it names none), by sha256 and by name."""
    lines = packaged("authorities.tsv").decode().splitlines()
    rows = [line.split("\t") for line in lines]
    return {key: country for sha256, country, name in rows for key in (sha256, name)}


def cloud_authority(issuers: tuple[str, ...]) -> CloudAuthority | None:
    """Return the cloud whose authority one of these issuers is, or None."""
    rows = authorities().clouds
    return next((row for issuer in issuers for row in rows if re.search(row.issuer, issuer)), None)
