"""The inventory of an organisation: its workloads with what they need, what is not known, what nobody needs."""

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessor.errors import AssessorError
from assessor.models import Assessment, Component, Organisation, Workload
from assessor.scenarios import graph
from assessor.services.inventory import editing, proposing, templates
from assessor.services.inventory.overview import Line, Load, Overview, overview
from assessor.services.inventory.rows import Rows, rows_of
from assessor.services.inventory.suggestions import suggestions
from assessor.views.access import changes_inventory, find_assessment, find_component, in_organisation, needs_role
from assessor.views.inventory_forms import QuickForm, ids_of, refused_words

PER_PAGE = 100
WORKLOADS_PER_PAGE = 50
MOST_SUGGESTED = 600
# Beside the criticalities: workloads that no scenario can reach.
BARE = "bare"


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="contributor")
@changes_inventory
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show workloads and components; take a component in by its name and kind alone."""
    found = find_assessment(assessment)
    rows = rows_of(organisation)
    form = QuickForm(request.POST or None, ids=ids_of(rows.by_id))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        needs = (graph.Requires(source=data["needed_by"], target="new"),) if data["needed_by"] else ()
        draft = editing.Draft(data["name"], data["kind"], {"product": data["product"]}, needed_by=needs)
        try:
            row = editing.save_component(organisation, None, draft, request.user)
        except AssessorError as refusal:
            form.add_error(None, refused_words(refusal))
        else:
            messages.success(request, _("Added: {name}. The next one can be typed at once.").format(name=row.name))
            return redirect(f"{request.path}?{_kept(data)}#add")
    status = 422 if request.method == "POST" else 200
    return render(request, "inventory/index.html", _context(request, found, rows, form), status=status)


def suggested(nodes: Mapping[str, Any]) -> dict[str, Any]:
    """Return as many workloads and components as a list can suggest; others are found by typing id or name whole."""
    return dict(islice(nodes.items(), MOST_SUGGESTED))


def _kept(data: dict[str, Any]) -> str:
    """Return what the form for the next component begins with: the same kind, needed by the same."""
    return urlencode({"like": data["kind"], "for": data["needed_by"]})


def _context(request: HttpRequest, found: Assessment, rows: Rows, form: QuickForm) -> dict[str, Any]:
    whole = overview(rows)
    show = {name: request.GET.get(name, "")[:200] for name in ("show", "kind", "workload", "q")}
    if not form.is_bound:
        form.initial = {"kind": request.GET.get("like") or show["kind"], "needed_by": request.GET.get("for", "")[:80]}
    lines = [line for line in whole.lines if _fits(line, show)]
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    asked = {name: request.GET.get(name, "")[:200] for name in ("find", "criticality")}
    loads = [load for load in whole.workloads if _is_asked(load, asked)]
    return {
        "loads": Paginator(loads, WORKLOADS_PER_PAGE).get_page(request.GET.get("loads")),
        "asked": asked,
        "criticalities": Workload.Criticality.choices,
        "loads_to_choose": _to_choose(whole, show["workload"]),
        "assessment": found,
        "organisation": found.organisation,
        "whole": whole,
        "page": page,
        "shown": len(lines),
        "filters": _filters(whole, show),
        "show": show,
        "kinds": Component.Kind.choices,
        "form": form,
        "nodes": suggested(rows.by_id),
        "products": suggestions(rows.components)["products"],
        "templates": templates.templates(),
        "proposed": proposing.count_open(found),
        "removed": Component.objects.filter(organisation=found.organisation).exclude(removed_at=None)[:PER_PAGE],
        "in_scope": set(found.workloads.values_list("pk", flat=True)),
    }


def _is_asked(load: Load, asked: dict[str, str]) -> bool:
    if asked["criticality"] == BARE:
        return not load.components
    if asked["criticality"] and load.row.criticality != asked["criticality"]:
        return False
    text = asked["find"].casefold().strip()
    return not text or any(text in one.casefold() for one in (load.row.name, load.row.key, load.row.owner))


def _to_choose(whole: Overview, chosen: str) -> list[Load]:
    """Return as many workloads as a list can offer, the chosen one always among them."""
    first, rest = whole.workloads[:MOST_SUGGESTED], whole.workloads[MOST_SUGGESTED:]
    return [*first, *(load for load in rest if load.row.key == chosen)]


def _fits(line: Line, show: dict[str, str]) -> bool:
    row, text = line.row, show["q"].casefold().strip()
    if show["kind"] and row.kind != show["kind"]:
        return False
    if show["workload"] and show["workload"] not in [one.key for one in line.workloads]:
        return False
    if show["show"] == "unknown" and not line.unknown:
        return False
    if show["show"] == "unneeded" and not line.unneeded:
        return False
    told = (row.name, row.key, row.product, row.maker, row.seller, row.parent, row.place, *(row.countries or ()))
    return not text or any(text in one.casefold() for one in told)


def _filters(whole: Overview, show: dict[str, str]) -> list[tuple[str, str, int, bool]]:
    unknown = sum(bool(line.unknown) for line in whole.lines)
    chips: list[tuple[str, str, int]] = [
        ("", _("All"), len(whole.lines)),
        ("unknown", _("With unknown facts"), unknown),
        ("unneeded", _("Needed by no workload"), whole.unneeded),
    ]
    return [(key, name, count, key == show["show"]) for key, name, count in chips]


@require_POST
@in_organisation
@needs_role("contributor")
@changes_inventory
def remove(request: HttpRequest, organisation: Organisation, assessment: UUID, component: UUID) -> HttpResponse:
    """Take a component out; it can be brought back from the same page."""
    find_assessment(assessment)
    row = find_component(component)
    editing.remove_component(row, request.user)
    messages.success(request, _("Taken out: {name}. It can be brought back below.").format(name=row.name))
    return redirect("inventory", organisation.pk, assessment)


@require_POST
@in_organisation
@needs_role("contributor")
@changes_inventory
def restore(request: HttpRequest, organisation: Organisation, assessment: UUID, component: UUID) -> HttpResponse:
    """Bring a removed component back, with its edges."""
    find_assessment(assessment)
    row = find_component(component, removed=True)
    editing.restore_component(row)
    messages.success(request, _("Brought back: {name}.").format(name=row.name))
    return redirect("component", organisation.pk, assessment, row.pk)
