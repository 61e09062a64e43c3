"""Every chart of a report, drawn from its model; those that would be empty are left out."""

from datetime import date
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from assessor.reports import chart_cells, chart_times, charts, labels, scenario_chapter
from assessor.reports.chart_cells import Cell, Row
from assessor.reports.chart_times import Stop
from assessor.reports.charts import Moved
from assessor.reports.drawing import shade_of
from assessor.reports.model import DimensionSection, ReportBody
from assessor.reports.scenario_part import MapPart
from assessor.reports.told import DrillEntry

# Half of a strip is darker than this: the way out was open.
OPEN, CLOSED, UNTRIED = 4, 1, 0


def figures(body: ReportBody, *, on_pages: bool = False) -> dict[str, Any]:
    """Return the charts by the names that the templates use; ladders and strips by what they belong to.

    `on_pages` draws those that can be taller than what is left of a page so that one can end within them.
    """
    maps = scenario_chapter.told_apart(maps_of(body))
    drawn = scenario_chapter.drawn_for_print if on_pages else scenario_chapter.drawn
    top = body.method.scale[-1].level
    wanted = {one.dimension: one.target for one in body.targets.rows}
    assessed = any(one.assessed for one in body.dimensions)
    return {
        "profile_chart": charts.profile(
            body.dimensions,
            top,
            title=body.results.chart_title,
            description=body.results.chart_description,
            ident="profile",
            targets=body.targets.rows,
        ),
        "gap_chart": _gap(body) if assessed else "",
        "movement_chart": _movement(body, top),
        "timeline_chart": _timeline(body),
        "claimed_ladder": charts.ladder(body.board.claimed, top, title=_("Claimed level"), ident="claimed"),
        "verified_ladder": charts.ladder(body.board.verified, top, title=_("Verified level"), ident="verified"),
        "ladders": {one.id: ladder(one, wanted.get(one.id)) for one in body.dimensions if one.steps and one.assessed},
        "strips": {one.id: strip(one) for one in body.drills if one.spans},
        "targets": wanted,
        "maps": [(one, drawn(one, f"map-{number}")) for number, one in enumerate(maps, 1)],
        "needs": sorted({row for one in maps for row in scenario_chapter.needs(one)}, key=_by_party),
    }


def maps_of(body: ReportBody) -> tuple[MapPart, ...]:
    """Return the dependency maps; none without an inventory."""
    return body.scenarios.maps if body.scenarios else ()


def _by_party(row: tuple[str, str, str, str]) -> tuple[str, str]:
    return row[2].casefold(), row[0].casefold()


def _gap(body: ReportBody) -> SafeString:
    told = "; ".join(
        _("{title}: claimed {claimed} points, verified {verified}").format(
            title=one.title, claimed=f"{one.claimed.index:.0f}", verified=f"{one.verified.index:.0f}"
        )
        for one in body.dimensions
        if one.assessed
    )
    return charts.standing_gap(
        body.dimensions,
        title=_("Claimed against verified, in points of 100"),
        description=f"{told}.",
        ident="gap",
    )


def ladder(section: DimensionSection, target: int | None) -> SafeString:
    """Return the ladder of a dimension with what each level means in it."""
    told = _("Claimed: {claimed}. Verified: {verified}. Target: {target}.").format(
        claimed=section.claimed.label,
        verified=section.verified.label,
        target=labels.NOT_STATED if target is None else labels.level_only(target),
    )
    return charts.steps(
        section.steps,
        section,
        target,
        title=_("The levels of {name}, and where it stands").format(name=section.title),
        description=told + " " + " ".join(f"{level}: {words}." for level, words in enumerate(section.steps)),
        ident=f"ladder-{section.id}",
    )


def _movement(body: ReportBody, top: int) -> SafeString | str:
    if body.movement is None:
        return ""
    rows = [Moved(one.short, one.claimed.before, one.claimed.after) for one in body.movement.dimensions]
    return charts.movement(
        rows,
        top,
        title=_("Claimed level of each dimension, before and now"),
        description="; ".join(f"{one.title}: {one.claimed.sentence}" for one in body.movement.dimensions),
        ident="movement",
    )


def _timeline(body: ReportBody) -> SafeString | str:
    if not body.calendar:
        return ""
    stops = [Stop(one.number, date.fromisoformat(one.day), one.lane) for one in body.calendar]
    return chart_times.timeline(
        stops,
        date.fromisoformat(body.cover.made_at[:10]),
        title=_("What was held, and when evidence ends"),
        description="; ".join(f"{one.number}: {one.day}, {one.what}" for one in body.calendar),
        ident="timeline",
    )


def strip(drill: DrillEntry) -> SafeString:
    """Return the course of a disconnection drill: prompts answered, and the way out, in each stretch."""
    outside = {"open": (_("open"), OPEN), "closed": (_("closed"), CLOSED), "not-tried": (_("not tried"), UNTRIED)}
    # A stretch is narrow; the table below says it in full.
    short = {"open": pgettext("way out", "open"), "closed": pgettext("way out", "closed"), "not-tried": "–"}
    rows = [
        Row(
            _("Prompts answered"),
            tuple(Cell(f"{one.answered}/{one.asked}", shade_of(one.answered / one.asked)) for one in drill.spans),
        ),
        Row(
            _("Way out"),
            tuple(Cell(short[one.outside], outside[one.outside][1], held=one.outside == "open") for one in drill.spans),
        ),
    ]
    return chart_cells.grid(
        [one.label for one in drill.spans],
        rows,
        title=_("Course of {drill}, hours and minutes since the link was closed").format(drill=drill.id),
        description="; ".join(
            f"{one.label}: {one.answered}/{one.asked}, {outside[one.outside][0]}" for one in drill.spans
        ),
        ident=f"strip-{drill.id}",
        names_room=110,
    )
