"""Charts: well-formed, named and described, readable without colour, and never wider than their words allow."""

import json
import xml.etree.ElementTree as ET
from datetime import date
from itertools import pairwise

import pytest

from assessor.reports import chart_cells, chart_times, charts, viewmodel
from assessor.reports.chart_cells import Cell, Row
from assessor.reports.chart_times import Stop
from assessor.reports.charts import Moved
from assessor.reports.drawing import SHADES, Days, shade_of
from assessor.reports.widths import FILE, clipped, measured, width, wrapped
from tests.reports import samples

SVG = "{http://www.w3.org/2000/svg}"
NAMES = {"title": "What it is", "description": "What it shows", "ident": "one"}
HOSTILE = '"><script>alert(1)</script>&'


def dimensions():
    return viewmodel.build(samples.bad()).dimensions


def all_charts():
    sections = dimensions()
    grid = [Row("A row", (Cell("100 %", 5, held=True), Cell("dark", 2)))]
    return {
        "profile": charts.profile(sections, 5, **NAMES),
        "gap": charts.standing_gap(sections, **NAMES),
        "ladder": charts.ladder(sections[0].claimed, 5, title="What it is", ident="one"),
        "steps": charts.steps(["None of it", "Some of it"], sections[0], 1, **NAMES),
        "movement": charts.movement([Moved("A", 1, 3), Moved("B", 2, 2), Moved("C", None, 1)], 5, **NAMES),
        "grid": chart_cells.grid(["One", "Two"], grid, **NAMES),
        "timeline": chart_times.timeline([Stop(1, date(2026, 3, 1), "held")], date(2026, 11, 21), **NAMES),
    }


@pytest.mark.parametrize("name", all_charts())
def test_a_chart_has_a_name_a_description_and_attributes_only(name):
    svg = ET.fromstring(all_charts()[name])
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title.text == "What it is"
    assert desc.text
    assert svg.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert all(one.get("style") is None and one.tag != f"{SVG}style" for one in svg.iter())
    assert all(one.get("font-family") for one in svg.iter(f"{SVG}text"))


def test_hostile_words_stay_words_in_a_chart():
    chart = chart_cells.grid([HOSTILE], [Row(HOSTILE, (Cell(HOSTILE),))], title=HOSTILE, description=HOSTILE, ident="x")
    assert "<script" not in chart
    assert ET.fromstring(chart).find(f"{SVG}title").text == HOSTILE


def test_every_cell_prints_its_word():
    chart = all_charts()["grid"]
    assert ">100 %</text>" in chart
    assert ">dark</text>" in chart


def test_shades_darken_step_by_step_in_grey():
    def grey(colour):
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    greys = [grey(fill) for fill, _ink in SHADES]
    assert all(first - second >= 15 for first, second in pairwise(greys))
    assert all(abs(grey(fill) - grey(ink)) > 90 for fill, ink in SHADES)


@pytest.mark.parametrize(("share", "step"), [(0, 0), (0.01, 1), (0.26, 2), (0.99, 4), (1, 5)])
def test_nothing_and_everything_have_a_shade_of_their_own(share, step):
    assert shade_of(share) == step


def test_wrapped_words_fit_their_room_and_nothing_is_lost_before_the_last_line():
    words = "Own account, settings kept outside it, entries logged; one outsider can still stop you " + "W" * 80
    lines = wrapped(words, 120, 10, 40)
    assert all(width(line, 10) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_what_does_not_fit_says_so():
    assert wrapped("one two three four five six", 40, 10, 2)[-1].endswith("…")
    assert clipped("short", 400, 10) == "short"
    assert width(clipped("A very long name of a thing", 60, 10), 10) <= 60


def test_the_widths_are_those_of_the_fonts_we_ship():

    assert json.loads(FILE.read_text("utf-8")) == measured(), "run make schemas"


def test_the_axis_of_days_names_months_within_its_ends():
    ticks = Days(date(2026, 2, 3), date(2027, 11, 21), 0, 100).ticks()
    assert ticks[0][1].endswith("2026")
    assert 3 <= len(ticks) <= 12
    assert all(0 <= x <= 100 for x, _name in ticks)


def test_stops_of_one_day_are_stacked():
    stops = [Stop(number, date(2026, 3, 1), "ends") for number in (1, 2, 3)]
    svg = ET.fromstring(chart_times.timeline(stops, date(2026, 11, 21), **NAMES))
    marks = {(one.get("x"), one.get("y")) for one in svg.iter(f"{SVG}rect")}
    assert len(marks) == 3


def test_a_chart_shows_the_target_where_there_is_one():
    model = viewmodel.build(samples.hostile())
    chart = charts.profile(model.dimensions, 5, targets=model.targets.rows, **NAMES)
    assert "chart-target" in chart
    assert "chart-target" not in charts.profile(model.dimensions, 5, **NAMES)


def test_a_word_too_wide_for_its_cell_is_set_smaller_before_it_is_cut():
    columns = [str(number) for number in range(12)]
    chart = chart_cells.grid(
        columns, [Row("Out", tuple(Cell("gesperrt") for _one in columns))], names_room=110, **NAMES
    )
    assert chart.count(">gesperrt<") == 12
    sizes = {one.get("font-size") for one in ET.fromstring(chart).iter(f"{SVG}text") if one.text == "gesperrt"}
    assert sizes == {"9.7"}
