"""Questionnaires of an organisation: what is installed, its own by upload, and newer versions of those in use."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor.content import MAX_BYTES
from assessor.errors import AssessorError, ContentErrors
from assessor.forms import QuestionnaireForm
from assessor.models import Assessment, Organisation, QuestionnaireVersion
from assessor.questionnaire.schema import Questionnaire
from assessor.reports.pdf import pdf_available
from assessor.services import newer_versions, questionnaires
from assessor.views.access import find_assessment, in_organisation, needs_role

REFUSED = 422


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="assessor")
def index(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Show what this organisation can begin with, and take a questionnaire of its own."""
    form = QuestionnaireForm(request.POST or None, request.FILES or None)
    faults: list[str] = []
    lint: list[str] = []
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            read, found = questionnaires.read_upload(upload.read(MAX_BYTES + 1), upload.name)
            lint = [fault.sentence(_) for fault in found]
            questionnaires.keep_own(organisation, read, request.user)
        except ContentErrors as refusal:
            faults = [error.sentence(_) for error in refusal.errors]
        except AssessorError as refusal:
            faults = [refusal.sentence(_)]
        else:
            said = _("“%(title)s”, version %(version)s, can be used now.")
            messages.success(request, said % {"title": read.title, "version": read.version})
            if not lint:
                return redirect("questionnaires", organisation.pk)
    context = {
        "organisation": organisation,
        "form": form,
        "faults": faults,
        "lint": lint,
        "installed": questionnaires.installed(),
        "own": questionnaires.own_versions(organisation),
    }
    status = REFUSED if faults or (request.method == "POST" and form.errors) else 200
    return render(request, "questionnaires/index.html", context, status=status)


@require_POST
@in_organisation
@needs_role("assessor")
def withdraw(request: HttpRequest, organisation: Organisation, version: UUID) -> HttpResponse:
    """Offer one of its own questionnaires no longer."""
    row = get_object_or_404(QuestionnaireVersion, pk=version, organisation=organisation)
    questionnaires.withdraw(row, request.user)
    messages.success(request, _("It is offered no longer. Assessments that use it go on."))
    return redirect("questionnaires", organisation.pk)


def scopes_of(questionnaire: Questionnaire) -> list[str]:
    """Return the scopes in which a questionnaire can be asked."""
    return ["quick", "full"] if questionnaire.asked("quick") else ["full"]


def find_questionnaire(organisation: Organisation, content_hash: str) -> Questionnaire:
    """Return a questionnaire that the organisation may see: installed, its own, or one its assessments are on."""
    installed = {one.content_hash(): one for one in questionnaires.installed()}
    if content_hash in installed:
        return installed[content_hash]
    used = Assessment.objects.filter(questionnaire_version__content_hash=content_hash)
    if not used.exists():
        get_object_or_404(QuestionnaireVersion, content_hash=content_hash, organisation=organisation)
    return questionnaires.questionnaire_of(content_hash)


@require_GET
@in_organisation
@needs_role("viewer", to_change="assessor")
def show(request: HttpRequest, organisation: Organisation, content_hash: str) -> HttpResponse:
    """Show every question of a questionnaire: an installed one, or one of its own."""
    found = find_questionnaire(organisation, content_hash)
    dimensions = [
        {"dimension": one, "questions": [question for question in found.questions if question.dimension == one.id]}
        for one in found.dimensions
    ]
    context = {
        "organisation": organisation,
        "questionnaire": found,
        "dimensions": dimensions,
        "scopes": scopes_of(found),
        "pdf_problem": pdf_available(),
    }
    return render(request, "questionnaires/show.html", context)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def newer(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show what a newer version would change; carry the assessment over when that is confirmed."""
    found = find_assessment(assessment)
    version = questionnaires.newer_version(found)
    if version is None:
        if request.method == "POST":
            return redirect("assessment", organisation.pk, found.pk)
        raise Http404
    if request.method == "POST":
        newer_versions.carry_over(found, version)
        messages.success(request, _("The assessment is on the new version. Answers that want another look are marked."))
        return redirect("assessment", organisation.pk, found.pk)
    old = questionnaires.questionnaire_of(found.questionnaire_version.content_hash)
    rows = [
        {"change": change, "question": version.question(change.question) or old.question(change.question)}
        for change in questionnaires.changes_to(found, version)
    ]
    kinds = ("rebuilt", "reworded", "new", "gone", "unchanged")
    context = {
        "organisation": organisation,
        "assessment": found,
        "old": old,
        "newer": version,
        "groups": [(kind, [row for row in rows if row["change"].kind == kind]) for kind in kinds],
    }
    return render(request, "questionnaires/newer.html", context)
