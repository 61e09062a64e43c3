"""The charts of levels: profile, claimed against verified, ladders, movement; pure functions of the report model."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.reports import labels
from assessor.reports.drawing import (
    ACCENT,
    INK,
    LINE,
    PAPER,
    SHADES,
    WIDTH,
    arrow,
    diamond,
    dot,
    drawing,
    flag,
    legend,
    line,
    paragraph,
    rect,
    ring,
    text,
)
from assessor.reports.model import DimensionSection, ShownLevel
from assessor.reports.planned import TargetRow
from assessor.reports.widths import clipped, wrapped

LEVELS_AT = 200
VALUES_AT = 620
ROW = 24
TOP = 34
NAME_ROOM = LEVELS_AT - 20
NOTHING = "–"


def profile(
    dimensions: Sequence[DimensionSection],
    top: int,
    *,
    title: str,
    description: str,
    ident: str,
    targets: Sequence[TargetRow] = (),
) -> SafeString:
    """Return the profile: one row for each dimension, a ring for what is claimed, a dot for what is verified.

    A triangle marks the target. The marks differ in shape, so the chart reads in grey; the numbers stand at the end of
    each row.
    """
    wanted = {one.dimension: one.target for one in targets}
    aims = any(target is not None for target in wanted.values())
    height = TOP + ROW * len(dimensions) + 34
    parts = _axis(top, len(dimensions))
    for number, dimension in enumerate(dimensions):
        parts += _profile_row(dimension, wanted.get(dimension.id), aims, TOP + ROW * number + ROW / 2, top)
    marks = [(ring, _("claimed")), (dot, _("verified")), *([(_low_flag, _("target"))] if aims else [])]
    foot = height - 12
    told = _("claimed / verified / target; – no level shown") if aims else _("claimed / verified; – no level shown")
    parts += [*legend(8, foot, marks), text(VALUES_AT, foot, told, anchor="end", size=9.5)]
    return drawing(WIDTH, height, parts, title=title, description=description, ident=ident, kind="chart-profile")


def _low_flag(x: float, y: float) -> SafeString:
    return flag(x, y + 10)


def _at(level: float, top: int) -> float:
    return LEVELS_AT + level * (VALUES_AT - 84 - LEVELS_AT) / top


def _axis(top: int, rows: int) -> list[SafeString]:
    parts = []
    for level in range(top + 1):
        parts.append(line(_at(level, top), TOP - 8, _at(level, top), TOP + ROW * rows))
        parts.append(text(_at(level, top), TOP - 16, str(level), anchor="middle"))
    return parts


def _name(words: str, y: float) -> SafeString:
    return text(0, y + 4, clipped(words, NAME_ROOM, 11, 500), weight=500)


def _profile_row(dimension: DimensionSection, target: int | None, aims: bool, y: float, top: int) -> list[SafeString]:
    parts = [_name(dimension.short, y)]
    claimed, verified = dimension.claimed.level, dimension.verified.level
    if claimed is None:
        parts.append(text(VALUES_AT, y + 4, dimension.claimed.label, anchor="end"))
    else:
        values = f"{claimed} / {_or_nothing(verified)}{f' / {_or_nothing(target)}' if aims else ''}"
        parts.append(text(VALUES_AT, y + 4, values, anchor="end", weight=600))
        parts.append(line(LEVELS_AT, y, _at(claimed, top), y, colour=INK, width=1.5, kind="chart-stem"))
        parts.append(ring(_at(claimed, top), y))
    if verified is not None:
        parts.append(dot(_at(verified, top), y))
    if target is not None:
        parts.append(flag(_at(target, top), y))
    return parts


def _or_nothing(level: int | None) -> str:
    return NOTHING if level is None else str(level)


def standing_gap(dimensions: Sequence[DimensionSection], *, title: str, description: str, ident: str) -> SafeString:
    """Return claimed against verified: for each dimension both as points of 100, and how much is only claimed."""
    parts = []
    for points in (0, 25, 50, 75, 100):
        x = _at(points, 100)
        parts += [line(x, TOP - 8, x, TOP + ROW * len(dimensions)), text(x, TOP - 16, str(points), anchor="middle")]
    for number, dimension in enumerate(dimensions):
        y = TOP + ROW * number + ROW / 2
        parts.append(_name(dimension.short, y))
        if not dimension.assessed:
            parts.append(text(VALUES_AT, y + 4, labels.standing_label("not-assessed"), anchor="end"))
            continue
        parts += _gap_bar(dimension.claimed.index, dimension.verified.index, y)
    height = TOP + ROW * len(dimensions) + 34
    foot = height - 12
    marks = [(_box_verified, _("carried by evidence")), (_box_claimed, _("only claimed"))]
    # From the edge, not from the axis: the words are long in some languages.
    parts += [*legend(8, foot, marks), text(VALUES_AT, foot, _("verified of claimed points"), anchor="end", size=9.5)]
    return drawing(WIDTH, height, parts, title=title, description=description, ident=ident, kind="chart-profile")


def _box_verified(x: float, y: float) -> SafeString:
    return rect(x - 6, y - 5, 12, 10, fill=ACCENT, stroke=ACCENT, kind="chart-step chart-step-reached")


def _box_claimed(x: float, y: float) -> SafeString:
    return rect(x - 6, y - 5, 12, 10, fill=PAPER, stroke=INK, stroke_width=1, kind="chart-claimed")


def _gap_bar(claimed: float, verified: float, y: float) -> list[SafeString]:
    start, known, said = (_at(points, 100) for points in (0, verified, claimed))
    parts = []
    if claimed > 0:
        parts.append(rect(start, y - 6, said - start, 12, fill=PAPER, stroke=INK, stroke_width=1, kind="chart-claimed"))
    if verified > 0:
        kind = "chart-step chart-step-reached"
        parts.append(rect(start, y - 6, known - start, 12, fill=ACCENT, stroke=ACCENT, kind=kind))
    return [*parts, text(VALUES_AT, y + 4, f"{verified:.0f} / {claimed:.0f}", anchor="end", weight=600)]


def ladder(shown: ShownLevel, top: int, *, title: str, ident: str) -> SafeString:
    """Return a level as a flight of numbered steps, filled up to it; none are filled where no level is shown."""
    parts = []
    for level in range(top + 1):
        filled = shown.level is not None and level <= shown.level
        here = level == shown.level
        parts.append(
            rect(
                level * 24 + 1,
                26 - level * 4,
                22,
                level * 4 + 6,
                fill=ACCENT if filled else PAPER,
                stroke=INK if here else (ACCENT if filled else LINE),
                stroke_width=1.5 if here else 0.75,
                kind="chart-step chart-step-reached" if filled else "chart-step",
            )
        )
        parts.append(text(level * 24 + 12, 44, str(level), anchor="middle", size=10, weight=700 if here else 400))
    return drawing((top + 1) * 24, 48, parts, title=title, description=shown.label, ident=ident, kind="chart-ladder")


STEP_WORDS_AT, STEP_ROOM, STEP_MARKS_AT = 40, 400, 456
STEP_SIZE = 10


def steps(
    words: Sequence[str], dimension: DimensionSection, target: int | None, *, title: str, description: str, ident: str
) -> SafeString:
    """Return the ladder of a dimension: what each level means in it, the top one first, with marks where it stands."""
    parts: list[SafeString] = []
    y = 0.0
    for level in reversed(range(len(words))):
        lines = wrapped(words[level], STEP_ROOM, STEP_SIZE, 3)
        height = 10 + 13.2 * max(1, len(lines))
        reached = dimension.claimed.level is not None and level <= dimension.claimed.level
        fill, ink = SHADES[3] if reached else SHADES[0]
        parts += [
            rect(0, y, 26, height, fill=fill, stroke=LINE),
            text(13, y + height / 2 + 4, str(level), anchor="middle", weight=600, fill=ink, kind="chart-on-cell"),
            line(0, y + height, WIDTH, y + height),
            *paragraph(STEP_WORDS_AT, y + 15, lines, size=STEP_SIZE),
            *_stands(dimension, target, level, y + height / 2),
        ]
        y += height
    return drawing(WIDTH, y + 1, parts, title=title, description=description, ident=ident, kind="chart-profile")


def _stands(dimension: DimensionSection, target: int | None, level: int, y: float) -> list[SafeString]:
    marks = [
        (mark, words)
        for mark, words, at in (
            (ring, _("claimed"), dimension.claimed.level),
            (dot, _("verified"), dimension.verified.level),
            (_low_flag, _("target"), target),
        )
        if at == level
    ]
    return legend(STEP_MARKS_AT, y + 4, marks, 9.5)


@dataclass(frozen=True)
class Moved:
    """A row of the movement: its name, the level before and the level now (None: no level was shown)."""

    name: str
    before: int | None
    now: int | None


def movement(rows: Sequence[Moved], top: int, *, title: str, description: str, ident: str) -> SafeString:
    """Return how far each row has moved: a diamond where it stood, an arrow, a ring where it stands."""
    height = TOP + ROW * len(rows) + 34
    parts = _axis(top, len(rows))
    for number, row in enumerate(rows):
        y = TOP + ROW * number + ROW / 2
        parts.append(_name(row.name, y))
        parts.append(
            text(VALUES_AT, y + 4, f"{_or_nothing(row.before)} → {_or_nothing(row.now)}", anchor="end", weight=600)
        )
        if row.before is not None:
            parts.append(diamond(_at(row.before, top), y))
        if row.now is not None:
            if row.before is not None and row.before != row.now:
                way = 7 if row.now > row.before else -7
                parts.append(arrow(_at(row.before, top) + way, _at(row.now, top) - way, y))
            if row.before != row.now:
                parts.append(ring(_at(row.now, top), y))
            else:
                parts.append(dot(_at(row.now, top), y))
    marks = [(diamond, _("before")), (ring, _("now")), (_stayed, _("where it was"))]
    parts += legend(LEVELS_AT, height - 12, marks)
    return drawing(WIDTH, height, parts, title=title, description=description, ident=ident, kind="chart-profile")


def _stayed(x: float, y: float) -> SafeString:
    return SafeString(diamond(x, y) + dot(x, y))
