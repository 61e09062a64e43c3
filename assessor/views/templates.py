"""Templates of assessments: saving one, the list of them, beginning for several clients, deleting."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods
from django_scopes import scope, scopes_disabled

from assessor import tasks
from assessor.errors import AssessorError
from assessor.models import Assessment, AssessmentTemplate, Organisation, Role
from assessor.reports import richtext
from assessor.reports.shaped import SUMMARY
from assessor.services import memberships, saved_templates
from assessor.services.client_names import CLIENT
from assessor.services.questionnaires import questionnaire_of
from assessor.services.saved_templates import LOOK_TEXTS, TemplateRefused
from assessor.views.access import find_assessment, in_organisation, needs_role

REFUSED = 422
# So many clients are offered to begin at once.
MOST_CLIENTS = 100


class TemplateForm(forms.Form):
    """What a template is called, and what it is for."""

    name = forms.CharField(label=gettext_lazy("Name of the template"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SaveForm(TemplateForm):
    """What goes along from an assessment; every text stands there to be read first."""

    keeper = forms.ChoiceField(label=gettext_lazy("Kept by"))
    take = forms.MultipleChoiceField(
        label=gettext_lazy("What goes along"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("targets", gettext_lazy("Targets")),
            ("inventory", gettext_lazy("The shape of the inventory: kinds and edges, no names and no attributes")),
            ("settings", gettext_lazy("Settings of reports: language, days, sections")),
            ("look", gettext_lazy("Look of reports: the consultancy, its logo and the texts below")),
        ],
    )

    def __init__(
        self, *args: Any, assessment: Assessment, texts: dict[str, str], keepers: list[Organisation], **kw: Any
    ):
        super().__init__(*args, **kw)
        questionnaire = questionnaire_of(assessment.questionnaire_version.content_hash)
        self.fields["keeper"].choices = [(str(one.pk), one.name) for one in keepers]
        self.fields["take"].initial = ["targets", "settings", "look"]
        titles = {one.id: one.title for one in questionnaire.dimensions} | {SUMMARY: _("Summary")}
        for field, text in texts.items():
            self.fields[field] = forms.CharField(
                label=_label(field, titles),
                initial=text,
                required=False,
                max_length=LOOK_TEXTS.get(field.removeprefix("look."), richtext.MAX_SOURCE),
                widget=forms.Textarea(attrs={"rows": 3 if field.startswith("look.") else 8})
                if field.startswith("words.") or field in ("look.name_block", "look.disclaimer")
                else forms.TextInput(),
            )

    def texts(self) -> dict[str, str]:
        """Return the texts as the person wants them; call after `is_valid`."""
        return {name: value for name, value in self.cleaned_data.items() if "." in name}


def _label(field: str, titles: dict[str, str]) -> str:
    names = {
        "look.consultancy": _("Name of the consultancy"),
        "look.name_block": _("Name and address on the cover"),
        "look.classification": _("Classification"),
        "look.footer": _("Words at the foot of every page"),
        "look.disclaimer": _("Disclaimer"),
    }
    if field in names:
        return names[field]
    part, _dot, language = field.removeprefix("words.").rpartition(".")
    return _("Words of the report: %(part)s (%(language)s)") % {"part": titles.get(part, part), "language": language}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the templates of every organisation in which a person assesses."""
    rows = []
    for one in saved_templates.kept_for(request.user):
        try:
            content = saved_templates.content_of(one)
        except TemplateRefused:
            content = saved_templates.Content()
        questionnaire = questionnaire_of(one.questionnaire_version.content_hash)
        rows.append({"template": one, "holds": _holds(one, content), "questionnaire": questionnaire})
    context = {"rows": rows, "may_found": memberships.may_found(request.user)}
    return render(request, "assessments/templates.html", context)


def _holds(template: AssessmentTemplate, content: saved_templates.Content) -> list[str]:
    parts = content.inventory.components if content.inventory else ()
    told = [
        _("targets") if template.targets else "",
        ngettext("%(number)s component", "%(number)s components", len(parts)) % {"number": len(parts)} if parts else "",
        _("settings of reports") if content.settings else "",
        _("look of reports") if content.look else "",
        _("words of reports") if content.words else "",
    ]
    return [one for one in told if one]


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def save(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show what a template of an assessment would hold, and keep it."""
    found = find_assessment(assessment)
    texts = saved_templates.texts_of(found, request.user)
    keepers = saved_templates.keepers(found, request.user)
    questionnaire = questionnaire_of(found.questionnaire_version.content_hash)
    initial = {"name": questionnaire.title[:120]}
    form = SaveForm(request.POST or None, assessment=found, texts=texts, keepers=keepers, initial=initial)
    if request.method == "POST" and form.is_valid():
        keeper = next(one for one in keepers if str(one.pk) == form.cleaned_data["keeper"])
        try:
            saved_templates.save(
                found,
                request.user,
                keeper,
                name=form.cleaned_data["name"],
                description=form.cleaned_data["description"],
                take=form.cleaned_data["take"],
                texts=form.texts(),
            )
        except AssessorError as refusal:
            form.add_error(getattr(refusal, "field", "") or None, refusal.sentence(_))
        else:
            messages.success(request, _("The template is kept. Nothing that was said in this assessment went along."))
            return redirect("templates")
    context = {"form": form, "assessment": found, "organisation": organisation, "mark": CLIENT}
    return _with_form(request, "assessments/save_template.html", context)


def _with_form(request: HttpRequest, page: str, context: dict[str, Any]) -> HttpResponse:
    """Show a page with a form that is still to be filled in, or was refused."""
    return render(request, page, context, status=REFUSED if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def change(request: HttpRequest, organisation: Organisation, template: UUID) -> HttpResponse:
    """Rename a template."""
    found = get_object_or_404(AssessmentTemplate, organisation=organisation, pk=template)
    initial = {"name": found.name, "description": found.description}
    form = TemplateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved_templates.rename(found, request.user, **form.cleaned_data)
        return redirect("templates")
    context = {"form": form, "template": found, "organisation": organisation}
    return _with_form(request, "assessments/change_template.html", context)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def delete(request: HttpRequest, organisation: Organisation, template: UUID) -> HttpResponse:
    """Ask once, then delete a template."""
    found = get_object_or_404(AssessmentTemplate, organisation=organisation, pk=template)
    if request.method == "POST":
        saved_templates.delete(found, request.user)
        messages.success(request, _("The template is deleted. What began from it stays."))
        return redirect("templates")
    return render(request, "assessments/delete_template.html", {"template": found, "organisation": organisation})


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def begin(request: HttpRequest, organisation: Organisation, template: UUID) -> HttpResponse:
    """Begin from a template for one or several clients that are there already."""
    found = get_object_or_404(
        AssessmentTemplate.objects.select_related("questionnaire_version", "organisation"),
        organisation=organisation,
        pk=template,
    )
    clients, more = _clients(request, found)
    problem = ""
    if request.method == "POST":
        chosen = [one["organisation"] for one in clients if one["ticked"]]
        try:
            begun = saved_templates.begin(found, chosen, request.user)
        except AssessorError as refusal:
            problem, begun = refusal.sentence(_), []
        if begun:
            for one in begun:
                tasks.enqueue_simulation(one.organisation)
            messages.success(request, _("Begun for %(names)s.") % {"names": ", ".join(one.name for one in chosen)})
            return (
                redirect("assessment", begun[0].organisation_id, begun[0].pk) if len(begun) == 1 else redirect("home")
            )
        problem = problem or _("No client was chosen. Tick at least one.")
    context = {"template": found, "organisation": organisation, "clients": clients, "more": more, "problem": problem}
    return render(request, "assessments/begin_template.html", context, status=REFUSED if problem else 200)


def _clients(request: HttpRequest, template: AssessmentTemplate) -> tuple[list[dict[str, Any]], int]:
    """Return the organisations in which a person may begin this template, each with what it would be about.

    With it how many more there are than are offered at once.
    """
    mine = memberships.organisations_of(request.user).filter(own_role__in=(Role.OWNER, Role.ASSESSOR))
    owner = template.questionnaire_version.organisation_id
    rows = mine.filter(pk=owner) if owner else mine
    found = list(rows.order_by("name")[:MOST_CLIENTS])
    clients, asked = [], set(request.POST.getlist("client"))
    with scopes_disabled():
        running = set(
            Assessment.objects.filter(organisation__in=found, archived_at=None)
            .exclude(status=Assessment.Status.SIGNED)
            .values_list("organisation", flat=True)
        )
    for one in found:
        with scope(organisation=one):
            workload = saved_templates.workload_of(one)
        ticked = workload is not None and str(one.pk) in asked
        clients.append({"organisation": one, "workload": workload, "running": one.pk in running, "ticked": ticked})
    return clients, max(0, rows.count() - len(found))
