"""Which sections a report can do without; their order is fixed by `render.contents` and nobody changes it."""

from collections.abc import Collection, Iterable, Sequence

from django.utils.translation import gettext as _

from assessor.errors import N_
from assessor.reports.shaped import LeftOut

# Always printed: without them nobody could tell what the rest speaks of, or how far it holds.
FIXED = frozenset({"scope", "method", "limits", "integrity"})
DIMENSION = "dimension-"
BOARD = "board"
# In the order of the report, by anchor; the dimensions of the questionnaire stand where DIMENSION does.
OPTIONAL = (
    (BOARD, N_("For the board")),
    ("summary", N_("Summary")),
    ("results", N_("Results at a glance")),
    (DIMENSION, ""),
    ("switches", N_("Who can switch you off")),
    ("contradictions", N_("Contradictions")),
    ("roadmap", N_("Roadmap")),
    ("evidence", N_("Evidence log")),
    ("frameworks", N_("Other frameworks")),
    ("questions", N_("Every question and answer")),
    ("glossary", N_("Glossary")),
)


def choices(dimensions: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return anchor and name of every section that can be left out; `dimensions` are ids with their titles."""
    own = tuple((f"{DIMENSION}{ident}", title) for ident, title in dimensions)
    rows: list[tuple[str, str]] = []
    for anchor, title in OPTIONAL:
        rows += own if anchor == DIMENSION else [(anchor, _(title))]
    return tuple(rows)


def left_out(wanted: Collection[str], dimensions: Iterable[tuple[str, str]]) -> tuple[LeftOut, ...]:
    """Return the sections of `wanted` that can be left out, in the order of the report; the rest is no section."""
    return tuple(LeftOut(section=anchor, title=title) for anchor, title in choices(dimensions) if anchor in wanted)


def kept(contents: Sequence[tuple[str, str]], without: Iterable[LeftOut]) -> list[tuple[str, str]]:
    """Return the anchors and headings of `contents` that are not left out."""
    gone = {one.section for one in without}
    return [(anchor, heading) for anchor, heading in contents if anchor not in gone]
