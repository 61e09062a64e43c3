"""The brand of reports: of an organisation, of one assessment, with its pictures and a preview of both."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor.models import Assessment, Brand, BrandPicture, Organisation
from assessor.reports import colour
from assessor.reports.cover_preview import preview
from assessor.services import branding, logos
from assessor.services.branding import BrandFacts
from assessor.views.access import find_assessment, in_organisation, needs_role
from assessor.views.report_forms import LOGOS, BrandForm

CONFLICT, REFUSED = 409, 422


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def organisation_brand(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Show and change the brand of every report of an organisation."""
    return _page(request, organisation, None)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("assessor")
def assessment_brand(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Show and change where the reports of one assessment look different."""
    return _page(request, organisation, find_assessment(assessment))


def _page(request: HttpRequest, organisation: Organisation, assessment: Assessment | None) -> HttpResponse:
    general, own = branding.brands(organisation, assessment)
    row = own if assessment else general
    override = assessment is not None
    status, theirs, differing = 200, None, None
    if request.method == "POST":
        form = BrandForm(request.POST, request.FILES, override=override, row=row)
        valid = form.is_valid()
        if valid and "preview" in request.POST:
            _say_unsaved(request)
            shown = _previewed(form.facts(), row, organisation, assessment)
            general, own = (general, shown) if override else (shown, own)
        else:
            status = REFUSED
            pictures = _pictures(request, form, organisation)
            if form.is_valid():
                try:
                    shown = request.POST.get("shown")
                    branding.save_brand(organisation, assessment, form.facts(), request.user, pictures, shown=shown)
                except branding.BrandConflict as conflict:
                    status, theirs = CONFLICT, conflict.brand
                    differing = form.over(theirs)
                else:
                    _say_saved(request, form.facts())
                    return redirect(request.path)
            if request.FILES:
                messages.warning(request, _("New logos were not kept. Choose the files again before you save."))
    else:
        form = BrandForm(override=override, row=row)
    context = {
        "form": form,
        "organisation": organisation,
        "assessment": assessment,
        "row": row,
        "logos": _logo_fields(form, row, organisation),
        "preview": brand_preview(organisation, assessment, general, own),
        "theirs": theirs,
        "differing": differing,
    }
    return render(request, "reports/brand.html", context, status=status)


def _say_saved(request: HttpRequest, facts: BrandFacts) -> None:
    printed = colour.accent_of(facts.accent)
    if facts.accent and printed != facts.accent:
        words = _(
            "The accent %(chosen)s is too light for words on white (%(contrast)s to 1, 4.5 are needed). "
            "Reports print %(printed)s instead."
        )
        contrast = f"{colour.on_white(facts.accent):.1f}"
        messages.warning(request, words % {"chosen": facts.accent, "contrast": contrast, "printed": printed})
    messages.success(request, _("The brand is saved. Reports made from now on wear it; earlier ones stay as they are."))


def _say_unsaved(request: HttpRequest) -> None:
    messages.info(request, _("This is a preview; nothing is saved yet."))
    if request.FILES:
        messages.warning(request, _("New logos are shown once they are saved. Choose the files again before you save."))


def _previewed(
    facts: BrandFacts, row: Brand | None, organisation: Organisation, assessment: Assessment | None
) -> Brand:
    """Return a brand as it would be saved, without saving it; the logos are those there are."""
    shown = Brand(organisation=organisation, assessment=assessment)
    for name in branding.FACTS:
        setattr(shown, name, getattr(facts, name))
    for name in LOGOS:
        setattr(shown, name, getattr(row, name, None))
    return shown


def _pictures(request: HttpRequest, form: BrandForm, organisation: Organisation) -> dict[str, BrandPicture]:
    """Keep the new logos; what is refused is said beside its field."""
    kept = {}
    dropped = getattr(request, "too_large", ())
    for name in LOGOS:
        file = form.cleaned_data.get(name)
        if name in dropped:
            form.add_error(name, logos.too_large().sentence(_))
        elif isinstance(file, UploadedFile):
            try:
                kept[name] = logos.add_logo(organisation, file, request.user)
            except logos.LogoRefused as refusal:
                form.add_error(name, refusal.sentence(_))
    return kept


def _logo_fields(form: BrandForm, row: Brand | None, organisation: Organisation) -> list[dict[str, Any]]:
    alts = {"logo": _("Logo of the organisation"), "consultancy_logo": _("Logo of the consultancy")}
    return [
        {
            "use": form[f"{name}_use"] if f"{name}_use" in form.fields else None,
            "file": form[name],
            "picture": getattr(row, name, None),
            "url": _url(organisation, getattr(row, name, None)),
            "alt": alts[name],
        }
        for name in LOGOS
    ]


def _url(organisation: Organisation, picture: BrandPicture | None) -> str:
    return reverse("brand_picture", args=[organisation.pk, picture.pk]) if picture else ""


def brand_preview(
    organisation: Organisation, assessment: Assessment | None, general: Brand | None, own: Brand | None
) -> str:
    """Return the two pages of the preview as SVG."""
    brand = branding.joined_brand(organisation, general, own)
    urls = {name: _url(organisation, branding.logo_in_use(own, general, name)) for name in LOGOS}
    classification = branding.joined(own, general, "classification") or _("Confidential")
    title = assessment.title if assessment else _("Title of the assessment")
    return preview(brand, title, organisation.name, classification, urls)


@require_POST
@in_organisation
@needs_role("assessor")
def forget(request: HttpRequest, organisation: Organisation, assessment: UUID) -> HttpResponse:
    """Have the reports of an assessment look as those of the organisation again."""
    found = find_assessment(assessment)
    branding.forget_brand(found, request.user)
    messages.success(request, _("Reports of this assessment look as all others of the organisation again."))
    return redirect("assessment_brand", organisation.pk, found.pk)


@require_GET
@in_organisation
@needs_role("viewer")
@cache_control(private=True, max_age=86400, immutable=True)
def picture(request: HttpRequest, organisation: Organisation, picture: UUID) -> HttpResponse:
    """Hand out a logo as it was drawn anew."""
    row = get_object_or_404(BrandPicture, pk=picture)
    response = HttpResponse(bytes(row.content), content_type=row.media_type)
    response["Content-Disposition"] = "inline"
    return response
