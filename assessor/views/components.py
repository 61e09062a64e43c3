"""One component of the inventory with its edges: added, changed, begun as a copy or from a template."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessor.errors import AssessorError
from assessor.models import Assessment, Component, ComponentRevision, Endpoint, Organisation, Workload
from assessor.services.inventory import editing, proposing, templates, words
from assessor.services.inventory.editing import Draft, Moved, mark, snapshot
from assessor.services.inventory.needs import needs, save_needs
from assessor.services.inventory.suggestions import suggestions
from assessor.services.questionnaires import questionnaire_of
from assessor.views.access import changes_inventory, find_assessment, find_component, in_organisation, needs_role
from assessor.views.inventory import suggested
from assessor.views.inventory_forms import (
    ComponentForm,
    TemplateForm,
    ids_of,
    initial_number,
    initial_of,
    refused_words,
)
from assessor.views.inventory_lines import Lines, NeedsForm, edges_from, needs_lines, typed

REFUSED, CONFLICT = 422, 409


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("contributor")
@changes_inventory
def new(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Add a component: from nothing, as a copy of another, or as a probe proposes it."""
    found = find_assessment(assessment)
    return _edit(request, found, None, _beginning(request, found))


def _beginning(request: HttpRequest, assessment: Assessment) -> dict[str, Any]:
    """Return what a new component's form begins with."""
    like = request.GET.get("like", "")
    if like:
        row = get_object_or_404(Component, pk=_uuid(like), removed_at=None)
        said = snapshot(row)
        return said | {"name": _("{name} (copy)").format(name=row.name), "needed_by": [], "endpoints": []}
    said = {"kind": request.GET.get("kind", ""), "name": ""}
    proposal = proposing.find(assessment, request.GET.get("endpoint", ""), request.GET.get("aspect", ""))
    if proposal is not None:
        return proposing.as_snapshot(assessment, proposal)
    wanted = request.GET.get("for", "")[:80]
    if wanted:
        said["needed_by"] = [{"source": wanted, "target": ""}]
    return said


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="contributor")
@changes_inventory
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, component: UUID) -> HttpResponse:
    """Show a component with everything that is known of it, and take changes."""
    found = find_assessment(assessment)
    row = find_component(component)
    return _edit(request, found, row, snapshot(row), _older(request, row))


def _older(request: HttpRequest, row: Component) -> ComponentRevision | None:
    """Return the earlier version that the address asks for, so that the form begins with what it said."""
    wanted = request.GET.get("version", "")
    if not wanted:
        return None
    return get_object_or_404(row.revisions, version=int(wanted) if wanted.isdecimal() and len(wanted) < 10 else -1)


def _edit(
    request: HttpRequest,
    found: Assessment,
    row: Component | None,
    said: Mapping[str, Any],
    older: ComponentRevision | None = None,
) -> HttpResponse:
    organisation = found.organisation
    nodes = editing.nodes_of(organisation)
    workloads = [one for one in nodes.values() if isinstance(one, Workload)]
    asked = {"questions": _questions(found, said), "endpoints": _endpoints(found)}
    posted = request.method == "POST"
    again = posted and ("more" in request.POST or "redraw" in request.POST)
    # What was seen is what stands now, also where the form begins with an earlier version.
    seen = mark(said)
    if older is not None:
        said = {**said, **older.data}
    if again:
        form = ComponentForm(initial=typed(request.POST), **asked)
        lines = Lines(None, typed(request.POST), ids_of(nodes), workloads, more=request.POST.get("more", ""))
    else:
        form = ComponentForm(request.POST if posted else None, initial=initial_of(said), **asked)
        lines = Lines(request.POST if posted else None, said, ids_of(nodes), workloads)
    context: dict[str, Any] = {"shown": request.POST.get("shown", "") if posted else seen}
    status = 200
    if posted and not again:
        status = REFUSED
        edges_fit = lines.is_valid()
        if form.is_valid() and edges_fit:
            draft = lines.draft(form, row.key if row else "")
            try:
                kept = editing.save_component(
                    organisation, row, draft, request.user, shown=request.POST.get("shown", "") if row else ""
                )
            except Moved as moved:
                status, context = CONFLICT, {"shown": mark(moved.now), "conflict": _differences(moved.now, draft)}
            except AssessorError as refusal:
                form.add_error(None, refused_words(refusal))
            else:
                return _kept(request, found, kept, is_new=row is None)
    context |= {
        "assessment": found,
        "organisation": organisation,
        "row": row,
        "older": older,
        "form": form,
        "lines": lines,
        "nodes": suggested(nodes),
        "suggestions": suggestions(Component.objects.filter(organisation=organisation, removed_at=None)[:500]),
        **_linked(found, row),
        "contradictions": proposing.contradictions_of(found, row) if row else [],
    }
    return render(request, "inventory/component.html", context, status=status)


def _linked(found: Assessment, row: Component | None) -> dict[str, Any]:
    """Return where a component stands, which questions it bears on, and its last changes: three queries."""
    if row is None:
        return {}
    roles = {role.endpoint_id: role for role in found.endpoint_roles.filter(removed_at=None)}
    links = [
        {"endpoint": one.endpoint, "role": roles.get(one.endpoint_id), "proposed": bool(one.aspect)}
        for one in row.endpoints.select_related("endpoint")
    ]
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    ids = row.questions.values_list("question", flat=True)
    asked = [question for one in ids if (question := questionnaire.question(one)) is not None]
    revisions = list(row.revisions.select_related("changed_by")[:11])
    for newer, older in pairwise(revisions):
        names = [name for name, value in newer.data.items() if older.data.get(name) != value]
        newer.changes = [words.label(name) for name in names]
    parties = [("party", one) for one in dict.fromkeys((row.maker, row.seller, row.parent)) if one]
    parties += [("country", one) for one in row.countries or ()]
    return {"parties": parties, "links": links, "questions_linked": asked, "revisions": revisions[:10]}


def _kept(request: HttpRequest, found: Assessment, row: Component, *, is_new: bool) -> HttpResponse:
    """Go on where the person wants to: back to the inventory, or to the next new component."""
    proposal = proposing.find(found, request.GET.get("endpoint", ""), request.GET.get("aspect", "")) if is_new else None
    if proposal is not None:
        proposing.settle(proposal, row, request.user)
    messages.success(request, _("Saved: {name}.").format(name=row.name))
    if "another" in request.POST:
        return redirect("new_component", found.organisation_id, found.pk)
    if proposal is not None:
        return redirect("proposals", found.organisation_id, found.pk)
    return redirect("inventory", found.organisation_id, found.pk)


def _questions(found: Assessment, said: Mapping[str, Any]) -> list[tuple[str, str]]:
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    known = [(one.id, one.title) for one in questionnaire.questions]
    ids = {one for one, _title in known}
    return known + [(one, one) for one in said.get("questions", ()) if one not in ids]


def _endpoints(found: Assessment) -> list[tuple[str, str]]:
    rows = Endpoint.objects.filter(organisation=found.organisation, deleted_at=None).values_list("pk", "name", "url")
    return [(str(pk), f"{name} ({url})") for pk, name, url in rows]


def _differences(now: Mapping[str, Any], draft: Draft) -> list[dict[str, str]]:
    """Return where what stands now and what was typed say different things."""
    mine: dict[str, Any] = {"name": draft.name, "kind": draft.kind, "note": draft.note, **draft.values}
    mine |= {"questions": sorted(draft.questions), "endpoints": sorted(map(str, draft.endpoints))}
    for name in ("requires", "needed_by", "fallbacks"):
        mine[name] = [one.model_dump(mode="json") for one in getattr(draft, name)]
        mine[name].sort(key=lambda one: (one["source"], one["target"], one.get("workload") or ""))
    if mine.get("licence_ends"):
        mine["licence_ends"] = mine["licence_ends"].isoformat()
    rows = []
    for name, value in mine.items():
        here, typed_in = words.value(name, now.get(name)), words.value(name, value)
        if here != typed_in:
            rows.append({"label": words.label(name), "here": here, "typed": typed_in})
    return rows


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("contributor")
@changes_inventory
def template(request: HttpRequest, organisation: Organisation, assessment: UUID, name: str) -> HttpResponse:
    """Add several components and the edges between them at once, as a template has them."""
    found = find_assessment(assessment)
    chosen = templates.find(name)
    if chosen is None:
        raise Http404
    workloads = list(Workload.objects.filter(organisation=organisation))
    form = TemplateForm(request.POST or None, template=chosen, workloads=workloads)
    if request.method == "POST" and form.is_valid():
        try:
            made = templates.apply(organisation, chosen, form.workload(), form.said(), request.user)
        except AssessorError as refusal:
            form.add_error(None, refused_words(refusal))
        else:
            count = len(made)
            messages.success(request, _("Added {count} components. Complete what is not known.").format(count=count))
            return redirect("inventory", organisation.pk, found.pk)
    status = REFUSED if request.method == "POST" else 200
    context = {
        "assessment": found,
        "organisation": organisation,
        "template": chosen,
        "form": form,
        "suggestions": suggestions(Component.objects.filter(organisation=organisation, removed_at=None)[:500]),
    }
    return render(request, "inventory/template.html", context, status=status)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="contributor")
@changes_inventory
def workload(request: HttpRequest, organisation: Organisation, assessment: UUID, workload: UUID) -> HttpResponse:
    """Show what a workload itself requires, how much load it is, and take changes."""
    found = find_assessment(assessment)
    row = get_object_or_404(Workload, pk=workload)
    nodes = editing.nodes_of(organisation)
    said = needs(row)
    again = "more" in request.POST
    shown = {"load": initial_number(row.load), "data_classes": ", ".join(row.data_classes)}
    if again:
        shown = {name: request.POST.get(name, "") for name in shown}
        said |= {"typed_requires": typed(request.POST)["typed_requires"]}
    data = request.POST if request.method == "POST" and not again else None
    form = NeedsForm(data, initial=shown)
    lines = needs_lines(data, said, ids_of(nodes), more=again)
    context: dict[str, Any] = {"shown": request.POST.get("shown", "") if data else mark(needs(row))}
    status = 200
    if data is not None:
        status = REFUSED
        edges_fit = lines.is_valid()
        if form.is_valid() and edges_fit:
            edges = edges_from(lines, row.key)
            try:
                save_needs(row, form.cleaned_data["load"], form.classes(), edges, shown=data.get("shown", ""))
            except Moved as moved:
                status, context = (
                    CONFLICT,
                    {"shown": mark(moved.now), "now": words.value("requires", moved.now["requires"])},
                )
            except AssessorError as refusal:
                form.add_error(None, refused_words(refusal))
            else:
                messages.success(request, _("Saved: {name}.").format(name=row.name))
                return redirect("inventory", organisation.pk, found.pk)
    context |= {"assessment": found, "organisation": organisation, "row": row, "form": form, "lines": lines}
    return render(request, "inventory/workload.html", context | {"nodes": suggested(nodes)}, status=status)
