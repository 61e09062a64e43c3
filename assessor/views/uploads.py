"""Results sent by a prober elsewhere with a token; the tokens are made and revoked on the endpoint's page."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_scopes import scope

from assessor.errors import N_, AssessorError
from assessor.forms import UploadTokenForm
from assessor.models import Organisation, UploadToken
from assessor.services import carrying, scanning, sent_results, upload_tokens
from assessor.services.sent_results import CannotTake, Taken
from assessor.services.upload_tokens import TokenRefused, TooOften
from assessor.views.access import find_assessment, find_role, find_upload_token, in_organisation, needs_role
from assessor.views.endpoints import role_context

STATUS = {"added": 201, "waiting": 202, "known": 200}


@never_cache
@require_POST
@in_organisation
@needs_role("assessor")
def make(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID) -> HttpResponse:
    """Make a token and show it this once: the page that answers is the only place where it ever stands."""
    found = find_role(find_assessment(assessment), role)
    form = UploadTokenForm(request.POST)
    if form.is_valid():
        try:
            row, token = upload_tokens.make(found.endpoint, request.user, form.cleaned_data["name"])
        except AssessorError as refusal:
            form.add_error("name", refusal.sentence(_))
        else:
            context = {
                "organisation": organisation,
                "assessment": found.assessment,
                "role": found,
                "endpoint": found.endpoint,
                "row": row,
                "token": token,
                "address": request.build_absolute_uri(reverse("upload", args=[found.endpoint_id])),
            }
            return render(request, "endpoints/token.html", context)
    return render(request, "endpoints/show.html", role_context(found, token_form=form), status=422)


@require_POST
@in_organisation
@needs_role("assessor")
def revoke(request: HttpRequest, organisation: Organisation, assessment: UUID, role: UUID, token: UUID) -> HttpResponse:
    """Take a token out of force at once."""
    found = find_role(find_assessment(assessment), role)
    row = find_upload_token(found, token)
    upload_tokens.revoke(row, request.user)
    messages.success(request, _("The token “%(name)s” is revoked; nothing sent with it is taken.") % {"name": row.name})
    return redirect("endpoint", organisation.pk, assessment, found.pk)


# The token is the only authority here: no session is read, so no page of another site can lend one.
@csrf_exempt
@login_not_required
@never_cache
@require_POST
def receive(request: HttpRequest, endpoint: UUID) -> JsonResponse:
    """Take in a result that came with a token; every answer is JSON with a sentence."""
    if settings.HTTPS and not request.is_secure():
        # A redirect would hide that the token has gone over the network open.
        return _told(
            403, "refused", _("Send to the https address. The token was sent open: revoke it and make another.")
        )
    try:
        given = request.headers.get("Authorization", "")
        token = upload_tokens.authorised(endpoint, given, _address(request))
    except TokenRefused as refusal:
        response = _told(401, "refused", refusal.sentence(_))
        response["WWW-Authenticate"] = "Bearer"
        return response
    except TooOften as refusal:
        response = _told(429, "refused", refusal.sentence(_))
        response["Retry-After"] = str(upload_tokens.seconds_to_the_hour())
        return response
    if request.content_type != "application/json" or request.headers.get("Content-Encoding", "identity") != "identity":
        return _told(415, "refused", _("Send the result as application/json, not compressed."))
    with scope(organisation=token.organisation):
        return _taken(request, token)


def _address(request: HttpRequest) -> str:
    """Return who sends: what the outermost proxy of the operator's own saw, never what a sender says of itself."""
    passed = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
    if 0 < settings.PROXIES <= len(passed):
        return passed[-settings.PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


def _taken(request: HttpRequest, token: UploadToken) -> JsonResponse:
    try:
        # Never more than the limit is read, whatever the head of the request says.
        raw = request.read(carrying.MAX_BYTES + 1)
    except (UnreadablePostError, OSError):
        return _told(400, "refused", _("The connection ended before the file did. Send it again."))
    if len(raw) > carrying.MAX_BYTES:
        sentence = N_("The file is larger than {limit} MB; no result is.")
        return _told(413, "refused", _(sentence).format(limit=carrying.MAX_BYTES // 1024 // 1024))
    try:
        scanning.check([raw], f"{token.name}.json", organisation=token.organisation, user=None, by=token.name)
        taken = sent_results.take(token, raw)
    except CannotTake as refusal:
        return _told(409, "refused", refusal.sentence(_))
    except AssessorError as refusal:
        return _told(422, "refused", refusal.sentence(_))
    return _told(STATUS[taken.outcome], taken.outcome, _sentence(taken), taken)


def _sentence(taken: Taken) -> str:
    sentence = _(taken.sentence)
    if taken.changes:
        more = ngettext(
            "{number} thing changed since the last probe.",
            "{number} things changed since the last probe.",
            taken.changes,
        )
        sentence += " " + more.format(number=taken.changes)
    return sentence


def _told(status: int, outcome: str, sentence: str, taken: Taken | None = None) -> JsonResponse:
    remarks = [_(one.sentence).format(**one.params) for one in taken.remarks] if taken else []
    told = {"outcome": outcome, "sentence": sentence, "remarks": remarks, "changes": taken.changes if taken else 0}
    return JsonResponse(told, status=status, json_dumps_params={"ensure_ascii": False})
