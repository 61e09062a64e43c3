"""What a brand looks like, drawn small: the cover and a page within, as SVG that the page's policy lets through."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessor.reports import colour, dress
from assessor.reports.shaped import Brand, Picture

FONT = "Inter, sans-serif"
INK, SOFT, PAPER, LINE = "#14191b", "#444f54", "#ffffff", "#dbe0e1"
WIDTH, HEIGHT, GAP = 210, 297, 14
TITLE_LINE, LINES = 26, 3


def preview(brand: Brand, title: str, organisation: str, classification: str, urls: dict[str, str]) -> SafeString:
    """Return cover and inner page; `urls` are the addresses of the pictures by `logo` and `consultancy_logo`."""
    accent = colour.accent_of(brand.accent)
    label = _("How the cover and the pages after it look")
    return format_html(
        '<svg class="brand-preview" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}'
        '<g transform="translate({} 0)">{}</g></svg>',
        2 * WIDTH + GAP,
        HEIGHT,
        label,
        label,
        _cover(brand, accent, title, organisation, classification, urls),
        WIDTH + GAP,
        _inner(brand, accent, organisation, classification, urls),
    )


def _text(
    x: float, y: float, size: float, text: str, fill: str = INK, weight: int = 400, end: bool = False
) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" font-family="{}" font-size="{}" font-weight="{}" fill="{}" text-anchor="{}">{}</text>',
        f"{x:g}",
        f"{y:g}",
        FONT,
        f"{size:g}",
        weight,
        fill,
        "end" if end else "start",
        text,
    )


def _box(x: float, y: float, width: float, height: float, fill: str, edge: str = "none") -> SafeString:
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}"/>',
        *(f"{one:g}" for one in (x, y, width, height)),
        fill,
        edge,
    )


def _all(parts: list[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _picture(
    picture: Picture | None, url: str, box: tuple[float, float], side: float, y: float, right: bool
) -> list[SafeString]:
    """Draw a logo whose outer edge is at `side` and whose foot (in a running head) or head is at `y`."""
    if picture is None or not url:
        return []
    width, height = dress.fitted(picture, box)
    at = side - width if right else side
    return [
        format_html(
            '<image href="{}" x="{}" y="{}" width="{}" height="{}"/>',
            url,
            f"{at:g}",
            f"{y if box == dress.COVER_BOX else y - height:g}",
            f"{width:g}",
            f"{height:g}",
        )
    ]


def _lines(text: str) -> list[str]:
    """Return a title in lines that fit, the last one cut."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > TITLE_LINE and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    cut = [line if len(line) <= TITLE_LINE + 6 else line[: TITLE_LINE + 5] + "…" for line in lines[:LINES]]
    if len(lines) > LINES:
        cut[-1] = cut[-1].rstrip("…") + "…"
    return cut


def _cover(
    brand: Brand, accent: str, title: str, organisation: str, classification: str, urls: dict[str, str]
) -> SafeString:
    left = 38 if brand.cover == "frame" else 24
    lines = _lines(title)
    top = {"rule": 96.0, "band": 94.0, "frame": 190.0 - 12 * len(lines)}[brand.cover]
    ink = PAPER if brand.cover == "band" else INK
    parts = [_box(0.25, 0.25, WIDTH - 0.5, HEIGHT - 0.5, PAPER, LINE)]
    if brand.cover == "rule":
        parts.append(_box(left, 50, WIDTH - 48, 0.8, accent))
    elif brand.cover == "band":
        parts.append(_box(0, 62, WIDTH, 30 + 12 * len(lines) + 30, accent))
    else:
        parts.append(_box(0, 0, 15, HEIGHT, accent))
    parts += _picture(brand.logo, urls.get("logo", ""), dress.COVER_BOX, left, 20, right=False)
    parts += _picture(
        brand.consultancy_logo, urls.get("consultancy_logo", ""), dress.COVER_BOX, WIDTH - 24, 20, right=True
    )
    kind_at = 58.0 if brand.cover == "rule" else top - 16
    parts.append(_text(left, kind_at, 4, _("Sovereignty report"), PAPER if brand.cover == "band" else accent, 500))
    parts += [_text(left, top + 11 * row, 10, line, ink, 600) for row, line in enumerate(lines)]
    parts.append(_text(left, top + 11 * len(lines), 5.5, organisation[:48], ink))
    foot = [(brand.consultancy, SOFT, 400), (classification, INK, 600), *((one, SOFT, 400) for one in brand.name_block)]
    parts.append(_box(left, 206, WIDTH - 24 - left, 0.3, SOFT))
    for row, (line, fill, weight) in enumerate(one for one in foot if one[0]):
        parts.append(_text(left, 214 + 6 * row, 3.8, line[:70], fill, weight))
    return _all(parts)


def _inner(brand: Brand, accent: str, organisation: str, classification: str, urls: dict[str, str]) -> SafeString:
    scale = colour.scale(accent)
    parts = [_box(0.25, 0.25, WIDTH - 0.5, HEIGHT - 0.5, PAPER, LINE)]
    parts += _picture(brand.logo, urls.get("logo", ""), dress.HEAD_BOX, 20, 16, right=False)
    parts += _picture(
        brand.consultancy_logo, urls.get("consultancy_logo", ""), dress.HEAD_BOX, WIDTH - 20, 16, right=True
    )
    parts.append(_box(20, 22, WIDTH - 40, 0.6, INK))
    parts.append(_text(20, 32, 6, _("For the board"), INK, 600))
    parts += [_box(20, 40 + 5 * row, width, 1.4, LINE) for row, width in enumerate((168, 160, 120))]
    for step, default in enumerate(colour.SCALE):
        parts.append(_box(20 + 34 * step, 66, 32, 10, scale.get(default, default)))
        parts.append(_text(34 + 34 * step, 73, 5, str(step + 1), INK if step == 0 else PAPER, 600))
    parts.append(_text(20, 92, 4, _("Links and marks wear the accent"), colour.readable(accent, colour.STRONG), 500))
    parts += [_box(20, 100 + 6 * row, width, 1.4, LINE) for row, width in enumerate((170, 150, 166, 170, 90))]
    parts.append(_text(20, 284, 3, organisation[:48], SOFT))
    parts.append(_text(20, 288.5, 3, brand.footer[:90], SOFT))
    parts.append(_text(118, 284, 3, classification[:34], SOFT, 500))
    parts.append(_text(WIDTH - 20, 284, 3, "4 / 32", SOFT, end=True))
    return _all(parts)
