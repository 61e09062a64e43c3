"""What whoever runs a served installation does: accounts, and organisations begun for others."""

from collections.abc import Callable
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessor import tasks
from assessor.errors import AssessorError
from assessor.models import User
from assessor.services import installation, memberships, operating
from assessor.services.relocation import removing
from assessor.views.access import operators_only
from assessor.views.installation import A_PAGE, MOST_TYPED
from assessor.views.keeping_forms import NameForm
from assessor.views.people_forms import NewOrganisationForm

REFUSED = 422


@require_GET
@operators_only
def index(request: HttpRequest) -> HttpResponse:
    """List the accounts, those found by a part of name or address."""
    wanted = request.GET.get("q", "").strip()[:MOST_TYPED]
    page = Paginator(operating.people(wanted), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "installation/users.html", {"page": page, "q": wanted})


def _find(user: UUID) -> User:
    return get_object_or_404(operating.people(), pk=user)


def _shown(request: HttpRequest, found: User, link: str = "") -> HttpResponse:
    context = {
        "person": found,
        "memberships": memberships.memberships_of(found),
        "alone_in": operating.alone_in(found),
        "is_self": found.pk == request.user.pk,
        "link": link,
    }
    return render(request, "installation/user.html", context)


@never_cache
@require_GET
@operators_only
def show(request: HttpRequest, user: UUID) -> HttpResponse:
    """Show one account and what can be done to it."""
    return _shown(request, _find(user))


@never_cache
@require_POST
@operators_only
@reauthentication_required
def link(request: HttpRequest, user: UUID) -> HttpResponse:
    """Make a link by which the person sets a new password, and show it this once."""
    found = _find(user)
    try:
        path = operating.password_link(found, request.user)
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
        return redirect("user", found.pk)
    return _shown(request, found, request.build_absolute_uri(path))


def _lock(request: HttpRequest, found: User) -> str:
    operating.lock(found, request.user)
    return _("%(who)s is locked out, at once and everywhere.") % {"who": found}


def _unlock(request: HttpRequest, found: User) -> str:
    operating.unlock(found, request.user)
    return _("%(who)s can sign in again.") % {"who": found}


def _end_sessions(request: HttpRequest, found: User) -> str:
    count = operating.sign_out(found, request.user)
    return _("Sessions of %(who)s that were ended: %(count)s.") % {"who": found, "count": count}


def _reset_second_step(request: HttpRequest, found: User) -> str:
    operating.reset_second_step(found, request.user)
    return _("%(who)s signs in with the password alone until a second step is set up again.") % {"who": found}


def _make_operator(request: HttpRequest, found: User) -> str:
    operating.make_operator(found, request.user)
    return _("%(who)s runs this installation too.") % {"who": found}


def _unmake_operator(request: HttpRequest, found: User) -> str:
    operating.unmake_operator(found, request.user)
    return _("%(who)s does not run this installation any more.") % {"who": found}


DEEDS: dict[str, Callable[[HttpRequest, User], str]] = {
    "lock": _lock,
    "unlock": _unlock,
    "end-sessions": _end_sessions,
    "reset-second-step": _reset_second_step,
    "make-operator": _make_operator,
    "unmake-operator": _unmake_operator,
}


@require_POST
@operators_only
@reauthentication_required
def act(request: HttpRequest, user: UUID, deed: str) -> HttpResponse:
    """Do one thing to an account, after the password was asked for again."""
    if deed not in DEEDS:
        raise Http404
    found = _find(user)
    try:
        messages.success(request, DEEDS[deed](request, found))
    except AssessorError as refusal:
        messages.error(request, refusal.sentence(_))
    # Who has given the office away, or ended the own session, may not see the page any more.
    is_self = found.pk == request.user.pk and deed in {"unmake-operator", "end-sessions", "reset-second-step"}
    return redirect("home") if is_self else redirect("user", found.pk)


@never_cache
@require_http_methods(["GET", "POST"])
@operators_only
def begin(request: HttpRequest) -> HttpResponse:
    """Begin an organisation for somebody else and show the link of its owner this once."""
    form = NewOrganisationForm(request.POST or None)
    context: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            begun = installation.begin(data["name"], data["home_jurisdictions"], data["email"], request.user)
        except AssessorError as refusal:
            form.add_error("email", refusal.sentence(_))
        else:
            path = reverse("invitation", args=[begun.word])
            context = {"begun": begun, "email": data["email"], "link": request.build_absolute_uri(path)}
            form = NewOrganisationForm()
    status = REFUSED if form.errors else 200
    return render(request, "installation/begin.html", context | {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@operators_only
@reauthentication_required(allow_get=True)
def delete(request: HttpRequest, gone: UUID) -> HttpResponse:
    """Delete an organisation for good once its name was typed: what its owner can do, where none is left."""
    found = get_object_or_404(installation.organisations(), pk=gone)
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = found.name
        try:
            removing.delete(found, form.cleaned_data["name"], request.user)
        except AssessorError as refusal:
            form.add_error("name", refusal.sentence(_))
        else:
            tasks.enqueue_scrub()
            messages.success(request, _("“%(name)s” was deleted for good.") % {"name": name})
            return redirect("organisations")
    context = {"organisation_row": found, "owners": installation.owners_of([found]).get(found.pk, []), "form": form}
    return render(request, "installation/delete.html", context, status=REFUSED if form.errors else 200)
