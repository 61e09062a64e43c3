"""What goes to the child that sets type, and what comes back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """A document to set. `made_at` is ISO 8601 in UTC and the only time that reaches the file."""

    html: str
    css: str
    attachment: str
    made_at: str
    name: str
    uncompressed: bool = False
    description: str = "The report as data"


@dataclass(frozen=True)
class Printed:
    """A set document. `refused` lists the addresses that were asked for and not given."""

    pdf: bytes
    pages: int
    refused: tuple[str, ...]
