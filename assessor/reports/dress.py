"""How a report wears its brand: the colours, the pictures and the running heads of its pages."""

import base64

from assessor.reports import colour
from assessor.reports.shaped import Brand, Picture
from assessor.reports.sheet import Asset

# Addresses that only the press knows: it gives out what is registered under them and nothing else.
LOGO = "report:///logo"
CONSULTANCY_LOGO = "report:///consultancy-logo"
# The box a logo fits into on a cover and in a running head, in mm.
COVER_BOX = (62.0, 24.0)
HEAD_BOX = (34.0, 7.0)


def fitted(picture: Picture, box: tuple[float, float]) -> tuple[float, float]:
    """Return width and height in mm at which a picture fills `box` without being cut or bent."""
    width, height = box
    scale = min(width / picture.width, height / picture.height)
    return round(picture.width * scale, 2), round(picture.height * scale, 2)


def pictures(brand: Brand) -> tuple[tuple[str, Picture], ...]:
    """Return the address and the picture of each logo there is."""
    both = ((LOGO, brand.logo), (CONSULTANCY_LOGO, brand.consultancy_logo))
    return tuple((url, picture) for url, picture in both if picture is not None)


def assets(brand: Brand) -> tuple[Asset, ...]:
    """Return what the press may give out for this brand."""
    return tuple(Asset(url, one.media_type, base64.b64decode(one.data, validate=True)) for url, one in pictures(brand))


def style(brand: Brand) -> str:
    """Return the rules a brand adds to the style of print: colours and logos, never a word that somebody typed."""
    accent = colour.accent_of(brand.accent)
    rules = [f":root {{ --accent: {accent}; --accent-strong: {colour.readable(accent, colour.STRONG)}; }}"]
    margins = {LOGO: ("@top-left", "left"), CONSULTANCY_LOGO: ("@top-right", "right")}
    for url, picture in pictures(brand):
        margin, side = margins[url]
        rules.append(_head(url, picture, margin, side))
        width, height = fitted(picture, COVER_BOX)
        name = url.rpartition("/")[2]
        rules.append(f".cover-{name} {{ width: {width}mm; height: {height}mm; }}")
    return "\n".join(rules) + "\n"


def _head(url: str, picture: Picture, margin: str, side: str) -> str:
    # In a running head it only repeats what the cover shows with words: a background is no content to a reader.
    width, height = fitted(picture, HEAD_BOX)
    return (
        f'@page {{ {margin} {{ content: ""; width: 50%; height: 100%; image-rendering: crisp-edges; '
        f'background: url("{url}") no-repeat {side} 0 bottom 4mm / {width}mm {height}mm; }} }}\n'
        f"@page cover {{ {margin} {{ background: none; }} }}"
    )


def dressed(css: str, brand: Brand) -> str:
    """Return the style of print in the colours of a brand, with the rules it adds."""
    return _recoloured(css, colour.scale(colour.accent_of(brand.accent))) + style(brand)


def dressed_for_screen(css: str, brand: Brand) -> str:
    """Return a style with a day and a night in the colours of a brand."""
    accent = colour.accent_of(brand.accent)
    night = colour.by_night(accent)
    if not night:
        return css
    day = {"accent": accent, "accent-strong": colour.readable(accent, colour.STRONG), "focus": accent}
    dark = {"accent": colour.NIGHT_ACCENT, "accent-strong": colour.NIGHT_STRONG, "focus": colour.NIGHT_STRONG}
    own = "".join(f"--{name}:light-dark({day[name]},{night[dark[name]]});" for name in day)
    return f"{_recoloured(css, colour.scale(accent) | night)}\n:root{{{own}}}"


def _recoloured(css: str, becomes: dict[str, str]) -> str:
    for old, new in becomes.items():
        css = css.replace(old, new)
    return css


def data_address(picture: Picture) -> str:
    """Return a picture as an address that holds it, for a page that must load nothing."""
    return f"data:{picture.media_type};base64,{picture.data}"
