"""Disputes about findings: raising one, deciding about another person's, withdrawing one's own."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessor import queries
from assessor.errors import N_, AssessorError
from assessor.evidence import Finding
from assessor.forms import DisputeForm
from assessor.models import Dispute, Organisation
from assessor.probes.words import finding_meaning, finding_title
from assessor.services import disputes
from assessor.views.access import find_assessment, find_dispute, find_endpoint, in_organisation, needs_role
from assessor.views.evidence_rows import dispute_row
from assessor.views.rendering import Sheet


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="contributor")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, endpoint: UUID, code: str) -> HttpResponse:
    """Show a finding with what it weighs and who disputed it, and take a dispute with its reason."""
    found = find_assessment(assessment)
    place = find_endpoint(found, endpoint)
    form = DisputeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                disputes.raise_dispute(found, place, code, form.cleaned_data["reason"], request.user)
            except AssessorError as refusal:
                form.add_error(None, refusal.sentence(_))
            else:
                messages.success(
                    request, _("The finding is disputed. It goes on counting until somebody else decides.")
                )
                return redirect("disputed_finding", organisation.pk, assessment, endpoint, code)
    sheet = Sheet(found)
    run = queries.last_good_runs([place]).get(place.pk)
    seen = next((row for row in run.findings if row["code"] == code), None) if run is not None else None
    if seen is None:
        drilled = next((one for one in queries.drill_findings(place) if one.code == code), None)
        seen = drilled.model_dump(mode="json") if drilled else None
    own = [one for one in sheet.disputes or () if one.code == code and one.endpoint_id == place.pk]
    if seen is None and not own:
        raise Http404
    rows = [dispute_row(one, sheet.dispute_states[one.pk]) for one in own]
    deciders = disputes.deciders(organisation, request.user)
    context = sheet.context(
        endpoint=place,
        role=queries.roles_in_force(found).filter(endpoint=place).first(),
        code=code,
        finding=Finding.model_validate(seen) if seen else None,
        title=finding_title(Finding.model_validate(seen), _) if seen else code,
        meaning=finding_meaning(Finding.model_validate(seen), _) if seen else "",
        bearings=_bearings(sheet, code),
        rows=[row | {"mine": row["row"].raised_by_id == request.user.pk} for row in rows],
        standing=any(row["state"] in {"open", "accepted"} for row in rows),
        may_decide=disputes.deciders(organisation, None).filter(user=request.user).exists(),
        second_person=deciders.exists(),
        form=form,
    )
    return render(request, "questions/dispute.html", context, status=status)


def _bearings(sheet: Sheet, code: str) -> list[dict[str, object]]:
    """Return the questions a finding bears on, with what it does there."""
    return [
        {"question": question, "bearing": bearing}
        for question in sheet.questionnaire.asked(sheet.assessment.scope)
        for bearing in question.findings
        if code == bearing.code or code.startswith(bearing.code + ".")
    ]


def _back(dispute: Dispute) -> HttpResponse:
    return redirect(
        "disputed_finding", dispute.organisation_id, dispute.assessment_id, dispute.endpoint_id, dispute.code
    )


@require_POST
@in_organisation
@needs_role("assessor")
def decide(request: HttpRequest, organisation: Organisation, assessment: UUID, dispute: UUID) -> HttpResponse:
    """Accept or reject another person's dispute."""
    row = find_dispute(find_assessment(assessment), dispute)
    decision = request.POST.get("decision")
    try:
        if decision not in {"accept", "reject"}:
            raise disputes.DisputeRefused(N_("Nothing was decided."), remedy=N_("Choose accept or reject."))
        disputes.decide(row, request.user, accepted=decision == "accept", note=request.POST.get("note", ""))
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    else:
        messages.success(
            request,
            _("Accepted: the finding does not count any more.")
            if decision == "accept"
            else _("Rejected: the finding goes on counting."),
        )
    return _back(row)


@require_POST
@in_organisation
@needs_role("contributor")
def withdraw(request: HttpRequest, organisation: Organisation, assessment: UUID, dispute: UUID) -> HttpResponse:
    """Withdraw one's own dispute."""
    row = find_dispute(find_assessment(assessment), dispute)
    try:
        disputes.withdraw(row, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return _back(row)
    messages.success(request, _("The dispute was withdrawn."))
    return redirect("endpoints", organisation.pk, assessment)
