"""Members of an organisation: who they are and until when, inviting, changing, removing, leaving, accepting."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from assessor.models import Membership, Organisation
from assessor.services import accounts, assigning, memberships, second_steps
from assessor.services.accounts import AddressTaken
from assessor.services.memberships import MembershipRefused
from assessor.services.provider.setup import passwords_are_for_operators, provider
from assessor.views.access import find_member, in_organisation, needs_role
from assessor.views.invitations import mail_link
from assessor.views.people import sign_in
from assessor.views.people_forms import AccountForm, InvitationForm, TermsForm

REFUSED = 422


@never_cache
@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("viewer", to_change="owner")
def index(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """List the members, guests with their last day; invite somebody and show the link this once."""
    form = InvitationForm(request.POST or None, initial={"role": "contributor"})
    link = invited = None
    if request.method == "POST" and form.is_valid():
        try:
            invited, word = memberships.invite(organisation, request.user, form.cleaned_data["email"], form.terms())
        except MembershipRefused as refusal:
            form.add_error("email", refusal.sentence(_))
        else:
            link = request.build_absolute_uri(reverse("invitation", args=[word]))
            mail_link(request, invited, link, _("This link makes you a member."))
            form = InvitationForm(initial={"role": "contributor"})
    rows = Membership.objects.filter(organisation=organisation).select_related("user")
    context = {
        "organisation": organisation,
        "members": rows.order_by("user__first_name", "user__username"),
        "invitations": memberships.open_invitations(organisation),
        "today": timezone.localdate(),
        "second_steps": second_steps.standing(organisation),
        "form": form,
        "link": link,
        "invited": invited,
    }
    return render(request, "accounts/members.html", context, status=REFUSED if form.errors else 200)


@require_http_methods(["GET", "POST"])
@in_organisation
@needs_role("owner")
def change(request: HttpRequest, organisation: Organisation, member: UUID) -> HttpResponse:
    """Change a member's role and last day."""
    found = find_member(organisation, member)
    form = TermsForm(request.POST or None, initial=_terms_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            memberships.change(found, form.terms(), request.user)
        except MembershipRefused as refusal:
            form.add_error("role", refusal.sentence(_))
        else:
            messages.success(request, _("%(who)s was changed.") % {"who": found.user})
            return redirect("members", organisation.pk)
    context = {"organisation": organisation, "member": found, "form": form}
    return render(request, "accounts/member.html", context, status=REFUSED if form.errors else 200)


def _terms_of(found: Membership) -> dict[str, object]:
    return {"role": found.role, "ends_on": found.ends_on, "only_assigned": found.only_assigned}


@require_POST
@in_organisation
@needs_role("owner")
def remove(request: HttpRequest, organisation: Organisation, member: UUID) -> HttpResponse:
    """End somebody's membership at once."""
    found = find_member(organisation, member)
    return _end(request, found, _("%(who)s is no member any more.") % {"who": found.user})


@require_POST
@in_organisation
@needs_role("viewer", assigned="their part")
def leave(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """End one's own membership."""
    found = get_object_or_404(Membership, organisation=organisation, user=request.user)
    return _end(request, found, _("You left “%(organisation)s”.") % {"organisation": organisation.name}, "home")


def _end(request: HttpRequest, found: Membership, words: str, to: str = "") -> HttpResponse:
    try:
        memberships.remove(found, request.user)
    except MembershipRefused as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("members", found.organisation_id)
    messages.success(request, words)
    return redirect(to) if to else redirect("members", found.organisation_id)


@require_POST
@in_organisation
@needs_role("owner")
def revoke(request: HttpRequest, organisation: Organisation, invitation: UUID) -> HttpResponse:
    """Take an invitation back: its link opens nothing any more."""
    found = get_object_or_404(memberships.open_invitations(organisation), pk=invitation)
    assigning.take_back(found, request.user)
    messages.success(request, _("The link for %(email)s opens nothing any more.") % {"email": found.email})
    return redirect("members", organisation.pk)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let whoever holds the link join: as who they are, or with a new account."""
    found = memberships.find_invitation(token)
    if found is None:
        raise Http404
    known = not request.user.is_authenticated and (passwords_are_for_operators() or accounts.has_account(found.email))
    form = None
    if not request.user.is_authenticated and not known:
        form = AccountForm(request.POST or None, email=found.email, joining=found.organisation)
    context = {"invitation": found, "form": form, "known": known, "provider": provider()}
    if request.method == "POST" and not known and (form is None or form.is_valid()):
        try:
            with transaction.atomic():
                user = request.user if form is None else accounts.make_account(**form.cleaned_data)
                memberships.accept(found, user)
        except (MembershipRefused, AddressTaken) as refusal:
            return render(request, "accounts/invitation.html", context | {"refusal": refusal.sentence(_)}, status=409)
        messages.success(
            request, _("You are a member of “%(organisation)s” now.") % {"organisation": found.organisation.name}
        )
        return redirect("home") if form is None else sign_in(request, user)
    return render(request, "accounts/invitation.html", context, status=REFUSED if form and form.errors else 200)
