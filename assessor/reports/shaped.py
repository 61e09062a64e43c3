"""The parts of the report model that people shape: their brand, their own words, what is left out, how days look."""

from typing import Literal

from assessor.reports.part import Part

# The accent of the product itself, in use where nobody chose another.
ACCENT = "#0e626e"
# The part of a person's words that speaks of the whole report; all others are ids of dimensions.
SUMMARY = "summary"
CoverStyle = Literal["rule", "band", "frame"]
DateStyle = Literal["words", "iso", "dots", "slashes"]


class Picture(Part):
    """A logo as it is printed: re-encoded when it came, in base64; `alt` says whose it is. Sizes are in pixels."""

    media_type: Literal["image/png", "image/jpeg"]
    width: int
    height: int
    sha256: str
    alt: str
    data: str


class Brand(Part):
    """Whose report it looks like. `accent` is a colour that white and text can stand on; empty texts print nothing."""

    accent: str = ACCENT
    cover: CoverStyle = "rule"
    logo: Picture | None = None
    consultancy: str = ""
    consultancy_logo: Picture | None = None
    name_block: tuple[str, ...] = ()
    footer: str = ""
    disclaimer: tuple[str, ...] = ()


class Run(Part):
    """A stretch of text in one manner; `link` is an address of the web or of mail, or empty."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""


class Block(Part):
    """A paragraph (one item), or a list with its items."""

    kind: Literal["paragraph", "bullets", "numbers"]
    items: tuple[tuple[Run, ...], ...]


class Words(Part):
    """What a person wrote: `part` is `summary`, or the id of the dimension it comments on.

    `stale` says that levels it speaks of have moved since. `written_at` is ISO 8601 in UTC.
    """

    part: str
    blocks: tuple[Block, ...]
    written_by: str
    written_at: str
    stale: bool


class Dates(Part):
    """How days and times are printed. `time_zone` is a name of the IANA database; the evidence log stays in UTC."""

    time_zone: str = "UTC"
    style: DateStyle = "words"


class LeftOut(Part):
    """A section that this report leaves out: its anchor and its name."""

    section: str
    title: str
