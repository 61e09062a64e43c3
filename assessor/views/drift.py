"""The inbox, and what changed at endpoints between probes, in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from assessor import queries
from assessor.errors import N_
from assessor.models import EndpointRole, Organisation, ProbeImport, ProbeRun
from assessor.probes.drift import Drift, title_of, values_in_words
from assessor.services import assigned, heard, news, shelving
from assessor.views.access import find_assessment, find_change, in_organisation, needs_role
from assessor.views.news import news_for

A_PAGE = 20
WORDS = {"appeared": N_("new"), "vanished": N_("gone"), "changed": N_("changed")}


def drift_rows(drift: Drift, translate: Callable[[str], str]) -> dict[str, Any]:
    """Return what changed as rows of words."""
    rows = [
        {
            "kind": one.kind,
            "word": translate(WORDS[one.kind]),
            "title": title_of(one, translate),
            "code": one.code,
            "before": values_in_words(one.before, translate),
            "after": values_in_words(one.after, translate),
        }
        for one in drift.changes
    ]
    return {
        "rows": rows,
        "notes": [translate(note) for note in drift.notes],
        "since": datetime.fromisoformat(drift.before),
    }


def changes_of(run: ProbeRun) -> dict[str, Any] | None:
    """Return what a run saw changed against the last good one before it, None where there was nothing to compare."""
    return drift_rows(Drift.model_validate(run.changes), _) if run.changes else None


@require_GET
@in_organisation
@needs_role("viewer")
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """List what changed at every endpoint of the assessment, newest first."""
    found = find_assessment(assessment)
    roles = {role.endpoint_id: role for role in queries.roles_in_force(found)}
    page = Paginator(heard.runs_with_changes(list(roles)), A_PAGE).get_page(request.GET.get("page"))
    rows = [{"run": run, "role": roles[run.endpoint_id], "changes": changes_of(run)} for run in page]
    context = {"assessment": found, "organisation": organisation, "rows": rows, "page": page}
    return render(request, "endpoints/changes.html", context)


@require_GET
@in_organisation
@needs_role("viewer", assigned="their part")
def inbox(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """List what the person has not heard of: for them, and at the endpoints; with `?show=all` all of it."""
    everything = request.GET.get("show") == "all"
    runs = news.changes(request.user, unread=not everything).select_related("endpoint")
    page = Paginator(runs, A_PAGE).get_page(request.GET.get("page"))
    sent = ProbeImport.objects.filter(run=None).exclude(token=None).select_related("endpoint", "token").defer("text")
    waiting = list(sent[:A_PAGE]) if assigned.limit() is None else []
    shown = {run.endpoint_id for run in page} | {one.endpoint_id for one in waiting}
    roles = shelving.roles_at_work().filter(endpoint__in=shown)
    places: dict[object, list[EndpointRole]] = {}
    for role in roles.select_related("assessment__questionnaire_version").order_by("assessment__created_at", "pk"):
        places.setdefault(role.endpoint_id, []).append(role)
    rows = [{"run": run, "roles": places.get(run.endpoint_id, []), "changes": changes_of(run)} for run in page]
    mine = news_for(request.user, everything=everything)
    moments = [run.finished_at for run in page if run.finished_at] + [one["at"] for one in mine.rows]
    context: dict[str, Any] = {
        "organisation": organisation,
        "rows": rows,
        "page": page,
        "everything": everything,
        "mine": mine,
        "newest": max(moments, default=None),
    }
    context["waiting"] = [{"row": one, "roles": places.get(one.endpoint_id, [])} for one in waiting]
    return render(request, "endpoints/inbox.html", context)


@require_POST
@in_organisation
@needs_role("viewer")
def read(request: HttpRequest, organisation: Organisation, run: UUID) -> HttpResponse:
    """Mark as read what one run saw change."""
    heard.mark_read([find_change(run)], request.user)
    return redirect("inbox", organisation.pk)


@require_POST
@in_organisation
@needs_role("viewer", assigned="their part")
def read_news(request: HttpRequest, organisation: Organisation, one: UUID) -> HttpResponse:
    """Mark as read one comment that names the person, or one thing that was assigned to them."""
    if not news.mark_read(request.user, one):
        raise Http404
    return redirect("inbox", organisation.pk)


@require_POST
@in_organisation
@needs_role("viewer", assigned="their part")
def read_all(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Mark as read all that had been seen when the page was shown."""
    try:
        until = parse_datetime(request.POST.get("until", ""))
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        messages.error(request, _("Nothing was marked: the page did not say until when. Load it again."))
        return redirect("inbox", organisation.pk)
    count = news.mark_all_read(request.user, until)
    said = ngettext("%(count)s entry was marked as read.", "%(count)s entries were marked as read.", count)
    messages.success(request, said % {"count": count})
    return redirect("inbox", organisation.pk)
