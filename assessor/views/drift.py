"""What changed at endpoints between probes, in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assessor import queries
from assessor.errors import N_
from assessor.models import Organisation, ProbeRun
from assessor.probes.drift import Drift, title_of
from assessor.views.access import find_assessment, in_organisation

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
            "before": translate(one.before) if one.before else "",
            "after": translate(one.after) if one.after else "",
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
def index(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """List what changed at every endpoint of the assessment, newest first."""
    found = find_assessment(assessment)
    roles = {role.endpoint_id: role for role in queries.roles_in_force(found)}
    page = Paginator(queries.runs_with_changes(list(roles)), A_PAGE).get_page(request.GET.get("page"))
    rows = [{"run": run, "role": roles[run.endpoint_id], "changes": changes_of(run)} for run in page]
    context = {"assessment": found, "organisation": organisation, "rows": rows, "page": page}
    return render(request, "endpoints/changes.html", context)
