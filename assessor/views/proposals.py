"""What probes propose for the inventory, and what a person says to it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessor.errors import AssessorError
from assessor.models import Assessment, Component, Organisation
from assessor.services.inventory import proposing
from assessor.views.access import changes_inventory, find_assessment, find_component, in_organisation, needs_role

REFUSED = 422
# Before the aspect in the name of a field.
NEEDED_BY = "needed_by "


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="contributor")
@changes_inventory
def show(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show what is proposed at each endpoint; take one over, decline it, or settle where a probe contradicts."""
    found = find_assessment(assessment)
    problem = ""
    if request.method == "POST":
        try:
            messages.success(request, _decide(request, found))
        except AssessorError as refusal:
            problem = refusal.sentence(_)
        else:
            return redirect("proposals", organisation.pk, found.pk)
    endpoints = proposing.proposed(found)
    context: dict[str, Any] = {
        "assessment": found,
        "organisation": organisation,
        "endpoints": [(at, proposing.may_need(found, at)) for at in endpoints],
        "settled": bool(endpoints) and not any(at.open for at in endpoints),
        "parts": list(Component.objects.filter(organisation=organisation, removed_at=None)[:500]),
        "problem": problem,
    }
    return render(request, "inventory/proposals.html", context, status=REFUSED if problem else 200)


def _decide(request: HttpRequest, found: Assessment) -> str:
    """Do what was asked and return what to tell; raises `ProposalGone` when it is not proposed any more."""
    sent = request.POST
    action, endpoint = sent.get("action", ""), sent.get("endpoint", "")
    if action == "accept-all":
        count = proposing.accept_all(found, endpoint, request.user, _chosen_needs(sent))
        return _("Accepted: {count}. Complete what is not known.").format(count=count)
    one = proposing.find(found, endpoint, sent.get("accept") or sent.get("aspect", ""))
    if one is None:
        raise proposing.gone()
    name = one.proposal.name
    if action in {"take", "keep"}:
        proposing.decide(one, sent.get("attribute", ""), request.user, take=action == "take")
        return _("Settled.")
    if action == "reopen":
        proposing.reopen(one)
        return _("Proposed again: {name}.").format(name=name)
    if not one.is_open:
        raise proposing.gone()
    if "accept" in sent:
        proposing.accept(found, one, request.user, _chosen_needs(sent).get(sent["accept"]))
        return _("Accepted: {name}.").format(name=name)
    if action == "attach":
        row = find_component(_chosen(sent.get("component", "")))
        proposing.attach(one, row, request.user)
        return _("Said: {name} is {component}.").format(name=name, component=row.name)
    proposing.settle(one, None, request.user)
    return _("Declined: {name}. It is not proposed again.").format(name=name)


def _chosen_needs(sent: QueryDict) -> dict[str, list[str]]:
    """Return what was chosen as needing a proposal, by its aspect; nobody where “nothing yet” was."""
    return {
        name.removeprefix(NEEDED_BY): [chosen] if chosen else []
        for name, chosen in sent.items()
        if name.startswith(NEEDED_BY)
    }


def _chosen(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise proposing.nothing_chosen() from error
