"""Charts as SVG: pure functions of the report model, presentation attributes only, each with a title and description.

WeasyPrint does not show an inline SVG the style sheet of its page, and the policy of the web pages forbids a style of
its own, so every shape carries its attributes. The classes beside them let a page recolour a chart for dark.
"""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.reports.model import DimensionSection, ShownLevel

FONT = "Inter, sans-serif"
INK = "#17212b"
MUTED = "#5a6672"
LINE = "#c9d0d6"
ACCENT = "#0f5c6e"
PAPER = "#ffffff"

WIDTH = 640
LEVELS_AT = 200
VALUES_AT = 620
ROW = 27
TOP = 34


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: float = 11, weight: int = 400) -> SafeString:
    return format_html(
        '<text class="chart-ink" x="{}" y="{}" font-family="{}" font-size="{}" font-weight="{}" fill="{}" '
        'text-anchor="{}">{}</text>',
        f"{x:g}",
        f"{y:g}",
        FONT,
        f"{size:g}",
        weight,
        INK,
        anchor,
        text,
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, kind: str) -> SafeString:
    return format_html(
        '<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"/>',
        kind,
        f"{x1:g}",
        f"{y1:g}",
        f"{x2:g}",
        f"{y2:g}",
        colour,
        f"{width:g}",
    )


def _ring(x: float, y: float) -> SafeString:
    return format_html(
        '<circle class="chart-claimed" cx="{}" cy="{}" r="6.5" fill="{}" stroke="{}" stroke-width="1.5"/>',
        f"{x:g}",
        f"{y:g}",
        PAPER,
        INK,
    )


def _dot(x: float, y: float) -> SafeString:
    return format_html('<circle class="chart-verified" cx="{}" cy="{}" r="3.8" fill="{}"/>', f"{x:g}", f"{y:g}", ACCENT)


def profile(
    dimensions: Sequence[DimensionSection], top: int, *, title: str, description: str, ident: str
) -> SafeString:
    """Return the profile: one row for each dimension, a ring for what is claimed, a dot for what is verified.

    Ring and dot differ in shape, so the chart reads in grey; the numbers stand at the end of each row.
    """
    step = (VALUES_AT - 60 - LEVELS_AT) / top
    height = TOP + ROW * len(dimensions) + 34
    parts = []
    for level in range(top + 1):
        x = LEVELS_AT + level * step
        parts.append(_line(x, TOP - 8, x, TOP + ROW * len(dimensions), LINE, 0.75, "chart-grid"))
        parts.append(_text(x, TOP - 16, str(level), anchor="middle"))
    for index, dimension in enumerate(dimensions):
        parts += _profile_row(dimension, TOP + ROW * index + ROW / 2, step)
    foot = height - 12
    parts += [
        _ring(LEVELS_AT, foot - 4),
        _text(LEVELS_AT + 14, foot, _("claimed")),
        _dot(LEVELS_AT + 90, foot - 4),
        _text(LEVELS_AT + 102, foot, _("verified")),
        _text(VALUES_AT, foot, _("– no level shown"), anchor="end"),
    ]
    return _svg(WIDTH, height, parts, title=title, description=description, ident=ident, kind="chart chart-profile")


def _profile_row(dimension: DimensionSection, y: float, step: float) -> list[SafeString]:
    parts = [_text(0, y + 4, dimension.short, weight=500)]
    claimed, verified = dimension.claimed.level, dimension.verified.level
    if claimed is None:
        return [*parts, _text(VALUES_AT, y + 4, dimension.claimed.label, anchor="end")]
    values = f"{claimed} / {'–' if verified is None else verified}"
    parts.append(_text(VALUES_AT, y + 4, values, anchor="end", weight=600))
    at = LEVELS_AT + claimed * step
    parts.append(_line(LEVELS_AT, y, at, y, INK, 1.5, "chart-stem"))
    parts.append(_ring(at, y))
    if verified is not None:
        parts.append(_dot(LEVELS_AT + verified * step, y))
    return parts


def ladder(shown: ShownLevel, top: int, *, title: str, ident: str) -> SafeString:
    """Return a level as a flight of numbered steps, filled up to it; none are filled where no level is shown."""
    parts = []
    for level in range(top + 1):
        filled = shown.level is not None and level <= shown.level
        here = level == shown.level
        parts.append(
            format_html(
                '<rect class="{}" x="{}" y="{}" width="22" height="{}" fill="{}" stroke="{}" stroke-width="{}"/>',
                "chart-step chart-step-reached" if filled else "chart-step",
                f"{level * 24 + 1:g}",
                f"{26 - level * 4:g}",
                f"{level * 4 + 6:g}",
                ACCENT if filled else PAPER,
                INK if here else (ACCENT if filled else LINE),
                "1.5" if here else "0.75",
            )
        )
        parts.append(_text(level * 24 + 12, 44, str(level), anchor="middle", size=10, weight=700 if here else 400))
    return _svg((top + 1) * 24, 48, parts, title=title, description=shown.label, ident=ident, kind="chart chart-ladder")


def _svg(
    width: float, height: float, parts: Sequence[SafeString], *, title: str, description: str, ident: str, kind: str
) -> SafeString:
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="{}" role="img" aria-labelledby="{}-title {}-desc" '
        'viewBox="0 0 {} {}" width="{}" height="{}"><title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
        "{}</svg>",
        kind,
        ident,
        ident,
        f"{width:g}",
        f"{height:g}",
        f"{width:g}",
        f"{height:g}",
        ident,
        title,
        ident,
        description,
        format_html_join("", "{}", ((part,) for part in parts)),
    )
