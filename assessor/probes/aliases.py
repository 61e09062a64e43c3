"""Whose are the names that a host's name stands for (CNAME)? Answered from a file alone."""

from functools import lru_cache

from pydantic import Field

from assessor.content import validate
from assessor.probes.products import Row, packaged_yaml


class Alias(Row):
    """Domains of one operator. `what` names the service, `under` the domains at or below which a name is theirs."""

    operator: str
    what: str
    under: tuple[str, ...]
    source: str
    general: bool = False
    date: str = Field(pattern=r"^20\d\d-\d\d-\d\d$")


class Aliases(Row):
    """The file of aliases."""

    aliases: tuple[Alias, ...]


@lru_cache(maxsize=1)
def aliases() -> tuple[Alias, ...]:
    """Return every row; raises `ContentErrors` when the file is wrong."""
    return validate(Aliases, packaged_yaml("aliases.yaml")).aliases


def owner_of(name: str) -> Alias | None:
    """Return the row whose domains a host name is in, or None."""
    dotted = f".{name.lower().rstrip('.')}"
    return next((row for row in aliases() for domain in row.under if dotted.endswith(f".{domain}")), None)
