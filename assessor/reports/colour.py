"""An accent colour somebody chose, made fit to print: readable on white, with a level scale of its own hue."""

import colorsys
import re

from assessor.reports.shaped import ACCENT

HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
# WCAG 2.2: words on white, and white words on the colour, need 4.5 to 1.
READABLE = 4.5
STRONG = 9.0
# The colours of the level scale in print.css and in charts, from level 1 up; grey tells them apart by lightness alone.
SCALE = ("#519aa7", "#2a7d8a", "#0e626e", "#0a4851", "#0d2f35")
TINTS = ("#eaf3f4", "#d6e6e9", "#a5ccd3")
# What stands for them on a screen by night, with the accent and what is written on it; tokens.css names the same.
NIGHT = ("#397177", "#4a8f96", "#5cadb6", "#80cad3", "#b4e4e9", "#16292c", "#06262b", "#6cc0cc", "#96d8e0")
NIGHT_ACCENT, NIGHT_STRONG = NIGHT[-2:]
# The accent as charts draw it.
DRAWN = "#0f5c6e"
# Fills are calmer than the brand itself.
CALM = 0.6
_ATTRIBUTE = re.compile(r'="(#[0-9a-f]{6})"')


def normal(text: str) -> str | None:
    """Return a colour as `#rrggbb`, or None for what is no colour."""
    found = HEX.fullmatch(text.strip())
    if found is None:
        return None
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * one for one in digits))


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` as WCAG 2.2 defines it, 0 (black) to 1 (white)."""
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def on_white(colour: str) -> float:
    """Return the contrast of a colour with white, 1 to 21; it is the same for white words on the colour."""
    return 1.05 / (luminance(colour) + 0.05)


def _toned(colour: str, wanted: float, most: float = 1.0) -> str:
    """Return a colour of the same hue, of at most that saturation, whose luminance is `wanted` or just below."""
    hue, _lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    saturation = min(saturation, most)
    low, high = 0.0, 1.0
    for _step in range(16):
        middle = (low + high) / 2
        low, high = (middle, high) if luminance(_hex(hue, middle, saturation)) <= wanted else (low, middle)
    return _hex(hue, low, saturation)


def _hex(hue: float, lightness: float, saturation: float) -> str:
    # Cut, not rounded: a colour must not become lighter than was asked for.
    return "#" + "".join(f"{int(one * 255):02x}" for one in colorsys.hls_to_rgb(hue, lightness, saturation))


def readable(colour: str, contrast: float = READABLE) -> str:
    """Return the colour itself where it has enough contrast with white, or a darker one of its hue that has."""
    return colour if on_white(colour) >= contrast else _toned(colour, 1.05 / contrast - 0.05)


def accent_of(chosen: str) -> str:
    """Return the accent a report is printed in: the colour chosen, darker where need be, or the product's own."""
    return readable(normal(chosen) or ACCENT)


def scale(accent: str) -> dict[str, str]:
    """Return what each colour of the level scale becomes in the accent's hue, as light or dark as it was."""
    if accent == ACCENT:
        return {}
    return {DRAWN: accent} | {colour: _toned(accent, luminance(colour), CALM) for colour in (*SCALE, *TINTS)}


def by_night(accent: str) -> dict[str, str]:
    """Return what each colour of the night becomes in the accent's hue; as light as it was, so read as well."""
    return {} if accent == ACCENT else {colour: _toned(accent, luminance(colour), CALM) for colour in NIGHT}


def recoloured(html: str, accent: str) -> str:
    """Return a page whose charts wear the accent's hue; only attributes that are one colour are touched."""
    becomes = scale(accent)
    return _ATTRIBUTE.sub(lambda found: f'="{becomes.get(found[1], found[1])}"', html) if becomes else html
