"""The pages outside any assessment: home, about, theme."""

from collections import Counter
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_scopes import scope

from assessor import queries
from assessor.errors import AssessorError
from assessor.middleware import THEMES
from assessor.models import Assessment, Role, User
from assessor.reports.pdf import pdf_available
from assessor.services import assigned, heard, memberships, signing
from assessor.services.policy import probe_policy
from assessor.services.questionnaires import installed, questionnaire_of

# So many unread changes are counted on the first page.
MOST_NEWS = 200
# So many organisations are named below the list; the portfolio has all of them.
MOST_LINKED = 50
YEAR = 365 * 24 * 3600


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """List the assessments a person can open, with their levels; say how to begin when there are none."""
    organisations = list(memberships.organisations_of(request.user))
    may_begin = {one.pk for one in organisations if one.own_role in (Role.OWNER, Role.ASSESSOR)}
    rows = []
    with scope(organisation=organisations):
        found = (
            Assessment.objects.filter(archived_at=None)
            .select_related("organisation", "questionnaire_version", "simulation")
            .defer("questionnaire_version__content", "simulation__summary")
            .prefetch_related("workloads")[:50]
        )
        with_forms = [(one, questionnaire_of(one.questionnaire_version.content_hash)) for one in found]
        cards = queries.scorecards(with_forms)
        for (assessment, questionnaire), card in zip(with_forms, cards, strict=True):
            titles = {dimension.id: dimension.title for dimension in questionnaire.dimensions}
            rows.append(
                {
                    "assessment": assessment,
                    "may_begin": assessment.organisation_id in may_begin,
                    "title": questionnaire.title,
                    "workloads": [workload.name for workload in assessment.workloads.all()],
                    "level": card.claimed.level,
                    "verified": card.verified.level if card.verified_printed else None,
                    "coverage": round(card.coverage * 100),
                    "held_by": [titles[dimension] for dimension in card.claimed.held_by],
                    "top": questionnaire.scale.top,
                }
            )
        changed = heard.changes_in_scope(request.user).select_related("organisation")[:MOST_NEWS]
        unread = [one.organisation for one in changed]
    news = [{"organisation": one, "count": count} for one, count in Counter(unread).items()]
    tasks = assigned.overview(cast("User", request.user))
    may_found = memberships.may_found(request.user)
    context = {"rows": rows, "questionnaire": installed()[0], "news": news, "may_found": may_found, "tasks": tasks}
    context["organisations"] = organisations[:MOST_LINKED]
    return render(request, "site/home.html", context)


@require_GET
def about(request: HttpRequest) -> HttpResponse:
    """Say what this is, in which version, under which licences, and where the prober may go."""
    packages = []
    for name in ("Django", "django-htmx", "WeasyPrint", "httpcore2", "pydantic", "PyYAML", "cryptography"):
        try:
            packages.append((name, installed_version(name)))
        except PackageNotFoundError:
            packages.append((name, "–"))
    try:
        questionnaire = installed()[0]
    except AssessorError:
        questionnaire = None
    signs_as = signing_problem = ""
    try:
        signs_as = signing.installation()
    except AssessorError as problem:
        signing_problem = problem.sentence(_)
    context = {
        "packages": packages,
        "signs_as": signs_as,
        "signing_problem": signing_problem,
        "questionnaire": questionnaire,
        "policy": probe_policy(),
        "allowed": sorted(probe_policy().allow),
        "ports": sorted(probe_policy().ports),
        "pdf_problem": pdf_available(),
        "data_directory": settings.DATA_DIR,
        "database": settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1],
    }
    return render(request, "site/about.html", context)


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the colour theme in a cookie and go back."""
    chosen = request.POST.get("theme", "auto")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    response = redirect(back)
    if chosen in THEMES:
        response.set_cookie(
            settings.THEME_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.HTTPS
        )
    return response


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie and go back."""
    chosen = request.POST.get("language", "")
    back = request.POST.get("next", "/")
    response = redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.HTTPS
        )
    return response


@login_not_required
@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Send old browsers to the icon's hashed address."""
    return redirect(static("img/favicon.ico"), permanent=False)


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component with example data; only with ASSESSOR_DEBUG=1."""
    return render(request, "styleguide/index.html")
