"""The audit trail of an organisation: who did what, for its owners; on the page and as files."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from assessor.models import Organisation
from assessor.retelling import named
from assessor.services import audit_trail
from assessor.services.audit_kinds import GROUPS, KINDS
from assessor.services.audit_trail import Wanted, Words
from assessor.views.access import in_organisation, needs_role
from assessor.views.documents import file_name

A_PAGE = 50
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class FilterForm(forms.Form):
    """What of a trail is shown."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    person = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        label=gettext_lazy("Up to and with"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any, organisation: Organisation | None) -> None:
        super().__init__(data)
        groups = [
            (_(title), [(group, _("All: %(group)s") % {"group": _(title)}), *_kinds_of(group)])
            for group, title in GROUPS.items()
        ]
        self.fields["kind"].choices = [("", _("Everything")), *groups]  # type: ignore[attr-defined]
        known = [(str(ident), named(name, _)) for ident, name in audit_trail.people(organisation)]
        self.fields["person"].choices = [("", _("Everybody")), *known]  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """Return what is asked for; raises nothing, since only a valid form is asked."""
        data = self.cleaned_data
        person = UUID(data["person"]) if data["person"] else None
        return Wanted(kind=data["kind"], person=person, since=data["since"], until=data["until"])


def _kinds_of(group: str) -> list[tuple[str, str]]:
    return [(name, _(kind.says)) for name, kind in KINDS.items() if kind.group == group]


def trail_context(request: HttpRequest, organisation: Organisation | None) -> tuple[dict[str, Any], int]:
    """Return what a page of a trail shows, and its status; None is the installation's own trail."""
    form = FilterForm(request.GET, organisation)
    wanted = form.wanted() if form.is_valid() else Wanted()
    page = Paginator(audit_trail.events(organisation, wanted), A_PAGE).get_page(request.GET.get("page"))
    words = Words()
    rows = [{"event": one, "what": words.what(one), "details": words.details(one)} for one in page]
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {"form": form, "rows": rows, "page": page, "asked": kept.urlencode(), "filtered": wanted != Wanted()}
    return context, 200 if form.is_valid() else 422


def trail_file(request: HttpRequest, organisation: Organisation | None, kind: str) -> HttpResponseBase:
    """Return a trail, or what the same filters leave of it, as a file; 404 for another kind or a wrong filter."""
    form = FilterForm(request.GET, organisation)
    if kind not in TYPES or not form.is_valid():
        raise Http404
    rows = audit_trail.events(organisation, form.wanted())
    name = organisation.name if organisation else "installation"
    if kind == "csv":
        pieces: Iterator[str] = audit_trail.as_csv(rows, Words())
    else:
        about = {
            "organisation": str(organisation.pk) if organisation else "",
            "name": organisation.name if organisation else "",
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "filter": json.loads(json.dumps(form.cleaned_data, default=str)),
        }
        pieces = audit_trail.as_json(rows, about)
    response = StreamingHttpResponse(pieces, content_type=TYPES[kind])
    day = f"{timezone.localdate():%Y-%m-%d}"
    response["Content-Disposition"] = content_disposition_header(True, f"{file_name(name, 'audit', day)}.{kind}")
    return response


@never_cache
@require_GET
@in_organisation
@needs_role("owner")
def index(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """List what was done in the organisation, newest first."""
    context, status = trail_context(request, organisation)
    return render(request, "accounts/audit.html", {"organisation": organisation, **context}, status=status)


@never_cache
@require_GET
@in_organisation
@needs_role("owner")
def export(request: HttpRequest, organisation: Organisation, kind: str) -> HttpResponseBase:
    """Hand the trail out; that it was is the next event in it."""
    return trail_file(request, organisation, kind)
