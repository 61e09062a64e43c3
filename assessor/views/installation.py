"""The installation itself, for whoever runs it: how it is, where the prober may go, which organisations there are."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from assessor.probes.collect.guard import PolicyRefusal, check_url
from assessor.services import health as looking
from assessor.services import installation
from assessor.services.policy import probe_policy
from assessor.views.access import operators_only
from assessor.views.audit import trail_context, trail_file

A_PAGE = 50
MOST_TYPED = 500


@never_cache
@require_GET
@operators_only
def health(request: HttpRequest) -> HttpResponse:
    """Say what `manage.py doctor` says."""
    found = [{"about": _(one.about), "state": one.state, "says": one.says(_)} for one in looking.examine()]
    wrong = sum(1 for one in found if one["state"] is not looking.State.WELL)
    return render(request, "installation/health.html", {"found": found, "wrong": wrong})


@require_GET
@operators_only
def probing(request: HttpRequest) -> HttpResponse:
    """Show where the prober may go and what decides it; tell of one address whether it may be probed."""
    policy = probe_policy()
    url = request.GET.get("url", "").strip()[:MOST_TYPED]
    refusal, host = "", ""
    if url:
        try:
            host = check_url(url, policy).host
        except PolicyRefusal as refused:
            refusal = refused.sentence(_)
    context = {
        "policy": policy,
        "reach": sorted(policy.allow),
        "ports": sorted(policy.ports),
        "is_set": settings.PROBE_REACH is not None,
        "url": url,
        "host": host,
        "refusal": refusal,
    }
    return render(request, "installation/probing.html", context)


@require_GET
@operators_only
def organisations(request: HttpRequest) -> HttpResponse:
    """List the organisations with counts, owners, last change and size."""
    wanted = request.GET.get("q", "").strip()[:MOST_TYPED]
    page = Paginator(installation.organisations(wanted), A_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    owners = installation.owners_of(shown)
    rows = [{"organisation": one, "owners": owners.get(one.pk, [])} for one in shown]
    return render(request, "installation/organisations.html", {"rows": rows, "page": page, "q": wanted})


@never_cache
@require_GET
@operators_only
def trail(request: HttpRequest) -> HttpResponse:
    """List what was done to the installation: sign-ins, accounts, organisations begun and deleted, newest first."""
    context, status = trail_context(request, None)
    return render(request, "installation/trail.html", context, status=status)


@never_cache
@require_GET
@operators_only
def trail_as_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Hand the installation's trail out."""
    return trail_file(request, None, kind)
