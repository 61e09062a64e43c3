"""One party, country, sign-in, cloud or site: what goes with it, and how much of the critical work hangs on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessor.errors import N_
from assessor.models import Assessment, Organisation
from assessor.reports import scenario_words
from assessor.reports.scenario_story import tell
from assessor.scenarios import graph
from assessor.scenarios.concentration import OWN, gone, names_of
from assessor.scenarios.match import folded
from assessor.scenarios.plan import Plan
from assessor.scenarios.simulate import simulate
from assessor.services.scenario_catalogue import ScenarioUnknown
from assessor.services.simulating import Played, inventory_in


@dataclass(frozen=True)
class PartRow:
    """A component that a party stands behind, and what its part in it is."""

    id: str
    name: str
    kind: str
    part: str
    notice: str


@dataclass(frozen=True)
class PartyPlayed(Played):
    """What happens if one party goes, with what of the inventory it stands behind."""

    parts: Sequence[PartRow] = ()
    lead: str = ""
    by: str = "party"

    @property
    def keep(self) -> str:
        """What of the address stays when another horizon is chosen."""
        return urlencode({"by": self.by, "name": self.scenario.title}) + "&"


LEADS = {
    "party": N_("Everything that it makes, sells or owns and that runs outside your premises is gone at once."),
    "country": N_("Everything that this country can order and that runs outside your premises is gone at once."),
    "sign-in": N_("This sign-in is down at once, and everything that stands and falls with it."),
    "cloud": N_("This cloud is gone at once, and everything that stands and falls with it."),
    "site": N_("This site is gone at once, and everything that stands and falls with it."),
    "owner": N_("This owner is gone at once, and everything that stands and falls with it."),
}
PARTS = {"maker": N_("makes it"), "seller": N_("sells it"), "parent": N_("is its final parent")}


def without(assessment: Assessment, by: str, name: str) -> PartyPlayed:
    """Play what happens if one party, country, sign-in, cloud or site goes; raises `ScenarioUnknown`."""
    try:
        scenario = gone(by, name)
    except ValueError as error:
        raise ScenarioUnknown(
            N_("Nothing in this inventory has that name."), remedy=N_("Choose one from the list.")
        ) from error
    inventory, workloads = inventory_in(assessment)
    simulation = simulate(Plan(inventory, timezone.localdate()), scenario)
    story = tell(scenario, simulation, inventory, workloads=workloads)
    parts = [row for one in inventory.components if (row := _part_row(one, by, name)) is not None]
    return PartyPlayed(
        scenario, simulation, inventory, story, workloads, (), "", False, parts, _(LEADS.get(by, "")), by
    )


def _part_row(component: graph.Component, by: str, name: str) -> PartRow | None:
    if by == "party":
        said = [_(text) for part, text in PARTS.items() if folded(getattr(component, part) or "") == folded(name)]
    else:
        said = [_("stands and falls with it")] if name in (names_of(component, by) or ()) else []
    if not said:
        return None
    if component.hosting in OWN:
        said.append(_("out of its reach: on your own premises"))
    known = {True: _("allowed"), False: _("not allowed"), None: _("not known")}
    kind = _(scenario_words.KINDS[component.kind.value])
    return PartRow(component.id, component.name, kind, ", ".join(said), known[component.suspends_without_notice])


@dataclass(frozen=True)
class ShareRow:
    """One name of a group as a page shows it."""

    name: str
    behind: int
    share: int
    stops: int
    workloads: Sequence[str]


@dataclass(frozen=True)
class GroupRows:
    """One group as a page shows it."""

    by: str
    title: str
    column: str
    rows: Sequence[ShareRow]
    unknown: Sequence[str]


@dataclass(frozen=True)
class ConcentrationRows:
    """The whole page: a headline written from the data, the groups, and which workloads were counted, and how many."""

    headline: str
    counted: str
    column: str
    total: int
    groups: Sequence[GroupRows]


TITLES = {
    "party": (N_("By supplier"), N_("Supplier")),
    "country": (N_("By country of control"), N_("Country")),
    "sign-in": (N_("By sign-in"), N_("Sign-in")),
    "cloud": (N_("By cloud"), N_("Cloud")),
    "site": (N_("By site"), N_("Site")),
}


def is_all_own(organisation: Organisation) -> bool:
    """Tell whether every component is said to run where nobody else can take it: then nobody is there to be counted."""
    hostings = set(organisation.components.filter(removed_at=None).values_list("hosting", flat=True))
    return bool(hostings) and hostings <= {one.value for one in OWN}


def concentration(told: Mapping[str, Any]) -> ConcentrationRows:
    """Return in words how much of the critical workloads hangs on each party; `told` is as `simulating` stored it."""
    total = told.get("total", 0)
    groups = [
        GroupRows(
            group["by"],
            _(TITLES[group["by"]][0]),
            _(TITLES[group["by"]][1]),
            [
                ShareRow(
                    one["name"],
                    len(one["behind"]),
                    round(100 * len(one["behind"]) / total) if total else 0,
                    one["stops"],
                    one["behind"],
                )
                for one in group["shares"]
            ],
            group["unknown"],
        )
        for group in told.get("groups", ())
    ]
    critical = told.get("only_critical", True)
    return ConcentrationRows(
        _concentration_headline(groups, total, critical=critical),
        _counted(total, critical=critical),
        _("Critical workloads") if critical else _("Workloads"),
        total,
        groups,
    )


def _counted(total: int, *, critical: bool) -> str:
    if critical:
        text = ngettext(
            "Counted over %(total)d critical workload.", "Counted over %(total)d critical workloads.", total
        )
    else:
        text = ngettext(
            "Counted over %(total)d workload, because none is marked as critical.",
            "Counted over all %(total)d workloads, because none is marked as critical.",
            total,
        )
    return text % {"total": total}


def _concentration_headline(groups: Sequence[GroupRows], total: int, *, critical: bool) -> str:
    worst = max((row for group in groups for row in group.rows), key=lambda row: (row.stops, row.behind), default=None)
    if worst is None:
        return ""
    told = {"name": worst.name, "count": worst.stops, "behind": worst.behind, "total": total}
    if not critical:
        return _headline_of_all(told)
    if worst.stops:
        return (
            ngettext(
                "%(count)d of %(total)d critical workloads stops within a day if %(name)s goes.",
                "%(count)d of %(total)d critical workloads stop within a day if %(name)s goes.",
                worst.stops,
            )
            % told
        )
    return (
        _("No single name stops a critical workload within a day; %(name)s stands behind %(behind)d of %(total)d.")
        % told
    )


def _headline_of_all(told: Mapping[str, Any]) -> str:
    """Return the headline where no workload is marked as critical."""
    if told["count"]:
        return (
            ngettext(
                "%(count)d of %(total)d workloads stops within a day if %(name)s goes.",
                "%(count)d of %(total)d workloads stop within a day if %(name)s goes.",
                told["count"],
            )
            % told
        )
    return _("No single name stops a workload within a day; %(name)s stands behind %(behind)d of %(total)d.") % told
