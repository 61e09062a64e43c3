"""Starting a probe, watching it, reading what it found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from assessor import tasks
from assessor.errors import AssessorError
from assessor.evidence import Finding
from assessor.models import Organisation, ProbeImport, ProbeRun
from assessor.probes.result import ProbeResult
from assessor.probes.words import finding_meaning, finding_title
from assessor.services import probing
from assessor.views.access import find_assessment, find_role, find_run, in_organisation, needs_role
from assessor.views.drift import changes_of
from assessor.views.endpoints import role_context
from assessor.views.origin_rows import origin_context
from assessor.views.rendering import STOP_POLLING, page_or_part

# The order in which a reader asks: who serves it, who filters it, what stands at the door, how it is reached.
FIRST = (
    "hosted",
    "forwards",
    "safety",
    "region",
    "conflict",
    "gateway",
    "server",
    "tools",
    "access",
    "exposure",
    "network",
)
PLAIN = ("dialect.", "model.listed")


@sensitive_post_parameters("key")
@require_POST
@in_organisation
@needs_role("assessor")
def start(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Queue a probe after authority was confirmed."""
    found = find_role(find_assessment(assessment), role)
    if found.removed_at is not None:
        messages.error(request, _("This endpoint was taken out of the assessment; it is not probed any more."))
        return redirect("endpoint", organisation.pk, assessment, found.pk)
    try:
        run = probing.request_run(
            found.endpoint,
            request.user,
            authority=request.POST.get("authority") == "yes",
            key=request.POST.get("key", "").strip(),
        )
    except AssessorError as refusal:
        context = role_context(found, problem=refusal.sentence(_))
        return render(request, "endpoints/show.html", context, status=422)
    tasks.enqueue_probe(run)
    return redirect("probe", organisation.pk, assessment, found.pk, run.pk)


def told(findings: Sequence[Finding]) -> dict[str, Any]:
    """Put findings into words: what bears on control first, plain facts about dialects and models apart."""
    rows = [{"finding": one, "title": finding_title(one, _), "meaning": finding_meaning(one, _)} for one in findings]
    rows.sort(key=lambda row: _weight(row["finding"]))
    plain = [row for row in rows if row["finding"].code.startswith(PLAIN)]
    return {"findings": [row for row in rows if row not in plain], "plain_findings": plain}


def _weight(finding: Finding) -> int:
    return next((place for place, prefix in enumerate(FIRST) if finding.is_under(prefix)), len(FIRST))


def _result(run: ProbeRun) -> ProbeResult | None:
    return ProbeResult.model_validate(run.result) if run.result else None


@require_GET
@in_organisation
@needs_role("viewer")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Show progress while the probe runs, and its findings with their evidence afterwards."""
    found = find_role(find_assessment(assessment), role)
    probe = find_run(found, run)
    result = _result(probe)
    context = {
        "role": found,
        "endpoint": found.endpoint,
        "assessment": found.assessment,
        "organisation": organisation,
        "run": probe,
        "result": result,
        **origin_context(result),
        "changes": changes_of(probe),
        "source": ProbeImport.objects.filter(run=probe).defer("text").select_related("brought_by").first()
        if probe.is_over
        else None,
        **told(result.findings if result else ()),
    }
    # 286 tells htmx to stop asking.
    status = STOP_POLLING if request.htmx and probe.is_over else 200
    return page_or_part(request, "probes/show.html", "run", context, status)


@require_POST
@in_organisation
@needs_role("assessor")
def stop(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Stop a probe; what was sent stays sent, nothing more follows."""
    found = find_role(find_assessment(assessment), role)
    probe = find_run(found, run)
    probing.stop_run(probe, request.user)
    return redirect("probe", organisation.pk, assessment, found.pk, probe.pk)


@require_GET
@in_organisation
@needs_role("viewer")
def download(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Hand out the result as the prober made it."""
    probe = find_run(find_role(find_assessment(assessment), role), run)
    if not probe.result:
        raise Http404
    response = JsonResponse(probe.result, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="probe-{probe.pk}.json"'
    return response
