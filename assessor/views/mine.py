"""What is assigned to a person in an organisation: open, due, overdue, done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assessor.models import Organisation
from assessor.services import assigned
from assessor.views.access import in_organisation, needs_role

# So many things are shown to one person at once; more than that is nobody's day.
MOST = 500


@require_GET
@in_organisation
@needs_role("viewer", assigned="their part")
def show(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """List what the person is asked to answer, most urgent first."""
    rows = assigned.standings(list(assigned.assigned_to(request.user)[:MOST]))
    counts = {state: sum(one.state == state for one in rows) for state in ("overdue", "soon", "open", "done")}
    context = {
        "organisation": organisation,
        "todo": [one for one in rows if one.state != "done"],
        "done": [one for one in rows if one.state == "done"],
        "counts": counts,
    }
    return render(request, "teamwork/mine.html", context)
