"""A list of endpoints: uploaded, shown with every fault at its line, registered and probed after consent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessor import tasks
from assessor.errors import AssessorError, ContentErrors
from assessor.forms import EndpointListForm
from assessor.models import EndpointRole, Organisation
from assessor.probes import batch
from assessor.services import attachments, endpoint_lists
from assessor.views.access import find_assessment, in_organisation, needs_role

REFUSED = 422


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def new(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Take a list; show what it would register; register it and ask for its probes when that is confirmed."""
    found = find_assessment(assessment)
    context: dict[str, Any] = {"assessment": found, "organisation": organisation, "form": EndpointListForm()}
    if request.method != "POST":
        return render(request, "endpoints/list.html", context)
    # The second step sends the text that was shown: it is read and checked anew, like any list.
    if "text" in request.POST:
        raw, name = request.POST["text"].encode(), request.POST.get("name", "")[:200] or "list.yaml"
    else:
        form = EndpointListForm(request.POST, request.FILES)
        if "file" in getattr(request, "too_large", ()):
            form.add_error("file", attachments.too_large().sentence(_))
        if not form.is_valid():
            return render(request, "endpoints/list.html", context | {"form": form}, status=REFUSED)
        raw, name = form.cleaned_data["file"].read(batch.MAX_BYTES + 1), form.cleaned_data["file"].name[:200]
    try:
        rows = endpoint_lists.look_at(found, raw, name)
        fresh = [row for row in rows if not row.known]
        parts = dict(EndpointRole.Part.choices)
        shown = [{"entry": row.entry, "known": row.known, "part": parts[row.entry.role]} for row in rows]
        context |= {"rows": shown, "fresh": len(fresh), "text": raw.decode("utf-8-sig"), "name": name}
        if "text" not in request.POST:
            return render(request, "endpoints/list.html", context)
        runs = endpoint_lists.register(found, rows, request.user, authority=request.POST.get("authority") == "yes")
    except ContentErrors as refusal:
        faults = [fault.sentence(_) for fault in refusal.errors]
        return render(request, "endpoints/list.html", context | {"faults": faults}, status=REFUSED)
    except AssessorError as refusal:
        faults = [refusal.sentence(_)]
        return render(request, "endpoints/list.html", context | {"faults": faults}, status=REFUSED)
    for run in runs:
        tasks.enqueue_probe(run)
    said = ngettext(
        "%(count)s endpoint was registered; its probe waits for the worker.",
        "%(count)s endpoints were registered; their probes wait for the worker.",
        len(runs),
    )
    messages.success(request, said % {"count": len(runs)})
    return redirect("endpoints", organisation.pk, found.pk)
