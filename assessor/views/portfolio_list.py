"""The portfolio as a list to filter, sort, search and take along, and the benchmark over it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_scopes import scopes_disabled

from assessor.errors import AssessorError
from assessor.models import Assessment, Role
from assessor.reports.forms import offer
from assessor.reports.forms.tables import Column, Table
from assessor.services import benchmarks, memberships, portfolio_list
from assessor.services.portfolio_list import SORTS, Wanted
from assessor.services.questionnaires import installed, questionnaire_of
from assessor.views.documents import handed_out

ROWS_A_PAGE = 25
MOST_WITHOUT = 20
# What a file holds at most.
MOST_ROWS = 20_000
DAY = "%Y-%m-%d"


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """List every client's rounds, a page at a time."""
    what = portfolio_list.wanted(request.GET)
    # Each row is of an organisation the person is a member of: that is what the list asks for first.
    with scopes_disabled():
        pages = Paginator(portfolio_list.listed(request.user, what), ROWS_A_PAGE)
        # Counted without what the rows join.
        pages.count = portfolio_list.found(request.user, what).count()
        page = pages.get_page(request.GET.get("page"))
        rows = [_row(one) for one in page.object_list]
        nothing = Assessment.objects.filter(archived_at=None).values("organisation")
        clients = memberships.organisations_of(request.user).filter(own_role__in=(Role.OWNER, Role.ASSESSOR))
        clients = clients.exclude(pk__in=nothing).order_by("name")
        without = [] if what.narrows or page.has_previous() else list(clients[:MOST_WITHOUT])
    context = {
        "rows": rows,
        "page": page,
        "what": what,
        "without": without,
        "may_found": memberships.may_found(request.user),
        "heads": _heads(what),
        "kept": _kept(request),
        "unsorted": _kept(request, "sort"),
        **choices(),
    }
    return render(request, "portfolio/list.html", context)


def choices() -> dict[str, Any]:
    """Return what the filters offer."""
    most = max(one.scale.top for one in installed())
    return {
        "states": Assessment.Status.choices,
        "levels": [str(level) for level in range(most + 1)],
        "frameworks": installed(),
    }


def _kept(request: HttpRequest, *but: str) -> str:
    """Return the filters of this address without the page, for the links to other pages and files."""
    asked = request.GET.copy()
    for name in ("page", *but):
        asked.pop(name, None)
    return asked.urlencode()


def _heads(what: Wanted) -> list[dict[str, Any]]:
    names = {
        "client": _("Client"),
        "status": _("Status"),
        "level": _("Claimed"),
        "verified": _("Verified"),
        "coverage": _("Coverage"),
        "stale": _("Stale"),
        "due": _("Due"),
        "changed": _("Last change"),
    }
    return [
        {
            "name": names[key],
            "sort": f"-{key}" if what.sort == key and not what.down else key,
            "here": ("descending" if what.down else "ascending") if what.sort == key else "",
        }
        for key in SORTS
    ]


def _row(one: dict[str, Any]) -> dict[str, Any]:
    questionnaire = questionnaire_of(one["questionnaire_version__content_hash"])
    titles = {dimension.id: dimension.short or dimension.title for dimension in questionnaire.dimensions}
    outdated = one["summed_until"] is None or one["summed_until"] <= timezone.localdate()
    where = [one["organisation_id"], one["pk"]]
    return one | {
        "client": one["organisation__name"],
        "top": questionnaire.scale.top,
        "states": Assessment.Status(one["status"]).label,
        "held_by": [
            titles.get(dimension, dimension) for dimension in one["weakest"].strip(",").split(",") if dimension
        ],
        "counted_on": one["summed_on"] if outdated else None,
        "unknown": one["summed_on"] is None,
        "address": reverse("assessment", args=where),
        "review": reverse("review", args=where),
        "evidence": reverse("evidence_register", args=where),
        "signed": one["status"] == Assessment.Status.SIGNED,
    }


@require_GET
def export(request: HttpRequest, form: str) -> HttpResponse:
    """Hand out the list, as it is filtered and sorted, as a table."""
    if form not in ("csv", "xlsx"):
        raise Http404
    with scopes_disabled():
        rows = [
            _row(one) for one in portfolio_list.listed(request.user, portfolio_list.wanted(request.GET))[:MOST_ROWS]
        ]
    heads = (
        *((_("Client"), 34), (_("Assessment"), 34), (_("Status"), 16), (_("Claimed"), 10), (_("Verified"), 10)),
        *((_("Held by"), 40), (_("Coverage, %"), 12), (_("Stale evidence"), 12), (_("Evidence due in 60 days"), 12)),
        *((_("Counted on"), 14), (_("Contradictions"), 14), (_("Last change"), 14)),
    )
    table = Table(
        "portfolio",
        _("Portfolio"),
        tuple(Column(*head) for head in heads),
        tuple(
            (
                *(one["client"], one["title"], str(one["states"]), one["level"], one["verified_level"]),
                *(", ".join(one["held_by"]), one["coverage"], one["stale"], one["due"]),
                one["summed_on"].isoformat() if one["summed_on"] else "",
                one["contradictions"],
                timezone.localtime(one["changed_at"]).strftime(DAY),
            )
            for one in rows
        ),
    )
    return handed_out(offer.table_as(table, form), form, "portfolio")


@require_GET
def benchmark(request: HttpRequest) -> HttpResponse:
    """Show the middle and the quartiles of what one's clients reach, without their names."""
    what = portfolio_list.wanted(request.GET)
    with scopes_disabled():
        known = benchmarks.questionnaires(request.user)
        asked = request.GET.get("questionnaire", "")
        chosen = asked if asked in known else next(iter(known), "")
        found, refusal = None, ""
        try:
            found = benchmarks.benchmark(request.user, what, chosen)
        except AssessorError as few:
            refusal = few.sentence(_)
    titles = {one.id: one.title for one in installed()}
    context = {
        "found": found,
        "refusal": refusal,
        "what": what,
        "fewest": benchmarks.FEWEST,
        "known": [{"id": one, "title": titles.get(one, one)} for one in known],
        "chosen": chosen,
        "kept": _kept(request),
        **choices(),
    }
    return render(request, "portfolio/benchmark.html", context)
