"""A second step where one is compulsory: set up before anything else, decided by owners, and never taken away last."""

from typing import cast

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views as passkeys
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor.middleware import NEXT
from assessor.models import Organisation, User
from assessor.services import second_steps
from assessor.services.memberships import memberships_of
from assessor.views.access import in_organisation, needs_role


@never_cache
@require_GET
def first(request: HttpRequest) -> HttpResponse:
    """Say who wants a second step and lead to setting one up; afterwards, to where the person was going."""
    user = cast("User", request.user)
    if second_steps.has_one(user) or not second_steps.must_have_one(user):
        return redirect(request.session.pop(NEXT, None) or reverse("home"))
    asking = [one.organisation for one in memberships_of(user) if one.organisation.second_step_required]
    return render(
        request, "accounts/second_step.html", {"asking": asking, "by_operator": second_steps.operator_wants(user)}
    )


@require_http_methods(["GET", "POST"])
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a passkey away, but not the last second step of somebody who must have one."""
    found = get_object_or_404(Authenticator, pk=pk, user=request.user, type=Authenticator.Type.WEBAUTHN)
    if not second_steps.may_remove(found):
        words = _(
            "A second step is compulsory here, and this is your last one. Set up an app or another passkey first."
        )
        messages.error(request, words)
        return redirect("mfa_list_webauthn")
    response: HttpResponse = passkeys.remove_webauthn(request, pk=pk)
    return response


@require_POST
@in_organisation
@needs_role("owner")
def decide(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Let an owner decide whether members need a second step."""
    required = request.POST.get("required") == "yes"
    second_steps.require(organisation, request.user, required=required)
    if required:
        messages.success(request, _("Members need a second step now. Who has none sets one up on their next page."))
    else:
        messages.success(request, _("A second step is left to the members again."))
    return redirect("members", organisation.pk)
