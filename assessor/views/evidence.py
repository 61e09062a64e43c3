"""Evidence behind answers: one question's, the register of all, and the files, which leave as downloads only."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor import queries
from assessor.errors import AssessorError
from assessor.forms import EvidenceForm, FileForm
from assessor.models import Evidence, Organisation, ProbeRun
from assessor.questionnaire.schema import Question
from assessor.scoring.tiers import EvidenceKind
from assessor.services import attachments
from assessor.services import evidence as evidence_service
from assessor.views.access import (
    chosen_workload,
    find_assessment,
    find_attachment,
    find_evidence,
    find_question,
    in_organisation,
    needs_role,
)
from assessor.views.evidence_rows import evidence_item, held_by_failure, next_tier, tier_word, two_values
from assessor.views.questions import REFUSED, question_row
from assessor.views.rendering import Sheet

# The kinds in the groups in which they are offered, each with what it can count as at most.
KINDS = (
    ("said", ("statement",)),
    ("on-paper", ("contract", "licence", "certificate", "configuration", "log")),
    ("looked-at", ("inspection", "probe")),
    ("tried", ("drill", "switch", "outage", "table-top")),
)
FILTERS = ("all", "stale", "confirm", "missing", "disputed")


def _place(row: Evidence) -> str:
    """Return the address of the page of the question that evidence belongs to."""
    answer = row.answer
    where = reverse("evidence", args=[row.organisation_id, answer.assessment_id, answer.question])
    return where + (f"?workload={answer.workload_id}" if answer.workload_id else "")


def _runs(sheet: Sheet) -> list[ProbeRun]:
    if sheet.only is not None:
        # What was probed is none of those who were asked for an answer alone.
        return []
    roles = queries.roles_in_force(sheet.assessment)
    rows = ProbeRun.objects.filter(endpoint__in=[role.endpoint_id for role in roles], outcome__in=queries.SEEN)
    return list(rows.select_related("endpoint").defer("result", "sealed_key").order_by("-finished_at", "-pk")[:30])


def _run_choices(runs: list[ProbeRun]) -> list[tuple[str, str]]:
    words = _("%(name)s, %(day)s")
    unsigned = _("unsigned")
    return [
        (
            str(run.pk),
            words % {"name": run.endpoint.name, "day": f"{run.finished_at:%Y-%m-%d %H:%M} UTC"}
            + (f" ({unsigned})" if run.imported else ""),
        )
        for run in runs
    ]


def _kind(request: HttpRequest) -> EvidenceKind | None:
    """Return the kind of evidence that was chosen, or None for none or an unknown one."""
    wanted = request.POST.get("kind") or request.GET.get("kind", "")
    return EvidenceKind(wanted) if wanted in set(EvidenceKind) else None


def _form(request: HttpRequest, kind: EvidenceKind, runs: list[ProbeRun]) -> tuple[EvidenceForm, bool]:
    """Return the form for a kind, and whether it was sent to be saved; another kind only draws other fields."""
    choices = _run_choices(runs)
    if request.method != "POST":
        return EvidenceForm(kind=kind, runs=choices, initial={"kind": kind.value}), False
    shown = request.POST.get("shown_kind") or kind.value
    if "change" in request.POST or shown != kind.value:
        typed = {name: value for name, value in request.POST.items() if name != "shown_kind"}
        return EvidenceForm(kind=kind, runs=choices, initial=typed | {"kind": kind.value}), False
    return EvidenceForm(request.POST, request.FILES, kind=kind, runs=choices), True


def _refuse_large(request: HttpRequest, form: EvidenceForm) -> None:
    """Say beside the field that its file was dropped, whatever else is right or wrong."""
    if "file" in getattr(request, "too_large", ()) and "file" in form.fields:
        form.add_error("file", attachments.too_large().sentence(_))


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="contributor", assigned="their part")
def show(request: HttpRequest, organisation: Organisation, assessment: UUID, question: str) -> HttpResponse:
    """Show the evidence behind one answer, and attach more: first its kind, then what that kind needs."""
    found = find_assessment(assessment)
    workload = chosen_workload(queries.workloads_of(found), request.GET.get("workload", ""))
    sheet = Sheet(found, workload=workload, with_files=True)
    asked = find_question(found, question)
    if not asked.scored or asked not in sheet.asked():
        raise Http404
    kind, form, status = _kind(request), None, 200
    if kind is not None:
        runs = _runs(sheet)
        form, sent = _form(request, kind, runs)
        if sent:
            status = REFUSED
            valid = form.is_valid()
            _refuse_large(request, form)
            if valid and form.is_valid():
                saved = _attach(request, sheet, asked, form, runs)
                if saved is not None:
                    return redirect(_place(saved))
            if request.FILES.get("file"):
                messages.warning(request, _("The file was not kept. Choose it again before you attach."))
    elif request.method == "POST":
        status = REFUSED
    return render(request, "questions/evidence.html", _page(sheet, asked, form), status=status)


def _attach(
    request: HttpRequest, sheet: Sheet, asked: Question, form: EvidenceForm, runs: list[ProbeRun]
) -> Evidence | None:
    """Attach what the form says; None when it is refused, which the form then says."""
    run = next((one for one in runs if str(one.pk) == form.cleaned_data.get("probe_run")), None)
    try:
        row = evidence_service.add_evidence(
            sheet.assessment,
            asked.id,
            form.facts(),
            form.cleaned_data["description"],
            request.user,
            workload=sheet.workload,
            probe_run=run if form.asked_kind is EvidenceKind.PROBE else None,
            file=form.cleaned_data.get("file"),
            **form.beside(),
        )
    except attachments.AttachmentRefused as refusal:
        form.add_error("file", refusal.sentence(_))
        return None
    except AssessorError as refusal:
        form.add_error(None, refusal.sentence(_))
        return None
    tier = row.tier(timezone.localdate(), asked.proves_at(row.level))
    messages.success(request, _("The evidence was attached; it counts as %(tier)s.") % {"tier": tier_word(tier)})
    return row


def _page(sheet: Sheet, asked: Question, form: EvidenceForm | None) -> dict[str, Any]:
    row = question_row(sheet, asked)
    answer = row["answer"]
    today = timezone.localdate()
    removed = []
    if answer is not None:
        gone = Evidence.objects.filter(answer=answer, removed_at__isnull=False).order_by("-removed_at", "-pk")
        gone = gone.select_related("removed_by", "probe_run").prefetch_related("attachments")
        removed = [evidence_item(one, answer, asked, today) for one in gone]
    return sheet.context(
        form=form,
        row=row,
        removed=removed,
        next_tier=next_tier(row["evidence"], asked),
        proof_word=tier_word(asked.proof),
        held_at=held_by_failure(answer, asked),
        two_values=two_values(sheet, asked, row["disputes"]),
        kinds=_kinds_offered(sheet.only is None),
    )


def _kinds_offered(with_probes: bool) -> list[dict[str, Any]]:
    labels = dict(Evidence.Kind.choices)
    titles = {
        "said": _("Said: counts as declared"),
        "on-paper": _("On paper or exported: counts as documented"),
        "looked-at": _("Seen at work: counts as observed"),
        "tried": _("Tried: counts as tested"),
    }
    return [
        {
            "title": titles[group],
            "kinds": [{"id": one, "label": labels[one]} for one in kinds if with_probes or one != "probe"],
        }
        for group, kinds in KINDS
    ]


@require_GET
@in_organisation
@needs_role("viewer")
def register(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show all evidence of an assessment by question: what is stale, to be confirmed, missing, disputed."""
    sheet = Sheet(find_assessment(assessment), with_files=True)
    workloads = {one.pk: one for one in queries.workloads_of(sheet.assessment)}
    rows = []
    for question in sheet.questionnaire.asked(sheet.assessment.scope):
        if question.scored:
            rows += _register_rows(sheet, question, workloads)
    counts = {name: sum(name in row["flags"] for row in rows) for name in FILTERS}
    chosen = request.GET.get("show", "all")
    chosen = chosen if chosen in FILTERS else "all"
    titles = {
        "all": _("All"),
        "stale": _("Stale"),
        "confirm": _("To confirm again"),
        "missing": _("Answer above its proof"),
        "disputed": _("Disputed"),
    }
    context = sheet.context(
        rows=[row for row in rows if chosen in row["flags"]],
        filters=[{"id": one, "title": titles[one], "count": counts[one], "here": one == chosen} for one in FILTERS],
        chosen=chosen,
        used=attachments.used_bytes(organisation),
    )
    return render(request, "questions/register.html", context)


def _register_rows(sheet: Sheet, question: Question, workloads: dict[Any, Any]) -> list[dict[str, Any]]:
    """Return one row for the general answer and one for each workload that has evidence of its own."""
    rows = []
    own = [one for one in sheet.all_answers if one.question == question.id and one.workload_id and one.evidence.all()]
    for answer in [None, *own]:
        workload = workloads.get(answer.workload_id) if answer is not None else None
        row = question_row(sheet if workload is None else sheet.about(workload), question)
        score = row["score"]
        flags = {"all"} if row["evidence"] or row["disputes"] else set()
        if any(item["stale"] for item in row["evidence"]):
            flags.add("stale")
        if row["to_confirm"]:
            flags.add("confirm")
        if answer is None and score.claimed is not None and score.claimed > score.evidence_cap:
            flags |= {"missing", "all"}
        if any(one["state"] in {"open", "accepted", "rejected"} for one in row["disputes"]):
            flags.add("disputed")
        if flags:
            rows.append(row | {"flags": flags, "workload": workload})
    return rows


def _change(request: HttpRequest, row: Evidence, said: str, problem: AssessorError | None) -> HttpResponse:
    if problem is not None:
        messages.error(request, problem.sentence(_))
    else:
        messages.success(request, said)
    return redirect(_place(row))


@require_POST
@in_organisation
@needs_role("contributor", assigned="their part")
def confirm(request: HttpRequest, organisation: Organisation, assessment: UUID, evidence: UUID) -> HttpResponse:
    """Confirm that evidence given for an earlier choice still proves the one in force."""
    row = find_evidence(find_assessment(assessment), evidence)
    seen = request.POST.get("seen", "")
    try:
        evidence_service.confirm_evidence(row, int(seen[:2]) if seen.isdecimal() else None)
    except AssessorError as refusal:
        return _change(request, row, "", refusal)
    return _change(request, row, _("Confirmed for level %(level)s.") % {"level": row.level}, None)


@require_POST
@in_organisation
@needs_role("contributor", assigned="their part")
def remove(request: HttpRequest, organisation: Organisation, assessment: UUID, evidence: UUID) -> HttpResponse:
    """Take evidence out of the score; it stays in the history and can be brought back."""
    row = find_evidence(find_assessment(assessment), evidence)
    evidence_service.remove_evidence(row, request.user)
    return _change(request, row, _("Removed. It stands below under “Removed”, and can be brought back."), None)


@require_POST
@in_organisation
@needs_role("contributor", assigned="their part")
def restore(request: HttpRequest, organisation: Organisation, assessment: UUID, evidence: UUID) -> HttpResponse:
    """Bring removed evidence back."""
    row = find_evidence(find_assessment(assessment), evidence)
    evidence_service.restore_evidence(row)
    return _change(request, row, _("It is in force again."), None)


@require_POST
@in_organisation
@needs_role("assessor")
def delete_files(request: HttpRequest, organisation: Organisation, assessment: UUID, evidence: UUID) -> HttpResponse:
    """Delete the files behind removed evidence for good."""
    row = find_evidence(find_assessment(assessment), evidence)
    try:
        evidence_service.delete_files(row)
    except AssessorError as refusal:
        return _change(request, row, "", refusal)
    return _change(request, row, _("The files were deleted."), None)


@require_POST
@in_organisation
@needs_role("contributor", assigned="their part")
def add_file(request: HttpRequest, organisation: Organisation, assessment: UUID, evidence: UUID) -> HttpResponse:
    """Attach one more file to evidence."""
    row = find_evidence(find_assessment(assessment), evidence)
    form = FileForm(request.POST, request.FILES)
    try:
        if "file" in getattr(request, "too_large", ()):
            raise attachments.too_large()
        if not form.is_valid():
            messages.error(request, " ".join(form.errors["file"]))
            return redirect(_place(row))
        evidence_service.add_file(row, form.cleaned_data["file"], request.user)
    except AssessorError as refusal:
        return _change(request, row, "", refusal)
    return _change(request, row, _("The file was attached."), None)


@require_GET
@in_organisation
@needs_role("viewer", assigned="their part")
def download(request: HttpRequest, organisation: Organisation, assessment: UUID, attachment: UUID) -> HttpResponseBase:
    """Hand out a file as it came: always as a download, never shown in place, its type never guessed."""
    found = find_attachment(find_assessment(assessment), attachment)
    try:
        content = attachments.read_attachment(found)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("evidence_register", organisation.pk, assessment)
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
