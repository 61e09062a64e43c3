"""Records of drills held elsewhere that wait: shown whole, and attached to the answer that a person chooses."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from assessor import queries
from assessor.errors import AssessorError
from assessor.models import DrillPlan, EndpointRole, Evidence, ProbeImport
from assessor.probes.drills.command_disconnect import MAX_RECORD
from assessor.probes.drills.records import DisconnectRecord, ExitRecord, NamesRecord
from assessor.questionnaire.schema import Question
from assessor.scoring.tiers import derive_tier
from assessor.services import carrying, drill_evidence, drill_records, names_records, waiting_records
from assessor.services.questionnaires import questionnaire_of
from assessor.views.drill_results import record_context


def keeper_of(raw: bytes) -> Callable[..., ProbeImport]:
    """Return what takes a file in: the record of a drill, of names, or the result of a probe."""
    kind = waiting_records.kind_of(raw, MAX_RECORD)
    if kind in drill_records.KINDS:
        return drill_records.bring
    return names_records.bring if kind == names_records.KIND else carrying.bring


def page_of(request: HttpRequest, role: EndpointRole, row: ProbeImport) -> HttpResponse | None:
    """Return the page of a record that waits, or where attaching it leads; None where it is no record of a drill."""
    names = names_records.waiting(row)
    if names is not None:
        return _names(request, role, row, names)
    drill = drill_records.waiting(row)
    return _drill(request, role, row, drill) if drill is not None else None


def _names(request: HttpRequest, role: EndpointRole, row: ProbeImport, record: NamesRecord) -> HttpResponse:
    """Show which names were asked for, and attach the record to the answer that was chosen."""
    fitting = _answered(role)

    def attach(question: str) -> Evidence:
        return names_records.attach(row, role.assessment, question, request.user)

    problem, done = _attached(request, role, fitting, attach)
    if done is not None:
        return done
    context = _context(request, role, row, fitting, problem) | {
        "record": record,
        "outcome": names_records.outcome(record, _),
        "minutes": names_records.minutes_of(record),
        "names": names_records.asked_in(record),
    }
    return render(request, "probes/names.html", context, status=422 if problem else 200)


def _drill(
    request: HttpRequest, role: EndpointRole, row: ProbeImport, record: ExitRecord | DisconnectRecord
) -> HttpResponse:
    """Show what a drill held elsewhere has shown, and attach its record to the answer that was chosen."""
    asked = questionnaire_of(role.assessment.questionnaire_version.content_hash)
    named, others = drill_evidence.concerned(record.kind, asked, role.assessment.scope)
    fitting = [one for one in _answered(role) if one in named or one in others]

    def attach(question: str) -> Evidence:
        return drill_records.attach(row, role.assessment, question, request.user)

    problem, done = _attached(request, role, fitting, attach)
    if done is not None:
        return done
    context = _context(request, role, row, fitting, problem) | record_context(record)
    context |= {
        "kind": DrillPlan.Kind(record.kind).label,
        "run": {"status": "elsewhere"},
        "tier": derive_tier(drill_records.facts_of(record), timezone.localdate()),
    }
    return render(request, "probes/drill.html", context, status=422 if problem else 200)


def _answered(role: EndpointRole) -> list[Question]:
    """Return the questions with a level, behind which evidence can stand."""
    questionnaire = questionnaire_of(role.assessment.questionnaire_version.content_hash)
    answers = queries.by_question(queries.scored_answers(role.assessment))
    asked = [one for one in questionnaire.asked(role.assessment.scope) if one.scored]
    return [one for one in asked if (answer := answers.get(one.id)) is not None and answer.level is not None]


def _attached(
    request: HttpRequest, role: EndpointRole, fitting: list[Question], attach: Callable[[str], Evidence]
) -> tuple[str, HttpResponse | None]:
    """Attach a record where that was asked for; returns what stood in the way, or where to go on."""
    if request.method != "POST":
        return "", None
    chosen = next((one for one in fitting if one.id == request.POST.get("question")), None)
    if chosen is None:
        return _("Choose the answer that it stands behind."), None
    try:
        attach(chosen.id)
    except AssessorError as refusal:
        return refusal.sentence(_), None
    messages.success(request, _("The record is attached with its file."))
    return "", redirect("evidence", role.organisation_id, role.assessment_id, chosen.id)


def _context(
    request: HttpRequest, role: EndpointRole, row: ProbeImport, fitting: list[Question], problem: str
) -> dict[str, Any]:
    return {
        "role": role,
        "endpoint": role.endpoint,
        "assessment": role.assessment,
        "organisation": role.organisation,
        "waiting": row,
        "questions": fitting,
        "chosen": request.POST.get("question", ""),
        "problem": problem,
    }
