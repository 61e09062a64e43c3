"""The record of a drill on its page, joining proof to it, and attaching it to the answers it concerns."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessor import queries
from assessor.errors import AssessorError
from assessor.models import Assessment, DrillRun, EndpointRole, Evidence, Organisation
from assessor.probes.drills.command_disconnect import MAX_RECORD, record_of
from assessor.probes.drills.disconnect_judge import reasons, timeline
from assessor.probes.drills.exit_judge import medians
from assessor.probes.drills.features import FEATURES
from assessor.probes.drills.records import CanaryRecord, DisconnectRecord, ExitRecord
from assessor.probes.words import finding_meaning, finding_title
from assessor.questionnaire.schema import Question
from assessor.scoring.tiers import derive_tier
from assessor.services import drill_evidence, drilled_fallbacks, drilling
from assessor.services.questionnaires import questionnaire_of
from assessor.templatetags.assessor_ui import TIER_WORDS
from assessor.views.access import (
    changes_inventory,
    find_assessment,
    find_drill,
    find_role,
    in_organisation,
    needs_role,
)
from assessor.views.drill_forms import JOINS

MOST_STRETCHES = 200


def result_context(role: EndpointRole, run: DrillRun, joins: Mapping[str, forms.Form]) -> dict[str, Any]:
    """Return what the page of a drill shows of its record; nothing while there is none."""
    record = drilling.record_of(run)
    if record is None:
        return {}
    context = record_context(record) | {
        "later": run.joined.order_by("created_at", "pk"),
        "counts": run.pk in queries.drills_in_force(role.endpoint),
    }
    if isinstance(record, DisconnectRecord):
        context["joins"] = {name.replace("-", "_"): joins.get(name) or form() for name, form in JOINS.items()}
    if run.status == "done":
        assert run.finished_at is not None  # noqa: S101 - there is a record
        facts = drill_evidence.facts_of(record, run.created_at, run.finished_at)
        context |= _attachable(role.assessment, run)
        context["tier"] = derive_tier(facts, timezone.localdate())
        context["tested_fallbacks"] = drilled_fallbacks.fallbacks_of(run)
    return context


def record_context(record: ExitRecord | DisconnectRecord) -> dict[str, Any]:
    """Return what a page shows of a record alone, wherever the drill was held."""
    told = [
        {"finding": one, "title": finding_title(one, _), "meaning": finding_meaning(one, _)} for one in record.findings
    ]
    plain = [row for row in told if row["finding"].is_under("drill.exit.works")]
    weighty = [row for row in told if row not in plain]
    context: dict[str, Any] = {
        "record": record,
        "findings": weighty,
        "plain_findings": plain,
    }
    if isinstance(record, ExitRecord):
        names = {one.id: one.name for one in FEATURES}
        rows = [{"name": names.get(row.feature, row.feature), "row": row} for row in record.features]
        context |= {
            "features": rows,
            "medians": medians(record),
            "case_passes": (sum(row.a_passed for row in record.cases), sum(row.b_passed for row in record.cases)),
        }
    else:
        stretches = timeline(record)
        context |= {"stretches": stretches[:MOST_STRETCHES], "more_stretches": max(0, len(stretches) - MOST_STRETCHES)}
        context["reasons"] = reasons(record)
    return context


def _attachable(assessment: Assessment, run: DrillRun) -> dict[str, Any]:
    """Return the questions a drill can stand behind: those that name its codes, and the others that ask for a test."""
    questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
    named, others = drill_evidence.concerned(run.kind, questionnaire, assessment.scope)
    answers = queries.by_question(queries.scored_answers(assessment), None)
    attached = set(
        Evidence.objects.filter(drill_run=run, removed_at=None, answer__assessment=assessment).values_list(
            "answer__question", flat=True
        )
    )

    def row(question: Question) -> dict[str, Any]:
        answer = answers.get(question.id)
        level = answer.level if answer is not None else None
        return {"question": question, "level": level, "attached": question.id in attached}

    return {"named": [row(one) for one in named], "others": [row(one) for one in others]}


@require_POST
@in_organisation
@needs_role("assessor")
def attach(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Attach a drill as evidence to the answer that was clicked; what it counts as follows from its record."""
    found = find_assessment(assessment)
    place = find_role(found, role)
    drill = find_drill(place, run)
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    asked = questionnaire.question(request.POST.get("question", ""))
    if asked is None or not asked.scored or asked not in questionnaire.asked(found.scope):
        messages.error(request, _("This question is not part of the assessment."))
        return redirect("drill", organisation.pk, assessment, role, drill.pk)
    try:
        row = drill_evidence.attach(drill, found, asked.id, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    else:
        tier = _(TIER_WORDS[row.tier(timezone.localdate(), asked.proves_at(row.level))])
        said = _("Attached to “%(title)s”; it counts as %(tier)s.")
        messages.success(request, said % {"title": asked.title, "tier": tier})
    return redirect("drill", organisation.pk, assessment, role, drill.pk)


@require_POST
@in_organisation
@needs_role("assessor")
@changes_inventory
def note_fallback(
    request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID
) -> HttpResponse:
    """Write into the inventory which fallback a passed drill has tested."""
    drill = find_drill(find_role(find_assessment(assessment), role), run)
    try:
        drilled_fallbacks.note(drill, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    else:
        messages.success(
            request, _("The inventory says now when this fallback was tested. The scenarios are played anew.")
        )
    return redirect("drill", organisation.pk, assessment, role, drill.pk)


@require_POST
@in_organisation
@needs_role("assessor")
def join(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, run: UUID) -> HttpResponse:
    """Join proof of the closing to a drill; the record stays, and a new one with the proof stands beside it."""
    place = find_role(find_assessment(assessment), role)
    drill = find_drill(place, run)
    kind = request.POST.get("kind", "")
    if kind not in JOINS:
        return redirect("drill", organisation.pk, assessment, role, drill.pk)
    form = JOINS[kind](request.POST, request.FILES)
    if form.is_valid():
        try:
            made = _joined(drill, kind, form, request)
        except AssessorError as refusal:
            form.add_error(None, refusal.sentence(_))
        else:
            messages.success(request, _("The proof was joined. The record without it stays as it was."))
            return redirect("drill", organisation.pk, assessment, role, made.pk)
    context = {
        "role": place,
        "endpoint": place.endpoint,
        "assessment": place.assessment,
        "organisation": organisation,
        "run": drill,
        "refused": kind,
        **result_context(place, drill, {kind: form}),
    }
    return render(request, "drills/show.html", context, status=422)


def _joined(drill: DrillRun, kind: str, form: forms.Form, request: HttpRequest) -> DrillRun:
    data = form.cleaned_data
    if kind == "canary":
        raw = data["canary"].read(MAX_RECORD + 1)
        canary = record_of(CanaryRecord, raw, data["canary"].name)
        return drill_evidence.join_canary(drill, canary, request.user)
    if kind == "counters":
        return drill_evidence.join_counters(drill, request.user, **data)
    if kind == "cable-pull":
        return drill_evidence.join_cable_pull(drill, request.user, **data)
    return drill_evidence.note_cold_start(drill, request.user, data["when"])
