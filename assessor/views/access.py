"""Named lookups: each finds what the address names within the person's organisations, or ends the request in 404."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from assessor import queries, tasks
from assessor.middleware import led_to_second_step, runs_installation
from assessor.models import (
    Answer,
    Assessment,
    Assignment,
    Attachment,
    Comment,
    Component,
    Dispute,
    Document,
    DrillPlan,
    DrillRun,
    Endpoint,
    EndpointRole,
    Evidence,
    Exercise,
    Membership,
    Organisation,
    ProbeRun,
    Remark,
    Report,
    Role,
    UploadToken,
    Workload,
)
from assessor.questionnaire.schema import Question
from assessor.services import assigned, audit, memberships, pace, parties, simulating
from assessor.services.changing import RoundClosed
from assessor.services.parties import PartyPlayed
from assessor.services.questionnaires import questionnaire_of
from assessor.services.scenario_catalogue import ScenarioUnknown
from assessor.services.simulating import Played
from assessor.views.offers import only_what_reaches

View = Callable[..., HttpResponse]
RoleName = Literal["viewer", "contributor", "assessor", "owner"]
# What a view opens to members who see only what was assigned to them: nothing, or their part by any method.
Assigned = Literal["hidden", "their part"]
READING = {"GET", "HEAD", "OPTIONS"}
# Organisations a person has opened since signing in, in the session.
ENTERED = "entered"


class RoleDoesNotReach(PermissionDenied):
    """A member asked for what their role may not do; the page says so, for they know that it is there."""

    def __init__(self, role: Role, needed: Role) -> None:
        self.role = role
        self.needed = needed
        super().__init__(f"This needs the role {needed}.")


class AssessmentArchived(PermissionDenied):
    """Somebody wanted to change an archived assessment; the page says how it can be worked on again."""

    def __init__(self, organisation: UUID, assessment: UUID) -> None:
        self.organisation = organisation
        self.assessment = assessment
        super().__init__("This assessment is archived.")


@dataclass
class Asked:
    """What a request is about to do: whether it changes something, and which archived assessment it came upon."""

    changes: bool
    archived: object = None


def even_archived(view: View) -> View:
    """Let a view that is sent something reach an archived assessment too; stands below `in_organisation`."""
    view.even_archived = True  # type: ignore[attr-defined]
    return view


def needs_role(
    role: RoleName, *, to_change: RoleName | None = None, assigned: Assigned = "hidden"
) -> Callable[[View], View]:
    """Declare the least role that may see a view, and the least that may send something to it.

    Stands below `in_organisation`, which holds it: that one refuses every view without a declaration. A member who
    sees only what was assigned to them gets 404 unless the view is declared to show "their part"; such a view looks
    everything up through the functions below, which know the limit.
    """

    def declared(view: View) -> View:
        view.least = {"see": Role(role), "send": Role(to_change or role)}  # type: ignore[attr-defined]
        view.assigned = assigned  # type: ignore[attr-defined]
        return view

    return declared


def shows_their_part(view: View) -> bool:
    """Tell whether a view is open to members who see only what was assigned to them."""
    return getattr(view, "assigned", "hidden") == "their part"


def operators_only(view: View) -> View:
    """Let in whoever runs this installation: on a laptop its one user, served the operators; to others it is a 404.

    It opens nothing of an organisation: that takes a membership, from operators too.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not runs_installation(request):
            raise Http404
        return view(request, *args, **kwargs)

    guarded.operators_only = True  # type: ignore[attr-defined]
    return guarded


def _least(view: View, request: HttpRequest) -> Role:
    least: dict[str, Role] = getattr(view, "least", {})
    return least.get("see" if request.method in READING else "send", Role.OWNER)


def in_organisation(view: View) -> View:
    """Run a view inside the scope of the organisation its address names, for members whose role reaches.

    Unknown and forbidden look the same to strangers: 404. A member learns which role it needs: `RoleDoesNotReach`.
    """

    @wraps(view)
    def scoped(request: HttpRequest, organisation: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
        membership = memberships.membership_in(organisation, None if settings.MODE == "laptop" else request.user)
        if membership is None or (membership.only_assigned and not shows_their_part(view)):
            raise Http404
        if getattr(membership, "second_step_wanted", False) and (led := led_to_second_step(request)):
            return led
        request.user = membership.user
        needed = _least(view, request)
        if not membership.reaches(needed):
            raise RoleDoesNotReach(Role(membership.role), needed)
        request.membership = membership  # type: ignore[attr-defined]
        with assigned.scope_of(membership):
            # Judged by `find_assessment`, which reads the row anyway.
            asked = Asked(changes=request.method not in READING and not hasattr(view, "even_archived"))
            membership.organisation.asked = asked
            _note_entry(request, membership)
            try:
                response = view(request, membership.organisation, *args, **kwargs)
            except RoundClosed as closed:
                response = _closed(request, closed)
            response = _noted_download(request, response, membership)
        return only_what_reaches(request, response, membership, asked.archived)

    return scoped


def _note_entry(request: HttpRequest, membership: Membership) -> None:
    """Keep in the audit trail that somebody opened the organisation, once for each time they sign in."""
    if settings.MODE == "laptop":
        return
    seen = request.session.get(ENTERED, [])
    if str(membership.organisation_id) not in seen:
        audit.record("person.came_in", organisation=membership.organisation, actor=membership.user)
        request.session[ENTERED] = [*seen, str(membership.organisation_id)]


def _noted_download(request: HttpRequest, response: HttpResponse, membership: Membership) -> HttpResponse:
    """Keep in the audit trail that a file was handed out, whatever view did it; refuse one too many of an hour."""
    kind, about = parse_header_parameters(response.headers.get("Content-Disposition", ""))
    if kind != "attachment" or response.status_code != 200 or request.method == "HEAD":
        return response
    if pace.too_many_files(membership.organisation, membership.user):
        # What it holds open, and not the request: that one goes on.
        for close in response._resource_closers:
            close()
        return render(request, "429.html", {"files": True}, status=429)
    # No browser keeps what was handed out beside the place where the person put it.
    response.headers["Cache-Control"] = "private, no-store"
    match = request.resolver_match
    ident = match.kwargs.get("assessment") if match else None
    audit.record(
        "data.downloaded",
        organisation=membership.organisation,
        actor=membership.user,
        subject=Assessment.objects.only("title").filter(pk=ident).first() if ident else None,
        page=str(match.url_name) if match else "",
        file=about.get("filename", ""),
    )
    return response


def _closed(request: HttpRequest, closed: RoundClosed) -> HttpResponse:
    """Say that the round is signed off, with the way on; beside the page where htmx asked."""
    context = {
        "assessment": closed.assessment,
        "organisation": closed.assessment.organisation,
        "reason": closed.sentence(_),
    }
    template = "rounds/closed.html#sentence" if request.htmx else "rounds/closed.html"  # type: ignore[attr-defined]
    response = render(request, template, context, status=409)
    if request.htmx:  # type: ignore[attr-defined]
        response["HX-Retarget"], response["HX-Reswap"] = "#messages", "innerHTML"
    return response


def changes_inventory(view: View) -> View:
    """Have the scenarios played anew after a view that has changed the inventory; stands below `in_organisation`."""

    @wraps(view)
    def watched(request: HttpRequest, organisation: Organisation, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, organisation, *args, **kwargs)
        if request.method == "POST" and response.status_code in (302, 303):
            tasks.enqueue_simulation(organisation)
        return response

    return watched


def find_member(organisation: Organisation, member: UUID) -> Membership:
    """Return a membership of the organisation, over or not."""
    return get_object_or_404(Membership.objects.select_related("user"), pk=member, organisation=organisation)


def find_assessment(assessment: UUID) -> Assessment:
    """Return an assessment of the organisation in scope, its questionnaire by hash only.

    To members who see only what was assigned to them, one in which nothing is theirs is not there.
    Raises `AssessmentArchived` where the request would change one that is archived.
    """
    found = queries.assessment_in_scope(assessment)
    if found is None or assigned.allowed_in(found) == frozenset():
        raise Http404
    asked: Asked | None = getattr(found.organisation, "asked", None)
    if asked is not None and found.archived_at is not None:
        if asked.changes:
            raise AssessmentArchived(found.organisation.pk, found.pk)
        asked.archived = found.pk
    return found


def find_asked(assessment: UUID, question: str) -> tuple[Assessment, Question]:
    """Return an assessment and a question of it that the person may see; raises 404."""
    found = find_assessment(assessment)
    return found, find_question(found, question)


def find_question(assessment: Assessment, question: str) -> Question:
    """Return a question of the assessment's questionnaire that the person in scope may see, in scope or not."""
    found = questionnaire_of(assessment.questionnaire_version.content_hash).question(question)
    if found is None or not assigned.is_allowed(assessment, question):
        raise Http404
    return found


def chosen_workload(workloads: Sequence[Workload], wanted: str) -> Workload | None:
    """Return the workload whose id the browser sent, among those in scope; None for none, 404 for another."""
    if not wanted:
        return None
    for workload in workloads:
        if str(workload.pk) == wanted:
            return workload
    raise Http404


def find_answer(assessment: Assessment, question: str, workload: Workload | None) -> Answer | None:
    """Return the answer in force to a question, None where there is none yet."""
    return Answer.objects.filter(assessment=assessment, question=question, workload=workload).first()


def find_role(assessment: Assessment, role: UUID) -> EndpointRole:
    """Return an endpoint's role in the assessment."""
    rows = EndpointRole.objects.filter(endpoint__deleted_at=None).select_related("endpoint", "workload")
    return get_object_or_404(rows, pk=role, assessment=assessment)


def find_run(role: EndpointRole, run: UUID) -> ProbeRun:
    """Return a run of the role's endpoint."""
    return get_object_or_404(ProbeRun, pk=run, endpoint=role.endpoint_id)


def find_upload_token(role: EndpointRole, token: UUID) -> UploadToken:
    """Return a token of the role's endpoint."""
    return get_object_or_404(UploadToken, pk=token, endpoint=role.endpoint_id)


def find_change(run: UUID) -> ProbeRun:
    """Return a run of the organisation that saw something change."""
    return get_object_or_404(ProbeRun.objects.filter(changes__isnull=False), pk=run)


def find_drill_plan(role: EndpointRole, plan: UUID) -> DrillPlan:
    """Return a plan of a drill that was made for this role."""
    return get_object_or_404(DrillPlan.objects.select_related("candidate"), pk=plan, role=role)


def find_drill(role: EndpointRole, run: UUID) -> DrillRun:
    """Return a drill of the role's endpoint."""
    return get_object_or_404(DrillRun.objects.select_related("plan__candidate"), pk=run, endpoint=role.endpoint_id)


def find_report(assessment: Assessment, report: UUID) -> Report:
    """Return a report of the assessment that somebody asked for, without its contents."""
    rows = Report.objects.defer("content", "scorecard")
    return get_object_or_404(rows, pk=report, assessment=assessment, ahead=False)


def find_document(document: UUID) -> Document:
    """Return a document of the organisation in scope, without its contents."""
    return get_object_or_404(Document.objects.defer("content"), pk=document)


def find_endpoint(assessment: Assessment, endpoint: UUID) -> Endpoint:
    """Return an endpoint that has a role in the assessment."""
    rows = EndpointRole.objects.filter(assessment=assessment, endpoint=endpoint, endpoint__deleted_at=None)
    found = rows.select_related("endpoint").first()
    if found is None:
        raise Http404
    return found.endpoint


def find_evidence(assessment: Assessment, evidence: UUID) -> Evidence:
    """Return one piece of evidence of the assessment, removed or not."""
    rows = Evidence.objects.select_related("answer__assessment", "answer__workload", "probe_run")
    found = get_object_or_404(rows, pk=evidence, answer__assessment=assessment)
    find_question(assessment, found.answer.question)
    return found


def find_attachment(assessment: Assessment, attachment: UUID) -> Attachment:
    """Return a file behind evidence of the assessment."""
    rows = Attachment.objects.select_related("evidence__answer")
    found = get_object_or_404(rows, pk=attachment, evidence__answer__assessment=assessment)
    find_question(assessment, found.evidence.answer.question)
    return found


def find_assignment(assessment: Assessment, assignment: UUID) -> Assignment:
    """Return who answers one thing in the assessment."""
    rows = Assignment.objects.select_related("user", "invitation")
    return get_object_or_404(rows, pk=assignment, assessment=assessment)


def find_comment(assessment: Assessment, comment: UUID) -> Comment:
    """Return a comment on a question that the person in scope may see."""
    found = get_object_or_404(Comment.objects.select_related("author"), pk=comment, assessment=assessment)
    find_question(assessment, found.question)
    return found


def find_dispute(assessment: Assessment, dispute: UUID) -> Dispute:
    """Return a dispute of the assessment."""
    rows = Dispute.objects.select_related("endpoint", "raised_by", "decided_by")
    return get_object_or_404(rows, pk=dispute, assessment=assessment)


def find_remark(assessment: Assessment, remark: UUID) -> Remark:
    """Return a remark about the assessment."""
    found = get_object_or_404(Remark, pk=remark, assessment=assessment)
    found.assessment = assessment
    return found


def find_component(component: UUID, *, removed: bool = False) -> Component:
    """Return a component of the organisation in scope, one that was taken out only where that is asked."""
    return get_object_or_404(Component.objects.filter(removed_at__isnull=not removed), pk=component)


def find_played(assessment: Assessment, scenario: str, picked: str = "") -> Played:
    """Return a scenario played on the inventory of an assessment."""
    try:
        return simulating.play(assessment, scenario, picked)
    except ScenarioUnknown as unknown:
        raise Http404 from unknown


def find_party(assessment: Assessment, by: str, name: str) -> PartyPlayed:
    """Return what happens if a party, country, sign-in, cloud or site goes."""
    try:
        return parties.without(assessment, by, name)
    except ScenarioUnknown as unknown:
        raise Http404 from unknown


def find_exercise(assessment: Assessment, exercise: UUID) -> Exercise:
    """Return a table-top exercise of the assessment."""
    found = get_object_or_404(Exercise, pk=exercise, assessment=assessment)
    found.assessment = assessment
    return found
