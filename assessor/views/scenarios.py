"""Who can switch you off: the matrix, one scenario's story, one party's page, concentration, and the map."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assessor.models import Assessment, Component, Organisation, Workload
from assessor.reports import scenario_map, scenario_matrix
from assessor.reports import scenario_words as words
from assessor.scenarios.results import Horizon
from assessor.services import parties, simulating
from assessor.services.scenario_catalogue import catalogue
from assessor.views.access import find_assessment, find_party, find_played, in_organisation, needs_role

HORIZONS = {one.word: one for one in Horizon}
NOBODY = UUID(int=0)


def _context(assessment: Assessment, **more: Any) -> dict[str, Any]:
    return {"assessment": assessment, "organisation": assessment.organisation, **more}


def chosen_horizon(request: HttpRequest) -> Horizon:
    """Return the horizon the address asks for; a day where it names none."""
    return HORIZONS.get(request.GET.get("at", ""), Horizon.DAY)


def horizon_links(chosen: Horizon) -> list[dict[str, Any]]:
    """Return one row for each horizon: its name in the address, its words, whether it is the one shown."""
    return [{"name": one.word, "words": words.horizon_words(one), "here": one is chosen} for one in Horizon]


@require_GET
@in_organisation
@needs_role("viewer")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show the matrix of scenarios by workloads, from what was computed last."""
    found = find_assessment(assessment)
    reading = simulating.reading(found)
    horizon = chosen_horizon(request)
    matrix = scenario_matrix.view(
        reading.summary,
        reading.scenarios,
        horizon,
        reading.workloads,
        lambda one: reverse("scenario", args=[organisation.pk, found.pk, one]),
    )
    context = _context(
        found,
        matrix=matrix,
        wide=len(matrix.columns) > 8,
        horizons=horizon_links(horizon),
        reading=reading,
        when=words.horizon_words(horizon),
        states=[{"state": key, "word": _(word), "means": _(words.MEANINGS[key])} for key, word in words.STATES.items()],
    )
    return render(request, "scenarios/index.html", context)


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, scenario: str) -> HttpResponse:
    """Tell one scenario on this inventory: its line of time, each workload's lot, why, and what would help."""
    found = find_assessment(assessment)
    played = find_played(found, scenario, request.GET.get("pick", ""))
    return render(request, "scenarios/show.html", _context(found, **_told(found, played, chosen_horizon(request))))


def component_pages(assessment: Assessment) -> dict[str, str]:
    """Return the address of each component's page by its id in the graph: one query."""
    rows = Component.objects.filter(organisation=assessment.organisation, removed_at=None).values_list("key", "pk")
    return _addresses("component", assessment, rows)


def _map_pages(assessment: Assessment) -> dict[str, str]:
    """Return the address of each box of the map by its id in the graph: one query more."""
    rows = [(one.key, one.pk) for one in Workload.objects.filter(organisation=assessment.organisation)]
    return component_pages(assessment) | _addresses("workload_needs", assessment, rows)


def _addresses(name: str, assessment: Assessment, rows: Iterable[tuple[str, UUID]]) -> dict[str, str]:
    """Return the address of many of a kind; written out once, because there may be thousands."""
    pattern = reverse(name, args=[assessment.organisation_id, assessment.pk, NOBODY])
    return {key: pattern.replace(str(NOBODY), str(pk)) for key, pk in rows}


def _linked(ids: Iterable[str], names: Iterable[str], pages: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "url": pages.get(one, "")} for one, name in zip(ids, names, strict=True)]


def _told(found: Assessment, played: simulating.Played, horizon: Horizon) -> dict[str, Any]:
    pages = _map_pages(found)
    chart = scenario_map.of_scenario(played.inventory, played.simulation, horizon, played.workloads, pages)
    return {
        "played": played,
        "story": played.story,
        "scenario": played.scenario,
        "horizons": horizon_links(horizon),
        "when": words.horizon_words(horizon),
        "causes": ", ".join(_(words.CAUSES[one.value]) for one in played.scenario.causes),
        "gates": [_(words.GATES[one.value]) for one in played.scenario.gates],
        "map": chart,
        "own": played.own,
        "pages": pages,
        "matched": _linked(played.simulation.matched, played.story.matched, pages),
        "perhaps": _linked(played.simulation.perhaps, played.story.perhaps, pages),
    }


@require_GET
@in_organisation
@needs_role("viewer")
def supplier(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show what happens if one party goes: everything it makes, sells or owns is gone at once."""
    found = find_assessment(assessment)
    name = request.GET.get("name", "").strip()[:200]
    played = find_party(found, request.GET.get("by", "party"), name)
    told = _told(found, played, chosen_horizon(request))
    parts = [(one, told["pages"].get(one.id, "")) for one in played.parts]
    return render(request, "scenarios/supplier.html", _context(found, party=name, parts=parts, **told))


@require_GET
@in_organisation
@needs_role("viewer")
def concentration(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show which share of the critical workloads stands behind each party, country and sign-in."""
    found = find_assessment(assessment)
    told = parties.concentration(simulating.reading(found).summary.get("concentration", {}))
    own = not told.groups and parties.is_all_own(organisation)
    return render(request, "scenarios/concentration.html", _context(found, concentration=told, own=own))


@require_GET
@in_organisation
@needs_role("viewer")
def dependency_map(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Draw the map, with what a chosen scenario does to it, and the same as an indented list."""
    found = find_assessment(assessment)
    horizon = chosen_horizon(request)
    wanted = request.GET.get("scenario", "")
    if wanted:
        played = find_played(found, wanted, request.GET.get("pick", ""))
        chart = scenario_map.of_scenario(
            played.inventory, played.simulation, horizon, played.workloads, _map_pages(found)
        )
        chosen = played.scenario
    else:
        inventory, workloads = simulating.inventory_in(found)
        chart = scenario_map.of_inventory(inventory, workloads, _map_pages(found))
        chosen = None
    context = _context(
        found,
        map=chart,
        chosen=chosen,
        scenarios=catalogue(organisation),
        horizons=horizon_links(horizon),
        horizon=horizon.word,
    )
    return render(request, "scenarios/map.html", context)
