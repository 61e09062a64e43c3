"""Charts as pictures for word processors, which show no SVG or show it wrongly: our own few shapes, drawn on a grid."""

import io
import math
import re
import unicodedata
from functools import lru_cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from assessor.reports import fonts

# Drawn so much larger, for print; then thinned out to so few colours, for size.
SCALE, COLOURS = 3, 48
# A picture is never larger than this, whatever a chart says of itself.
MOST_POINTS = 4000
_WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"}
_STEP = re.compile(r"([MLHVCAZz])|(-?\d+(?:\.\d+)?)")
_MOVE = re.compile(r"translate\(\s*(-?[\d.]+)[\s,]*(-?[\d.]+)?\s*\)")
Point = tuple[float, float]


class UnknownShape(ValueError):
    """A chart is drawn with something that this module does not know."""


def png(chart: Any) -> bytes:
    """Return an SVG element of ours as PNG; raises `UnknownShape` for what our charts are not made of."""
    _zero, _nought, width, height = (float(part) for part in chart.get("viewbox", chart.get("viewBox", "")).split())
    size = round(min(width, MOST_POINTS) * SCALE), round(min(height, MOST_POINTS) * SCALE)
    image = Image.new("RGB", size, "#ffffff")
    _Pen(ImageDraw.Draw(image)).draw(chart, (0.0, 0.0))
    stream = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(stream, "PNG")
    return stream.getvalue()


@lru_cache(maxsize=64)
def _font(weight: int, size: int) -> ImageFont.FreeTypeFont:
    name = _WEIGHTS.get(weight, "Regular")
    return ImageFont.truetype(fonts.FONT_DIRECTORY / f"{fonts.FAMILY}-{name}.ttf", size)


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(fonts.FONT_DIRECTORY / f"{fonts.FAMILY}-Regular.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())


def _printable(words: str) -> str:
    """Return words with each character that the one font of charts does not hold written as [U+XXXX]."""
    return "".join(
        char if char.isascii() or ord(char) in _known() else f"[U+{ord(char):04X}]"
        for char in unicodedata.normalize("NFC", words)
    )


class _Pen:
    """Draws one element after another."""

    def __init__(self, canvas: ImageDraw.ImageDraw) -> None:
        self._canvas = canvas

    def draw(self, parent: Any, at: Point) -> None:
        for one in parent:
            name = str(one.tag).rsplit("}", 1)[-1]
            match name:
                case "title" | "desc":
                    continue
                case "g" | "a":
                    self.draw(one, _moved(one, at))
                case "rect" | "line" | "circle" | "polygon" | "path" | "text":
                    getattr(self, f"_{name}")(one, at)
                case _:
                    raise UnknownShape(name)

    def _rect(self, one: Any, at: Point) -> None:
        x, y = _number(one, "x") + at[0], _number(one, "y") + at[1]
        box = _scaled([(x, y), (x + _number(one, "width"), y + _number(one, "height"))])
        self._canvas.rounded_rectangle(
            box, radius=_number(one, "rx") * SCALE, fill=_fill(one), outline=_stroke(one), width=_width(one)
        )

    def _circle(self, one: Any, at: Point) -> None:
        x, y, radius = _number(one, "cx") + at[0], _number(one, "cy") + at[1], _number(one, "r")
        box = _scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._canvas.ellipse(box, fill=_fill(one), outline=_stroke(one), width=_width(one))

    def _line(self, one: Any, at: Point) -> None:
        ends = [(_number(one, f"x{end}") + at[0], _number(one, f"y{end}") + at[1]) for end in (1, 2)]
        self._canvas.line(_scaled(ends), fill=_stroke(one), width=_width(one))

    def _polygon(self, one: Any, at: Point) -> None:
        pairs = (pair.split(",") for pair in one.get("points", "").split())
        points = _scaled([(float(x) + at[0], float(y) + at[1]) for x, y in pairs])
        if len(points) > 2:
            self._canvas.polygon(points, fill=_fill(one), outline=_stroke(one), width=_width(one))

    def _path(self, one: Any, at: Point) -> None:
        for points, closed in _lines(one.get("d", "")):
            drawn = _scaled([(x + at[0], y + at[1]) for x, y in points])
            if closed and _fill(one):
                self._canvas.polygon(drawn, fill=_fill(one))
            if (colour := _stroke(one)) is not None and len(drawn) > 1:
                whole = [*drawn, drawn[0]] if closed else drawn
                for stretch in _dashes(whole, one.get("stroke-dasharray", "")):
                    self._canvas.line(stretch, fill=colour, width=_width(one), joint="curve")

    def _text(self, one: Any, at: Point) -> None:
        words = _printable("".join(one.itertext()).strip())
        font = _font(round(_number(one, "font-weight", 400)), round(_number(one, "font-size", 11) * SCALE))
        anchor = {"middle": "ms", "end": "rs"}.get(one.get("text-anchor", ""), "ls")
        place = ((_number(one, "x") + at[0]) * SCALE, (_number(one, "y") + at[1]) * SCALE)
        self._canvas.text(place, words, font=font, fill=_fill(one) or "#000000", anchor=anchor)


def _moved(one: Any, at: Point) -> Point:
    transform = one.get("transform", "")
    if not transform:
        return at
    found = _MOVE.fullmatch(transform.strip())
    if found is None:
        raise UnknownShape(transform)
    return at[0] + float(found[1]), at[1] + float(found[2] or 0)


def _lines(path: str) -> list[tuple[list[Point], bool]]:
    """Return the lines of a path, each with whether it is closed; curves become short straight pieces."""
    steps = [(step[1], step[2]) for step in _STEP.finditer(path)]
    if _STEP.sub("", path).strip(" ,\n"):
        raise UnknownShape(path[:40])
    lines: list[tuple[list[Point], bool]] = []
    command = ""
    numbers: list[float] = []
    for letter, number in [*steps, ("M", "")]:
        if letter:
            _go(lines, command, numbers)
            command, numbers = letter, []
        else:
            numbers.append(float(number))
    return lines


def _go(lines: list[tuple[list[Point], bool]], command: str, numbers: list[float]) -> None:
    points = lines[-1][0] if lines else []
    match command:
        case "M":
            lines.append((list(zip(numbers[::2], numbers[1::2], strict=True)), False))
        case "L":
            points += zip(numbers[::2], numbers[1::2], strict=True)
        case "H":
            points += [(x, points[-1][1]) for x in numbers]
        case "V":
            points += [(points[-1][0], y) for y in numbers]
        case "C":
            for start in range(0, len(numbers), 6):
                points += _curve(points[-1], numbers[start : start + 6])
        case "A":
            for start in range(0, len(numbers), 7):
                points += _arc(points[-1], numbers[start : start + 7])
        case "Z" | "z":
            lines[-1] = (points, True)


def _curve(start: Point, ends: list[float], pieces: int = 16) -> list[Point]:
    x1, y1, x2, y2, x3, y3 = ends
    found = []
    for piece in range(1, pieces + 1):
        t = piece / pieces
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        found.append(
            (
                sum(w * x for w, x in zip(weights, (start[0], x1, x2, x3), strict=True)),
                sum(w * y for w, y in zip(weights, (start[1], y1, y2, y3), strict=True)),
            )
        )
    return found


def _arc(start: Point, numbers: list[float], pieces: int = 24) -> list[Point]:
    """Return the points of an arc of a circle; a squeezed or turned one is unknown."""
    radius, other, turn, large, sweep, x, y = numbers
    gap = math.dist(start, (x, y))
    if radius != other or turn or not gap:
        raise UnknownShape("arc")
    radius = max(radius, gap / 2)
    # The centre lies on the line that halves the chord, on the side that both flags name.
    away = math.sqrt(max(0.0, radius**2 - (gap / 2) ** 2)) * (1 if large != sweep else -1)
    across = ((x - start[0]) / gap, (y - start[1]) / gap)
    centre = ((start[0] + x) / 2 - across[1] * away, (start[1] + y) / 2 + across[0] * away)
    begin = math.atan2(start[1] - centre[1], start[0] - centre[0])
    whole = math.atan2(y - centre[1], x - centre[0]) - begin
    if sweep and whole < 0:
        whole += math.tau
    elif not sweep and whole > 0:
        whole -= math.tau
    angles = (begin + whole * piece / pieces for piece in range(1, pieces + 1))
    return [(centre[0] + radius * math.cos(one), centre[1] + radius * math.sin(one)) for one in angles]


def _dashes(points: list[Point], pattern: str) -> list[list[Point]]:
    """Return the stretches of a line that are drawn: all of it, or by turns as long as `pattern` says."""
    lengths = [float(one) * SCALE for one in pattern.replace(",", " ").split()]
    if not lengths or min(lengths) <= 0:
        return [points]
    stretches, left, turn, resting = [[points[0]]], lengths[0], 0, points[0]
    for end in points[1:]:
        start = resting
        while (gap := math.dist(start, end)) > left:
            start = start[0] + (end[0] - start[0]) * left / gap, start[1] + (end[1] - start[1]) * left / gap
            if turn % 2 == 0:
                stretches[-1].append(start)
            else:
                stretches.append([start])
            turn += 1
            left = lengths[turn % len(lengths)]
        left -= gap
        resting = end
        if turn % 2 == 0:
            stretches[-1].append(end)
    return [one for one in stretches if len(one) > 1]


def _number(one: Any, name: str, otherwise: float = 0) -> float:
    return float(one.get(name, otherwise))


def _scaled(points: list[Point]) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]


def _fill(one: Any) -> str | None:
    fill: str = one.get("fill", "")
    return fill if fill.startswith("#") else None


def _stroke(one: Any) -> str | None:
    stroke: str = one.get("stroke", "")
    return stroke if stroke.startswith("#") else None


def _width(one: Any) -> int:
    return max(1, round(_number(one, "stroke-width", 1) * SCALE)) if _stroke(one) else 0
